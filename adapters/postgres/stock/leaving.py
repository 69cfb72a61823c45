"""Units that are shipped. They leave the stock whether or not they are still reserved for it: they
are gone.

Orders that have to give way are locked after the stock that has left already, against the order of
locks: it is known that late who they are, and it is rare. Two that get in one another's way are
undone in turn, and done again (`adapters/postgres/transactions.py`); nobody is told of it.
"""

from collections.abc import Sequence

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.postgres.stock.breaking import Place, leaving, make_room
from adapters.postgres.stock.ending import end
from domain.order import LineUnits

_BROKEN = text(
    """
    SELECT line, sku, location, per_unit, sum(quantity)::int AS units FROM reservation
    WHERE fulfillment_order = :parcel AND state = 'BROKEN' AND line = :line AND supply IS NULL
    GROUP BY line, sku, location, per_unit ORDER BY sku COLLATE "C", location COLLATE "C"
    """
)
_FOUND = text(
    """
    WITH found AS (
        INSERT INTO movement (reason, reference, line, sku, location, units)
        VALUES ('found', :parcel, :line, :sku, :location, :units)
    )
    UPDATE stock SET on_hand = on_hand + :units WHERE sku = :sku AND location = :location
    """
)


async def consume(connection: AsyncConnection, parcel: str, lines: Sequence[LineUnits]) -> None:
    """Twice is once; what was never reserved changes nothing."""
    ended = await end(connection, parcel, lines, after="CONSUMED", taken_for="ship")
    done: dict[int, int] = {}
    for each in ended:
        done[each.line] = max(done.get(each.line, 0), each.units // each.per_unit)
    short = [
        LineUnits(unit.line, unit.sku, unit.quantity - done.get(unit.line, 0))
        for unit in lines
        if unit.quantity > done.get(unit.line, 0)
    ]
    for unit in short:
        await _consume_broken(connection, parcel, unit)


async def have(
    connection: AsyncConnection, place: Place, units: int, parcel: str, line: int, cause: str
) -> None:
    """Units have left that are nobody's by the books: others give way, and what the books did not
    know of was found.
    """
    level = await make_room(connection, place, leaving(units), cause)
    if level.on_hand < units:  # it had been counted too low
        values = {"parcel": parcel, "line": line, "units": units - level.on_hand}
        await connection.execute(_FOUND, {**values, "sku": place.sku, "location": place.location})


async def _consume_broken(connection: AsyncConnection, parcel: str, wanted: LineUnits) -> None:
    """The warehouse shipped what a count had said is not there: others have to give way. Line by
    line: what one has taken out is not there for the next.
    """
    broken = await connection.execute(_BROKEN, {"parcel": parcel, "line": wanted.line})
    for row in broken.all():
        place = Place(row.sku, row.location)
        units = min(row.units, wanted.quantity * row.per_unit)
        cause = f"{parcel}/{row.line}/{row.sku}/shipped"
        await have(connection, place, units, parcel, row.line, cause)
    await end(
        connection,
        parcel,
        [wanted],
        before="BROKEN",
        after="CONSUMED",
        taken_for="ship_unreserved",
    )
