"""Units that come back: as what they were when they were shipped."""

from collections.abc import Mapping, Sequence

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.postgres.tasks import NewTask, raise_task
from domain.access import Role
from domain.journal import InspectedUnits

# The units of a line are counted as they left, parcel by parcel, and as they come back, so that the
# first to leave are the first back, and each is what its parcel had reserved for it: itself, or the
# components of a bundle as the recipe was by then. A parcel that was not delivered comes back by
# itself, and is none of those that customers send back from. A unit that nothing has shipped is its
# own SKU. Answers what came back whole and is a bundle by now.
_TAKE_BACK = text(
    """
    WITH parts AS (
        SELECT fulfillment_order AS parcel, line, sku AS part, per_unit,
               sum(quantity)::int / per_unit AS units
        FROM reservation WHERE order_number = :order AND state = 'CONSUMED'
          AND CASE WHEN CAST(:parcel AS text) <> '' THEN fulfillment_order = :parcel
                   ELSE fulfillment_order NOT IN (SELECT data->>'fulfillment_order' FROM journal
                                                  WHERE subject = :order AND kind = 'Undelivered')
              END
        GROUP BY fulfillment_order, line, sku, per_unit
    ), gone AS (
        SELECT reference AS parcel, line, min(id) AS at FROM movement
        WHERE reason IN ('ship', 'ship_unreserved') AND reference IN (SELECT parcel FROM parts)
        GROUP BY reference, line
    ), shipped AS (
        SELECT parcel, line, units,
               (sum(units) OVER (PARTITION BY line ORDER BY at, parcel))::int - units AS before
        FROM (SELECT DISTINCT parcel, line, max(units) OVER (PARTITION BY parcel, line) AS units
              FROM parts) AS sent JOIN gone USING (parcel, line)
    ), back AS (
        SELECT n, reason, b.line, sku, units, coalesce(earlier, 0)
               + (sum(units) OVER (PARTITION BY b.line ORDER BY n))::int - units AS before
        FROM unnest(
            CAST(:reasons AS text[]), CAST(:lines AS int[]), CAST(:skus AS text[]),
            CAST(:units AS int[])
        ) WITH ORDINALITY AS b(reason, line, sku, units, n)
        LEFT JOIN unnest(CAST(:earlier_lines AS int[]), CAST(:earlier AS int[]))
        AS e(line, earlier) ON e.line = b.line
    ), matched AS (
        SELECT n, reason, line, sku, parcel, least(b.before + b.units, s.before + s.units)
                                             - greatest(b.before, s.before) AS units
        FROM back b JOIN shipped s USING (line)
        WHERE b.before < s.before + s.units AND s.before < b.before + b.units
    ), came AS (
        SELECT reason, line, part AS sku, matched.units * per_unit AS units
        FROM matched JOIN parts USING (parcel, line)
        UNION ALL
        SELECT reason, line, sku, units - coalesce((SELECT sum(m.units) FROM matched m
                                                    WHERE m.n = back.n), 0) FROM back
    ), kept AS (
        SELECT reason, line, sku,
               CASE reason WHEN 'restock' THEN sum(units) ELSE 0 END::int AS on_hand,
               CASE reason WHEN 'quarantine' THEN sum(units) ELSE 0 END::int AS quarantined
        FROM came WHERE units > 0 GROUP BY reason, line, sku
    ), moved AS (
        INSERT INTO movement (reason, reference, line, sku, location, units, bucket, bucket_units)
        SELECT reason, :reference, line, sku, :location, on_hand,
               CASE WHEN quarantined > 0 THEN 'quarantined' ELSE '' END, quarantined
        FROM kept
    ), put AS (
        INSERT INTO stock (sku, location, on_hand, quarantined)
        SELECT sku, :location, sum(on_hand)::int, sum(quarantined)::int FROM kept
        GROUP BY sku ORDER BY sku COLLATE "C"
        ON CONFLICT (sku, location) DO UPDATE
        SET on_hand = stock.on_hand + excluded.on_hand,
            quarantined = stock.quarantined + excluded.quarantined
    )
    SELECT sku, sum(on_hand + quarantined)::int AS units FROM kept
    WHERE EXISTS (SELECT FROM bundle_component WHERE bundle = kept.sku)
    GROUP BY sku HAVING sum(on_hand + quarantined) > 0 ORDER BY sku
    """
)


async def take_back(
    connection: AsyncConnection,
    order: str,
    rma: str,
    location: str,
    units: Sequence[InspectedUnits],
    earlier: Mapping[int, int],
    parcel: str,
) -> None:
    values = {
        "order": order,
        "reference": rma,
        "location": location,
        "parcel": parcel,
        "reasons": [unit.disposition for unit in units],
        "lines": [unit.line for unit in units],
        "skus": [unit.sku for unit in units],
        "units": [unit.quantity for unit in units],
        "earlier_lines": list(earlier),
        "earlier": list(earlier.values()),
    }
    for whole in (await connection.execute(_TAKE_BACK, values)).all():
        await _have_unpacked(connection, rma, location, whole.sku, whole.units)


async def _have_unpacked(
    connection: AsyncConnection, rma: str, location: str, sku: str, units: int
) -> None:
    """It was a plain product when it was shipped. As a bundle nobody can be sold it as it is."""
    place = f"{sku}@{location}"
    why = (
        f"{units} units of {sku} came back whole, and it is a bundle now:"
        " take them apart, and adjust both"
    )
    task = NewTask(f"unpack/{rma}/{place}", "stock.unpack", place, why, Role.WAREHOUSE)
    await raise_task(connection, task)
