"""Units that a picker did not find: they leave the stock. Of a bundle, those of its components that
the warehouse names; where it does not say what was missing, nobody guesses: all are free again, and
people count them.
"""

from collections.abc import Iterable, Sequence
from itertools import groupby

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.postgres.stock.breaking import Place
from adapters.postgres.stock.ending import Ended, end
from adapters.postgres.tasks import NewTask, raise_task
from domain.access import Role
from domain.order import LineUnits

# Which lines of a parcel are reserved as components of a bundle.
_PACKED = text(
    """
    SELECT DISTINCT line FROM reservation
    WHERE fulfillment_order = :parcel AND line = ANY(:lines) AND state = 'HARD'
      AND (line, sku) NOT IN (SELECT * FROM unnest(CAST(:lines AS int[]), CAST(:skus AS text[])))
    """
)
# A parcel that comes up short again has another movement for it, as in `ending`.
_LOST = text(
    """
    WITH earlier AS (
        SELECT '/' || nullif(count(*), 0) AS suffix FROM movement
        WHERE reason = 'short_pick' AND line = :line AND sku = :sku
          AND (reference = :parcel OR reference LIKE :parcel || '/%')
    ), moved AS (
        INSERT INTO movement (reason, reference, line, sku, location, units)
        SELECT 'short_pick', :parcel || coalesce(suffix, ''), :line, :sku, :location, -:units
        FROM earlier
    )
    UPDATE stock SET on_hand = on_hand - :units WHERE sku = :sku AND location = :location
    """
)
_UNCOUNTED = text(
    """
    SELECT DISTINCT task.data->>'location' FROM task
    JOIN fulfillment_order f ON f.id = task.data->>'parcel'
    WHERE task.kind = :kind AND task.closed_at IS NULL
      AND f.order_number = :order AND task.data->>'bundle' = ANY(:skus)
    """
)
# An order that waits for it may be sourced from there again, though no more is there than before.
_COUNTED = text(
    """
    WITH closed AS (
        UPDATE task SET closed_at = clock_timestamp(), closed_by = :by, closed_why = :why
        WHERE kind = :kind AND subject = :place AND closed_at IS NULL RETURNING id
    )
    INSERT INTO stock_news (sku) SELECT :sku WHERE EXISTS (SELECT FROM closed)
    """
)
COUNT = "stock.count"  # kind of the task; its subject is `<SKU>@<location>`


async def write_off(
    connection: AsyncConnection, parcel: str, lines: Sequence[LineUnits], parts: Sequence[LineUnits]
) -> None:
    """See `ports.unit_of_work.Inventory.write_off_missing`."""
    skus = {unit.line: unit.sku for unit in lines}
    bundles = await _bundled(connection, parcel, skus)
    plain = [unit for unit in lines if unit.line not in bundles]
    packed = [unit for unit in lines if unit.line in bundles]
    await end(connection, parcel, plain, after="RELEASED", taken_for="short_pick")
    named = {(part.line, part.sku): part.quantity for part in parts}
    ended = await end(connection, parcel, packed, after="RELEASED", promised=False)
    for line, components in groupby(ended, key=lambda each: each.line):
        await _of_bundle(connection, parcel, skus[line], list(components), named)


async def uncounted(connection: AsyncConnection, order: str, skus: Iterable[str]) -> set[str]:
    values = {"kind": COUNT, "order": order, "skus": list(skus)}
    return {location for (location,) in await connection.execute(_UNCOUNTED, values)}


async def counted(connection: AsyncConnection, place: Place, by: str, why: str) -> None:
    """Whoever was to count it need not any more."""
    values = {"kind": COUNT, "place": f"{place.sku}@{place.location}", "sku": place.sku}
    await connection.execute(_COUNTED, {**values, "by": by, "why": why})


async def _bundled(connection: AsyncConnection, parcel: str, skus: dict[int, str]) -> set[int]:
    values = {"parcel": parcel, "lines": list(skus), "skus": list(skus.values())}
    return {line for (line,) in await connection.execute(_PACKED, values)}


async def _of_bundle(
    connection: AsyncConnection,
    parcel: str,
    bundle: str,
    components: Sequence[Ended],
    named: dict[tuple[int, str], int],
) -> None:
    """Components of one line that are free again. More than the bundles had of one is not lost of
    this parcel, whatever was named.
    """
    lost = [min(each.units, named.get((each.line, each.sku), 0)) for each in components]
    explained = max(-(-units // c.per_unit) for c, units in zip(components, lost, strict=True))
    missing = max(each.units // each.per_unit for each in components)
    for each, units in zip(components, lost, strict=True):
        place = {"line": each.line, "sku": each.sku, "location": each.location}
        if units:
            await connection.execute(_LOST, {"parcel": parcel, "units": units, **place})
        if explained < missing and units < each.units:
            await _have_counted(connection, parcel, bundle, each)


async def _have_counted(
    connection: AsyncConnection, parcel: str, bundle: str, ended: Ended
) -> None:
    place = f"{ended.sku}@{ended.location}"
    task = NewTask(
        f"count/{parcel}/{ended.line}/{place}",
        COUNT,
        place,
        f"units of bundle {bundle} were missing in {parcel}: count this component",
        Role.WAREHOUSE,
        data={"parcel": parcel, "bundle": bundle, "location": ended.location},
    )
    await raise_task(connection, task)
