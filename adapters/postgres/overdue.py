"""Overdue receivables as tasks of finance: one an invoice, while it is overdue and open. One that a
person has closed stays closed.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict

from sqlalchemy import bindparam, select, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from adapters.postgres.disputes import close_settled, reopen_unsettled
from adapters.postgres.documents import view_of
from adapters.postgres.receivables import all_items, items_of_order
from adapters.postgres.tables import customer_order, order_view
from adapters.postgres.tasks import WITHIN_SECONDS
from adapters.postgres.transactions import in_transaction
from domain.access import Role
from domain.aging import OpenItem, is_ours_to_collect, overdue_reason
from domain.codec import from_json
from domain.order import PlacedOrder

KIND = "receivable"
BY = "receivables"  # who closes a task whose invoice is paid
PAID = "it is paid, credited or written off"
# Two who look at the same time would take each other's news for old: the second one lets it be.
_ALONE = text("SELECT pg_try_advisory_xact_lock(hashtext('orderloom/receivables'))")
_IN_TURN = text("SELECT pg_advisory_xact_lock(hashtext('orderloom/receivables'))")
# Of a task that is open the words are renewed; one that was closed stays closed.
_TELL = text(
    """
    INSERT INTO task (id, kind, subject, order_number, reason, owner, data, deadline)
    VALUES (:id, :kind, :subject, :order, :reason, :owner, CAST(:data AS jsonb),
            clock_timestamp() + make_interval(secs => :within))
    ON CONFLICT (id) DO UPDATE SET reason = excluded.reason, data = excluded.data
    WHERE task.closed_at IS NULL AND task.reason <> excluded.reason
    """
)
_CLOSE = text(
    f"""
    UPDATE task SET closed_at = clock_timestamp(), closed_by = :by, closed_why = '{PAID}'
    WHERE kind = :kind AND closed_at IS NULL AND (:order = '' OR order_number = :order)
      AND subject <> ALL(:open)
    """  # noqa: S608 - our own words
)
_REOPEN = text(
    """
    UPDATE task SET closed_at = NULL, closed_by = '', closed_why = '',
           deadline = clock_timestamp() + make_interval(secs => :within)
    WHERE kind = :kind AND order_number = :order AND closed_why = :paid AND subject = ANY(:open)
    """
)
_VIEWS = (
    select(order_view.c.number, order_view.c.view, customer_order.c.placed)
    .join(customer_order, customer_order.c.number == order_view.c.number)
    .where(order_view.c.number.in_(bindparam("orders", expanding=True)))
)


class PostgresOverdue:
    """See `ports.receivables.Overdue`."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def tell(self) -> int:
        return await in_transaction(self._engine, _tell)


async def close_paid(connection: AsyncConnection, order: str, by: str) -> None:
    """What of the order is not open any more is no task any more."""
    open_now = [item.invoice for item in await items_of_order(connection, order) if item.days]
    await _close(connection, open_now, by, order)
    await close_settled(connection, by, order)


async def owed_again(connection: AsyncConnection, order: str) -> None:
    """What a payment had closed is a task again, now that the payment was none; and what is overdue
    is told at once. Whoever looks through all of them has looked before, or looks afterwards.
    """
    await connection.execute(_IN_TURN)
    found = await items_of_order(connection, order)
    overdue = [item for item in found if item.days and item.amount > 0]
    ours = await _ours(connection, overdue) if overdue else []
    values = {"order": order, "paid": PAID, "open": [item.invoice for item in ours]}
    await connection.execute(_REOPEN, {**values, "kind": KIND, "within": WITHIN_SECONDS})
    if ours:
        await connection.execute(_TELL, [_task(item) for item in ours])
    await reopen_unsettled(connection, order)


async def _tell(connection: AsyncConnection) -> int:
    if not await connection.scalar(_ALONE):
        return 0
    overdue = [item for item in await all_items(connection) if item.days and item.amount > 0]
    ours = await _ours(connection, overdue)
    if ours:
        await connection.execute(_TELL, [_task(item) for item in ours])
    await _close(connection, [item.invoice for item in ours], BY)
    await close_settled(connection, BY)
    return len(ours)


async def _ours(connection: AsyncConnection, items: Sequence[OpenItem]) -> list[OpenItem]:
    orders = sorted({item.order for item in items})
    found = await connection.execute(_VIEWS, {"orders": orders})
    views = {row.number: view_of(row.view, from_json(PlacedOrder, row.placed)) for row in found}
    return [item for item in items if is_ours_to_collect(views[item.order], item)]


async def _close(connection: AsyncConnection, still: list[str], by: str, order: str = "") -> None:
    values = {"kind": KIND, "by": by, "order": order, "open": still}
    await connection.execute(_CLOSE, values)


def _task(item: OpenItem) -> dict[str, object]:
    return {
        "id": f"{KIND}/{item.invoice}",
        "kind": KIND,
        "subject": item.invoice,
        "order": item.order,
        "reason": overdue_reason(item),
        "owner": Role.FINANCE.value,
        "data": json.dumps({**asdict(item), "due_on": str(item.due_on)}),
        "within": WITHIN_SECONDS,
    }
