"""Units that are to come, in GraphQL."""

from datetime import date
from typing import cast

import strawberry

from api.graphql.types.pages import PageInfo, page_info
from domain.stock_acts import SupplyKind
from ports.inventory_reads import PROMISES_MAX, SupplyRead
from ports.reads import Page

strawberry.enum(SupplyKind, description="Ordered from a supplier, or a quota that is presold.")


@strawberry.type(description="Units to come that a parcel of an order waits for.")
class SupplyPromise:
    order: strawberry.ID = strawberry.field(description="The order's number.")
    fulfillment_order: strawberry.ID = strawberry.field(description="The parcel that waits.")
    line: int = strawberry.field(description="The line of the order.")
    units: int = strawberry.field(description="How many.")


@strawberry.type(description="Units of a product that are to come to a location.")
class Supply:
    id: strawberry.ID = strawberry.field(description="Its number.")
    kind: SupplyKind = strawberry.field(description="What it is.")
    reference: str = strawberry.field(description="As a purchase order.")
    sku: strawberry.ID = strawberry.field(description="The product.")
    location: strawberry.ID = strawberry.field(description="Where they come to.")
    available_on: date = strawberry.field(description="When they are expected.")
    quantity: int = strawberry.field(description="In all.")
    received: int = strawberry.field(description="Of these, have come.")
    reserved: int = strawberry.field(description="Of these, are to come and promised to orders.")
    promises: list[SupplyPromise] = strawberry.field(
        description=f"To whom: the {PROMISES_MAX} oldest."
    )


@strawberry.type(description="A page of what is to come, by day.")
class SupplyConnection:
    nodes: list[Supply] = strawberry.field(description="What is to come.")
    page_info: PageInfo = strawberry.field(description="Whether there is more.")


def supply_connection(page: Page) -> SupplyConnection:
    nodes = [_supply(read) for read in cast("list[SupplyRead]", page.items)]
    return SupplyConnection(nodes=nodes, page_info=page_info(page))


def _supply(read: SupplyRead) -> Supply:
    return Supply(
        id=strawberry.ID(str(read.id)),
        kind=SupplyKind(read.kind),
        reference=read.reference,
        sku=strawberry.ID(read.sku),
        location=strawberry.ID(read.location),
        available_on=read.available_on,
        quantity=read.quantity,
        received=read.received,
        reserved=read.reserved,
        promises=[
            SupplyPromise(
                order=strawberry.ID(each.order),
                fulfillment_order=strawberry.ID(each.fulfillment_order),
                line=each.line,
                units=each.units,
            )
            for each in read.promises
        ],
    )
