"""Hand-written fakes of the ports that take something in: what they were given they remember."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from domain.access import STAFF, Principal, Role
from domain.acts import ActKind, may_act
from domain.codec import Json
from domain.commands import Command, CommandKind, authorize
from domain.errors import Forbidden, KeyConflict, Refusal, UnknownSku
from domain.facts import Fact
from domain.order import LineUnits
from ports.back_office import ActAnswer, ApprovalRead
from ports.desk import LiveProcess
from ports.front_office import AcceptedCommand, OrderRequest, PlacedAnswer, StoredFact
from ports.reads import Page

CATALOG = {"1082185", "995242"}


@dataclass
class FakeIntake:
    placed: dict[str, tuple[OrderRequest, str]] = field(default_factory=dict)  # by key
    by: list[Principal] = field(default_factory=list)
    fails: Exception | None = None

    async def place(self, principal: Principal, key: str, request: OrderRequest) -> PlacedAnswer:
        if self.fails:
            raise self.fails
        unknown = [line.sku for line in request.lines if line.sku not in CATALOG]
        if unknown:
            raise UnknownSku(unknown)
        if principal.scope != request.channel and not principal.may(Role.AGENT):
            raise Forbidden(f"{principal.name} may not place orders of channel {request.channel}")
        if key in self.placed:
            before, number = self.placed[key]
            if before != request:
                raise KeyConflict(key)
            return PlacedAnswer(number, f"token-of-{number}", repeated=True)
        number = f"ORDR-0000-{len(self.placed) + 1:04}"
        self.placed[key] = (request, number)
        self.by.append(principal)
        return PlacedAnswer(number, f"token-of-{number}", repeated=False)


@dataclass
class FakeBackOffice:
    """`done` by (principal, key); `second_person` is the approval that acts wait for, if any."""

    done: dict[tuple[str, str], tuple[ActKind, str, Json, str]] = field(default_factory=dict)
    second_person: str = ""
    waiting: list[ApprovalRead] = field(default_factory=list)
    fails: Exception | None = None

    async def act(
        self,
        principal: Principal,
        key: str,
        kind: ActKind,
        subject: str,
        body: Mapping[str, Json],
        reason: str = "",
    ) -> ActAnswer:
        if self.fails:
            raise self.fails
        may_act(kind, principal, reason)
        self.done[(principal.name, key)] = (kind, subject, dict(body), reason)
        if self.second_person:
            return ActAnswer({}, self.second_person)
        return ActAnswer({"did": kind.value})

    async def approvals(
        self, principal: Principal, status: str, first: int, after: str | None
    ) -> Page:
        principal.require(*STAFF, Role.DEVELOPER)
        items = [each for each in self.waiting if status in ("", each.status)]
        return Page(items[:first], [each.id for each in items[:first]], more=len(items) > first)


@dataclass
class FakeCommandBook:
    """`stored` by (principal, key)."""

    stored: dict[tuple[str, str], AcceptedCommand] = field(default_factory=dict)
    bodies: dict[tuple[str, str], Json] = field(default_factory=dict)
    refused: list[tuple[str, str, str]] = field(default_factory=list)
    heard_of: list[str] = field(default_factory=list)
    returns: list[tuple[str, str, list[LineUnits], str]] = field(default_factory=list)
    fails: Exception | None = None

    async def accept(
        self, principal: Principal, key: str, kind: CommandKind, subject: str, body: Json
    ) -> AcceptedCommand:
        if self.fails:
            raise self.fails
        authorize(kind, principal, body["reason"])
        content = (kind, subject, body)
        known = (principal.name, key)
        if self.bodies.setdefault(known, content) != content:
            raise KeyConflict(key)
        if known not in self.stored:
            command = Command(
                f"cmd-{len(self.stored) + 1}",
                kind,
                principal.name,
                body["reason"],
                body.get("target", ""),
                body.get("location", ""),
            )
            self.stored[known] = AcceptedCommand(command, subject)
        return self.stored[known]

    async def request_return(
        self, principal: Principal, key: str, order: str, lines: Sequence[LineUnits], reason: str
    ) -> str:
        if self.fails:
            raise self.fails
        self.returns.append((key, order, list(lines), reason))
        return f"{order}-R1"

    async def refuse(self, command: str, code: str, message: str) -> None:
        self.refused.append((command, code, message))

    async def heard(self, command: str) -> None:
        self.heard_of.append(command)


@dataclass
class FakeFactInbox:
    """Knows the orders of `subjects`; every other fact is quarantined."""

    subjects: dict[str, str] = field(default_factory=dict)
    stored: dict[str, tuple[Fact, Json]] = field(default_factory=dict)
    heard: list[str] = field(default_factory=list)
    fails: Exception | None = None

    async def store(self, source: str, event_id: str, fact: Fact, raw: Json) -> StoredFact:
        if self.fails:
            raise self.fails
        assert fact.id == f"{source}:{event_id}"
        repeated = fact.id in self.stored
        self.stored.setdefault(fact.id, (fact, raw))
        order = self.subjects.get(fact.subject, "")
        return StoredFact(fact, order, repeated, signal=bool(order) and not repeated)

    async def told(self, facts: Sequence[str]) -> None:
        self.heard += facts


@dataclass
class FakeOutbox:
    begun: list[str] = field(default_factory=list)

    async def started(self, event_id: str) -> None:
        self.begun.append(event_id)


@dataclass
class FakeDesk:
    """`outcome` is what every command answers; `down` what everything raises."""

    outcome: Json | Exception = field(default_factory=lambda: {"done": True})
    answer: LiveProcess | None = None
    down: Exception | None = None
    started: list[str] = field(default_factory=list)
    commands: list[tuple[str, Command]] = field(default_factory=list)
    facts: list[tuple[str, str]] = field(default_factory=list)
    queries: int = 0

    async def start_order(self, order: str, channel: str) -> None:
        assert channel == "web"
        self._answer()
        self.started.append(f"order/{order}")

    async def start_return(self, rma: str) -> None:
        self._answer()
        self.started.append(f"return/{rma}")

    async def command(self, subject: str, command: Command) -> Json:
        self._answer()
        self.commands.append((subject, command))
        if isinstance(self.outcome, Refusal):
            raise self.outcome
        return self.outcome

    async def tell(self, order: str, fact: Fact) -> None:
        self._answer()
        self.facts.append((order, fact.id))

    async def process(self, order: str) -> LiveProcess:
        self.queries += 1
        await asyncio.sleep(0)
        self._answer()
        assert self.answer is not None, "the test has to say what the workflow answers"
        return self.answer

    def _answer(self) -> None:
        if self.down:
            raise self.down
