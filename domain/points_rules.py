"""The parameters of a loyalty program: data of the process definition."""

from dataclasses import dataclass

from domain.currency import exponent
from domain.errors import Malformed

WHOLE_BP = 10_000  # all of an order, in hundredths of a percent
RATE_MAX = 1_000_000
DAYS_MAX = 36_500


@dataclass(frozen=True, slots=True)
class PointsRate:
    """In one currency: points that a whole unit of it earns (1.00 USD, 1 JPY), and what a point is
    worth when it is spent, in minor units. Refuses (`Malformed`) what is out of range.
    """

    currency: str
    per_unit: int = 0
    worth: int = 0

    def __post_init__(self) -> None:
        exponent(self.currency)
        _check_range("per_unit", self.per_unit, 0, RATE_MAX)
        _check_range("worth", self.worth, 0, RATE_MAX)


@dataclass(frozen=True, slots=True)
class PointsProgram:
    """Without a rate for a currency nothing is earned or spent in it, so that there is no program
    until somebody wants one. Refuses (`Malformed`) what is out of range, and a currency twice.
    """

    rates: tuple[PointsRate, ...] = ()
    share_max_bp: int = WHOLE_BP  # of an order's total that points may pay
    spend_min: int = 1  # points
    lifetime_days: int = 365  # after the day on which they were earned
    grace_days: int = 30  # … on which they came back, having expired meanwhile

    def __post_init__(self) -> None:
        if len({rate.currency for rate in self.rates}) < len(self.rates):
            raise Malformed("two rates are of the same currency")
        _check_range("share_max_bp", self.share_max_bp, 0, WHOLE_BP)
        _check_range("spend_min", self.spend_min, 1, RATE_MAX)
        _check_range("lifetime_days", self.lifetime_days, 0, DAYS_MAX)
        _check_range("grace_days", self.grace_days, 0, DAYS_MAX)


def _check_range(name: str, value: int, least: int, most: int) -> None:
    if not least <= value <= most:
        raise Malformed(f"{name} is from {least} to {most:,}, not {value}")


NO_PROGRAM = PointsProgram()
