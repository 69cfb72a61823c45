"""Queries of what is where: locations, products, stock, movements. For staff and developers."""

from collections.abc import Awaitable
from typing import Annotated

import strawberry

from api.graphql.context import Ask
from api.graphql.errors import Refused
from api.graphql.paging import PAGE_DEFAULT, After, First
from api.graphql.resolved import resolved
from api.graphql.types.inventory import (
    LocationConnection,
    MovementConnection,
    ProductConnection,
    StockConnection,
    location_connection,
    movement_connection,
    product_connection,
    stock_connection,
)
from api.graphql.types.supplies import SupplyConnection, supply_connection
from domain.errors import Refusal
from ports.inventory_reads import ProductFilter, StockFilter
from ports.reads import Page


@strawberry.type
class InventoryQueries:
    @resolved("Locations by id, inactive ones too. For staff and developers.")
    async def locations(
        self, info: Ask, first: First = PAGE_DEFAULT, after: After = None
    ) -> LocationConnection:
        context = info.context
        page = await _answered(context.books.inventory.locations(context.principal, first, after))
        return location_connection(page)

    @resolved("Products by SKU. For staff and developers.")
    async def products(
        self,
        info: Ask,
        sku: Annotated[str, strawberry.argument(description="This one; empty for all.")] = "",
        search: Annotated[
            str, strawberry.argument(description="A SKU, or part of a name; empty for all.")
        ] = "",
        bundles_only: Annotated[
            bool, strawberry.argument(description="Only those with components.")
        ] = False,
        first: First = PAGE_DEFAULT,
        after: After = None,
    ) -> ProductConnection:
        context = info.context
        page = await _answered(
            context.books.inventory.products(
                context.principal, ProductFilter(sku, search, bundles_only), first, after
            )
        )
        return product_connection(page)

    @resolved("Stock by SKU and location. For staff and developers.")
    async def stock(
        self,
        info: Ask,
        sku: Annotated[str, strawberry.argument(description="Empty for all.")] = "",
        location: Annotated[str, strawberry.argument(description="Empty for all.")] = "",
        low: Annotated[
            bool, strawberry.argument(description="Only where a level is reached.")
        ] = False,
        first: First = PAGE_DEFAULT,
        after: After = None,
    ) -> StockConnection:
        context = info.context
        wanted = StockFilter(sku, location, low)
        page = await _answered(
            context.books.inventory.stock(context.principal, wanted, first, after)
        )
        return stock_connection(page)

    @resolved(
        "What is to come, by the day it is expected on, and to which orders it is promised. For "
        "staff and developers."
    )
    async def supplies(
        self,
        info: Ask,
        sku: Annotated[str, strawberry.argument(description="Empty for all.")] = "",
        location: Annotated[str, strawberry.argument(description="Empty for all.")] = "",
        first: First = PAGE_DEFAULT,
        after: After = None,
    ) -> SupplyConnection:
        context = info.context
        page = await _answered(
            context.books.inventory.supplies(context.principal, sku, location, first, after)
        )
        return supply_connection(page)

    @resolved("What moved the stock of a product, newest first. For staff and developers.")
    async def movements(
        self,
        info: Ask,
        sku: Annotated[str, strawberry.argument(description="The product.")],
        location: Annotated[str, strawberry.argument(description="Empty for all.")] = "",
        first: First = PAGE_DEFAULT,
        after: After = None,
    ) -> MovementConnection:
        context = info.context
        page = await _answered(
            context.books.inventory.movements(context.principal, sku, location, first, after)
        )
        return movement_connection(page)


async def _answered(asked: Awaitable[Page]) -> Page:
    try:
        return await asked
    except Refusal as refusal:
        raise Refused(refusal) from refusal
