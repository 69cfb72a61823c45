"""What a person may do to a customer's points: the act's subject is the customer."""

from dataclasses import dataclass

from domain.errors import Malformed
from domain.points_rules import DAYS_MAX

POINTS_MAX = 1_000_000_000


@dataclass(frozen=True, slots=True)
class AdjustPoints:
    """So many points more, which can be spent for `valid_days` after today, or fewer."""

    points: int
    valid_days: int = 365

    def __post_init__(self) -> None:
        if not 0 < abs(self.points) <= POINTS_MAX:
            raise Malformed(f"points are adjusted by 1 to {POINTS_MAX:,}, up or down")
        if not 0 <= self.valid_days <= DAYS_MAX:
            raise Malformed(f"points are valid for 0 to {DAYS_MAX:,} days")
