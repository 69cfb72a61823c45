"""Where it can be sent from, and when it would leave there: one statement."""

from collections.abc import Iterable
from datetime import date, time, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.calendars.public_holidays import public_holidays
from domain.departure import HORIZON_DAYS, Departure, WorkingDays
from domain.sourcing import Location

# `taken` are the parcels that were sourced from a location of limited capacity since it last
# closed its books for a day: at the cut-off of a working day. (Public holidays are not known here:
# what was sourced before one is not counted to what leaves after it.) More than its capacity need
# not be counted.
DEPARTURE = """
    capacity, timezone, cutoff, weekdays, holidays, closed_on, clock_timestamp() AS at,
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
"""
_ACTIVE = text(
    f"SELECT id, latitude, longitude, priority, {DEPARTURE} FROM location l WHERE active"  # noqa: S608 - ours
)


async def active_locations(connection: AsyncConnection) -> list[Location]:
    found = []
    for row in await connection.execute(_ACTIVE):
        leaves = departure(row)
        found.append(
            Location(row.id, row.latitude, row.longitude, row.priority, leaves.days, leaves.why)
        )
    return found


def departure(row: Row[*tuple[Any, ...]]) -> Departure:
    """Of a row that ends with the columns of `DEPARTURE`."""
    capacity, zone, cutoff, weekdays, holidays, closed_on, at, taken = row[-8:]
    days, closed = tuple(weekdays), tuple(closed_on)
    working = _working_days(zone, cutoff, days, holidays, closed, capacity, at.date())
    return working.departure(at, taken)


@lru_cache(maxsize=4_096)
def _working_days(
    zone: str,
    cutoff: time | None,
    weekdays: tuple[int, ...],
    holidays: str,
    closed_on: tuple[date, ...],
    capacity: int | None,
    around: date,
) -> WorkingDays:
    """Kept, since every order that is sourced asks all locations."""
    closed = closed_days(holidays, closed_on, around)
    return WorkingDays(ZoneInfo(zone), cutoff, frozenset(weekdays), closed, capacity)


def closed_days(holidays: str, closed_on: Iterable[date], around: date) -> frozenset[date]:
    """Its own closing days, and the public holidays of the years that a departure can fall in."""
    if not holidays:
        return frozenset(closed_on)
    years = {(around + timedelta(days)).year for days in (-1, HORIZON_DAYS + 1)}
    return frozenset(closed_on).union(*(public_holidays(holidays, year) for year in years))
