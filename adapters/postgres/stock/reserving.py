"""Promising units: by one conditional statement, or not at all."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Text, bindparam, text
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.postgres.stock.bundles import PARTS

# Units of an order on hand and to come, pooled by row; what the order itself has reserved softly
# counts as free for it, and is given back by the same statement. The rows are locked in (sku,
# location) order and the predicate is checked again on the locked versions; then all are taken and
# the reservations written, or, when one row fell short, nothing.
_RESERVE = text(
    """
    WITH claims AS (
        SELECT * FROM unnest(
            CAST(:parcels AS text[]), CAST(:lines AS int[]), CAST(:skus AS text[]),
            CAST(:locations AS text[]), CAST(:units AS int[]), CAST(:supplies AS bigint[]),
            CAST(:days AS date[])
        ) AS c(parcel, line, sku, location, units, supply, expected_on)
    ), {parts}, lines AS (
        SELECT parcel, line, part AS sku, location, units * per_unit AS units, per_unit, supply,
               expected_on
        FROM claims JOIN parts ON parts.whole = claims.sku
    ), soft AS (
        SELECT id, sku, location, quantity FROM reservation
        WHERE order_number = :order AND state = 'SOFT' ORDER BY id FOR UPDATE
    ), change AS (
        SELECT sku, location, sum(units)::int AS units FROM (
            SELECT sku, location, units FROM lines WHERE supply IS NULL
            UNION ALL SELECT sku, location, -quantity FROM soft
        ) AS both_ways GROUP BY sku, location
    ), promise AS (
        SELECT supply, sum(units)::int AS units, min(expected_on) AS expected_on FROM lines
        WHERE supply IS NOT NULL GROUP BY supply
    ), locked AS (
        SELECT s.sku, s.location, c.units FROM stock s JOIN change c USING (sku, location)
        WHERE c.units <= 0 OR s.on_hand - s.reserved - s.safety >= c.units
        ORDER BY s.sku COLLATE "C", s.location COLLATE "C" FOR UPDATE OF s
    ), locked_supply AS (
        SELECT s.id, p.units FROM supply s JOIN promise p ON p.supply = s.id
        WHERE s.quantity - s.received - s.reserved >= p.units AND s.available_on <= p.expected_on
        ORDER BY s.id FOR UPDATE OF s
    ), complete AS (
        SELECT 1 AS one WHERE (SELECT count(*) FROM locked) = (SELECT count(*) FROM change)
          AND (SELECT count(*) FROM locked_supply) = (SELECT count(*) FROM promise)
    ), taken AS (
        UPDATE stock s SET reserved = s.reserved + l.units FROM locked l, complete
        WHERE s.sku = l.sku AND s.location = l.location
    ), promised AS (
        UPDATE supply s SET reserved = s.reserved + l.units, updated_at = clock_timestamp()
        FROM locked_supply l, complete WHERE s.id = l.id
    ), ended AS (
        UPDATE reservation SET state = 'RELEASED', updated_at = clock_timestamp()
        FROM complete WHERE order_number = :order AND state = 'SOFT'
    ), parcels AS (
        INSERT INTO fulfillment_order (id, order_number, location)
        SELECT DISTINCT parcel, :order, location FROM lines, complete WHERE parcel <> ''
    ), reservations AS (
        INSERT INTO reservation (order_number, fulfillment_order, line, sku, location, quantity,
                                 per_unit, supply, state, expires_at)
        SELECT :order, nullif(parcel, ''), line, sku, location, units, per_unit, supply,
               CASE parcel WHEN '' THEN 'SOFT' ELSE 'HARD' END, :expires_at
        FROM lines, complete
    )
    SELECT count(*) = 1 FROM complete
    """.replace("{parts}", PARTS)
).bindparams(bindparam("order", type_=Text))

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
    connection: AsyncConnection,
    order: str,
    claims: Sequence[Claim],
    expires_at: datetime | None = None,
) -> bool:
    """All units or none: False when some are no longer there, or expected later than planned."""
    wanted = {
        "order": order,
        "expires_at": expires_at,
        "parcels": [claim.parcel for claim in claims],
        "lines": [claim.line for claim in claims],
        "skus": [claim.sku for claim in claims],
        "locations": [claim.location for claim in claims],
        "units": [claim.units for claim in claims],
        "supplies": [claim.supply for claim in claims],
        "days": [claim.expected_on or None for claim in claims],
    }
    return bool(await connection.scalar(_RESERVE, wanted))


async def expire_soft(connection: AsyncConnection, limit: int) -> int:
    """Gives back soft reservations whose time is up; how many."""
    return int(await connection.scalar(_EXPIRE, {"limit": limit}) or 0)
