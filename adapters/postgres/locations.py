"""Where it can be sent from, and when it would leave there: one statement."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.calendars.public_holidays import public_holidays
from domain.departure import HORIZON_DAYS, WorkingDays
from domain.sourcing import Location

# `taken` are the parcels that were sourced from a location of limited capacity since it last
# closed its books for a day: at the cut-off of a working day. (Public holidays are not known here:
# what was sourced before one is not counted to what leaves after it.) More than its capacity need
# not be counted.
_ACTIVE = text(
    """
    SELECT id, latitude, longitude, priority, capacity, timezone, cutoff, weekdays, holidays,
           closed_on, clock_timestamp() AS at,
           CASE WHEN capacity IS NULL THEN 0 ELSE (
               SELECT count(*) FROM (
                   SELECT FROM fulfillment_order f
                   WHERE f.location = l.id AND f.created_at >= (
                       SELECT max(passed)
                       FROM generate_series(0, 14) AS ago, LATERAL (
                           SELECT CAST(clock_timestamp() AT TIME ZONE timezone AS date) - ago
                       ) AS days(day), LATERAL (
                           SELECT (day + coalesce(cutoff, '24:00')) AT TIME ZONE timezone
                       ) AS cutoffs(passed)
                       WHERE passed <= clock_timestamp() AND NOT day = ANY (closed_on)
                         AND CAST(extract(isodow FROM day) AS int) = ANY (weekdays))
                   LIMIT l.capacity) AS since)
           END AS taken
    FROM location l WHERE active
    """
)


@dataclass(frozen=True, slots=True)
class _Row:
    """The columns of `_ACTIVE`, in its order."""

    id: str
    latitude: float | None
    longitude: float | None
    priority: int
    capacity: int | None
    timezone: str
    cutoff: time | None
    weekdays: list[int]
    holidays: str
    closed_on: list[date]
    at: datetime
    taken: int


async def active_locations(connection: AsyncConnection) -> list[Location]:
    return [_location(_Row(*row)) for row in await connection.execute(_ACTIVE)]


def _location(row: _Row) -> Location:
    working = WorkingDays(
        ZoneInfo(row.timezone),
        row.cutoff,
        frozenset(row.weekdays),
        closed_days(row.holidays, row.closed_on, row.at.date()),
        row.capacity,
    )
    leaves = working.departure(row.at, row.taken)
    return Location(row.id, row.latitude, row.longitude, row.priority, leaves.days, leaves.why)


def closed_days(holidays: str, closed_on: list[date], around: date) -> frozenset[date]:
    """Its own closing days, and the public holidays of the years that a departure can fall in."""
    if not holidays:
        return frozenset(closed_on)
    years = {(around + timedelta(days)).year for days in (-1, HORIZON_DAYS + 1)}
    return frozenset(closed_on).union(*(public_holidays(holidays, year) for year in years))
