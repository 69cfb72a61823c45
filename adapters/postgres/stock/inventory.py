"""Stock and reservations as the effects on orders need them."""

from collections.abc import Iterable, Sequence

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.postgres.locations import active_locations
from adapters.postgres.stock.ending import Ended, end, end_order
from adapters.postgres.stock.leaving import consume
from adapters.postgres.stock.reserving import Claim, reserve
from adapters.postgres.stock.sources import sources
from adapters.postgres.tasks import NewTask, raise_task
from domain.access import Role
from domain.journal import InspectedUnits, PlannedParcel
from domain.order import LineUnits, subtract
from domain.returns import Disposition
from domain.sourcing import Location, Sources

# Which lines of a parcel are reserved as components of a bundle.
_PACKED = text(
    """
    SELECT DISTINCT line FROM reservation
    WHERE fulfillment_order = :parcel AND line = ANY(:lines) AND state = 'HARD'
      AND (line, sku) NOT IN (SELECT * FROM unnest(CAST(:lines AS int[]), CAST(:skus AS text[])))
    """
)
# Inspected units as what they are made of: a bundle comes back as its components, as they were
# shipped. A line of which nothing was shipped is its own SKU.
_TAKE_BACK = text(
    """
    WITH shipped AS (
        SELECT DISTINCT line, sku AS part, per_unit FROM reservation
        WHERE order_number = :order AND state = 'CONSUMED'
    ), back AS (
        SELECT reason, b.line, coalesce(part, sku) AS sku, on_hand * coalesce(per_unit, 1)
               AS on_hand, quarantined * coalesce(per_unit, 1) AS quarantined
        FROM unnest(
            CAST(:reasons AS text[]), CAST(:lines AS int[]), CAST(:skus AS text[]),
            CAST(:on_hand AS int[]), CAST(:quarantined AS int[])
        ) AS b(reason, line, sku, on_hand, quarantined)
        LEFT JOIN shipped ON shipped.line = b.line
    ), moved AS (
        INSERT INTO movement (reason, reference, line, sku, location, units, bucket, bucket_units)
        SELECT reason, :reference, line, sku, :location, on_hand,
               CASE WHEN quarantined > 0 THEN 'quarantined' ELSE '' END, quarantined
        FROM back
    )
    INSERT INTO stock (sku, location, on_hand, quarantined)
    SELECT sku, :location, sum(on_hand)::int, sum(quarantined)::int FROM back
    GROUP BY sku ORDER BY sku COLLATE "C"
    ON CONFLICT (sku, location) DO UPDATE
    SET on_hand = stock.on_hand + excluded.on_hand,
        quarantined = stock.quarantined + excluded.quarantined
    """
)


class PostgresInventory:
    """See `ports.unit_of_work.Inventory`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def locations(self) -> list[Location]:
        return await active_locations(self._connection)

    async def sources(self, order: str, skus: Iterable[str], within_days: int) -> Sources:
        return await sources(self._connection, order, skus, within_days)

    async def reserve(self, order: str, parcels: Sequence[PlannedParcel]) -> bool:
        claims = [claim for parcel in parcels for claim in _claims(parcel)]
        return await reserve(self._connection, order, claims)

    async def release(self, parcel: str, lines: Sequence[LineUnits]) -> None:
        await end(self._connection, parcel, lines, after="RELEASED")

    async def release_all(self, order: str) -> None:
        await end_order(self._connection, order, after="RELEASED")

    async def write_off_missing(self, parcel: str, lines: Sequence[LineUnits]) -> None:
        """Of a bundle nobody knows which component is missing: they are to be counted."""
        skus = {unit.line: unit.sku for unit in lines}
        bundles = await self._bundled(parcel, skus)
        plain = [unit for unit in lines if unit.line not in bundles]
        packed = [unit for unit in lines if unit.line in bundles]
        await end(self._connection, parcel, plain, after="RELEASED", taken_for="short_pick")
        for ended in await end(self._connection, parcel, packed, after="RELEASED"):
            await self._have_counted(parcel, skus[ended.line], ended)

    async def _bundled(self, parcel: str, skus: dict[int, str]) -> set[int]:
        values = {"parcel": parcel, "lines": list(skus), "skus": list(skus.values())}
        return {line for (line,) in await self._connection.execute(_PACKED, values)}

    async def _have_counted(self, parcel: str, bundle: str, ended: Ended) -> None:
        place = f"{ended.sku}@{ended.location}"
        why = f"units of bundle {bundle} were missing in {parcel}: count this component"
        task = NewTask(
            f"count/{parcel}/{ended.line}/{place}", "stock.count", place, why, Role.WAREHOUSE
        )
        await raise_task(self._connection, task)

    async def consume(self, parcel: str, lines: Sequence[LineUnits]) -> None:
        await consume(self._connection, parcel, lines)

    async def take_back(
        self, order: str, rma: str, location: str, units: Sequence[InspectedUnits]
    ) -> None:
        values = {
            "order": order,
            "reference": rma,
            "location": location,
            "reasons": [unit.disposition for unit in units],
            "lines": [unit.line for unit in units],
            "skus": [unit.sku for unit in units],
            "on_hand": [_units(unit, Disposition.RESTOCK) for unit in units],
            "quarantined": [_units(unit, Disposition.QUARANTINE) for unit in units],
        }
        await self._connection.execute(_TAKE_BACK, values)


def _claims(parcel: PlannedParcel) -> list[Claim]:
    """What is to come of a parcel, and the rest, which is on hand."""
    name, location = parcel.fulfillment_order, parcel.location
    coming = [
        Claim(name, each.line, each.sku, location, each.quantity, each.supply)
        for each in parcel.supplies
    ]
    awaited = tuple(LineUnits(each.line, each.sku, each.quantity) for each in parcel.supplies)
    on_hand = subtract(parcel.lines, awaited)
    return [*coming, *(Claim(name, u.line, u.sku, location, u.quantity) for u in on_hand)]


def _units(unit: InspectedUnits, disposition: Disposition) -> int:
    return unit.quantity if unit.disposition == disposition else 0
