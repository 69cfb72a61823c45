"""Queries about invoices and credit notes."""

from datetime import date
from typing import Annotated

import strawberry

from api.graphql.context import Ask
from api.graphql.errors import Refused
from api.graphql.paging import PAGE_DEFAULT, After, First, one_of, page_size
from api.graphql.resolved import resolved
from api.graphql.types.invoices import (
    Invoice,
    InvoiceConnection,
    invoice,
    invoice_connection,
)
from domain.errors import NotFound, Refusal
from domain.invoices import InvoiceStatus
from ports.invoice_reads import InvoiceFilter as Wanted

STATUSES = tuple(status.value for status in InvoiceStatus)


@strawberry.input(description="What to list; everything given must hold.")
class InvoiceFilter:
    series: str = strawberry.field(default="", description="As `INV-2026`.")
    status: str = strawberry.field(
        default="",
        description="ISSUED, PARTIALLY_PAID, PAID or WRITTEN_OFF; then credit notes are left out.",
    )
    issued_from: date | None = strawberry.field(default=None, description="The first date.")
    issued_to: date | None = strawberry.field(default=None, description="The last date.")


@strawberry.type
class InvoiceQueries:
    @resolved("Null when there is no such invoice or credit note, or none that you may see.")
    async def invoice(
        self,
        info: Ask,
        number: Annotated[str, strawberry.argument(description="As `INV-2026-000001`.")],
    ) -> Invoice | None:
        context = info.context
        try:
            found = await context.books.invoices.invoice(context.principal, number.strip().upper())
        except NotFound:
            return None
        return invoice(found)

    @resolved("Newest first. For finance, supervisors and developers.")
    async def invoices(
        self,
        info: Ask,
        filter: Annotated[  # noqa: A002 - the schema's word
            InvoiceFilter | None, strawberry.argument(description="All of them, when absent.")
        ] = None,
        first: First = PAGE_DEFAULT,
        after: After = None,
    ) -> InvoiceConnection:
        context = info.context
        asked = filter or InvoiceFilter()
        try:
            status = one_of(STATUSES, "status", asked.status.upper())
            wanted = Wanted(
                asked.series.strip().upper(),
                InvoiceStatus(status) if status else None,
                asked.issued_from,
                asked.issued_to,
            )
            page = await context.books.invoices.invoices(
                context.principal, wanted, page_size(first), after
            )
        except Refusal as refusal:
            raise Refused(refusal) from refusal
        return invoice_connection(page)
