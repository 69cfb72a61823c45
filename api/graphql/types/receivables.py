"""Accounts receivable in GraphQL."""

from datetime import date
from typing import cast

import strawberry

from api.graphql.types.money import Money, money
from api.graphql.types.pages import PageInfo, page_info
from domain.aging import Age, OpenItem
from ports.reads import Page
from ports.receivables import CustomerReceivables as CustomerRead


@strawberry.type(description="What a customer owes in one currency, by how long it is overdue.")
class CustomerReceivables:
    customer: str = strawberry.field(description="Empty for orders that name no customer.")
    currency: str = strawberry.field(description="ISO 4217 code, such as USD.")
    not_due: Money = strawberry.field(description="Not due yet, or on no invoice.")
    days1_to_30: Money = strawberry.field(description="Overdue by up to 30 days.")
    days31_to_60: Money = strawberry.field(description="By up to 60.")
    days61_to_90: Money = strawberry.field(description="By up to 90.")
    over_90: Money = strawberry.field(description="By more.")
    total: Money = strawberry.field(description="All of it.")


@strawberry.type(description="An invoice that is open, or what an order owes that is on none.")
class OpenReceivable:
    order: strawberry.ID = strawberry.field(description="The order's number.")
    invoice: str | None = strawberry.field(description="Null for what is on no invoice (yet).")
    customer: str = strawberry.field(description="Empty when the order names none.")
    amount: Money = strawberry.field(description="What is open of it.")
    due_on: date | None = strawberry.field(description="Null without an invoice.")
    days_overdue: int = strawberry.field(description="0 when it is not due yet.")


@strawberry.type(description="A customer's sums and their place in the list.")
class CustomerReceivablesEdge:
    node: CustomerReceivables = strawberry.field(description="The sums.")
    cursor: str = strawberry.field(description="Pass it as `after` to go on behind this one.")


@strawberry.type(description="A page of customers, by reference and currency.")
class CustomerReceivablesConnection:
    edges: list[CustomerReceivablesEdge] = strawberry.field(description="With their cursors.")
    nodes: list[CustomerReceivables] = strawberry.field(description="The sums alone.")
    page_info: PageInfo = strawberry.field(description="Whether there is more.")


@strawberry.type(description="An open item and its place in the list.")
class OpenReceivableEdge:
    node: OpenReceivable = strawberry.field(description="The item.")
    cursor: str = strawberry.field(description="Pass it as `after` to go on behind this one.")


@strawberry.type(description="A page of open items: what was due first comes first.")
class OpenReceivableConnection:
    edges: list[OpenReceivableEdge] = strawberry.field(description="The items with their cursors.")
    nodes: list[OpenReceivable] = strawberry.field(description="The items alone.")
    page_info: PageInfo = strawberry.field(description="Whether there is more.")


def customer_receivables_connection(page: Page) -> CustomerReceivablesConnection:
    nodes = [_customer(read) for read in cast("list[CustomerRead]", page.items)]
    edges = [
        CustomerReceivablesEdge(node=node, cursor=cursor)
        for node, cursor in zip(nodes, page.cursors, strict=True)
    ]
    return CustomerReceivablesConnection(edges=edges, nodes=nodes, page_info=page_info(page))


def open_receivable_connection(page: Page) -> OpenReceivableConnection:
    nodes = [_item(read) for read in cast("list[OpenItem]", page.items)]
    edges = [
        OpenReceivableEdge(node=node, cursor=cursor)
        for node, cursor in zip(nodes, page.cursors, strict=True)
    ]
    return OpenReceivableConnection(edges=edges, nodes=nodes, page_info=page_info(page))


def _customer(read: CustomerRead) -> CustomerReceivables:
    amount = {age: money(read.by_age[age], read.currency) for age in Age}
    return CustomerReceivables(
        customer=read.customer,
        currency=read.currency,
        not_due=amount[Age.NOT_DUE],
        days1_to_30=amount[Age.DAYS_1_30],
        days31_to_60=amount[Age.DAYS_31_60],
        days61_to_90=amount[Age.DAYS_61_90],
        over_90=amount[Age.OVER_90],
        total=money(read.total, read.currency),
    )


def _item(read: OpenItem) -> OpenReceivable:
    return OpenReceivable(
        order=strawberry.ID(read.order),
        invoice=read.invoice or None,
        customer=read.customer,
        amount=money(read.amount, read.currency),
        due_on=read.due_on,
        days_overdue=read.days,
    )
