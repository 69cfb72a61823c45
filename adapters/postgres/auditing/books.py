"""What our books say, to be compared with the journals of outside parties and with the engine."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from adapters.postgres.auditing.auditor import snapshot
from adapters.postgres.documents import view_of, waits_of
from domain.codec import from_json
from domain.order import PlacedOrder
from domain.payments import Unasked
from domain.returns import ReturnStatus
from domain.transitions import OrderStatus
from ports.desk import LiveProcess
from ports.live import live_process

_SHIPPED = text(
    """
    SELECT data->>'fulfillment_order' AS parcel, (line->>'line')::int AS line,
           sum((line->>'quantity')::int)::int AS units
    FROM journal, jsonb_array_elements(data->'lines') AS line
    WHERE kind IN ('Shipped', 'ShippedUnasked')
      AND NOT EXISTS (SELECT FROM pick_list WHERE fulfillment_order = data->>'fulfillment_order')
    GROUP BY 1, 2
    """
)
_PAYMENTS = text(
    """
    SELECT key, subject, operation, status, amount, fulfillment_order,
           authorization_key AS drawn_on,
           EXISTS (SELECT FROM payment_transaction AS void
                   WHERE void.authorization_key = payment_transaction.key
                     AND void.operation = 'void' AND void.status = 'SUCCEEDED') AS given_up
    FROM payment_transaction
    """
)
_ORDERS = text("SELECT channel, channel_ref, number FROM customer_order")
# An order that has ended may still owe a void or a refund: while it waits, its process has to run.
_UNFINISHED = text(
    """
    SELECT 'order/' || number FROM order_view JOIN customer_order USING (number)
    WHERE (status <> ALL(:final) OR deadline IS NOT NULL)
      AND created_at < clock_timestamp() - interval '1 second' * :grace
    UNION ALL
    SELECT 'return/' || number FROM return_order
    WHERE (status <> ALL(:final_returns) OR deadline IS NOT NULL)
      AND created_at < clock_timestamp() - interval '1 second' * :grace
    """
)
_LAST_KNOWN = text(
    """
    SELECT placed, view, waits FROM order_view JOIN customer_order USING (number)
    WHERE status <> ALL(:final) OR deadline IS NOT NULL ORDER BY updated_at DESC LIMIT :limit
    """
)
_FINAL = [status.value for status in OrderStatus if status.final]
_FINAL_RETURNS = [status.value for status in ReturnStatus if status.final]


@dataclass(frozen=True, slots=True)
class PaymentSays:
    """A payment transaction; `effect` names the business operation that it is an attempt at."""

    status: str
    operation: str
    amount: int
    effect: str


@dataclass(frozen=True, slots=True)
class Books:
    """`at` by the database's clock; units that warehouses outside shipped, by (parcel, line);
    payments by key; order numbers by (channel, the channel's reference).
    """

    at: datetime
    shipped: dict[tuple[str, int], int]
    payments: dict[str, PaymentSays]
    orders: dict[tuple[str, str], str]


async def read_books(engine: AsyncEngine) -> Books:
    async with snapshot(engine) as connection:
        at = (await connection.execute(text("SELECT clock_timestamp()"))).scalar_one()
        shipped = await connection.execute(_SHIPPED)
        payments = await connection.execute(_PAYMENTS)
        orders = await connection.execute(_ORDERS)
        return Books(
            at=at,
            shipped={(row.parcel, row.line): row.units for row in shipped},
            payments={row.key: _payment(row) for row in payments},
            orders={(row.channel, row.channel_ref): row.number for row in orders},
        )


def _payment(row: Row[*tuple[Any, ...]]) -> PaymentSays:
    """An authorization that was given up has made room for another; a void or refund is about the
    one that it draws on.
    """
    about = row.fulfillment_order or row.subject
    if row.operation in tuple(Unasked):  # each is one effect
        about = row.key
    elif row.operation in ("void", "refund"):
        about = f"{row.subject}, {row.drawn_on}"
    elif row.given_up:
        about = f"{about}, given up: {row.key}"
    effect = f"{row.operation} of {about}"
    return PaymentSays(row.status, row.operation, row.amount, effect)


async def unfinished(engine: AsyncEngine, grace_seconds: float) -> list[str]:
    """Names of the processes that have to run: orders and returns that have not ended, or have, and
    still wait for something.
    """
    values = {"final": _FINAL, "final_returns": _FINAL_RETURNS, "grace": grace_seconds}
    async with engine.connect() as connection:
        return [name for (name,) in await connection.execute(_UNFINISHED, values)]


async def last_known(engine: AsyncEngine, limit: int) -> dict[str, LiveProcess]:
    """The newest orders that wait for something by number, as the projection knows them."""
    async with engine.connect() as connection:
        return await _last_known(connection, limit)


async def _last_known(connection: AsyncConnection, limit: int) -> dict[str, LiveProcess]:
    found = await connection.execute(_LAST_KNOWN, {"final": _FINAL, "limit": limit})
    known: dict[str, LiveProcess] = {}
    for row in found:
        order = from_json(PlacedOrder, row.placed)
        view = view_of(row.view, order)
        known[order.number] = live_process(view, waits_of(row.waits), live=False)
    return known
