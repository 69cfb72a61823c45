"""Breaking promises that the stock cannot keep: the youngest reservations first, and their orders
are told, so that they are sourced again.

Orders are locked before stock, as everybody does it. Which orders it concerns is known only once
the stock is locked: whoever turns out to be missing is locked first the next time round.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import Row, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.postgres.clock import now
from adapters.postgres.facts.storing import store_fact
from adapters.postgres.orders import PostgresOrders
from adapters.postgres.stock.ending import end, end_order
from domain.codec import to_json
from domain.errors import NotFound
from domain.facts import Fact, FactKind
from domain.order import LineUnits
from ports.unit_of_work import LockedOrder

SOURCE = "stock"  # of the facts that our own stock books tell an order

_LOCK = text(
    "SELECT on_hand, reserved FROM stock WHERE sku = :sku AND location = :location FOR UPDATE"
)
# A savepoint that was gone back to is still there, and what follows would be a transaction inside
# the transaction: it is released, too.
_BEFORE = text("SAVEPOINT before_stock")
_BACK = text("ROLLBACK TO SAVEPOINT before_stock")
_RELEASE = text("RELEASE SAVEPOINT before_stock")
_YOUNGEST = text(
    """
    SELECT order_number, coalesce(fulfillment_order, '') AS parcel, line, quantity, per_unit
    FROM reservation
    WHERE sku = :sku AND location = :location AND state IN ('SOFT', 'HARD') AND supply IS NULL
    ORDER BY created_at DESC, id DESC
    """
)


@dataclass(frozen=True, slots=True)
class Place:
    sku: str
    location: str


@dataclass(frozen=True, slots=True)
class Level:
    on_hand: int
    reserved: int


def leaving(units: int) -> Callable[[Level], int]:
    """What can stay reserved when units leave."""
    return lambda level: level.on_hand - units


@dataclass(frozen=True, slots=True)
class _Break:
    """`units` of an order line that will not come; `parcel` is empty while it is soft."""

    order: str
    parcel: str
    line: int
    units: int


async def lock_level(connection: AsyncConnection, place: Place) -> Level:
    """Refuses (`NotFound`) a SKU that the location does not keep."""
    found = await connection.execute(_LOCK, {"sku": place.sku, "location": place.location})
    row = found.one_or_none()
    if row is None:
        raise NotFound(f"{place.location} keeps no {place.sku}")
    return Level(row.on_hand, row.reserved)


async def make_room(
    connection: AsyncConnection, place: Place, keep: Callable[[Level], int], cause: str
) -> Level:
    """Breaks the youngest reservations until at most `keep` units are reserved, and leaves the row
    locked. `cause` names what made it necessary: the facts' ids are derived from it.
    """
    concerned: set[str] = set()
    while True:
        await connection.execute(_BEFORE)
        orders = PostgresOrders(connection)
        locked = {number: await orders.lock(number) for number in sorted(concerned)}
        level = await lock_level(connection, place)
        breaks = await _planned(connection, place, level.reserved - max(0, keep(level)))
        missing = {each.order for each in breaks} - concerned
        if not missing:
            break
        await connection.execute(_BACK)  # lets go of the stock, which is locked after orders
        await connection.execute(_RELEASE)
        concerned |= missing
    await connection.execute(_RELEASE)
    await _break(connection, breaks, locked, cause)
    return await lock_level(connection, place) if breaks else level


async def _planned(connection: AsyncConnection, place: Place, units: int) -> list[_Break]:
    """Whole units of order lines; of a bundle more than `units` of the component may go."""
    breaks: list[_Break] = []
    if units <= 0:
        return breaks
    values = {"sku": place.sku, "location": place.location}
    for row in await connection.execute(_YOUNGEST, values):
        if units <= 0:
            break
        breaks.append(_of(row, units))
        units -= breaks[-1].units * row.per_unit
    return breaks


def _of(row: Row[*tuple[object, ...]], units: int) -> _Break:
    """A soft reservation goes whole: its order has nothing yet that could be sourced anew."""
    wanted = min(row.quantity, units) if row.parcel else row.quantity
    return _Break(row.order_number, row.parcel, row.line, -(-wanted // row.per_unit))


async def _break(
    connection: AsyncConnection,
    breaks: Sequence[_Break],
    locked: dict[str, LockedOrder],
    cause: str,
) -> None:
    for order in {each.order for each in breaks if not each.parcel}:
        await end_order(connection, order, before=["SOFT"], after="BROKEN")
    parcels: dict[str, list[_Break]] = {}
    for each in breaks:
        if each.parcel:
            parcels.setdefault(each.parcel, []).append(each)
    for parcel, of_parcel in parcels.items():
        placed = locked[of_parcel[0].order].order
        lines = tuple(LineUnits(b.line, placed.line(b.line).sku, b.units) for b in of_parcel)
        await end(connection, parcel, lines, after="BROKEN", promised=False)
        await tell(connection, FactKind.RESERVATION_BROKEN, parcel, f"{cause}/{parcel}", lines)


async def tell(
    connection: AsyncConnection,
    kind: FactKind,
    parcel: str,
    event: str,
    lines: tuple[LineUnits, ...] = (),
    expected_on: str = "",
) -> None:
    """The order hears of its stock as it hears of everything else: by a fact."""
    at = (await connection.execute(select(now()))).scalar_one()
    fact = Fact(f"{SOURCE}:{event}", kind, parcel, at, lines, expected_on=expected_on)
    await store_fact(connection, SOURCE, event, fact, to_json(fact))
