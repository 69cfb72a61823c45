"""Read views for the edges: lists, details and history from the projection, never wrapped rows.

Every function takes the principal and answers only what it may see; what it may not see is
`NotFound`, as if it did not exist.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from domain.access import Principal
from domain.codec import Json
from domain.order import PlacedOrder
from domain.process import ProcessDefinition
from domain.returns import UNDELIVERED, ReturnStatus
from domain.tenders import Tender
from domain.view import OrderView
from ports.desk import LiveProcess
from ports.front_office import Person

PAGE_MAX = 100


@dataclass(frozen=True, slots=True)
class OrderSummary:
    """Amounts in minor units of `currency`."""

    number: str
    channel: str
    channel_ref: str
    status: str
    payment_status: str
    currency: str
    total: int
    customer_ref: str
    placed_at: datetime
    updated_at: datetime
    parcels: int


@dataclass(frozen=True, slots=True)
class PaymentRead:
    key: str
    operation: str
    ordinal: int
    status: str
    amount: int
    reason: str
    fulfillment_order: str
    action_url: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ReturnRead:
    """Amounts in minor units; `shares` says by which tenders what was granted goes back, each as
    `{"tender", "amount"}`; empty until then.
    """

    number: str
    order: str
    status: str
    reason: str
    lines: Json
    received: Json
    units: Json
    refund: int
    refunded: int
    shares: Json
    kind: str
    currency: str
    requested_at: datetime

    @property
    def undelivered(self) -> bool:
        """Whether it is of a parcel that was not delivered."""
        return self.kind in UNDELIVERED

    @property
    def came_back(self) -> bool:
        """Whether what had gone failed afterwards: another return owes it again."""
        return self.status == ReturnStatus.COMPLETED and self.refunded < self.refund

    @property
    def as_credit(self) -> int:
        """Of the refund, what becomes store credit, or goes back to it."""
        return self._share(Tender.STORE_CREDIT)

    @property
    def in_money(self) -> int:
        """Of the refund, what the customer gets in money; until it is granted, all of it."""
        if not self.shares:
            return self.refund
        return self._share(Tender.PROVIDER, Tender.CHANNEL, Tender.BANK)

    def _share(self, *tenders: Tender) -> int:
        return sum(share["amount"] for share in self.shares if share["tender"] in tenders)


@dataclass(frozen=True, slots=True)
class OrderDetail:
    """`person` only for those who may see personal data (staff, the customer, the channel)."""

    summary: OrderSummary
    order: PlacedOrder
    process: ProcessDefinition
    view: OrderView
    last_known: LiveProcess
    payments: list[PaymentRead]
    returns: list[ReturnRead]
    person: Person | None = field(repr=False, default=None)
    tracking_token: str = ""
    names: dict[str, str] = field(default_factory=dict)  # of products, by SKU


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """One journal entry or fact; `source` is journal or the outside party; `data` its content:
    for decisions the inputs, rule version, candidates and reasons.
    """

    at: datetime
    source: str
    kind: str
    by: str
    subject: str
    data: Json
    seq: int | None = None


@dataclass(frozen=True, slots=True)
class TaskRead:
    """One row of the ops queue: a wait owned by staff, an act that waits for a second person, or a
    task of its own. `order` is empty when it is about none.
    """

    id: str
    subject: str
    order: str
    reason: str
    owner: str
    since: datetime
    deadline: datetime
    level: int


@dataclass(frozen=True, slots=True)
class Page:
    """Keyset page: a cursor for each item, to go on after it, and whether there are `more`."""

    items: Sequence[Json]
    cursors: Sequence[str]
    more: bool


@dataclass(frozen=True, slots=True)
class OrderFilter:
    status: str = ""
    channel: str = ""
    customer_ref: str = ""
    search: str = ""  # an order number or a channel's reference


class Reads(Protocol):
    async def order(self, principal: Principal, number: str) -> OrderDetail: ...

    async def order_by_token(self, token: str) -> tuple[Principal, OrderDetail]:
        """The customer that a tracking link makes, and the order. Refuses `NotFound`."""

    async def orders(
        self, principal: Principal, wanted: OrderFilter, first: int, after: str | None
    ) -> Page:
        """Newest first; `first` up to `PAGE_MAX`. Refuses `Malformed` cursors."""

    async def counts(self, principal: Principal) -> dict[str, int]:
        """How many orders stand in each status; statuses without any are left out."""

    async def timeline(self, principal: Principal, number: str) -> list[TimelineEntry]:
        """Of the order and its returns, by time."""

    async def tasks(self, principal: Principal, owner: str, first: int, after: str | None) -> Page:
        """Earliest deadline first. Refuses (`Forbidden`) anyone but staff and developers."""
