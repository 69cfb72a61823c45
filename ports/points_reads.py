"""Read views of loyalty points: a customer's, and an order's."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from domain.access import Principal, Role
from ports.reads import Page

READERS = (
    Role.AGENT,
    Role.FINANCE,
    Role.SUPERVISOR,
    Role.DEVELOPER,
    Role.SYSTEM,
    Role.CHANNEL,  # customers who have ordered there
)
SOON_DAYS = 30


@dataclass(frozen=True, slots=True)
class CustomerPoints:
    """`available` can be spent today, less what is owed; `reserved` is held by orders; `expiring`
    are those whose last day is within `SOON_DAYS`, by day.
    """

    customer: str
    available: int
    reserved: int
    expiring: tuple[tuple[date, int], ...]


@dataclass(frozen=True, slots=True)
class PointsEntryRead:
    """`points` changed what can be spent, `reserved` what orders hold; `order` may be empty."""

    id: str
    at: datetime
    kind: str
    points: int
    reserved: int
    order: str
    operation: str
    expires_on: date


@dataclass(frozen=True, slots=True)
class OrderPoints:
    """Of the points that the order was placed with, `reserved` are neither spent nor released."""

    reserved: int = 0
    spent: int = 0
    restored: int = 0
    earned: int = 0
    reversed: int = 0


class PointsReads(Protocol):
    """Refuses (`Forbidden`) others than `READERS`, and `NotFound` what they may not see."""

    async def customer(self, principal: Principal, customer: str) -> CustomerPoints: ...

    async def entries(
        self, principal: Principal, customer: str, first: int, after: str | None
    ) -> Page:
        """`PointsEntryRead`s, newest first. Refuses `Malformed` cursors."""

    async def of_order(self, principal: Principal, order: str) -> OrderPoints:
        """For whoever may read the order."""
