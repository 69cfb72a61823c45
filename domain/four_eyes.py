"""Four eyes: how much a person may change alone, before a second person has to look.

What one person does adds up: ten acts of a tenth each are no smaller than the one act of all.
"""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from domain.codec import Json

ALONE_WITHIN = timedelta(hours=24)  # whatever the calendar says, so that no midnight starts anew


class Watched(StrEnum):
    """What is added up, each of a subject of its own."""

    STOCK_UNITS = "stock_units"  # of a SKU at a location: changed by counts and the like
    WRITTEN_OFF = "written_off"  # of a currency: minor units that were given up
    POINTS = "points"  # of a customer: given or taken


@dataclass(frozen=True, slots=True)
class FourEyes:
    """How much of one subject one person may change within `ALONE_WITHIN` without a second."""

    stock_units: int = 100
    written_off: int = 5_000  # minor units, of any currency
    points: int = 10_000

    def most(self, what: Watched) -> int:
        return {
            Watched.STOCK_UNITS: self.stock_units,
            Watched.WRITTEN_OFF: self.written_off,
            Watched.POINTS: self.points,
        }[what]


class SecondPersonNeeded(Exception):  # a state of the act, not an error
    """Nothing has happened: another person has to approve the act first. `seen` are fields of what
    is asked that only the books could fill in, as they were when it was asked.
    """

    def __init__(self, why: str, seen: dict[str, Json]) -> None:
        super().__init__(why)
        self.why = why
        self.seen = seen
