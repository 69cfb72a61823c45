"""Acts of staff on stock: counting, adjusting, regrading, levels. What changes the units on hand is
a movement that names the act; what is promised and no longer there is broken in the same
transaction.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import bindparam, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.postgres.four_eyes import Alone, alone
from adapters.postgres.stock.breaking import Level, Place, lock_level, make_room
from adapters.postgres.stock.missing import counted
from adapters.postgres.tables import stock
from domain.acts import Act
from domain.codec import Json
from domain.errors import LimitExceeded, Malformed, NotFound
from domain.four_eyes import Watched
from domain.stock_acts import ON_HAND_MAX, Adjust, Bucket, Count, Levels, Regrade

_OPEN = text(
    """
    INSERT INTO stock (sku, location, on_hand)
    SELECT sku, location.id, 0 FROM product, location
    WHERE sku = :sku AND location.id = :location
      AND NOT EXISTS (SELECT FROM bundle_component WHERE bundle = :sku)
    ON CONFLICT DO NOTHING
    """
)
# So that it does not become a bundle between the look and the deed.
_AS_IT_IS = text("SELECT FROM product WHERE sku = :sku FOR KEY SHARE")
_KNOWN = text(
    """
    SELECT EXISTS (SELECT FROM product WHERE sku = :sku) AS sku,
           EXISTS (SELECT FROM location WHERE id = :location) AS location,
           EXISTS (SELECT FROM bundle_component WHERE bundle = :sku) AS bundle,
           EXISTS (SELECT FROM stock WHERE sku = :sku AND location = :location
                   AND (on_hand > 0 OR damaged > 0 OR quarantined > 0)) AS kept
    """
)
_MOVE = text(
    """
    WITH moved AS (
        INSERT INTO movement (reason, reference, line, sku, location, units, bucket, bucket_units)
        SELECT :reason, :reference, line, :sku, :location, units, bucket, bucket_units
        FROM unnest(CAST(:lines AS int[]), CAST(:units AS int[]), CAST(:buckets AS text[]),
                    CAST(:bucket_units AS int[])) AS m(line, units, bucket, bucket_units)
        RETURNING units, bucket, bucket_units
    ), change AS (
        SELECT coalesce(sum(units), 0) AS on_hand,
               coalesce(sum(bucket_units) FILTER (WHERE bucket = 'damaged'), 0) AS damaged,
               coalesce(sum(bucket_units) FILTER (WHERE bucket = 'quarantined'), 0) AS quarantined
        FROM moved
    )
    UPDATE stock SET on_hand = stock.on_hand + change.on_hand,
                     damaged = stock.damaged + change.damaged,
                     quarantined = stock.quarantined + change.quarantined
    FROM change WHERE sku = :sku AND location = :location
      AND greatest(stock.on_hand + change.on_hand, stock.damaged + change.damaged,
                   stock.quarantined + change.quarantined) <= :most
    RETURNING stock.on_hand, stock.reserved, stock.damaged, stock.quarantined
    """
)
_LEVELS = (
    update(stock)
    .where(stock.c.sku == bindparam("of_sku"), stock.c.location == bindparam("of_location"))
    .values(
        safety=bindparam("new_safety"),
        reorder_point=bindparam("new_point"),
        reorder_to=bindparam("new_to"),
    )
)

_CHANGES = "it changes {} units"


async def count(connection: AsyncConnection, act: Act) -> dict[str, Json]:
    """What is there is there; the difference is explained by the act. Units that came or went since
    it was asked for are no part of the difference that a second person approves.
    """
    wanted: Count = act.wanted
    place = await open_place(connection, act.subject, wanted.location, left_over=True)
    lately = await changed_alone(connection, act, place)

    def after(level: Level) -> int:
        books = level.on_hand if wanted.books is None else wanted.books
        lately.check(abs(wanted.counted - books), _CHANGES, books=level.on_hand)
        return max(0, level.on_hand + wanted.counted - books)

    found = await _set_on_hand(connection, act, place, after, lately)
    await counted(connection, place, act.by.name, act.reason)
    return found


async def adjust(connection: AsyncConnection, act: Act) -> dict[str, Json]:
    """So many more or fewer than the books say. Refuses (`LimitExceeded`) below zero."""
    wanted: Adjust = act.wanted
    place = await open_place(connection, act.subject, wanted.location, left_over=True)
    lately = await changed_alone(connection, act, place)

    def after(level: Level) -> int:
        lately.check(abs(wanted.units), _CHANGES)
        if level.on_hand + wanted.units < 0:
            raise LimitExceeded(f"{place.location} has {level.on_hand} of {place.sku}, no more")
        return level.on_hand + wanted.units

    return await _set_on_hand(connection, act, place, after, lately)


async def _set_on_hand(
    connection: AsyncConnection, act: Act, place: Place, after: Any, lately: Alone
) -> dict[str, Json]:
    before = await make_room(connection, place, after, act.id)
    units = after(before) - before.on_hand
    if units > ON_HAND_MAX:
        raise too_many()
    reason = act.kind.value.removeprefix("stock_")
    found = await move(connection, act.id, place, reason, [(units, "", 0)])
    await lately.done(abs(units))
    return {**found, "changed": units}


async def regrade(connection: AsyncConnection, act: Act) -> dict[str, Json]:
    """Units move from one bucket to another. Refuses (`LimitExceeded`) more than there are, and
    units on hand that are reserved: a count breaks reservations, a regrade does not.
    """
    wanted: Regrade = act.wanted
    place = await open_place(connection, act.subject, wanted.location, left_over=True)
    lately = await changed_alone(connection, act, place)
    lately.check(wanted.units, _CHANGES)
    level = await lock_level(connection, place)
    free = level.on_hand - level.reserved
    if wanted.before is Bucket.ON_HAND and wanted.units > free:
        raise LimitExceeded(f"{free} units are neither reserved nor gone, not {wanted.units}")
    if wanted.before is not Bucket.ON_HAND:
        await _check_bucket(connection, place, wanted)
    moves = [_into(wanted.before, -wanted.units), _into(wanted.after, wanted.units)]
    found = await move(connection, act.id, place, "regrade", [each for each in moves if each])
    await lately.done(wanted.units)
    return found


async def changed_alone(connection: AsyncConnection, act: Act, place: Place) -> Alone:
    """What the person has changed of the SKU there without a second one."""
    return await alone(connection, act, Watched.STOCK_UNITS, f"{place.sku}@{place.location}")


def _into(bucket: Bucket, units: int) -> tuple[int, str, int] | None:
    match bucket:
        case Bucket.ON_HAND:
            return units, "", 0
        case Bucket.DAMAGED | Bucket.QUARANTINED:
            return 0, bucket.value, units
        case Bucket.SCRAPPED:
            return None


async def _check_bucket(connection: AsyncConnection, place: Place, wanted: Regrade) -> None:
    column = stock.c[wanted.before.value]
    has = await connection.scalar(
        stock.select()
        .with_only_columns(column)
        .where(stock.c.sku == place.sku, stock.c.location == place.location)
    )
    if wanted.units > (has or 0):
        raise LimitExceeded(f"{has or 0} units are {wanted.before}, not {wanted.units}")


async def set_levels(connection: AsyncConnection, act: Act) -> dict[str, Json]:
    wanted: Levels = act.wanted
    place = await open_place(connection, act.subject, wanted.location)
    values = {
        "of_sku": place.sku,
        "of_location": place.location,
        "new_safety": wanted.safety,
        "new_point": wanted.reorder_point,
        "new_to": wanted.reorder_to,
    }
    await connection.execute(_LEVELS, values)
    return {}


async def open_place(
    connection: AsyncConnection, sku: str, location: str, *, left_over: bool = False
) -> Place:
    """A SKU that is new at a location has a row of its own from now on. Refuses `NotFound`, and
    (`Malformed`) a bundle, which has no stock of its own; but what is `left_over` of it, from when
    it was a plain product, has to be accounted for.
    """
    values = {"sku": sku, "location": location}
    await connection.execute(_AS_IT_IS, {"sku": sku})
    known = (await connection.execute(_KNOWN, values)).one()
    if not known.sku:
        raise NotFound(f"there is no SKU {sku}")
    if not known.location:
        raise NotFound(f"there is no location {location}")
    if known.bundle and not (left_over and known.kept):
        raise Malformed(f"{sku} is a bundle: its components have stock, it has none")
    await connection.execute(_OPEN, values)
    return Place(sku, location)


async def move(
    connection: AsyncConnection,
    reference: str,
    place: Place,
    reason: str,
    moves: list[tuple[int, str, int]],
) -> dict[str, Json]:
    """Each of `moves` is (change of on_hand, bucket, change of the bucket). What is there now.
    Refuses (`LimitExceeded`) more than the books can hold.
    """
    values: Mapping[str, Any] = {
        "reason": reason,
        "reference": reference,
        "sku": place.sku,
        "location": place.location,
        "lines": list(range(1, len(moves) + 1)),
        "units": [units for units, _, _ in moves],
        "buckets": [bucket for _, bucket, _ in moves],
        "bucket_units": [units for _, _, units in moves],
        "most": ON_HAND_MAX,
    }
    now = (await connection.execute(_MOVE, values)).mappings().one_or_none()
    if now is None:
        raise too_many()
    return dict(now)


def too_many() -> LimitExceeded:
    return LimitExceeded(f"the books hold no more than {ON_HAND_MAX:,} units at a location")
