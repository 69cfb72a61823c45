"""Queries: an order, lists of orders, and the ops queue."""

from typing import Annotated

import strawberry

from api.graphql.availability_queries import AvailabilityQueries
from api.graphql.context import Ask
from api.graphql.errors import Refused
from api.graphql.inventory_queries import InventoryQueries
from api.graphql.invoice_queries import InvoiceQueries
from api.graphql.ledger_queries import LedgerQueries
from api.graphql.paging import PAGE_DEFAULT, After, First, one_of, page_size
from api.graphql.pick_list_queries import PickListQueries
from api.graphql.points_queries import PointsQueries
from api.graphql.price_queries import PriceQueries
from api.graphql.receivable_queries import ReceivableQueries
from api.graphql.resolved import resolved
from api.graphql.settlement_queries import SettlementQueries
from api.graphql.types.approvals import ApprovalConnection, approval_connection
from api.graphql.types.order import Order, order
from api.graphql.types.pages import (
    OrderConnection,
    StatusCount,
    TaskConnection,
    order_connection,
    task_connection,
)
from domain.access import STAFF
from domain.errors import NotFound, Refusal
from domain.transitions import OrderStatus
from ports.reads import OrderFilter as Wanted

STATUSES = tuple(status.value for status in OrderStatus)
APPROVAL_STATUSES = ("PENDING", "APPROVED", "DECLINED", "EXPIRED")
OWNERS = tuple(sorted(role.value for role in STAFF))


@strawberry.input(description="What to list; everything given must hold.")
class OrderFilter:
    status: str = strawberry.field(default="", description="As `PROCESSING`.")
    channel: str = strawberry.field(default="", description="Where it was placed.")
    customer_ref: str = strawberry.field(default="", description="The customer's reference.")
    search: str = strawberry.field(
        default="", description="An order number, or the channel's reference."
    )


@strawberry.type(description="What can be asked. Everything is limited to what the asker may see.")
class Query(
    AvailabilityQueries,
    LedgerQueries,
    PickListQueries,
    InventoryQueries,
    PriceQueries,
    PointsQueries,
    InvoiceQueries,
    ReceivableQueries,
    SettlementQueries,
):
    @resolved("Null when there is no such order, or none that you may see.")
    async def order(
        self,
        info: Ask,
        number: Annotated[strawberry.ID, strawberry.argument(description="The order's number.")],
    ) -> Order | None:
        context = info.context
        try:
            detail = await context.books.reads.order(context.principal, number.strip().upper())
        except NotFound:
            return None
        return order(detail, context.books)

    @resolved("Newest first.")
    async def orders(
        self,
        info: Ask,
        filter: Annotated[  # noqa: A002 - the schema's word
            OrderFilter | None, strawberry.argument(description="All of them, when absent.")
        ] = None,
        first: First = PAGE_DEFAULT,
        after: After = None,
    ) -> OrderConnection:
        context = info.context
        wanted = filter or OrderFilter()
        try:
            page = await context.books.reads.orders(
                context.principal,
                Wanted(
                    one_of(STATUSES, "status", wanted.status.upper()),
                    wanted.channel,
                    wanted.customer_ref,
                    wanted.search,
                ),
                page_size(first),
                after,
            )
        except Refusal as refusal:
            raise Refused(refusal) from refusal
        return order_connection(page)

    @resolved("How many orders there are that you may see, by status.")
    async def order_counts(self, info: Ask) -> list[StatusCount]:
        context = info.context
        try:
            counts = await context.books.reads.counts(context.principal)
        except Refusal as refusal:
            raise Refused(refusal) from refusal
        return [StatusCount(status=status, orders=n) for status, n in sorted(counts.items())]

    @resolved("The ops queue, earliest deadline first. For staff.")
    async def tasks(
        self,
        info: Ask,
        owner: Annotated[
            str, strawberry.argument(description="A staff role, as `agent`; empty for all.")
        ] = "",
        first: First = PAGE_DEFAULT,
        after: After = None,
    ) -> TaskConnection:
        context = info.context
        try:
            owner = one_of(OWNERS, "owner", owner.lower())
            page = await context.books.reads.tasks(
                context.principal, owner, page_size(first), after
            )
        except Refusal as refusal:
            raise Refused(refusal) from refusal
        return task_connection(page)

    @resolved("Acts under four eyes, oldest first. For staff.")
    async def approvals(
        self,
        info: Ask,
        status: Annotated[
            str,
            strawberry.argument(
                description="PENDING, APPROVED, DECLINED or EXPIRED; empty for all."
            ),
        ] = "PENDING",
        first: First = PAGE_DEFAULT,
        after: After = None,
    ) -> ApprovalConnection:
        context = info.context
        try:
            status = one_of(APPROVAL_STATUSES, "status", status.upper())
            page = await context.books.office.approvals(
                context.principal, status, page_size(first), after
            )
        except Refusal as refusal:
            raise Refused(refusal) from refusal
        return approval_connection(page)
