"""Lists, page by page: keyset connections with opaque cursors, in the manner of Relay."""

from datetime import datetime
from typing import cast

import strawberry

from api.graphql.types.money import Money, money
from ports.reads import OrderSummary as SummaryRead
from ports.reads import Page, TaskRead


@strawberry.type(description="Whether there is more, and where to go on.")
class PageInfo:
    has_next_page: bool = strawberry.field(description="Whether there are further items.")
    end_cursor: str | None = strawberry.field(
        description="The last edge's: pass it as `after` for the next page; null on an empty one."
    )


@strawberry.type(description="An order in a list. Ask `order(number)` for all of it.")
class OrderSummary:
    number: strawberry.ID = strawberry.field(description="As `7K3M-9QXT-2AVB`.")
    channel: str = strawberry.field(description="Where it was placed.")
    channel_ref: str = strawberry.field(description="The channel's own name for it.")
    customer_ref: str = strawberry.field(description="The channel's name for the customer.")
    status: str = strawberry.field(description="As `PROCESSING`.")
    payment_status: str = strawberry.field(
        description="Of authorizing and capturing; what was refunded stands in `returns`."
    )
    total: Money = strawberry.field(description="What the customer pays.")
    parcels: int = strawberry.field(description="How many parcels it is sent in.")
    placed_at: datetime = strawberry.field(description="When the customer placed it.")
    updated_at: datetime = strawberry.field(description="When something last happened to it.")


@strawberry.type(description="How many orders stand in one status.")
class StatusCount:
    status: str = strawberry.field(description="As `PROCESSING`.")
    orders: int = strawberry.field(description="How many; statuses without any are left out.")


@strawberry.type(description="What staff has to decide or do: one row of the ops queue.")
class Task:
    id: strawberry.ID = strawberry.field(description="Names the task.")
    subject: str = strawberry.field(description="What waits: an order, a return, a SKU.")
    order: str = strawberry.field(
        description="The order that it is about; empty when it is about none."
    )
    reason: str = strawberry.field(description="What has to be decided or done.")
    owner: str = strawberry.field(description="The staff role whose queue it stands in.")
    since: datetime = strawberry.field(description="When the wait began.")
    deadline: datetime = strawberry.field(description="When it rises one level.")
    level: int = strawberry.field(description="How often it has been escalated.")


@strawberry.type(description="An order and its place in the list.")
class OrderEdge:
    node: OrderSummary = strawberry.field(description="The order.")
    cursor: str = strawberry.field(description="Pass it as `after` to go on behind this one.")


@strawberry.type(description="A page of orders, newest first.")
class OrderConnection:
    edges: list[OrderEdge] = strawberry.field(description="The orders with their cursors.")
    nodes: list[OrderSummary] = strawberry.field(description="The orders alone.")
    page_info: PageInfo = strawberry.field(description="Whether there is more.")


@strawberry.type(description="A task and its place in the queue.")
class TaskEdge:
    node: Task = strawberry.field(description="The task.")
    cursor: str = strawberry.field(description="Pass it as `after` to go on behind this one.")


@strawberry.type(description="A page of tasks, earliest deadline first.")
class TaskConnection:
    edges: list[TaskEdge] = strawberry.field(description="The tasks with their cursors.")
    nodes: list[Task] = strawberry.field(description="The tasks alone.")
    page_info: PageInfo = strawberry.field(description="Whether there is more.")


def order_connection(page: Page) -> OrderConnection:
    nodes = [_summary(each) for each in cast("list[SummaryRead]", page.items)]
    edges = [OrderEdge(node=node, cursor=at) for node, at in zip(nodes, page.cursors, strict=True)]
    return OrderConnection(edges=edges, nodes=nodes, page_info=page_info(page))


def task_connection(page: Page) -> TaskConnection:
    nodes = [_task(each) for each in cast("list[TaskRead]", page.items)]
    edges = [TaskEdge(node=node, cursor=at) for node, at in zip(nodes, page.cursors, strict=True)]
    return TaskConnection(edges=edges, nodes=nodes, page_info=page_info(page))


def page_info(page: Page) -> PageInfo:
    return PageInfo(has_next_page=page.more, end_cursor=page.cursors[-1] if page.cursors else None)


def _summary(read: SummaryRead) -> OrderSummary:
    return OrderSummary(
        number=strawberry.ID(read.number),
        channel=read.channel,
        channel_ref=read.channel_ref,
        customer_ref=read.customer_ref,
        status=read.status,
        payment_status=read.payment_status,
        total=money(read.total, read.currency),
        parcels=read.parcels,
        placed_at=read.placed_at,
        updated_at=read.updated_at,
    )


def _task(read: TaskRead) -> Task:
    return Task(
        id=strawberry.ID(read.id),
        subject=read.subject,
        order=read.order,
        reason=read.reason,
        owner=read.owner,
        since=read.since,
        deadline=read.deadline,
        level=read.level,
    )
