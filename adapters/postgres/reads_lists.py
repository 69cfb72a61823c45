"""Lists: orders newest first, their numbers by status, and the ops queue by deadline."""

import json
from dataclasses import astuple
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, false, func, or_, select, text, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.postgres.cursors import Cursor
from adapters.postgres.keys import can_hold
from adapters.postgres.tables import customer_order, order_view, payment_transaction
from domain.access import STAFF, Principal, Role
from domain.acts import RULES
from domain.derived import taken_back_state
from domain.errors import Forbidden
from domain.payments import PaymentOperation, PaymentStatus, Unasked
from ports.reads import OrderFilter, OrderSummary, Page, TaskRead


def _moved(operation: PaymentOperation | Unasked) -> ColumnElement[Any]:
    """Minor units, of the order and its returns."""
    p = payment_transaction.c
    done = (p.operation == operation.value, p.status == PaymentStatus.SUCCEEDED.value)
    amount = select(func.sum(p.amount)).where(p.order_number == order_view.c.number, *done)
    return func.coalesce(amount.scalar_subquery(), 0)


SUMMARY: tuple[ColumnElement[Any], ...] = (
    order_view.c.number,
    order_view.c.channel,
    customer_order.c.channel_ref,
    order_view.c.status,
    order_view.c.payment_status,
    order_view.c.currency,
    order_view.c.total,
    order_view.c.customer_ref,
    order_view.c.placed_at,
    order_view.c.updated_at,
    order_view.c.parcels,
    _moved(PaymentOperation.CAPTURE).label("captured"),
    (_moved(PaymentOperation.REFUND) - _moved(Unasked.REFUND_FAILURE)).label("refunded"),
    (_moved(Unasked.CHARGEBACK) - _moved(Unasked.REVERSAL)).label("charged_back"),
)

# The queued waits of orders and returns, acts that wait for a second person, and tasks of their
# own. One more than a page tells whether there is another.
_TASKS = text(
    """
    SELECT id, subject, "order", reason, owner, since, deadline, level FROM (
        SELECT subject || '/' || (wait->>'key') AS id, subject, "order", wait->>'reason' AS reason,
               wait->>'owner' AS owner, (wait->>'since')::timestamptz AS since,
               (wait->>'deadline')::timestamptz AS deadline, (wait->>'level')::int AS level
        FROM (SELECT number AS subject, number AS "order", waits FROM order_view WHERE queued > 0
              UNION ALL
              SELECT number, order_number, waits FROM return_order WHERE queued > 0) AS waiting,
             jsonb_array_elements(waits) AS wait
        WHERE (wait->>'queued')::bool
        UNION ALL
        SELECT 'approval/' || id, subject, '',
               asked_by || ' asks for approval of ' || act || ': ' || why,
               CAST(:approvers AS json) ->> act, asked_at, deadline, 0
        FROM approval WHERE status = 'PENDING'
        UNION ALL
        SELECT id, subject, order_number, reason, owner, since, deadline, 0
        FROM task WHERE closed_at IS NULL
    ) AS queue
    WHERE (:owner = '' OR owner = :owner)
      AND (CAST(:at AS timestamptz) IS NULL OR (deadline, id) > (:at, :id))
    ORDER BY deadline, id LIMIT :limit
    """
)
_APPROVERS = json.dumps(
    {kind.value: rule.approvers[0].value for kind, rule in RULES.items() if rule.approvers}
)


def order_summary(row: Row[*tuple[Any, ...]]) -> OrderSummary:
    values = {name: getattr(row, name) for name in OrderSummary.__dataclass_fields__}
    if row.refunded or row.charged_back:
        taken_back = taken_back_state(row.captured, row.refunded, row.charged_back)
        values["payment_status"] = taken_back.value
    return OrderSummary(**values)


async def order_page(
    connection: AsyncConnection,
    principal: Principal,
    wanted: OrderFilter,
    first: int,
    after: Cursor | None,
) -> Page:
    query = (
        select(*SUMMARY)
        .join(customer_order, customer_order.c.number == order_view.c.number)
        .where(visible(principal), *_conditions(wanted))
        .order_by(order_view.c.placed_at.desc(), order_view.c.number.desc())
        .limit(first + 1)
    )
    rows = (await connection.execute(_continued(query, after))).all()
    items = [order_summary(row) for row in rows[:first]]
    cursors = [Cursor(item.placed_at, item.number).write() for item in items]
    return Page(items, cursors, more=len(rows) > first)


async def counts(connection: AsyncConnection, principal: Principal) -> dict[str, int]:
    found = await connection.execute(
        select(order_view.c.status, func.count().label("number_of"))
        .where(visible(principal))
        .group_by(order_view.c.status)
    )
    return {row.status: row.number_of for row in found}


async def task_page(
    connection: AsyncConnection, owner: str, first: int, after: Cursor | None
) -> Page:
    if not can_hold(owner):
        return Page([], [], more=False)
    at, identity = after or (None, None)
    found = await connection.execute(
        _TASKS,
        {
            "owner": owner,
            "at": at,
            "id": identity,
            "limit": first + 1,
            "approvers": _APPROVERS,
        },
    )
    rows = found.all()
    items = [TaskRead(*row) for row in rows[:first]]
    cursors = [Cursor(item.deadline, item.id).write() for item in items]
    return Page(items, cursors, more=len(rows) > first)


def visible(principal: Principal) -> ColumnElement[bool]:
    """The orders that `Principal.reads`, as a condition."""
    if principal.may(*STAFF, Role.DEVELOPER, Role.SYSTEM):
        return order_view.c.number.is_not(None)
    if principal.may(Role.CHANNEL):
        return order_view.c.channel == principal.scope
    if principal.may(Role.CUSTOMER):
        return order_view.c.number == principal.scope
    raise Forbidden("this needs a role that reads orders")


def _conditions(wanted: OrderFilter) -> list[ColumnElement[bool]]:
    if not all(map(can_hold, astuple(wanted))):
        return [false()]
    columns = order_view.c
    equal = {
        columns.status: wanted.status,
        columns.channel: wanted.channel,
        columns.customer_ref: wanted.customer_ref,
    }
    conditions = [column == value for column, value in equal.items() if value]
    if wanted.search:
        conditions.append(_search(wanted.search.strip()))
    return conditions


def _search(words: str) -> ColumnElement[bool]:
    number, reference = customer_order.c.number, customer_order.c.channel_ref
    return or_(number == words.upper(), reference == words)


def _continued(query: Select[*tuple[Any, ...]], after: Cursor | None) -> Select[*tuple[Any, ...]]:
    if after is None:
        return query
    return query.where(tuple_(order_view.c.placed_at, order_view.c.number) < tuple(after))
