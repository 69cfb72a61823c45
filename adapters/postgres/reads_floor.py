"""Read views of the built-in warehouse: its pick lists, and one as it is printed."""

from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from adapters.postgres.catalog import PostgresCatalog
from adapters.postgres.clock import now
from adapters.postgres.cursors import Cursor, check_page, read_cursor
from adapters.postgres.keys import can_hold
from adapters.postgres.tables import location, pick_list, product
from adapters.postgres.transactions import each_alone
from domain.access import STAFF, Principal, Role
from domain.acts import PICK_LIST_ACTS, RULES, ActKind
from domain.codec import from_json
from domain.errors import NotFound
from domain.ids import PrintLink
from domain.pick_acts import possible
from domain.pick_list import PickList
from ports.floor import PickListFilter, PickListRead, PrintedPickList
from ports.reads import Page

PRINT_LINK_SECONDS = 12 * 3600  # a shift
_EPOCH_DIGITS_MAX = 10
_READERS = (*STAFF, Role.DEVELOPER)
_WORKERS = RULES[ActKind.PICK_LIST_ACCEPT].roles
_COLUMNS = (pick_list.c.list, pick_list.c.created_at, pick_list.c.updated_at, now().label("now"))


class PostgresFloorReads:
    """See `ports.floor.FloorReads`. `server_key` signs the print links."""

    def __init__(self, engine: AsyncEngine, server_key: bytes) -> None:
        self._alone = each_alone(engine)
        self._server_key = server_key

    async def pick_lists(
        self, principal: Principal, wanted: PickListFilter, first: int, after: str | None
    ) -> Page:
        principal.require(*_READERS)
        check_page(first)
        if not can_hold(wanted.location):
            return Page([], [], more=False)
        query = _listed(wanted, None if after is None else read_cursor(after)).limit(first + 1)
        async with self._alone.connect() as connection:
            rows = (await connection.execute(query)).all()
        items = [self._read(principal, row) for row in rows[:first]]
        cursors = [Cursor(each.created_at, each.pick.fulfillment_order).write() for each in items]
        return Page(items, cursors, more=len(rows) > first)

    async def pick_list(self, principal: Principal, fulfillment_order: str) -> PickListRead:
        principal.require(*_READERS)
        async with self._alone.connect() as connection:
            return self._read(principal, await _row(connection, fulfillment_order))

    async def printed(self, fulfillment_order: str, until: str, signature: str) -> PrintedPickList:
        if not (until.isascii() and until.isdigit() and len(until) <= _EPOCH_DIGITS_MAX):
            raise NotFound("this link leads to no pick list")
        link = PrintLink(fulfillment_order, int(until), signature)
        async with self._alone.connect() as connection:
            row = await _row(connection, fulfillment_order)
            if not signature.isascii() or not link.opens(self._server_key, row.now.timestamp()):
                raise NotFound("this link leads to no pick list")
            return await _printed(connection, from_json(PickList, row.list), row.created_at)

    def _read(self, principal: Principal, row: Row[*tuple[Any, ...]]) -> PickListRead:
        pick = from_json(PickList, row.list)
        acts = possible(pick)
        until = int(row.now.timestamp()) + PRINT_LINK_SECONDS
        link = PrintLink.derive(self._server_key, pick.fulfillment_order, until)
        return PickListRead(
            pick,
            [kind.value for kind, act in PICK_LIST_ACTS.items() if act in acts],
            link.path if principal.may(*_WORKERS) else "",
            row.created_at,
            row.updated_at,
        )


def _listed(wanted: PickListFilter, after: Cursor | None) -> Select[*tuple[Any, ...]]:
    columns = pick_list.c
    place = (columns.created_at, columns.fulfillment_order)
    equal = {columns.location: wanted.location, columns.status: wanted.status}
    query = select(*_COLUMNS).where(*(column == value for column, value in equal.items() if value))
    if after is not None:
        query = query.where(tuple_(*place) > tuple(after))
    return query.order_by(*place)


async def _row(connection: AsyncConnection, parcel: str) -> Row[*tuple[Any, ...]]:
    if can_hold(parcel):
        found = await connection.execute(
            select(*_COLUMNS).where(pick_list.c.fulfillment_order == parcel)
        )
        row = found.one_or_none()
        if row is not None:
            return row
    raise NotFound(f"there is no pick list {parcel[:40]}")


async def _printed(
    connection: AsyncConnection, pick: PickList, created_at: datetime
) -> PrintedPickList:
    skus = [unit.sku for unit in pick.lines]
    names = await connection.execute(
        select(product.c.sku, product.c.name).where(product.c.sku.in_(skus))
    )
    place = await connection.scalar(select(location.c.name).where(location.c.id == pick.location))
    ship_to = await PostgresCatalog(connection).ship_to(pick.order)
    return PrintedPickList(pick, created_at, dict(names.all()), place or pick.location, ship_to)
