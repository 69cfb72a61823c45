"""Promising units: by one statement that takes all of them, or fails with its transaction."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

import psycopg
from psycopg.types.json import Jsonb
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.postgres.transactions import Driver
from domain.errors import OutOfStock

# A function of the database, so that each statement in it sees what was committed while the one
# before waited, and the hottest rows are locked last (migration 0020).
_RESERVE = "SELECT reserve_units(%(order)s, %(expires_at)s, %(claims)s)"
_SHORT = "OL001"  # how the function says that units are gone

# Locked before the stock, as everybody does; what another one is ending now is passed over.
_EXPIRE = text(
    """
    WITH due AS (
        SELECT id, sku, location, quantity FROM reservation
        WHERE state = 'SOFT' AND expires_at <= clock_timestamp()
        ORDER BY id LIMIT :limit FOR UPDATE SKIP LOCKED
    ), ended AS (
        UPDATE reservation r SET state = 'EXPIRED', updated_at = clock_timestamp()
        FROM due WHERE r.id = due.id
    ), change AS (
        SELECT sku, location, sum(quantity)::int AS units FROM due GROUP BY sku, location
    ), locked AS (
        SELECT s.sku, s.location, c.units FROM stock s JOIN change c USING (sku, location)
        ORDER BY s.sku COLLATE "C", s.location COLLATE "C" FOR UPDATE OF s
    ), freed AS (
        UPDATE stock s SET reserved = s.reserved - l.units FROM locked l
        WHERE s.sku = l.sku AND s.location = l.location
    )
    SELECT count(*) FROM due
    """
)


@dataclass(frozen=True, slots=True)
class Claim:
    """Units of one order line from one location. `supply` is set when they have yet to come, by the
    end of the day `expected_on`; `parcel` is empty while the claim is soft.
    """

    parcel: str
    line: int
    sku: str
    location: str
    units: int
    supply: int | None = None
    expected_on: str = ""


async def reserve(
    driver: Driver, order: str, claims: Sequence[Claim], expires_at: datetime | None = None
) -> None:
    """All units, pooled by row, bundles as their components; what the order itself has reserved
    softly counts as free for it, and is given back. When some are no longer there, or expected
    later than planned, the transaction has failed; `refusing_shortage` says so.
    """
    claimed = [
        {
            "parcel": claim.parcel,
            "line": claim.line,
            "sku": claim.sku,
            "location": claim.location,
            "units": claim.units,
            "supply": claim.supply,
            "expected_on": claim.expected_on or None,
        }
        for claim in claims
    ]
    values = {"order": order, "expires_at": expires_at, "claims": Jsonb(claimed)}
    await driver.execute(_RESERVE, values)


@contextmanager
def refusing_shortage() -> Iterator[None]:
    """Around what waits for a reservation to be made. Refuses `OutOfStock`."""
    try:
        yield
    except psycopg.Error as error:
        if error.sqlstate != _SHORT:
            raise
        raise OutOfStock("the stock was taken by another order meanwhile") from error


async def expire_soft(connection: AsyncConnection, limit: int) -> int:
    """Gives back soft reservations whose time is up; how many."""
    return int(await connection.scalar(_EXPIRE, {"limit": limit}) or 0)
