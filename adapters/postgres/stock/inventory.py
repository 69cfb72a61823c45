"""Stock and reservations as the effects on orders need them."""

from collections.abc import Iterable, Sequence

from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.postgres.closing import Closing
from adapters.postgres.locations import active_locations
from adapters.postgres.stock.ending import end, end_order
from adapters.postgres.stock.leaving import consume
from adapters.postgres.stock.missing import uncounted, write_off
from adapters.postgres.stock.reserving import Claim
from adapters.postgres.stock.returning import take_back
from adapters.postgres.stock.sources import sources
from adapters.postgres.stock.unasked import ship_unasked
from domain.coming_back import UnitsBack
from domain.journal import PlannedParcel
from domain.order import LineUnits, subtract
from domain.sourcing import Location, Sources


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

    async def write_off_missing(
        self, parcel: str, lines: Sequence[LineUnits], parts: Sequence[LineUnits] = ()
    ) -> None:
        left = await self._release_broken(parcel, lines)
        await write_off(self._connection, parcel, left, parts)

    async def uncounted(self, order: str, skus: Iterable[str]) -> set[str]:
        return await uncounted(self._connection, order, skus)

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
