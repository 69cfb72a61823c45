"""What the edges need from the books: placing orders, accepting commands, storing facts."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from domain.access import Principal
from domain.codec import Json
from domain.commands import Command, CommandKind
from domain.facts import Fact
from domain.order import LineUnits, PaymentMethod


@dataclass(frozen=True, slots=True)
class Person:
    """Personal data: kept in rows of its own, referred to by id."""

    name: str
    line1: str
    city: str
    country: str
    region: str = ""
    postal_code: str = ""
    line2: str = ""
    email: str = ""
    phone: str = ""


@dataclass(frozen=True, slots=True)
class RequestedLine:
    """`unit_price` None takes the list price; otherwise it is checked against it in review."""

    sku: str
    quantity: int
    unit_price: int | None = None
    discount: int = 0


@dataclass(frozen=True, slots=True)
class OrderRequest:
    """A channel's order, normalised. `payment_source` is a tokenized card, or the channel's own
    payment reference when `payment_method` is paid_at_channel. `raw` is the order as received.
    `discount` reduces the order as a whole; `tax_included` says whether its amounts are with tax
    (None: as those of the price list); `total` is what the channel charged, and when it is not
    ours, review holds the order. With `only_if_in_stock` it is placed with its goods reserved, or
    not at all. `points` are the customer's loyalty points that shall pay for it, and
    `store_credit` minor units of the customer's store credit.
    """

    channel: str
    channel_ref: str
    currency: str
    lines: Sequence[RequestedLine]
    ship_to: Person
    payment_method: PaymentMethod
    payment_source: str
    shipping: int = 0
    customer_ref: str = ""
    placed_at: datetime | None = None
    raw: Json = field(default=None, repr=False)
    discount: int = 0
    tax_included: bool | None = None
    total: int | None = None
    only_if_in_stock: bool = False
    points: int = 0
    store_credit: int = 0


@dataclass(frozen=True, slots=True)
class PlacedAnswer:
    """`repeated` when the same key and body had placed it before."""

    number: str
    tracking_token: str
    repeated: bool


class Intake(Protocol):
    async def place(self, principal: Principal, key: str, request: OrderRequest) -> PlacedAnswer:
        """One transaction: command + raw channel order + person + order (RECEIVED) + projection +
        outbox row (kind `order.start`) + what it reserves: its goods, with `only_if_in_stock`, and
        the points and the store credit that it spends. Refuses `UnknownSku`, `Malformed`,
        `KeyConflict`, `Forbidden`, `OutOfStock`, and (`LimitExceeded`) points or store credit that
        the customer does not have, or the order does not take. A channel's own order reference that
        was placed before under another key is answered with the order it has (dedupe), or
        `KeyConflict` when the content differs.
        """


@dataclass(frozen=True, slots=True)
class AcceptedCommand:
    """`outcome` is set when the same command was settled before; `refusal` likewise."""

    command: Command
    subject: str
    outcome: Json | None = None
    refusal: tuple[str, str] | None = None

    @property
    def settled(self) -> bool:
        return self.outcome is not None or self.refusal is not None


class CommandBook(Protocol):
    async def accept(
        self,
        principal: Principal,
        key: str,
        kind: CommandKind,
        subject: str,
        body: Json,
    ) -> AcceptedCommand:
        """Stores the command before it is delivered (expires after minutes). `body` may have
        `reason`, `target`, `location`, `lines`, `units`, `source`. Checks role and state; refuses
        `Forbidden`, `NotFound`, `StepRefused`, `KeyConflict`.
        """

    async def request_return(
        self,
        principal: Principal,
        key: str,
        order: str,
        lines: Sequence[LineUnits],
        reason: str,
    ) -> str:
        """One transaction: command + return + journal entry + outbox row (kind `return.start`).
        Answers the return number; the same key and body the same number. Refuses
        `LimitExceeded`, `StepRefused`, `NotFound`, `Forbidden`, `KeyConflict`.
        """

    async def refuse(self, command: str, code: str, message: str) -> None:
        """A quick refusal by the process is an outcome too."""

    async def heard(self, command_id: str) -> None:
        """The process itself has answered, or has ended: it need not be told again."""

    async def undelivered(self, limit: int) -> list[AcceptedCommand]:
        """Accepted, unsettled, not expired: for the sweeper. Expires the ones whose time is up."""


@dataclass(frozen=True, slots=True)
class StoredFact:
    """`order` is empty when the fact matched nothing and is quarantined; `repeated` when the same
    (source, event id) was stored before; `signal` whether the order has to be told.
    """

    fact: Fact
    order: str
    repeated: bool
    signal: bool


class FactInbox(Protocol):
    async def store(self, source: str, event_id: str, fact: Fact, raw: Json) -> StoredFact:
        """Unique by (source, event id); brings the order's projection up to date."""

    async def told(self, facts: Sequence[str]) -> None:
        """The engine has acknowledged the signals."""

    async def untold(self, limit: int) -> list[StoredFact]:
        """Facts to be told (again): never told, or told long ago and not handled yet."""

    async def nobody_there(self, fact: str) -> None:
        """The order has no process: done with when the order has ended, else due again later."""


class Expiring(Protocol):
    """Books of what is due by the calendar: soft reservations, loyalty points, approvals."""

    async def expire(self, limit: int) -> int:
        """Ends what is due, `limit` of it at most; how much it found."""


class StockNews(Protocol):
    """What has come to stock since it was last asked for."""

    async def tell(self, limit: int) -> int:
        """Looks at `limit` news at most, and lets orders look again that wait for what came: by a
        fact, the oldest first, no more than there is enough for. How many it looked at.
        """


class ProcessStart(StrEnum):
    """The kinds of events that start a process; every other kind is news, and is published."""

    ORDER = "order.start"
    RETURN = "return.start"


@dataclass(frozen=True, slots=True)
class OutboxEvent:
    id: int
    event_id: str
    kind: str
    subject: str
    payload: Json
    attempts: int


class OutboxQueue(Protocol):
    async def claim(self, limit: int, *, starts: bool) -> list[OutboxEvent]:
        """Due events, each claimed for 10 s by conditional update (skip locked): those that start
        a process, or those that are published. Each is carried apart, so that a subscriber that
        hangs holds no order up.
        """

    async def delivered(self, event: int) -> None: ...

    async def started(self, event_id: str) -> None:
        """Delivered by whoever committed it (`order/<number>/start`), so that no relay has to."""

    async def failed(self, event: int, error: str) -> bool:
        """Due again after a growing delay; after the last attempt a dead letter, and then True."""

    async def postponed(self, event: int) -> None:
        """Nobody was there to take it (an outage): due again soon, and no attempt is counted."""


@dataclass(frozen=True, slots=True)
class OutboxCounts:
    """`waiting` are being delivered, or have failed and wait for their next attempt."""

    due: int
    waiting: int
    delivered: int
    dead: int


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """Tried `attempts` times; given up `since`, with `error` as the last thing that was heard."""

    event_id: str
    kind: str
    subject: str
    attempts: int
    error: str
    since: datetime


class DeadLetterOffice(Protocol):
    async def counts(self) -> OutboxCounts:
        """Of the whole outbox, which is read once for it."""

    async def letters(self, limit: int) -> list[DeadLetter]:
        """Oldest first."""

    async def redeliver(self, event_id: str) -> None:
        """Ops sends a dead letter again: it is due at once, and has all its attempts before it.
        Refuses `NotFound`.
        """
