"""Price lists: which of those that are valid says what a customer pays for one unit."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple

EVERYBODY = ""  # the tier of a list that is for all customers
STANDARD_LIST = "standard"  # always there, for everybody: prices that name no list go there

_EVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class ListPrice:
    """What a price list asks for one unit, in minor units, with or without tax; `valid_from` None
    since ever.
    """

    sku: str
    unit_price: int
    price_list: str
    tier: str
    tax_included: bool
    valid_from: datetime | None = None

    @property
    def precedence(self) -> tuple[bool, float, str]:
        """The customer's own tier before everybody's; of two that overlap the one that began later,
        as a campaign does; of two that began together the first by name.
        """
        since = (self.valid_from or _EVER).timestamp()
        return self.tier == EVERYBODY, -since, self.price_list


class Prices(NamedTuple):
    """By SKU, all with tax or all without; SKUs without such a price are not among them."""

    tax_included: bool
    by_sku: dict[str, ListPrice]


def choose_prices(valid: Iterable[ListPrice], *, tax_included: bool | None = None) -> Prices:
    """`valid` are the prices, in one currency, of the lists that are for this customer now. Prices
    with and without tax are never mixed: unless the order says which it has, the list that comes
    first decides.
    """
    ranked = sorted(valid, key=lambda price: price.precedence)
    if tax_included is None:
        tax_included = ranked[0].tax_included if ranked else True
    by_sku: dict[str, ListPrice] = {}
    for price in ranked:
        if price.tax_included is tax_included:
            by_sku.setdefault(price.sku, price)
    return Prices(tax_included, by_sku)
