"""The rounding rules that an order may be stamped with; each rounding of that order uses its own.

Every rule is monotone: a larger amount never rounds to less. That is what keeps each partial amount
at 0 or more when partials are cumulative differences.
"""

from enum import StrEnum
from typing import assert_never


class Rounding(StrEnum):
    HALF_UP = "half_up"  # a half goes away from zero
    HALF_EVEN = "half_even"  # a half goes to the even neighbor, as banks do
    DOWN = "down"  # toward zero, as Japanese consumption tax is mostly rounded

    def ratio(self, numerator: int, denominator: int) -> int:
        """`numerator / denominator` as a whole number, exactly: no float is involved."""
        sign = -1 if (numerator < 0) != (denominator < 0) else 1
        whole, rest = divmod(abs(numerator), abs(denominator))
        return sign * (whole + self._goes_up(whole, 2 * rest, abs(denominator)))

    def _goes_up(self, whole: int, twice_rest: int, denominator: int) -> bool:
        match self:
            case Rounding.HALF_UP:
                return twice_rest >= denominator
            case Rounding.HALF_EVEN:
                return twice_rest > denominator or (twice_rest == denominator and whole % 2 == 1)
            case Rounding.DOWN:
                return False
            case _:
                assert_never(self)
