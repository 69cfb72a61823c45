"""Pick lists of the built-in warehouse, from their read views."""

from datetime import datetime
from typing import cast

import strawberry

from api.books import Books
from api.graphql.types.pages import PageInfo, page_info
from api.graphql.types.parcel import Units, units
from domain.pick_list import Box
from ports.floor import PickListRead
from ports.reads import Page


@strawberry.type(description="A package of a pick list.")
class PackedPackage:
    package: str = strawberry.field(description="As `P1`.")
    lines: list[Units] = strawberry.field(description="Its content.")
    carrier: str = strawberry.field(description="Empty until it is shipped.")
    tracking_number: str = strawberry.field(description="Empty until it is shipped.")
    stages: list[str] = strawberry.field(
        description="What was reported of its way, as `in_transit`."
    )


@strawberry.type(description="What people at a location pick, pack and ship.")
class PickList:
    fulfillment_order: strawberry.ID = strawberry.field(description="As `<order>-F<n>`.")
    order: strawberry.ID = strawberry.field(description="The order's number.")
    location: strawberry.ID = strawberry.field(description="Where.")
    status: str = strawberry.field(description="As `SUBMITTED`.")
    cancel: str | None = strawberry.field(
        description="Whether the order wants its goods back: requested, confirmed or refused."
    )
    reason: str | None = strawberry.field(description="Of a rejection or of a refused cancel.")
    lines: list[Units] = strawberry.field(description="What is to be picked.")
    picked: list[Units] = strawberry.field(description="What was found of it.")
    packages: list[PackedPackage] = strawberry.field(description="Where that went.")
    possible: list[str] = strawberry.field(
        description="The acts that its state allows now, as `pick_list_accept`."
    )
    print_url: str | None = strawberry.field(
        description="Pick list and packing slip on paper, for 12 hours, for whoever has the link: "
        "it names the customer. Null for those who may not act."
    )
    created_at: datetime = strawberry.field(description="When it was handed over.")
    updated_at: datetime = strawberry.field(description="When something was last done to it.")


@strawberry.type(description="A pick list and its place in the list.")
class PickListEdge:
    node: PickList = strawberry.field(description="The pick list.")
    cursor: str = strawberry.field(description="Pass it as `after` to go on behind this one.")


@strawberry.type(description="A page of pick lists, oldest first.")
class PickListConnection:
    edges: list[PickListEdge] = strawberry.field(description="The pick lists with their cursors.")
    nodes: list[PickList] = strawberry.field(description="The pick lists alone.")
    page_info: PageInfo = strawberry.field(description="Whether there is more.")


def pick_list_connection(page: Page, books: Books) -> PickListConnection:
    nodes = [pick_list(read, books) for read in cast("list[PickListRead]", page.items)]
    edges = [
        PickListEdge(node=node, cursor=at) for node, at in zip(nodes, page.cursors, strict=True)
    ]
    return PickListConnection(edges=edges, nodes=nodes, page_info=page_info(page))


def pick_list(read: PickListRead, books: Books) -> PickList:
    pick = read.pick
    return PickList(
        fulfillment_order=strawberry.ID(pick.fulfillment_order),
        order=strawberry.ID(pick.order),
        location=strawberry.ID(pick.location),
        status=pick.status.value,
        cancel=pick.cancel.value or None,
        reason=pick.reason or None,
        lines=[units(each) for each in pick.lines],
        picked=[units(each) for each in pick.picked],
        packages=[_package(box) for box in pick.boxes],
        possible=read.possible,
        print_url=books.print_url(read.print_path) if read.print_path else None,
        created_at=read.created_at,
        updated_at=read.updated_at,
    )


def _package(box: Box) -> PackedPackage:
    return PackedPackage(
        package=box.package,
        lines=[units(each) for each in box.lines],
        carrier=box.carrier,
        tracking_number=box.tracking_number,
        stages=[stage.value for stage in box.stages],
    )
