"""One order in full, from its projection: four statements, whatever its size."""

from datetime import datetime
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.postgres.clock import now
from adapters.postgres.documents import waits_of
from adapters.postgres.reads_lists import SUMMARY, order_summary
from adapters.postgres.tables import (
    customer_order,
    order_view,
    payment_transaction,
    person,
    product,
    return_order,
)
from domain.access import STAFF, Principal, Role
from domain.codec import Json, from_json
from domain.ids import TrackingToken
from domain.order import PlacedOrder
from domain.payments import Unasked
from domain.process import ProcessDefinition
from domain.refunds import refunded
from domain.returns import ReturnView
from domain.view import OrderView
from ports.front_office import Person
from ports.live import live_process
from ports.reads import OrderDetail, PaymentRead, ReturnRead

_PERSON = tuple(Person.__dataclass_fields__)
SEES_PERSON = (*STAFF, Role.CUSTOMER, Role.CHANNEL)
# The link lets its holder act as the customer: for those who may do that anyway.
GIVES_LINK = (Role.AGENT, Role.SUPERVISOR, Role.CUSTOMER, Role.CHANNEL)

DETAIL = (
    select(
        *SUMMARY,
        customer_order.c.placed,
        customer_order.c.process,
        customer_order.c.tracking_version,
        order_view.c.view,
        order_view.c.waits,
        *(person.c[name].label(f"person_{name}") for name in _PERSON),
        now().label("now"),
    )
    .join(customer_order, customer_order.c.number == order_view.c.number)
    .join(person, person.c.id == customer_order.c.person_id)
)


async def order_detail(
    connection: AsyncConnection, principal: Principal, row: Row[*tuple[Any, ...]], key: bytes
) -> OrderDetail:
    """`row` of `DETAIL`, of an order that the principal may read; `key` makes tracking tokens."""
    view = from_json(OrderView, {**row.view, "order": row.placed})
    link = TrackingToken.derive(key, row.number, row.tracking_version).text
    order = from_json(PlacedOrder, row.placed)
    payments = await _payments(connection, row.number)
    return OrderDetail(
        summary=order_summary(row),
        order=order,
        process=from_json(ProcessDefinition, row.process),
        view=view,
        last_known=live_process(view, waits_of(row.waits), live=False),
        payments=payments,
        returns=await _returns(connection, row.number, row.currency, payments),
        person=_person(row) if principal.may(*SEES_PERSON) else None,
        tracking_token=link if principal.may(*GIVES_LINK) else "",
        names=await _names(connection, order),
    )


async def _names(connection: AsyncConnection, order: PlacedOrder) -> dict[str, str]:
    skus = {line.sku for line in order.lines}
    found = await connection.execute(
        select(product.c.sku, product.c.name).where(product.c.sku.in_(skus))
    )
    return dict(found.all())


def _person(row: Row[*tuple[Any, ...]]) -> Person:
    return Person(**{name: getattr(row, f"person_{name}") for name in _PERSON})


async def _payments(connection: AsyncConnection, number: str) -> list[PaymentRead]:
    p = payment_transaction.c
    found = await connection.execute(
        select(p.key, p.operation, p.ordinal, p.status, p.amount, p.reason, p.fulfillment_order,
               p.action_url, p.created_at)
        .where(p.order_number == number)
        .order_by(p.created_at, p.key)
    )  # fmt: skip
    return [PaymentRead(*row) for row in found]


async def _returns(
    connection: AsyncConnection, number: str, currency: str, payments: list[PaymentRead]
) -> list[ReturnRead]:
    r = return_order.c
    found = await connection.execute(
        select(r.number, r.view, r.created_at)
        .where(r.order_number == number)
        .order_by(r.created_at, r.number)
    )
    failed = [each for each in payments if each.operation == Unasked.REFUND_FAILURE]
    return [
        _return(row.number, row.view, row.created_at, number, currency, _sum_of(failed, row.number))
        for row in found
    ]


def _sum_of(payments: list[PaymentRead], rma: str) -> int:
    return sum(each.amount for each in payments if each.key.startswith(f"{rma}/"))


def _return(
    rma: str, view: Json, at: datetime, order: str, currency: str, failed: int
) -> ReturnRead:
    """`refund` is what inspection granted, and until then the estimate; `failed` of what has gone
    came back.
    """
    return ReturnRead(
        number=rma,
        order=order,
        status=view["status"] or "",
        reason=view["reason"],
        lines=view["lines"],
        received=view["received"],
        units=view["units"],
        refund=view["refund"] if view["granted_by"] else view["amount"],
        refunded=refunded(from_json(ReturnView, view)) - failed,
        shares=view["plan"],
        kind=view["kind"],
        currency=currency,
        requested_at=at,
    )
