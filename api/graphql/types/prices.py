"""Prices and price lists in GraphQL."""

from datetime import datetime
from typing import cast

import strawberry

from api.graphql.types.money import Money, money
from api.graphql.types.pages import PageInfo, page_info
from domain import prices as domain
from ports.price_reads import PriceListRead
from ports.reads import Page


@strawberry.type(description="What a price list asks for one unit.")
class ListPrice:
    sku: str = strawberry.field(description="Of what.")
    unit_price: Money = strawberry.field(description="Of one unit.")
    price_list: str = strawberry.field(description="The list that says so.")
    tier: str = strawberry.field(description="Whose list it is; empty: everybody's.")
    valid_from: datetime | None = strawberry.field(
        description="Since when the list counts; null: ever."
    )


@strawberry.type(description="Prices as an order would have them.")
class Prices:
    tax_included: bool = strawberry.field(description="Whether all of them are with tax.")
    prices: list[ListPrice] = strawberry.field(
        description="Those that there are, in the order of the SKUs asked for."
    )


@strawberry.type(description="Whose prices count, and when.")
class PriceList:
    id: strawberry.ID = strawberry.field(description="Its name.")
    tier: str = strawberry.field(description="Whose it is; empty: everybody's.")
    tax_included: bool = strawberry.field(description="Whether its prices are with tax.")
    valid_from: datetime | None = strawberry.field(description="Null: ever since.")
    valid_until: datetime | None = strawberry.field(
        description="From then on it counts no more; null: it never ends."
    )
    prices: int = strawberry.field(description="How many prices it has.")


@strawberry.type(description="A price list and its place in the list.")
class PriceListEdge:
    node: PriceList = strawberry.field(description="The price list.")
    cursor: str = strawberry.field(description="Pass it as `after` to go on behind this one.")


@strawberry.type(description="A page of price lists, by name.")
class PriceListConnection:
    edges: list[PriceListEdge] = strawberry.field(description="The lists with their cursors.")
    nodes: list[PriceList] = strawberry.field(description="The lists alone.")
    page_info: PageInfo = strawberry.field(description="Whether there is more.")


def prices(found: domain.Prices, skus: list[str], currency: str) -> Prices:
    return Prices(
        tax_included=found.tax_included,
        prices=[
            ListPrice(
                sku=price.sku,
                unit_price=money(price.unit_price, currency),
                price_list=price.price_list,
                tier=price.tier,
                valid_from=price.valid_from,
            )
            for sku in skus
            if (price := found.by_sku.get(sku))
        ],
    )


def price_list_connection(page: Page) -> PriceListConnection:
    nodes = [_price_list(read) for read in cast("list[PriceListRead]", page.items)]
    edges = [
        PriceListEdge(node=node, cursor=at) for node, at in zip(nodes, page.cursors, strict=True)
    ]
    return PriceListConnection(edges=edges, nodes=nodes, page_info=page_info(page))


def _price_list(read: PriceListRead) -> PriceList:
    return PriceList(
        id=strawberry.ID(read.id),
        tier=read.tier,
        tax_included=read.tax_included,
        valid_from=read.valid_from,
        valid_until=read.valid_until,
        prices=read.prices,
    )
