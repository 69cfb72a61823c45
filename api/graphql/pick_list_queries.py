"""Queries of the built-in warehouse, for staff and developers."""

from typing import Annotated

import strawberry

from api.graphql.context import Ask
from api.graphql.errors import Refused
from api.graphql.paging import PAGE_DEFAULT, After, First, one_of, page_size
from api.graphql.resolved import resolved
from api.graphql.types.pick_lists import (
    PickList,
    PickListConnection,
    pick_list,
    pick_list_connection,
)
from domain.errors import NotFound, Refusal
from domain.pick_list import PickStatus
from ports.floor import PickListFilter

STATUSES = tuple(status.value for status in PickStatus)


@strawberry.type
class PickListQueries:
    @resolved("Work of the built-in warehouse, oldest first. For staff and developers.")
    async def pick_lists(
        self,
        info: Ask,
        location: Annotated[
            strawberry.ID, strawberry.argument(description="Where; empty for everywhere.")
        ] = strawberry.ID(""),  # noqa: B008 - it is a str
        status: Annotated[
            str, strawberry.argument(description="As `SUBMITTED`; empty for all.")
        ] = "",
        first: First = PAGE_DEFAULT,
        after: After = None,
    ) -> PickListConnection:
        context = info.context
        try:
            wanted = PickListFilter(location, one_of(STATUSES, "status", status.upper()))
            page = await context.books.floor.pick_lists(
                context.principal, wanted, page_size(first), after
            )
        except Refusal as refusal:
            raise Refused(refusal) from refusal
        return pick_list_connection(page, context.books)

    @resolved("Null when the built-in warehouse has none of that name.")
    async def pick_list(
        self,
        info: Ask,
        fulfillment_order: Annotated[
            strawberry.ID, strawberry.argument(description="As `<order>-F<n>`.")
        ],
    ) -> PickList | None:
        context = info.context
        name = fulfillment_order.strip().upper()
        try:
            read = await context.books.floor.pick_list(context.principal, name)
        except NotFound:
            return None
        except Refusal as refusal:
            raise Refused(refusal) from refusal
        return pick_list(read, context.books)
