"""Queries of prices, for staff, developers and channels."""

from datetime import datetime
from typing import Annotated

import strawberry

from api.graphql.context import Ask
from api.graphql.errors import Refused
from api.graphql.paging import PAGE_DEFAULT, After, First, page_size
from api.graphql.resolved import resolved
from api.graphql.types.prices import PriceListConnection, Prices, price_list_connection, prices
from domain.errors import Refusal
from ports.price_reads import SKUS_MAX, PriceQuestion


@strawberry.type
class PriceQueries:
    @resolved("What a customer would pay for one unit of each. For staff and channels.")
    async def prices(
        self,
        info: Ask,
        skus: Annotated[list[str], strawberry.argument(description=f"From 1 to {SKUS_MAX}.")],
        currency: Annotated[str, strawberry.argument(description="ISO 4217 code, such as USD.")],
        tier: Annotated[
            str, strawberry.argument(description="The customer's; empty for a customer of none.")
        ] = "",
        at: Annotated[
            datetime | None, strawberry.argument(description="When it is ordered; else now.")
        ] = None,
        tax_included: Annotated[
            bool | None,
            strawberry.argument(description="As the list that comes first, when absent."),
        ] = None,
    ) -> Prices:
        context = info.context
        question = PriceQuestion(skus, currency, tier, at, tax_included)
        try:
            found = await context.books.prices.prices(context.principal, question)
        except Refusal as refusal:
            raise Refused(refusal) from refusal
        return prices(found, skus, currency)

    @resolved("By name. For staff and channels.")
    async def price_lists(
        self, info: Ask, first: First = PAGE_DEFAULT, after: After = None
    ) -> PriceListConnection:
        context = info.context
        try:
            page = await context.books.prices.price_lists(
                context.principal, page_size(first), after
            )
        except Refusal as refusal:
            raise Refused(refusal) from refusal
        return price_list_connection(page)
