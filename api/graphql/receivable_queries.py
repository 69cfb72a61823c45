"""Queries of accounts receivable, for finance and supervisors."""

from typing import Annotated

import strawberry

from api.graphql.context import Ask
from api.graphql.errors import Refused
from api.graphql.paging import PAGE_DEFAULT, After, First, page_size
from api.graphql.resolved import resolved
from api.graphql.types.receivables import (
    CustomerReceivablesConnection,
    OpenReceivableConnection,
    customer_receivables_connection,
    open_receivable_connection,
)
from domain.errors import Refusal


@strawberry.type
class ReceivableQueries:
    @resolved(
        "Who owes us what, by how long it is overdue; all of it is the ledger's account "
        "`receivable`. For finance and supervisors."
    )
    async def receivables(
        self, info: Ask, first: First = PAGE_DEFAULT, after: After = None
    ) -> CustomerReceivablesConnection:
        context = info.context
        try:
            page = await context.books.receivables.customers(
                context.principal, page_size(first), after
            )
        except Refusal as refusal:
            raise Refused(refusal) from refusal
        return customer_receivables_connection(page)

    @resolved("What is open of one customer, invoice by invoice. For finance and supervisors.")
    async def open_receivables(
        self,
        info: Ask,
        customer_ref: Annotated[
            str,
            strawberry.argument(description="Empty for orders that name no customer."),
        ],
        first: First = PAGE_DEFAULT,
        after: After = None,
    ) -> OpenReceivableConnection:
        context = info.context
        try:
            page = await context.books.receivables.items(
                context.principal, customer_ref, page_size(first), after
            )
        except Refusal as refusal:
            raise Refused(refusal) from refusal
        return open_receivable_connection(page)
