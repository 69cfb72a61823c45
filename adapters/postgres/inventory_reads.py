"""Locations, products, stock and movements as read: one statement a page, never one a row."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Row, select, text
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.postgres.cursors import NO_CURSOR, check_page, number_of, read_names, write_names
from adapters.postgres.keys import can_hold
from adapters.postgres.locations import DEPARTURE, departure
from adapters.postgres.tables import movement
from adapters.postgres.transactions import each_alone
from domain.access import Principal
from domain.errors import Malformed
from ports.inventory_reads import (
    PROMISES_MAX,
    READERS,
    ComponentRead,
    LocationRead,
    MovementRead,
    ProductFilter,
    ProductRead,
    PromiseRead,
    StockFilter,
    StockRead,
    SupplyRead,
)
from ports.reads import Page

_LOCATIONS = text(  # nothing in it comes from outside
    f"""
    SELECT id, name, kind, country, region, latitude, longitude, priority, active, fulfilled_by,
           {DEPARTURE}
    FROM location l WHERE id > :after ORDER BY id LIMIT :limit
    """  # noqa: S608
)
_PRODUCTS = text(
    """
    SELECT sku, name, category, weight_g, length_mm, width_mm, height_mm,
           (SELECT json_agg(json_build_array(c.component, part.name, c.quantity)
                            ORDER BY c.component)
            FROM bundle_component c JOIN product part ON part.sku = c.component
            WHERE c.bundle = p.sku) AS components
    FROM product p
    WHERE sku > :after AND (:sku = '' OR sku = :sku)
      AND (:search = '' OR sku = :search OR strpos(lower(name), lower(:search)) > 0)
      AND (NOT :bundles_only OR EXISTS (SELECT FROM bundle_component c WHERE c.bundle = p.sku))
    ORDER BY sku LIMIT :limit
    """
)
# An index has the rows with levels, and none of what changes with every reservation.
_STOCK = """
    WITH found AS (
        SELECT *, on_hand - reserved - safety AS available,
               (safety > 0 OR reorder_point > 0)
               AND ((safety > 0 AND on_hand - reserved <= safety)
                    OR (reorder_point > 0 AND on_hand - reserved <= reorder_point)) AS low
        FROM stock
    )
    SELECT sku, location, on_hand, reserved, safety, damaged, quarantined, available,
           reorder_point, reorder_to, low, inbound, expected_on, presale
    FROM (
        SELECT * FROM found
        WHERE (sku, location) > (:after_sku, :after_location) AND (:sku = '' OR sku = :sku)
          AND (:location = '' OR location = :location) {which}
        ORDER BY sku, location LIMIT :limit
    ) AS page, LATERAL (
        SELECT coalesce(sum(quantity - received) FILTER (WHERE kind = 'inbound'), 0)::int
               AS inbound,
               min(available_on) FILTER (WHERE kind = 'inbound') AS expected_on,
               coalesce(sum(quantity - received) FILTER (WHERE kind = 'presale'), 0)::int
               AS presale
        FROM supply s
        WHERE s.sku = page.sku AND s.location = page.location AND received < quantity
    ) AS coming
    ORDER BY sku, location
    """
_ALL_STOCK = text(_STOCK.format(which=""))
_LOW_STOCK = text(_STOCK.format(which="AND low"))
_SUPPLIES = text(
    """
    SELECT id, kind, reference, sku, location, available_on, quantity, received, reserved,
           (SELECT json_agg(json_build_array(order_number, fulfillment_order, line, quantity)
                            ORDER BY id)
            FROM (SELECT * FROM reservation r WHERE r.supply = s.id AND state = 'HARD'
                  ORDER BY id LIMIT :promises) AS oldest) AS promises
    FROM supply s
    WHERE received < quantity AND (available_on, id) > (CAST(:after_day AS date), :after)
      AND (:sku = '' OR sku = :sku) AND (:location = '' OR location = :location)
    ORDER BY available_on, id LIMIT :limit
    """
)
_MOVEMENTS = select(
    movement.c.id,
    movement.c.at,
    movement.c.sku,
    movement.c.location,
    movement.c.reason,
    movement.c.reference,
    movement.c.line,
    movement.c.units,
    movement.c.bucket,
    movement.c.bucket_units,
).order_by(movement.c.id.desc())


class PostgresInventoryReads:
    """See `ports.inventory_reads.InventoryReads`."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._alone = each_alone(engine)

    async def locations(self, principal: Principal, first: int, after: str | None) -> Page:
        _check(principal, first)
        (name,) = ("",) if after is None else read_names(after, 1)
        rows = await self._rows(_LOCATIONS, {"after": name, "limit": first + 1})
        return _page(rows, first, _location, lambda row: (row.id,))

    async def products(
        self, principal: Principal, wanted: ProductFilter, first: int, after: str | None
    ) -> Page:
        _check(principal, first)
        (name,) = ("",) if after is None else read_names(after, 1)
        if not (can_hold(wanted.sku) and can_hold(wanted.search)):
            return Page([], [], more=False)
        values = {
            "after": name,
            "sku": wanted.sku,
            "search": wanted.search.strip(),
            "bundles_only": wanted.bundles_only,
            "limit": first + 1,
        }
        rows = await self._rows(_PRODUCTS, values)
        return _page(rows, first, _product, lambda row: (row.sku,))

    async def stock(
        self, principal: Principal, wanted: StockFilter, first: int, after: str | None
    ) -> Page:
        _check(principal, first)
        sku, location = ("", "") if after is None else read_names(after, 2)
        if not (can_hold(wanted.sku) and can_hold(wanted.location)):
            return Page([], [], more=False)
        values = {
            "sku": wanted.sku,
            "location": wanted.location,
            "after_sku": sku,
            "after_location": location,
            "limit": first + 1,
        }
        rows = await self._rows(_LOW_STOCK if wanted.low else _ALL_STOCK, values)
        return _page(rows, first, _stock, lambda row: (row.sku, row.location))

    async def supplies(
        self, principal: Principal, sku: str, location: str, first: int, after: str | None
    ) -> Page:
        _check(principal, first)
        day, number = (date.min, 0) if after is None else _day_and_number(after)
        if not (can_hold(sku) and can_hold(location)):
            return Page([], [], more=False)
        values = {
            "sku": sku,
            "location": location,
            "after_day": day,
            "after": number,
            "promises": PROMISES_MAX,
            "limit": first + 1,
        }
        rows = await self._rows(_SUPPLIES, values)
        return _page(rows, first, _supply, lambda row: (str(row.available_on), str(row.id)))

    async def movements(
        self, principal: Principal, sku: str, location: str, first: int, after: str | None
    ) -> Page:
        _check(principal, first)
        query = _MOVEMENTS.where(movement.c.sku == sku).limit(first + 1)
        if after is not None:
            query = query.where(movement.c.id < number_of(*read_names(after, 1)))
        if not (can_hold(sku) and can_hold(location)):
            return Page([], [], more=False)
        if location:
            query = query.where(movement.c.location == location)
        rows = await self._rows(query)
        return _page(rows, first, _movement, lambda row: (str(row.id),))

    async def _rows(self, query: Any, values: dict[str, Any] | None = None) -> Sequence[Row[Any]]:
        async with self._alone.connect() as connection:
            return (await connection.execute(query, values or {})).all()


def _check(principal: Principal, first: int) -> None:
    principal.require(*READERS)
    check_page(first)


def _day_and_number(cursor: str) -> tuple[date, int]:
    day, number = read_names(cursor, 2)
    try:
        return date.fromisoformat(day), number_of(number)
    except ValueError as error:
        raise Malformed(NO_CURSOR) from error


def _page(
    rows: Sequence[Row[Any]],
    first: int,
    read: Callable[[Row[Any]], Any],
    names: Callable[[Row[Any]], tuple[str, ...]],
) -> Page:
    """One row more than the page tells whether there is another."""
    shown = rows[:first]
    cursors = [write_names(*names(row)) for row in shown]
    return Page([read(row) for row in shown], cursors, more=len(rows) > first)


def _location(row: Row[Any]) -> LocationRead:
    leaves = departure(row)
    told = {name: getattr(row, name) for name in LocationRead.__slots__ if hasattr(row, name)}
    return LocationRead(**told, departs_on=leaves.day, delay=leaves.why)


def _stock(row: Row[*tuple[Any, ...]]) -> StockRead:
    return StockRead(*row)


def _supply(row: Row[Any]) -> SupplyRead:
    told = row._asdict()
    promises = tuple(PromiseRead(*each) for each in told.pop("promises") or ())
    return SupplyRead(**told, promises=promises)


def _movement(row: Row[*tuple[Any, ...]]) -> MovementRead:
    return MovementRead(*row)


def _product(row: Row[Any]) -> ProductRead:
    components = tuple(ComponentRead(*each) for each in row.components or ())
    return ProductRead(
        row.sku,
        row.name,
        row.category,
        row.weight_g,
        row.length_mm,
        row.width_mm,
        row.height_mm,
        components,
    )
