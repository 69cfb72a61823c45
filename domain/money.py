"""Money: integer minor units with a currency; never a float. Splitting loses nothing."""

from collections.abc import Sequence
from dataclasses import dataclass

from domain.currency import exponent
from domain.errors import BadAmount, CurrencyMismatch
from domain.rounding import Rounding

AMOUNT_MAX = 2**53 - 1  # the largest integer that JSON readers and the rules engine keep exact


@dataclass(frozen=True, slots=True, order=True)
class Money:
    """`Money(1999, "USD")` is 19.99 US dollars. Refuses fractions, unknown codes and overflow."""

    amount: int
    currency: str

    def __post_init__(self) -> None:
        exponent(self.currency)
        if type(self.amount) is not int or abs(self.amount) > AMOUNT_MAX:
            raise BadAmount(f"{self.amount!r} is no whole number of minor units up to 2^53")

    def __add__(self, other: "Money") -> "Money":
        self._same(other)
        return Money(self.amount + other.amount, self.currency)

    def __sub__(self, other: "Money") -> "Money":
        self._same(other)
        return Money(self.amount - other.amount, self.currency)

    def __neg__(self) -> "Money":
        return Money(-self.amount, self.currency)

    def __mul__(self, factor: int) -> "Money":
        return Money(self.amount * factor, self.currency)

    def __str__(self) -> str:
        decimals = exponent(self.currency)
        sign = "-" if self.amount < 0 else ""
        whole, rest = divmod(abs(self.amount), 10**decimals)
        return f"{sign}{whole}{f'.{rest:0{decimals}d}' if decimals else ''} {self.currency}"

    def _same(self, other: "Money") -> None:
        if self.currency != other.currency:
            raise CurrencyMismatch(f"{self.currency} and {other.currency} do not add up")

    def split(self, weights: Sequence[int]) -> list["Money"]:
        """Shares by largest remainder; they add up to the whole. Earlier shares win ties."""
        return [Money(share, self.currency) for share in apportion(self.amount, weights)]


def apportion(total: int, weights: Sequence[int]) -> list[int]:
    """`apportion(100, [1, 1, 1])` is `[34, 33, 33]`. Refuses negative or all-zero weights."""
    whole = sum(weights)
    if whole <= 0 or min(weights) < 0:
        raise BadAmount("weights must not be negative, and at least one must be positive")
    sign = -1 if total < 0 else 1
    shares = [divmod(abs(total) * weight, whole) for weight in weights]
    floors = [floor for floor, _ in shares]
    missing = abs(total) - sum(floors)
    by_remainder = sorted(range(len(weights)), key=lambda i: (-shares[i][1], i))
    for i in by_remainder[:missing]:
        floors[i] += 1
    return [sign * floor for floor in floors]


def portion(
    total: int, before: int, after: int, whole: int, rounding: Rounding = Rounding.HALF_UP
) -> int:
    """What the units `before+1 … after` of `whole` cost, so that any partials add up exactly."""
    if not 0 <= before <= after <= whole or whole == 0:
        raise BadAmount(f"units {before}..{after} of {whole} are no part of a line")
    return rounding.ratio(total * after, whole) - rounding.ratio(total * before, whole)
