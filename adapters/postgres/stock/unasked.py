"""Units that a warehouse sent unasked: of a parcel that was given up, or more than it carried. They
are gone, and people are to see to it.
"""

from collections.abc import Sequence

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.postgres.stock.breaking import Place
from adapters.postgres.stock.leaving import have
from adapters.postgres.tasks import NewTask, raise_task
from domain.access import Role
from domain.order import LineUnits

# As what the parcel had reserved them: itself, or the components of a bundle. A SKU that is new at
# the location has a row of its own from now on; one that nobody knows has none. `earlier` counts
# what was sent unasked before.
_PLACES = text(
    """
    WITH sent AS (
        SELECT line, whole, units, location, (SELECT count(*) FROM movement
            WHERE reason = 'ship_unasked' AND split_part(reference, '/', 1) = :parcel
              AND movement.line = sent.line) AS earlier
        FROM unnest(CAST(:lines AS int[]), CAST(:skus AS text[]), CAST(:units AS int[]))
             AS sent(line, whole, units), fulfillment_order WHERE id = :parcel
    ), reserved AS (
        SELECT DISTINCT line, sku AS part, per_unit FROM reservation
        WHERE fulfillment_order = :parcel
    ), parts AS (
        SELECT line, coalesce(r.part, component, whole) AS sku, location, earlier,
               units * coalesce(r.per_unit, quantity, 1) AS units
        FROM sent LEFT JOIN reserved r USING (line)
        LEFT JOIN bundle_component ON bundle = whole AND r.part IS NULL
    ), opened AS (
        INSERT INTO stock (sku, location, on_hand)
        SELECT DISTINCT sku, location, 0 FROM parts JOIN product USING (sku)
        ON CONFLICT DO NOTHING
    )
    SELECT line, parts.sku, location, parts.units,
           :parcel || CASE earlier WHEN 0 THEN '' ELSE '/' || earlier END AS reference
    FROM parts JOIN product USING (sku) ORDER BY parts.sku COLLATE "C", line
    """
)
_LEFT = text(
    """
    WITH moved AS (
        INSERT INTO movement (reason, reference, line, sku, location, units)
        VALUES ('ship_unasked', :reference, :line, :sku, :location, -:units)
    )
    UPDATE stock SET on_hand = on_hand - :units WHERE sku = :sku AND location = :location
    """
)

_TASKS = text("SELECT count(*) FROM task WHERE kind = :kind AND subject = :parcel")
KIND = "shipped_unasked"  # of the task


async def ship_unasked(
    connection: AsyncConnection, order: str, parcel: str, lines: Sequence[LineUnits]
) -> None:
    values = {
        "parcel": parcel,
        "lines": [unit.line for unit in lines],
        "skus": [unit.sku for unit in lines],
        "units": [unit.quantity for unit in lines],
    }
    for row in (await connection.execute(_PLACES, values)).all():
        cause = f"{row.reference}/{row.line}/{row.sku}/unasked"
        await have(
            connection, Place(row.sku, row.location), row.units, row.reference, row.line, cause
        )
        await connection.execute(_LEFT, row._asdict())
    await _have_looked_at(connection, order, parcel, lines)


async def _have_looked_at(
    connection: AsyncConnection, order: str, parcel: str, lines: Sequence[LineUnits]
) -> None:
    units = ", ".join(f"{unit.quantity} of {unit.sku} (line {unit.line})" for unit in lines)
    why = f"{units} left in {parcel}, which was not to have them: nobody pays for them"
    n = await connection.scalar(_TASKS, {"kind": KIND, "parcel": parcel}) + 1
    name = f"shipped-unasked/{parcel}/{n}"
    await raise_task(connection, NewTask(name, KIND, parcel, why, Role.SUPERVISOR, order))
