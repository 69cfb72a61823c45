"""Asking for a return: the return exists as soon as it is allowed, under the order's lock."""

from collections.abc import Sequence
from functools import partial

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from adapters.postgres.clock import now
from adapters.postgres.command_rows import RETURN_REQUEST, wish
from adapters.postgres.once import once
from adapters.postgres.orders import PostgresOrders
from adapters.postgres.transactions import in_transaction
from domain.access import Principal
from domain.codec import Json, to_json
from domain.commands import MAY_ASK_FOR_RETURN
from domain.errors import NotFound, Refusal
from domain.order import LineUnits, PlacedOrder
from domain.return_request import return_requested


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
    view = locked.view()
    at = (await connection.execute(select(now()))).scalar_one()
    entry = return_requested(view, locked.process, in_return, lines, reason, at)
    return {"return": await orders.open_return(locked.order, locked.process, entry, principal.name)}


def _check_asker(principal: Principal, order: PlacedOrder) -> None:
    if not principal.reads(order.number, order.channel):
        raise NotFound(f"there is no order {order.number}")
    principal.require(*MAY_ASK_FOR_RETURN)
