"""When a parcel leaves a location: its working days, its cut-off, its capacity of a day."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from enum import StrEnum

from domain.errors import Malformed

HORIZON_DAYS = 60  # a location that is closed for longer is to be deactivated
EVERY_DAY = frozenset(range(1, 8))
_NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


class LocationKind(StrEnum):
    WAREHOUSE = "warehouse"
    STORE = "store"
    SUPPLIER = "supplier"


@dataclass(frozen=True, slots=True)
class Departure:
    """`days` counts from today, by the location's clock; 0 is today. `why` says why it is later
    than today, and is empty when it is not.
    """

    day: date
    days: int = 0
    why: str = ""


@dataclass(frozen=True, slots=True)
class WorkingDays:
    """`weekdays` by ISO number, Monday being 1; on the days of `closed` (public holidays and its
    own) it does not work nonetheless. Parcels handed over before `cutoff`, by the clock of `zone`,
    leave on that day; None is the end of the day. `capacity` is in parcels a day, None without
    limit.

    Refuses (`Malformed`) a location that never works, and one without capacity.
    """

    zone: tzinfo = UTC
    cutoff: time | None = None
    weekdays: frozenset[int] = EVERY_DAY
    closed: frozenset[date] = frozenset()
    capacity: int | None = None

    def __post_init__(self) -> None:
        if not self.weekdays or not self.weekdays <= EVERY_DAY:
            raise Malformed("a location works on one weekday at least, from 1 (Monday) to 7")
        if self.capacity is not None and self.capacity < 1:
            raise Malformed("a capacity is 1 parcel a day or more; without limit, leave it out")

    def works_on(self, day: date) -> bool:
        return day.isoweekday() in self.weekdays and day not in self.closed

    def departure(self, at: datetime, taken: int = 0) -> Departure:
        """The day on which a parcel handed over `at` a moment leaves; `taken` are the parcels that
        leave with it, handed over since the last cut-off.
        """
        today = at.astimezone(self.zone).date()
        days = self._days_from(today, at)
        first = next(days, None)
        if first is None:
            return _never(today)
        if self.capacity is None or taken < self.capacity:
            return _departure(today, first, self._why(today, first))
        later = next(days, None)
        if later is None:
            return _never(today)
        full = "today" if first == today else _named(first)
        return _departure(
            today, later, f"the capacity of {full} is used up, leaves on {_named(later)}"
        )

    def _days_from(self, today: date, at: datetime) -> Iterator[date]:
        """The days on which a parcel can leave that is handed over now, earliest first."""
        for ahead in range(HORIZON_DAYS):
            day = today + timedelta(ahead)
            if self.works_on(day) and at < self._closes(day):
                yield day

    def _closes(self, day: date) -> datetime:
        """The cut-off as a moment of UTC, so that a clock set back passes it once only."""
        if self.cutoff is None:
            end = datetime.combine(day + timedelta(1), time(), self.zone)
        else:
            end = datetime.combine(day, self.cutoff, self.zone)
        return end.astimezone(UTC)

    def _why(self, today: date, first: date) -> str:
        if first == today:
            return ""
        if self.cutoff is not None and self.works_on(today):
            return f"past the cut-off of {self.cutoff:%H:%M}, leaves on {_named(first)}"
        return f"closed until {_named(first)}"


def _departure(today: date, day: date, why: str) -> Departure:
    return Departure(day, (day - today).days, why)


def _never(today: date) -> Departure:
    return _departure(
        today, today + timedelta(HORIZON_DAYS), f"closed for {HORIZON_DAYS} days or more"
    )


def _named(day: date) -> str:
    return f"{_NAMES[day.weekday()]} {day.isoformat()}"
