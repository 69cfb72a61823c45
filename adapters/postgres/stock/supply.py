"""What is to come: expecting it, receiving it, and giving up on it. Promises that were made from it
become reservations of units on hand, the oldest first, or are broken.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.postgres.four_eyes import Alone
from adapters.postgres.orders import PostgresOrders
from adapters.postgres.stock.acts import changed_alone, move, open_place, too_many
from adapters.postgres.stock.breaking import Place, lock_level, tell
from adapters.postgres.stock.ending import end
from domain.acts import Act
from domain.codec import Json
from domain.errors import NotFound
from domain.facts import FactKind
from domain.order import LineUnits
from domain.stock_acts import ON_HAND_MAX, EndSupply, Expect, Receive, SupplyKind

_EXPECT = text(
    """
    INSERT INTO supply (kind, reference, sku, location, available_on, quantity, expected_by)
    VALUES (:kind, :reference, :sku, :location, :available_on, :quantity, :by)
    ON CONFLICT (kind, reference, sku, location) DO UPDATE
    SET available_on = excluded.available_on, updated_at = clock_timestamp(),
        expected_by = excluded.expected_by,
        quantity = greatest(excluded.quantity, supply.received + supply.reserved)
    RETURNING id, quantity
    """
)
_FIND = text(
    """
    SELECT id FROM supply
    WHERE kind = :kind AND reference = :reference AND sku = :sku AND location = :location
    """
)
# What came beyond what was expected has raised `quantity`.
_EXPECTED = text(
    "SELECT quantity - received AS units, expected_by FROM supply WHERE id = :supply FOR UPDATE"
)
_PROMISED = """
    SELECT r.id, r.order_number, r.fulfillment_order AS parcel, r.line, r.quantity, r.supply
    FROM reservation r JOIN supply s ON s.id = r.supply
    WHERE r.state = 'HARD' AND s.sku = :sku AND s.location = :location
      AND (s.id = :supply OR (:presales AND s.kind = 'presale'))
    ORDER BY s.id <> :supply, r.created_at, r.id
    """
_LOOK = text(_PROMISED)
_LOCK = text(f"{_PROMISED} FOR UPDATE OF r")  # made meanwhile, their orders are not locked
_HOLD = text("SELECT FROM supply WHERE id = :supply FOR UPDATE")  # nobody promises from it now
_DAYS = text(
    """
    SELECT r.fulfillment_order AS parcel, max(s.available_on) AS day
    FROM reservation r JOIN supply s ON s.id = r.supply
    WHERE r.state = 'HARD' AND r.fulfillment_order = ANY(:parcels) GROUP BY 1 ORDER BY 1
    """
)
# A promise becomes a reservation of units on hand; of a part, the row is split.
_KEEP = text(
    """
    WITH kept AS (
        UPDATE reservation SET quantity = quantity - :units, updated_at = clock_timestamp()
        WHERE id = :id AND quantity > :units RETURNING *
    ), rest AS (
        INSERT INTO reservation (order_number, fulfillment_order, line, sku, location, quantity,
                                 state, created_at)
        SELECT order_number, fulfillment_order, line, sku, location, :units, state, created_at
        FROM kept
    ), whole AS (
        UPDATE reservation SET supply = NULL, updated_at = clock_timestamp()
        WHERE id = :id AND quantity = :units
    ), promised AS (
        UPDATE supply SET reserved = reserved - :units, received = received + :units,
                          updated_at = clock_timestamp()
        WHERE id = :supply
    )
    UPDATE stock SET reserved = reserved + :units WHERE sku = :sku AND location = :location
    """
)
# Of those that nobody was promised; more than were expected are welcome.
_CAME = text(
    """
    UPDATE supply SET received = received + :units, updated_at = clock_timestamp(),
                      quantity = greatest(quantity, received + reserved + :units)
    WHERE id = :supply AND received + reserved + CAST(:units AS bigint) <= :most RETURNING id
    """
)
_ENDED = text(
    "UPDATE supply SET quantity = received + reserved, updated_at = clock_timestamp()"
    " WHERE id = :supply"
)
_COMPLETE = text(
    "SELECT coalesce(bool_and(supply IS NULL), false) FROM reservation"
    " WHERE fulfillment_order = :parcel AND state = 'HARD'"
)
Promises = Sequence[Row[*tuple[Any, ...]]]
_Broken = tuple[str, int, int]  # parcel, order line, units that will not come


async def expect(connection: AsyncConnection, act: Act) -> dict[str, Json]:
    """Said again, it is changed: fewer units than are promised break the youngest promises, the
    last of them in part, and whoever was promised them for another day is told.
    """
    wanted: Expect = act.wanted
    place = await open_place(connection, act.subject, wanted.location)
    values = {
        "kind": wanted.kind.value,
        "reference": wanted.reference,
        "sku": place.sku,
        "location": place.location,
        "available_on": wanted.day,
        "quantity": wanted.quantity,
        "by": act.by.name,
    }
    there = await connection.scalar(_FIND, values)
    promised = await _lock_promised(connection, place, there, presales=False) if there else ()
    parcels = sorted({promise.parcel for promise in promised})
    before = await _days(connection, parcels)
    row = (await connection.execute(_EXPECT, values)).one()
    if row.quantity > wanted.quantity:
        youngest = _youngest(promised, row.quantity - wanted.quantity)
        await _break(connection, act, place, row.id, youngest)
        await connection.execute(_EXPECT, values)
    for parcel, day in (await _days(connection, parcels)).items():
        if day != before[parcel]:
            await _tell_day(connection, act, parcel, day)
    return {"supply": row.id}


async def receive(connection: AsyncConnection, act: Act) -> dict[str, Json]:
    """The units are on hand by a movement; whoever was promised them has them, the oldest first,
    and what nobody was promised of this delivery goes to who was promised of a presale. Many more
    than somebody else expected need a second person.
    """
    wanted: Receive = act.wanted
    place = await open_place(connection, act.subject, wanted.location)
    lately = await changed_alone(connection, act, place)
    supply = await _find(connection, place, SupplyKind.INBOUND, wanted.reference)
    promised = await _lock_promised(connection, place, supply, presales=True)
    beyond = await _check_expected(connection, act, supply, lately)
    arrived = [(wanted.units, "", 0)] if wanted.units else []
    found = await move(connection, act.id, place, "receive", arrived)
    left, own = wanted.units, wanted.units
    for promise in promised:
        units = min(left, promise.quantity)
        if units:
            await _keep(connection, act, place, promise, units)
            left -= units
            own -= units if promise.supply == supply else 0
    came = {"supply": supply, "units": own, "most": ON_HAND_MAX}
    if await connection.scalar(_CAME, came) is None:
        raise too_many()
    if wanted.last:
        await _give_up(connection, act, place, supply)
    await lately.done(beyond)
    return found


async def _check_expected(connection: AsyncConnection, act: Act, supply: int, lately: Alone) -> int:
    """Units that nobody but the person who books them in has looked at."""
    wanted: Receive = act.wanted
    expected = (await connection.execute(_EXPECTED, {"supply": supply})).one()
    if expected.expected_by == act.by.name:
        lately.check(wanted.units, "it brings {} units that nobody else has expected")
        return wanted.units
    beyond = max(0, wanted.units - int(expected.units))
    lately.check(beyond, "it brings {} units more than were expected")
    return beyond


async def end_supply(connection: AsyncConnection, act: Act) -> dict[str, Json]:
    wanted: EndSupply = act.wanted
    place = await open_place(connection, act.subject, wanted.location)
    supply = await _find(connection, place, wanted.kind, wanted.reference)
    await _give_up(connection, act, place, supply)
    return {}


async def _give_up(connection: AsyncConnection, act: Act, place: Place, supply: int) -> None:
    """Nothing more will come: every promise that is left is broken."""
    left = await _lock_promised(connection, place, supply, presales=False)
    every = sum(promise.quantity for promise in left)
    await _break(connection, act, place, supply, _youngest(left, every))
    await connection.execute(_ENDED, {"supply": supply})


async def _find(connection: AsyncConnection, place: Place, kind: SupplyKind, reference: str) -> int:
    values = {"kind": kind.value, "reference": reference}
    found = await connection.scalar(_FIND, {**values, "sku": place.sku, "location": place.location})
    if found is None:
        what = f"{kind} supply {reference} of {place.sku} for {place.location}"
        raise NotFound(f"there is no {what}; expect it first")
    return int(found)


async def _lock_promised(
    connection: AsyncConnection, place: Place, supply: int, *, presales: bool
) -> Promises:
    """The promises, oldest first. Orders are locked before stock, as everybody does it."""
    values = {
        "sku": place.sku,
        "location": place.location,
        "supply": supply,
        "presales": presales,
    }
    before = (await connection.execute(_LOOK, values)).all()
    orders = PostgresOrders(connection)
    for number in sorted({promise.order_number for promise in before}):
        await orders.lock(number)
    await lock_level(connection, place)
    await connection.execute(_HOLD, {"supply": supply})
    return (await connection.execute(_LOCK, values)).all()


async def _keep(
    connection: AsyncConnection,
    act: Act,
    place: Place,
    promise: Row[*tuple[Any, ...]],
    units: int,
) -> None:
    values = {"id": promise.id, "supply": promise.supply, "units": units}
    await connection.execute(_KEEP, {**values, "sku": place.sku, "location": place.location})
    await _tell_if_complete(connection, act, promise.parcel)


def _youngest(promised: Promises, units: int) -> list[_Broken]:
    """So many units, of those that were promised last."""
    found: list[_Broken] = []
    for promise in reversed(promised):
        broken = min(units, promise.quantity)
        if broken > 0:
            found.append((promise.parcel, promise.line, broken))
            units -= broken
    return found


async def _break(
    connection: AsyncConnection, act: Act, place: Place, supply: int, broken: Iterable[_Broken]
) -> None:
    parcels: dict[str, tuple[LineUnits, ...]] = {}
    for parcel, line, units in broken:
        parcels[parcel] = (*parcels.get(parcel, ()), LineUnits(line, place.sku, units))
    for parcel, lines in parcels.items():
        await end(connection, parcel, lines, after="BROKEN", supply=supply)
        event = f"{act.id}/{parcel}/broken"
        await tell(connection, FactKind.RESERVATION_BROKEN, parcel, event, lines)
        await _tell_if_complete(connection, act, parcel)


async def _days(connection: AsyncConnection, parcels: list[str]) -> dict[str, date]:
    """On which the last of what each of them waits for is expected."""
    found = await connection.execute(_DAYS, {"parcels": parcels})
    return {row.parcel: row.day for row in found}


async def _tell_day(connection: AsyncConnection, act: Act, parcel: str, day: date) -> None:
    event = f"{act.id}/{parcel}/expected"
    await tell(connection, FactKind.SUPPLY_MOVED, parcel, event, expected_on=day.isoformat())


async def _tell_if_complete(connection: AsyncConnection, act: Act, parcel: str) -> None:
    """All that it carries is on hand now: the last has come, or what came is all there will be."""
    if await connection.scalar(_COMPLETE, {"parcel": parcel}):
        await tell(connection, FactKind.SUPPLY_ARRIVED, parcel, f"{act.id}/{parcel}")
