"""Read views from the projection. One connection a call, and never one statement a row."""

from datetime import timedelta
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from adapters.postgres.cursors import check_page, read_cursor
from adapters.postgres.keys import can_hold
from adapters.postgres.reads_detail import DETAIL, order_detail
from adapters.postgres.reads_lists import counts, order_page, task_page
from adapters.postgres.reads_timeline import order_timeline
from adapters.postgres.tables import customer_order
from adapters.postgres.transactions import each_alone
from domain.access import STAFF, Principal, Role
from domain.errors import NotFound
from domain.ids import TrackingToken
from ports.reads import OrderDetail, OrderFilter, Page, TimelineEntry

LINK_LIVES = timedelta(days=180)  # after the order has ended


class PostgresReads:
    """See `ports.reads.Reads`. `server_key` makes the tracking tokens."""

    def __init__(self, engine: AsyncEngine, server_key: bytes) -> None:
        self._alone = each_alone(engine)
        self._server_key = server_key

    async def order(self, principal: Principal, number: str) -> OrderDetail:
        async with self._alone.connect() as connection:
            row = await _detail_row(connection, number)
            if row is None or not principal.reads(row.number, row.channel):
                raise NotFound(f"there is no order {number}")
            return await order_detail(connection, principal, row, self._server_key)

    async def order_by_token(self, token: str) -> tuple[Principal, OrderDetail]:
        async with self._alone.connect() as connection:
            number = await _number_of(connection, token) or ""
            row = await _detail_row(connection, number)
            if row is None:
                raise NotFound("this link leads to no order")
            customer = Principal(f"customer:{number}", frozenset({Role.CUSTOMER}), number)
            detail = await order_detail(connection, customer, row, self._server_key)
            ended = detail.view.since if detail.view.status.final else None
            if ended is not None and ended + LINK_LIVES < row.now:
                raise NotFound("this link has expired")
            return customer, detail

    async def orders(
        self, principal: Principal, wanted: OrderFilter, first: int, after: str | None
    ) -> Page:
        check_page(first)
        cursor = None if after is None else read_cursor(after)
        async with self._alone.connect() as connection:
            return await order_page(connection, principal, wanted, first, cursor)

    async def counts(self, principal: Principal) -> dict[str, int]:
        async with self._alone.connect() as connection:
            return await counts(connection, principal)

    async def timeline(self, principal: Principal, number: str) -> list[TimelineEntry]:
        async with self._alone.connect() as connection:
            channel = can_hold(number) and await connection.scalar(
                select(customer_order.c.channel).where(customer_order.c.number == number)
            )
            if not channel or not principal.reads(number, channel):
                raise NotFound(f"there is no order {number}")
            return await order_timeline(connection, principal, number)

    async def tasks(self, principal: Principal, owner: str, first: int, after: str | None) -> Page:
        principal.require(*STAFF, Role.DEVELOPER)
        check_page(first)
        cursor = None if after is None else read_cursor(after)
        async with self._alone.connect() as connection:
            return await task_page(connection, owner, first, cursor)


async def _detail_row(connection: AsyncConnection, number: str) -> Row[*tuple[Any, ...]] | None:
    if not can_hold(number):
        return None
    found = await connection.execute(DETAIL.where(customer_order.c.number == number))
    return found.one_or_none()


async def _number_of(connection: AsyncConnection, token: str) -> str | None:
    if not can_hold(token):
        return None
    hashed = TrackingToken(token.strip().lower()).hash
    return await connection.scalar(
        select(customer_order.c.number).where(customer_order.c.tracking_hash == hashed)
    )
