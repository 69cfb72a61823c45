"""What is charged for something, divided into what is ours and what is tax."""

from dataclasses import dataclass
from typing import NamedTuple

from domain.rounding import Rounding

WHOLE_BP = 10_000  # 100 %, in hundredths of a percent


@dataclass(frozen=True, slots=True)
class Charge:
    """Minor units: `net` without tax, and the `tax`."""

    net: int
    tax: int

    @property
    def gross(self) -> int:
        """What the customer pays."""
        return self.net + self.tax

    def __add__(self, other: "Charge") -> "Charge":
        return Charge(self.net + other.net, self.tax + other.tax)

    def __sub__(self, other: "Charge") -> "Charge":
        return Charge(self.net - other.net, self.tax - other.tax)


NOTHING = Charge(0, 0)


class TaxRule(NamedTuple):
    """How an order is taxed. `included`: prices contain their tax, else it comes on top of them."""

    included: bool
    rounding: Rounding

    def charge(self, amount: int, rate_bp: int) -> Charge:
        """Of an amount as it was priced; `rate_bp` in hundredths of a percent."""
        if not self.included:
            return Charge(amount, self.rounding.ratio(amount * rate_bp, WHOLE_BP))
        tax = self.rounding.ratio(amount * rate_bp, WHOLE_BP + rate_bp)
        return Charge(amount - tax, tax)
