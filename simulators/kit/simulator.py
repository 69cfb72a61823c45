"""The base of every simulator: facts go to the journal, and state is only ever made from facts.

`record` writes a fact and applies it; on start the journal's facts are applied again, by the same
code. What a fact causes (the kept answer, the webhook) follows from applying it, so neither can be
lost or doubled apart from the fact itself.
"""

import secrets
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Generic

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from simulators.kit.idempotency import Keys
from simulators.kit.journal import Journal, Line
from simulators.kit.outbox import Destination, Ending, Message, Outbox
from simulators.kit.settlement import Paid, SettlementBody, statement
from simulators.kit.timers import Timers
from simulators.kit.weather import SettingsT, Weather
from simulators.kit.webhooks import WebhookReceiver
from simulators.kit.wire import Answer, Command, Json, Params, Refused, now, parse, read_json

Endpoint = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a fact causes: the answer kept for its key, and the webhook (type, data) to be sent."""

    answer: Answer | None = None
    webhook: tuple[str, Json] | None = None


@dataclass(frozen=True)
class Surroundings(Generic[SettingsT]):
    """Where a simulator stands; `base` is the system it calls, `secret` what it signs with."""

    journal: Journal
    weather: Weather[SettingsT]
    base: str
    secret: str


class Simulator(ABC, Generic[SettingsT]):
    source: ClassVar[str]

    def __init__(self, surroundings: Surroundings[SettingsT]) -> None:
        self.surroundings = surroundings
        self.journal = surroundings.journal
        self.weather = surroundings.weather
        self.keys = Keys()
        self.timers = Timers()
        self.outbox = Outbox(self.journal, self.weather, self.destination(), self._end)

    @abstractmethod
    def routes(self) -> Sequence[Route]: ...

    @abstractmethod
    def apply(self, line: Line) -> Outcome:
        """Makes state from one fact; called live and when the journal is read again."""

    def paid_out(self, asked: SettlementBody) -> Iterable[Paid]:
        """What it settles with its customer; nothing, unless it moves money."""
        del asked
        return ()

    def destination(self) -> Destination:
        return WebhookReceiver(self.surroundings.base, self.source, self.surroundings.secret)

    def outboxes(self) -> Sequence[Outbox]:
        return (self.outbox,)

    @property
    def settings(self) -> SettingsT:
        return self.weather.settings

    def start(self) -> None:
        for line in self.journal.read():
            self._take(line)
        for outbox in self.outboxes():
            outbox.start()

    async def close(self) -> None:
        self.timers.close()
        for outbox in self.outboxes():
            await outbox.close()
        await self.journal.close()

    def settings_changed(self) -> None:
        for outbox in self.outboxes():
            outbox.settings_changed()

    def record(self, kind: str, facts: Json, command: Command | None = None) -> Answer:
        """Writes the fact and applies it; the answer leaves once the line is on disk."""
        keyed = {"key": command.key, "request": command.fingerprint} if command else {}
        at = now().isoformat(timespec="microseconds")
        line = {"at": at, "kind": kind, "id": f"evt_{secrets.token_hex(10)}", **keyed, **facts}
        self.journal.append(line)
        return self._take(line).answer or Answer(200, {})

    def _take(self, line: Line) -> Outcome:
        if line["kind"] == "webhook_delivered":
            self.outbox.remove(line["webhook"])
            return Outcome()
        outcome = self.apply(line)
        if outcome.answer and "request" in line:
            self.keys.keep(line["key"], line["request"], outcome.answer)
        if outcome.webhook:
            kind, data = outcome.webhook
            body = {"id": line["id"], "type": kind, "occurred_at": line["at"], "data": data}
            self.outbox.add(Message(line["id"], kind, body))
        return outcome

    def _end(self, _message: Message, ending: Ending) -> None:
        self.record(ending.kind, ending.facts)

    def keyed(self, work: Callable[[Command], Answer]) -> Endpoint:
        """An endpoint for a POST with an idempotency key. `work` does not wait, so between looking
        the key up and recording it nobody else gets a turn.
        """

        async def endpoint(request: Request) -> Response:
            command = await Command.read(request)
            return (self.keys.recall(command) or work(command)).response()

        return endpoint

    def query(self, find: Callable[[Params], Answer]) -> Endpoint:
        async def endpoint(request: Request) -> Response:
            return find(request.path_params).response()

        return endpoint

    def all_routes(self) -> Sequence[Route]:
        return (
            *self.routes(),
            Route("/healthz", self.query(self._health)),
            Route("/_control", self.query(self._show_settings)),
            Route("/_control", self._change_settings, methods=["PUT"]),
            Route("/v1/settlements", self._settle, methods=["POST"]),
        )

    def _health(self, _params: Params) -> Answer:
        """`open`: what is still to be sent."""
        return Answer(200, {"status": "ok", "open": sum(map(len, self.outboxes()))})

    def _show_settings(self, _params: Params) -> Answer:
        return Answer(200, self.settings.model_dump(mode="json"))

    async def _settle(self, request: Request) -> Response:
        asked = parse(SettlementBody, await read_json(request))
        return statement(self.paid_out(asked), asked)

    async def _change_settings(self, request: Request) -> Response:
        changes: Any = await read_json(request)
        if not isinstance(changes, dict):
            raise Refused(400, "malformed", "settings are a JSON object")
        self.weather.change(changes)
        self.settings_changed()
        return self._show_settings({}).response()
