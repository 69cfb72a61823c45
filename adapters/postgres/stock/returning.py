"""Units that come back: as what they were when they were shipped."""

from collections.abc import Sequence

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.postgres.stock.acts import too_many
from adapters.postgres.tasks import NewTask, raise_task
from domain.access import Role
from domain.coming_back import UnitsBack
from domain.stock_acts import ON_HAND_MAX

# Whoever makes a bundle of one locks it too, so that neither overlooks the other.
_STAY_PLAIN = text(
    "SELECT FROM product WHERE sku = ANY(CAST(:skus AS text[]))"
    ' ORDER BY sku COLLATE "C" FOR KEY SHARE'
)
# What the parcel had reserved for the line: itself, or the components of a bundle, as the recipe
# was by then. Units that no parcel has are their own SKU. Answers what came back whole and is a
# bundle by now, and (`full`) what is more than the books can hold.
_TAKE_BACK = text(
    """
    WITH back AS (
        SELECT * FROM unnest(
            CAST(:parcels AS text[]), CAST(:reasons AS text[]), CAST(:lines AS int[]),
            CAST(:skus AS text[]), CAST(:units AS int[])
        ) AS b(parcel, reason, line, sku, units)
    ), parts AS (
        SELECT DISTINCT fulfillment_order AS parcel, line, sku AS part, per_unit
        FROM reservation WHERE fulfillment_order IN (SELECT parcel FROM back) AND state = 'CONSUMED'
    ), kept AS (
        SELECT reason, line, coalesce(part, sku) AS sku,
               sum(CASE reason WHEN 'restock' THEN units * coalesce(per_unit, 1) ELSE 0 END)::int
               AS on_hand,
               sum(CASE reason WHEN 'quarantine' THEN units * coalesce(per_unit, 1) ELSE 0 END)::int
               AS quarantined
        FROM back LEFT JOIN parts USING (parcel, line)
        GROUP BY reason, line, coalesce(part, sku)
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
        WHERE greatest(stock.on_hand::bigint + excluded.on_hand,
                       stock.quarantined::bigint + excluded.quarantined) <= :most
        RETURNING sku
    )
    SELECT sku, sum(on_hand + quarantined)::int AS units,
           sku NOT IN (SELECT sku FROM put) AS full FROM kept
    GROUP BY sku
    HAVING sku NOT IN (SELECT sku FROM put) OR sum(on_hand + quarantined) > 0
       AND EXISTS (SELECT FROM bundle_component WHERE bundle = kept.sku)
    ORDER BY sku
    """
)


async def take_back(
    connection: AsyncConnection, rma: str, location: str, units: Sequence[UnitsBack]
) -> None:
    """Refuses (`LimitExceeded`) more than the books can hold."""
    values = {
        "most": ON_HAND_MAX,
        "reference": rma,
        "location": location,
        "parcels": [unit.parcel for unit in units],
        "reasons": [unit.disposition for unit in units],
        "lines": [unit.line for unit in units],
        "skus": [unit.sku for unit in units],
        "units": [unit.quantity for unit in units],
    }
    await connection.execute(_STAY_PLAIN, {"skus": values["skus"]})
    for whole in (await connection.execute(_TAKE_BACK, values)).all():
        if whole.full:
            raise too_many()
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
