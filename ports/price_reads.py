"""What customers pay for one unit, and the price lists that say so: for staff, developers and
channels.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from domain.access import Principal
from domain.prices import Prices
from ports.reads import Page

SKUS_MAX = 200


@dataclass(frozen=True, slots=True)
class PriceQuestion:
    """For a customer of `tier` (empty: of none) in a currency; `at` None is now, `tax_included`
    None as the list that comes first has it.
    """

    skus: Sequence[str]
    currency: str
    tier: str = ""
    at: datetime | None = None
    tax_included: bool | None = None


@dataclass(frozen=True, slots=True)
class PriceListRead:
    """`prices` says how many it has. A bound that is None is open."""

    id: str
    tier: str
    tax_included: bool
    valid_from: datetime | None
    valid_until: datetime | None
    prices: int


class PriceReads(Protocol):
    async def prices(self, principal: Principal, question: PriceQuestion) -> Prices:
        """As an order placed at that moment would have them. Refuses (`Forbidden`) customers, and
        `Malformed` questions.
        """

    async def price_lists(self, principal: Principal, first: int, after: str | None) -> Page:
        """`PriceListRead`s, by name. Refuses (`Forbidden`) customers, and `Malformed` cursors."""
