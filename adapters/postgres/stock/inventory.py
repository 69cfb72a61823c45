"""Stock and reservations as the effects on orders need them."""

from collections.abc import Iterable, Sequence

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.postgres.closing import Closing
from adapters.postgres.locations import active_locations
from adapters.postgres.stock.ending import Ended, end, end_order
from adapters.postgres.stock.leaving import consume
from adapters.postgres.stock.reserving import Claim
from adapters.postgres.stock.returning import take_back
from adapters.postgres.stock.sources import sources
from adapters.postgres.stock.unasked import ship_unasked
from adapters.postgres.tasks import NewTask, raise_task
from domain.access import Role
from domain.coming_back import UnitsBack
from domain.journal import PlannedParcel
from domain.order import LineUnits, subtract
from domain.sourcing import Location, Sources

# Which lines of a parcel are reserved as components of a bundle.
_PACKED = text(
    """
    SELECT DISTINCT line FROM reservation
    WHERE fulfillment_order = :parcel AND line = ANY(:lines) AND state = 'HARD'
      AND (line, sku) NOT IN (SELECT * FROM unnest(CAST(:lines AS int[]), CAST(:skus AS text[])))
    """
)


class PostgresInventory:
    """See `ports.unit_of_work.Inventory`."""

    def __init__(self, connection: AsyncConnection, closing: Closing) -> None:
        self._connection = connection
        self._closing = closing

    async def locations(self) -> list[Location]:
        return await active_locations(self._connection)

    async def sources(self, order: str, skus: Iterable[str], within_days: int) -> Sources:
        return await sources(self._connection, order, skus, within_days)

    async def reserve(self, order: str, parcels: Sequence[PlannedParcel]) -> None:
        claims = [claim for parcel in parcels for claim in _claims(parcel)]
        self._closing.reservations.append((order, claims))

    async def release(self, parcel: str, lines: Sequence[LineUnits]) -> None:
        left = await self._release_broken(parcel, lines)
        await end(self._connection, parcel, left, after="RELEASED")

    async def release_all(self, order: str) -> None:
        await end_order(self._connection, order, after="RELEASED")

    async def write_off_missing(self, parcel: str, lines: Sequence[LineUnits]) -> None:
        """Of a bundle nobody knows which component is missing: they are to be counted. What a count
        found missing before has left the books already.
        """
        lines = await self._release_broken(parcel, lines)
        skus = {unit.line: unit.sku for unit in lines}
        bundles = await self._bundled(parcel, skus)
        plain = [unit for unit in lines if unit.line not in bundles]
        packed = [unit for unit in lines if unit.line in bundles]
        await end(self._connection, parcel, plain, after="RELEASED", taken_for="short_pick")
        for ended in await end(self._connection, parcel, packed, after="RELEASED"):
            await self._have_counted(parcel, skus[ended.line], ended)

    async def _release_broken(
        self, parcel: str, lines: Sequence[LineUnits]
    ) -> tuple[LineUnits, ...]:
        """Units that are reserved no longer go first. What is left to be released."""
        ended = await end(self._connection, parcel, lines, before="BROKEN", after="RELEASED")
        done = {each.line: each.units // each.per_unit for each in ended}
        return subtract(
            tuple(lines),
            tuple(LineUnits(u.line, u.sku, done[u.line]) for u in lines if u.line in done),
        )

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

    async def ship_unasked(self, order: str, parcel: str, lines: Sequence[LineUnits]) -> None:
        await ship_unasked(self._connection, order, parcel, lines)

    async def take_back(self, rma: str, location: str, units: Sequence[UnitsBack]) -> None:
        await take_back(self._connection, rma, location, units)


def _claims(parcel: PlannedParcel) -> list[Claim]:
    """What is to come of a parcel, and the rest, which is on hand."""
    name, location = parcel.fulfillment_order, parcel.location
    coming = [
        Claim(name, each.line, each.sku, location, each.quantity, each.supply, parcel.expected_on)
        for each in parcel.supplies
    ]
    awaited = tuple(LineUnits(each.line, each.sku, each.quantity) for each in parcel.supplies)
    on_hand = subtract(parcel.lines, awaited)
    return [*coming, *(Claim(name, u.line, u.sku, location, u.quantity) for u in on_hand)]
