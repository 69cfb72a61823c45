"""A sales channel that hands orders in. Run: python -m simulators.channel --help

`POST /v1/orders` takes `{"channel", "message_id"?, "body"}` or a list of them and delivers each to
`{base}/intake/{channel}` until it is acknowledged or refused.

Journal lines (besides those of every program, see README.md):
  queued        message, channel, order (the channel's own id), body
  acknowledged  message, channel, order, status, answer, attempts, number (the system's order
                number, from the answer)
  refused       message, channel, order, status, answer (the problem), attempts
"""

import os
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import Field
from standardwebhooks import Webhook
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from simulators.kit.journal import Line
from simulators.kit.launch import main
from simulators.kit.outbox import Destination, Ending, Message
from simulators.kit.poster import Reply
from simulators.kit.settlement import Paid, SettlementBody
from simulators.kit.simulator import Outcome, Simulator, Surroundings
from simulators.kit.weather import Settings
from simulators.kit.webhooks import signed
from simulators.kit.wire import Answer, Body, Json, Params, Refused, fingerprint, parse, read_json

TRY_AGAIN = {408, 425, 429}  # refusals of the moment, not of the order
BATCH_MAX = 10_000


class ChannelSettings(Settings):
    concurrency: Annotated[int, Field(ge=1, le=256)] = 16


class Basket(Body):
    channel: Annotated[str, Field(pattern=r"^[a-z0-9_-]{1,40}$")]
    message_id: Annotated[str, Field(pattern=r"^[\x21-\x7e]{1,200}$")] | None = None
    body: dict[str, Any]


@dataclass(slots=True)
class Sent:
    """One message; `answer` is what the system said, once it has."""

    channel: str
    order: str | None
    fingerprint: str  # of the body
    state: str = "queued"
    status: int | None = None
    answer: Json | None = None


class Intake:
    """The other side: 2xx acknowledges, 4xx refuses, anything else is tried again."""

    def __init__(self, base: str, secret: str, sent: dict[str, Sent]) -> None:
        self._base = base
        self._secret = secret
        self._sent = sent
        self._signers: dict[str, Webhook] = {}

    def url(self, message: Message) -> str:
        return f"{self._base}/intake/{message.kind}"

    def headers(self, message: Message, body: str) -> dict[str, str]:
        return signed(message.id, body, self._signer(message.kind))

    def ending(self, message: Message, reply: Reply) -> Ending | None:
        refused = reply.is_client_error and reply.status not in TRY_AGAIN
        if not reply.is_success and not refused:
            return None
        answer = reply.json_object()
        facts = {
            "message": message.id,
            "channel": message.kind,
            "order": self._sent[message.id].order,
            "status": reply.status,
            "answer": answer,
            "attempts": message.attempts,
        }
        if refused:
            return Ending("refused", facts)
        return Ending("acknowledged", {**facts, "number": answer.get("number")})

    def _signer(self, channel: str) -> Webhook:
        """Each channel may have a secret of its own, SIMULATOR_WEBHOOK_SECRET_<CHANNEL>."""
        if channel not in self._signers:
            name = f"SIMULATOR_WEBHOOK_SECRET_{channel.upper().replace('-', '_')}"
            self._signers[channel] = Webhook(os.environ.get(name, self._secret))
        return self._signers[channel]


class Channel(Simulator[ChannelSettings]):
    source = "channel"

    def __init__(self, surroundings: Surroundings[ChannelSettings]) -> None:
        self._sent: dict[str, Sent] = {}
        self._paid: dict[str, Paid] = {}  # by message
        self._counts = {"queued": 0, "acknowledged": 0, "refused": 0}
        super().__init__(surroundings)

    def destination(self) -> Destination:
        return Intake(self.surroundings.base, self.surroundings.secret, self._sent)

    def routes(self) -> Sequence[Route]:
        return (
            Route("/v1/orders", self._queue, methods=["POST"]),
            Route("/v1/orders", self.query(self._count)),
            Route("/v1/orders/{message}", self.query(self._show)),
        )

    def apply(self, line: Line) -> Outcome:
        kind, message = line["kind"], line["message"]
        if kind == "queued":
            self._till(line)
            self._sent[message] = Sent(line["channel"], line["order"], fingerprint(line["body"]))
            self.outbox.add(Message(message, line["channel"], line["body"]))
        else:
            sent = self._sent[message]
            self._counts[sent.state] -= 1
            sent.state, sent.status, sent.answer = kind, line["status"], line["answer"]
            self.outbox.remove(message)
            if kind == "refused":
                self._paid.pop(message, None)
        self._counts[kind] += 1
        return Outcome()

    def paid_out(self, asked: SettlementBody) -> Iterable[Paid]:
        """Orders that customers paid at the channel and the system took."""
        del asked
        return list(self._paid.values())

    async def _queue(self, request: Request) -> Response:
        """All of a list or, when one is malformed or its message id taken, none of it."""
        given = await read_json(request)
        baskets = [parse(Basket, each) for each in (given if isinstance(given, list) else [given])]
        if len(baskets) > BATCH_MAX:
            raise Refused(413, "too_large", f"the limit is {BATCH_MAX} orders")
        named = [(each.message_id or f"msg_{secrets.token_hex(10)}", each) for each in baskets]
        for message, basket in named:
            self._refuse_other_content(message, basket)
        for message, basket in named:
            if message not in self._sent:
                self._record_queued(message, basket)
        return Answer(202, {"message_ids": [message for message, _ in named]}).response()

    def _refuse_other_content(self, message: str, basket: Basket) -> None:
        """The same message again is no second one, but another under its id is an error."""
        known = self._sent.get(message)
        if known is None:
            return
        if (known.channel, known.fingerprint) != (basket.channel, fingerprint(basket.body)):
            raise Refused(409, "message_id_taken", f"{message} is another message")

    def _record_queued(self, message: str, basket: Basket) -> None:
        ids = {"message": message, "channel": basket.channel, "order": basket.body.get("order")}
        self.record("queued", {**ids, "body": basket.body})

    def _till(self, line: Line) -> None:
        """Amounts are what customers pay, tax and all; an order that is refused is paid back, and
        of one that makes no sense nothing was paid.
        """
        body = line["body"]
        try:
            if body["payment"]["method"] != "paid_at_channel":
                return
            goods = sum(each["quantity"] * each["unit_price"] for each in body["lines"])
            amount = body.get("total", goods + body.get("shipping", 0) - body.get("discount", 0))
            facts = (line["order"], amount, body["currency"], line["at"])
        except (KeyError, TypeError):
            return
        self._paid[line["message"]] = Paid("charge", *facts)

    def _count(self, _params: Params) -> Answer:
        return Answer(200, dict(self._counts))

    def _show(self, params: Params) -> Answer:
        message = params["message"]
        sent = self._sent.get(message)
        if sent is None:
            raise Refused(404, "unknown_message", "no such message")
        outcome = {"status": sent.status, "answer": sent.answer}
        ids = {"message_id": message, "channel": sent.channel, "order": sent.order}
        return Answer(200, {**ids, "state": sent.state, **outcome})


if __name__ == "__main__":
    main(Channel, ChannelSettings)
