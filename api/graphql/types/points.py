"""Loyalty points in GraphQL."""

from datetime import date, datetime
from typing import cast

import strawberry

from api.graphql.context import Ask
from api.graphql.errors import Refused
from api.graphql.paging import PAGE_DEFAULT, After, First, page_size
from api.graphql.resolved import resolved
from api.graphql.types.pages import PageInfo, page_info
from domain.errors import Refusal
from ports import points_reads as read
from ports.reads import Page


@strawberry.type(description="Points that can be spent until a day.")
class ExpiringPoints:
    expires_on: date = strawberry.field(description="Their last day.")
    points: int = strawberry.field(description="How many.")


@strawberry.type(description="One entry of the ledger of points, which is never changed.")
class PointsEntry:
    id: strawberry.ID = strawberry.field(description="Names the entry.")
    at: datetime = strawberry.field(description="When it was written.")
    kind: str = strawberry.field(
        description="EARN, RESERVE, SPEND, RELEASE, REVERSE, RESTORE, EXPIRE or ADJUST."
    )
    points: int = strawberry.field(description="What it changed of what can be spent.")
    reserved: int = strawberry.field(description="What it changed of what orders hold.")
    order: str = strawberry.field(description="The order; empty when it is about none.")
    operation: str = strawberry.field(description="The business operation, done once.")
    expires_on: date = strawberry.field(description="The last day of these points.")


@strawberry.type(description="An entry and its place in the list.")
class PointsEntryEdge:
    node: PointsEntry = strawberry.field(description="The entry.")
    cursor: str = strawberry.field(description="Pass it as `after` to go on behind this one.")


@strawberry.type(description="A page of entries.")
class PointsEntryConnection:
    edges: list[PointsEntryEdge] = strawberry.field(description="The entries with their cursors.")
    nodes: list[PointsEntry] = strawberry.field(description="The entries alone.")
    page_info: PageInfo = strawberry.field(description="Whether there is more.")


@strawberry.type(description="A customer's loyalty points.")
class CustomerPoints:
    customer: strawberry.ID = strawberry.field(description="The customer's reference.")
    available: int = strawberry.field(description="Can be spent; below zero when some are owed.")
    reserved: int = strawberry.field(description="Held by orders that were placed with them.")
    expiring: list[ExpiringPoints] = strawberry.field(
        description=f"Those whose last day is within {read.SOON_DAYS} days."
    )

    @resolved("Newest first.")
    async def entries(
        self, info: Ask, first: First = PAGE_DEFAULT, after: After = None
    ) -> PointsEntryConnection:
        context = info.context
        try:
            page = await context.books.points.entries(
                context.principal, self.customer, page_size(first), after
            )
        except Refusal as refusal:
            raise Refused(refusal) from refusal
        return _connection(page)


@strawberry.type(description="What an order did with loyalty points.")
class OrderPoints:
    reserved: int = strawberry.field(description="Reserved at its placement and not spent yet.")
    spent: int = strawberry.field(description="Paid for goods that were sent.")
    restored: int = strawberry.field(description="Of the spent, given back for returns.")
    earned: int = strawberry.field(description="For goods that were delivered.")
    reversed: int = strawberry.field(description="Of the earned, taken back for returns.")


def customer_points(found: read.CustomerPoints) -> CustomerPoints:
    return CustomerPoints(
        customer=strawberry.ID(found.customer),
        available=found.available,
        reserved=found.reserved,
        expiring=[ExpiringPoints(expires_on=day, points=points) for day, points in found.expiring],
    )


def order_points(found: read.OrderPoints) -> OrderPoints:
    return OrderPoints(
        reserved=found.reserved,
        spent=found.spent,
        restored=found.restored,
        earned=found.earned,
        reversed=found.reversed,
    )


def _connection(page: Page) -> PointsEntryConnection:
    nodes = [_entry(each) for each in cast("list[read.PointsEntryRead]", page.items)]
    edges = [
        PointsEntryEdge(node=node, cursor=at) for node, at in zip(nodes, page.cursors, strict=True)
    ]
    return PointsEntryConnection(edges=edges, nodes=nodes, page_info=page_info(page))


def _entry(found: read.PointsEntryRead) -> PointsEntry:
    return PointsEntry(
        id=strawberry.ID(found.id),
        at=found.at,
        kind=found.kind,
        points=found.points,
        reserved=found.reserved,
        order=found.order,
        operation=found.operation,
        expires_on=found.expires_on,
    )
