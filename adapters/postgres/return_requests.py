"""Asking for a return: the return exists as soon as it is allowed, under the order's lock."""

from collections.abc import Sequence
from functools import partial

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from adapters.postgres.clock import now, start_due
from adapters.postgres.command_rows import RETURN_REQUEST, wish
from adapters.postgres.once import once
from adapters.postgres.orders import PostgresOrders
from adapters.postgres.tables import outbox, return_order
from adapters.postgres.transactions import in_transaction
from domain.access import Principal, Role
from domain.codec import Json, to_json
from domain.errors import NotFound, Refusal
from domain.fold import fold
from domain.ids import return_number
from domain.journal import ReturnRequested
from domain.order import LineUnits, PlacedOrder
from domain.return_request import return_requested
from domain.returns import fold_return, return_waits
from ports.front_office import ProcessStart
from ports.unit_of_work import LockedOrder


async def request_return(
    engine: AsyncEngine,
    principal: Principal,
    key: str,
    order: str,
    lines: Sequence[LineUnits],
    reason: str,
) -> str:
    """See `ports.front_office.CommandBook.request_return`."""
    body = {"lines": to_json(tuple(lines)), "reason": reason}
    wished = wish(principal, key, RETURN_REQUEST, order, body)

    async def work(connection: AsyncConnection) -> Json | Refusal:
        request = partial(_request, connection, principal, order, lines, reason)
        return await once(connection, wished, request)

    answer = await in_transaction(engine, work)
    if isinstance(answer, Refusal):
        raise answer
    number: str = answer["return"]
    return number


async def _request(
    connection: AsyncConnection,
    principal: Principal,
    order: str,
    lines: Sequence[LineUnits],
    reason: str,
) -> Json:
    orders = PostgresOrders(connection)
    locked = await orders.lock(order)
    _check_asker(principal, locked.order)
    in_return = await orders.returned_units(order)
    view = fold(locked.order, locked.journal, locked.facts)
    at = (await connection.execute(select(now()))).scalar_one()
    entry = return_requested(view, locked.process, in_return, lines, reason, at)
    return {"return": await _open(connection, orders, locked, entry, principal.name)}


def _check_asker(principal: Principal, order: PlacedOrder) -> None:
    if not principal.reads(order.number, order.channel):
        raise NotFound(f"there is no order {order.number}")
    principal.require(Role.AGENT, Role.SUPERVISOR, Role.CUSTOMER, Role.CHANNEL)


async def _open(
    connection: AsyncConnection,
    orders: PostgresOrders,
    locked: LockedOrder,
    entry: ReturnRequested,
    by: str,
) -> str:
    """The return's number: they count 1, 2, 3 … per order, which the lock sees to."""
    order = locked.order.number
    before = await connection.scalar(
        select(func.count()).where(return_order.c.order_number == order)
    )
    rma = return_number(order, (before or 0) + 1)
    entries = await orders.append(rma, order, 0, [entry], by)
    view = fold_return(rma, order, entries)
    await orders.project_return(view, return_waits(view, locked.process))
    await orders.closing.write(connection)
    await connection.execute(
        insert(outbox).values(
            event_id=f"return/{rma}/start",
            kind=ProcessStart.RETURN.value,
            subject=rma,
            payload={"order": order},
            due_at=start_due(),
        )
    )
    return rma
