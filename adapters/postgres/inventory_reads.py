"""Locations, products, stock and movements as read: one statement a page, never one a row."""

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import Row, select, text, tuple_
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.postgres.cursors import NO_CURSOR, check_page, read_names, write_names
from adapters.postgres.keys import can_hold
from adapters.postgres.locations import DEPARTURE, departure
from adapters.postgres.tables import movement, stock
from domain.access import Principal
from domain.errors import Malformed
from ports.inventory_reads import (
    READERS,
    ComponentRead,
    LocationRead,
    MovementRead,
    ProductFilter,
    ProductRead,
    StockRead,
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
_STOCK = select(
    stock.c.sku,
    stock.c.location,
    stock.c.on_hand,
    stock.c.reserved,
    stock.c.safety,
    stock.c.damaged,
    stock.c.quarantined,
    (stock.c.on_hand - stock.c.reserved - stock.c.safety).label("available"),
).order_by(stock.c.sku, stock.c.location)
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
        self._engine = engine

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
        self, principal: Principal, sku: str, location: str, first: int, after: str | None
    ) -> Page:
        _check(principal, first)
        query = _STOCK.limit(first + 1)
        if after is not None:
            query = query.where(tuple_(stock.c.sku, stock.c.location) > read_names(after, 2))
        if not (can_hold(sku) and can_hold(location)):
            return Page([], [], more=False)
        if sku:
            query = query.where(stock.c.sku == sku)
        if location:
            query = query.where(stock.c.location == location)
        rows = await self._rows(query)
        return _page(rows, first, _stock, lambda row: (row.sku, row.location))

    async def movements(
        self, principal: Principal, sku: str, location: str, first: int, after: str | None
    ) -> Page:
        _check(principal, first)
        query = _MOVEMENTS.where(movement.c.sku == sku).limit(first + 1)
        if after is not None:
            query = query.where(movement.c.id < _number(after))
        if not (can_hold(sku) and can_hold(location)):
            return Page([], [], more=False)
        if location:
            query = query.where(movement.c.location == location)
        rows = await self._rows(query)
        return _page(rows, first, _movement, lambda row: (str(row.id),))

    async def _rows(self, query: Any, values: dict[str, Any] | None = None) -> Sequence[Row[Any]]:
        async with self._engine.connect() as connection:
            return (await connection.execute(query, values or {})).all()


def _check(principal: Principal, first: int) -> None:
    principal.require(*READERS)
    check_page(first)


def _number(cursor: str) -> int:
    (text_of_it,) = read_names(cursor, 1)
    if not (text_of_it.isascii() and text_of_it.isdigit() and len(text_of_it) < 19):
        raise Malformed(NO_CURSOR)
    return int(text_of_it)


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
