"""The tax of a destination: which row of the rate table is for a product, and for shipping."""

from collections.abc import Iterable
from typing import NamedTuple

STANDARD = "standard"  # the category of a product that has no other
SHIPPING = "shipping"  # the category of shipping itself


class TaxRate(NamedTuple):
    """A row for the order's country; `region` is empty for all of it."""

    region: str
    category: str
    rate_bp: int


def rate_bp(rates: Iterable[TaxRate], category: str) -> int:
    """In hundredths of a percent: by the category's own row, else as `STANDARD`; of two rows the
    region's, and 0 without any.
    """
    fitting = [rate for rate in rates if rate.category in (category, STANDARD)]
    best = max(fitting, key=lambda rate: (rate.category == category, rate.region), default=None)
    return best.rate_bp if best else 0
