"""Stock and reservations: a unit is promised by one conditional statement, or not at all."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import bindparam, func, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.postgres.locations import active_locations
from adapters.postgres.tables import location, movement, reservation, stock
from domain.journal import InspectedUnits, PlannedParcel
from domain.order import LineUnits
from domain.returns import Disposition
from domain.sourcing import Location, Stock

# The rows are locked in (sku, location) order and the predicate is checked again on the locked
# versions; then all are taken and the reservations written, or, when one row fell short, nothing.
_RESERVE = text(
    """
    WITH lines AS (
        SELECT * FROM unnest(
            CAST(:parcels AS text[]), CAST(:lines AS int[]), CAST(:skus AS text[]),
            CAST(:locations AS text[]), CAST(:units AS int[])
        ) AS l(parcel, line, sku, location, units)
    ), wanted AS (
        SELECT sku, location, sum(units)::int AS units FROM lines GROUP BY sku, location
    ), locked AS (
        SELECT s.sku, s.location, w.units
        FROM stock s JOIN wanted w USING (sku, location)
        WHERE s.on_hand - s.reserved - s.safety >= w.units
        ORDER BY s.sku, s.location
        FOR UPDATE OF s
    ), taken AS (
        UPDATE stock s SET reserved = s.reserved + l.units
        FROM locked l
        WHERE s.sku = l.sku AND s.location = l.location
          AND (SELECT count(*) FROM locked) = (SELECT count(*) FROM wanted)
        RETURNING 1
    ), complete AS (
        SELECT 1 FROM wanted HAVING count(*) = (SELECT count(*) FROM taken)
    ), parcels AS (
        INSERT INTO fulfillment_order (id, order_number, location)
        SELECT DISTINCT parcel, :order, location FROM lines, complete
    ), reservations AS (
        INSERT INTO reservation
            (order_number, fulfillment_order, line, sku, location, quantity, state)
        SELECT :order, parcel, line, sku, location, units, 'HARD' FROM lines, complete
    )
    SELECT count(*) = 1 FROM complete
    """
)

_CHANGE = text(
    """
    WITH change AS (
        SELECT sku, location, sum(on_hand)::int AS on_hand, sum(reserved)::int AS reserved,
               sum(quarantined)::int AS quarantined
        FROM unnest(CAST(:skus AS text[]), CAST(:locations AS text[]), CAST(:on_hand AS int[]),
                    CAST(:reserved AS int[]), CAST(:quarantined AS int[]))
             AS c(sku, location, on_hand, reserved, quarantined)
        GROUP BY sku, location
    ), locked AS (
        SELECT s.sku, s.location FROM stock s JOIN change USING (sku, location)
        ORDER BY s.sku, s.location FOR UPDATE OF s
    )
    UPDATE stock s
    SET on_hand = s.on_hand + c.on_hand,
        reserved = s.reserved + c.reserved,
        quarantined = s.quarantined + c.quarantined
    FROM change c JOIN locked USING (sku, location)
    WHERE s.sku = c.sku AND s.location = c.location
    """
)

_STOCK_ROWS = text(
    """
    INSERT INTO stock (sku, location, on_hand)
    SELECT DISTINCT sku, CAST(:location AS text), 0 FROM unnest(CAST(:skus AS text[])) AS s(sku)
    ORDER BY sku
    ON CONFLICT DO NOTHING
    """
)

_FREE = stock.c.on_hand - stock.c.reserved - stock.c.safety
_AVAILABLE = (
    select(stock.c.location, stock.c.sku, _FREE)
    .join(location, location.c.id == stock.c.location)
    .where(stock.c.sku.in_(bindparam("skus", expanding=True)), _FREE > 0, location.c.active)
)
_HELD = select(
    reservation.c.id,
    reservation.c.order_number,
    reservation.c.line,
    reservation.c.sku,
    reservation.c.location,
    reservation.c.quantity,
).where(reservation.c.fulfillment_order == bindparam("parcel"), reservation.c.state == "HARD")
_END = (
    update(reservation)
    .where(reservation.c.id.in_(bindparam("ids", expanding=True)))
    .values(state=bindparam("to"), updated_at=func.clock_timestamp())
)
_NEW_MOVEMENT = insert(movement)


@dataclass(frozen=True, slots=True)
class _Change:
    """What one act does to the stock of a SKU at a location."""

    sku: str
    location: str
    on_hand: int = 0
    reserved: int = 0
    quarantined: int = 0


class PostgresInventory:
    """See `ports.unit_of_work.Inventory`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def locations(self) -> list[Location]:
        return await active_locations(self._connection)

    async def available(self, skus: Iterable[str]) -> Stock:
        found = await self._connection.execute(_AVAILABLE, {"skus": list(skus)})
        available: Stock = {}
        for place, sku, units in found:
            available.setdefault(place, {})[sku] = units
        return available

    async def reserve(self, order: str, parcels: Sequence[PlannedParcel]) -> bool:
        units = [(p, unit) for p in parcels for unit in p.lines]
        wanted = {
            "order": order,
            "parcels": [parcel.fulfillment_order for parcel, _ in units],
            "lines": [unit.line for _, unit in units],
            "skus": [unit.sku for _, unit in units],
            "locations": [parcel.location for parcel, _ in units],
            "units": [unit.quantity for _, unit in units],
        }
        return bool(await self._connection.scalar(_RESERVE, wanted))

    async def release(self, parcel: str, lines: Sequence[LineUnits]) -> None:
        ended = await self._end(parcel, lines, "RELEASED")
        await self._change([_Change(u.sku, u.location, reserved=-u.quantity) for u in ended])

    async def release_all(self, order: str) -> None:
        ended = await self._connection.execute(
            update(reservation)
            .where(reservation.c.order_number == order, reservation.c.state == "HARD")
            .values(state="RELEASED", updated_at=func.clock_timestamp())
            .returning(reservation.c.sku, reservation.c.location, reservation.c.quantity)
        )
        await self._change([_Change(sku, place, reserved=-units) for sku, place, units in ended])

    async def write_off_missing(self, parcel: str, lines: Sequence[LineUnits]) -> None:
        await self._leave(parcel, lines, "RELEASED", "short_pick")

    async def consume(self, parcel: str, lines: Sequence[LineUnits]) -> None:
        await self._leave(parcel, lines, "CONSUMED", "ship")

    async def _leave(
        self, parcel: str, lines: Sequence[LineUnits], state: str, reason: str
    ) -> None:
        """The units leave the stock, with a movement that says why."""
        ended = await self._end(parcel, lines, state)
        await self._change(
            [_Change(u.sku, u.location, on_hand=-u.quantity, reserved=-u.quantity) for u in ended]
        )
        await self._move(
            [
                {
                    "reason": reason,
                    "reference": parcel,
                    "line": u.line,
                    "sku": u.sku,
                    "location": u.location,
                    "units": -u.quantity,
                    "bucket_units": 0,
                }
                for u in ended
            ]
        )

    async def _end(self, parcel: str, lines: Sequence[LineUnits], state: str) -> list["_Held"]:
        """Ends reservations of the parcel, whole or in part; a part splits the row."""
        found = await self._connection.execute(_HELD, {"parcel": parcel})
        held = {row.line: _Held(*row) for row in found}
        ended, whole = [], []
        for unit in lines:
            row = held.get(unit.line)
            if row is None:
                continue
            if unit.quantity < row.quantity:
                await self._split(parcel, row, unit.quantity, state)
                ended.append(row.with_quantity(unit.quantity))
            else:
                whole.append(row.id)
                ended.append(row)
        if whole:
            await self._connection.execute(_END, {"ids": whole, "to": state})
        return ended

    async def _split(self, parcel: str, row: "_Held", part: int, state: str) -> None:
        await self._connection.execute(
            update(reservation)
            .where(reservation.c.id == row.id)
            .values(quantity=row.quantity - part, updated_at=func.clock_timestamp())
        )
        await self._connection.execute(
            insert(reservation).values(
                order_number=row.order,
                fulfillment_order=parcel,
                line=row.line,
                sku=row.sku,
                location=row.location,
                quantity=part,
                state=state,
            )
        )

    async def take_back(self, rma: str, location: str, units: Sequence[InspectedUnits]) -> None:
        skus = [unit.sku for unit in units]
        await self._connection.execute(_STOCK_ROWS, {"skus": skus, "location": location})
        changes: list[_Change] = []
        movements: list[dict[str, str | int]] = []
        for unit in units:
            sellable = unit.quantity if unit.disposition == Disposition.RESTOCK else 0
            apart = unit.quantity if unit.disposition == Disposition.QUARANTINE else 0
            changes.append(_Change(unit.sku, location, on_hand=sellable, quarantined=apart))
            movements.append(
                {
                    "reason": unit.disposition,
                    "reference": rma,
                    "line": unit.line,
                    "sku": unit.sku,
                    "location": location,
                    "units": sellable,
                    "bucket_units": apart,
                }
            )
        await self._change(changes)
        await self._move(movements)

    async def _change(self, changes: Sequence[_Change]) -> None:
        if not changes:
            return
        await self._connection.execute(
            _CHANGE,
            {
                "skus": [c.sku for c in changes],
                "locations": [c.location for c in changes],
                "on_hand": [c.on_hand for c in changes],
                "reserved": [c.reserved for c in changes],
                "quarantined": [c.quarantined for c in changes],
            },
        )

    async def _move(self, movements: Sequence[dict[str, str | int]]) -> None:
        if movements:
            await self._connection.execute(_NEW_MOVEMENT, movements)


@dataclass(frozen=True, slots=True)
class _Held:
    """An active reservation of one line."""

    id: int
    order: str
    line: int
    sku: str
    location: str
    quantity: int

    def with_quantity(self, quantity: int) -> "_Held":
        return _Held(self.id, self.order, self.line, self.sku, self.location, quantity)
