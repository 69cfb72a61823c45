"""Invoices and credit notes in GraphQL."""

from datetime import date, datetime
from typing import Any, cast

import strawberry

from api.graphql.types.money import Money, money
from api.graphql.types.pages import PageInfo, page_info
from domain.invoices import DocumentKind, DocumentLine, TaxTotal, tax_totals
from ports.invoice_reads import InvoiceDetail
from ports.invoice_reads import InvoiceSummary as SummaryRead
from ports.reads import Page


@strawberry.interface(description="An invoice or a credit note: issued once, never changed.")
class Document:
    number: str = strawberry.field(description="As `INV-2026-000001`, gapless in its series.")
    series: str = strawberry.field(description="As `INV-2026`.")
    kind: str = strawberry.field(description="invoice or credit_note.")
    status: str = strawberry.field(
        description="ISSUED, PARTIALLY_PAID, PAID or WRITTEN_OFF, by what the ledger has received; "
        "a credit note is ISSUED."
    )
    order: str = strawberry.field(description="The order's number.")
    subject: str = strawberry.field(description="The parcel, order or return it is about.")
    credits: str | None = strawberry.field(description="The invoice that a credit note corrects.")
    issued_at: datetime = strawberry.field(description="When.")
    issued_on: date = strawberry.field(description="The date it bears.")
    due_on: date = strawberry.field(description="When an invoice has to be paid.")
    net: Money = strawberry.field(description="Without tax. Never negative, as all amounts.")
    tax: Money = strawberry.field(description="The tax.")
    gross: Money = strawberry.field(description="Net and tax.")
    credited: Money = strawberry.field(description="What credit notes took back of an invoice.")
    paid: Money = strawberry.field(description="What was received for an invoice.")
    written_off: Money = strawberry.field(description="What of an invoice nobody will pay.")
    open: Money = strawberry.field(description="What is still to be paid.")
    path: str = strawberry.field(
        description="Where staff gets it as a page, with a bearer token; `.pdf` behind it for PDF."
    )


@strawberry.type(description="A document in a list. Ask `invoice(number)` for its lines.")
class InvoiceSummary(Document):
    pass


@strawberry.type(description="Units of an order line, or shipping (line 0).")
class InvoiceLine:
    position: int = strawberry.field(description="From 1.")
    line: int = strawberry.field(description="The order line's number; 0 is shipping.")
    sku: str = strawberry.field(description="Empty for shipping.")
    name: str = strawberry.field(description="The product's name, or its SKU without one.")
    quantity: int = strawberry.field(description="Units.")
    unit_price: Money = strawberry.field(description="Of one unit, before discounts.")
    discount: Money = strawberry.field(description="Of these units.")
    order_discount: Money = strawberry.field(description="Their share in the order's discount.")
    tax_rate_bp: int = strawberry.field(description="In hundredths of a percent.")
    net: Money = strawberry.field(description="Without tax.")
    tax: Money = strawberry.field(description="The tax.")
    gross: Money = strawberry.field(description="Net and tax.")
    credits: int | None = strawberry.field(description="The invoice's position that it credits.")


@strawberry.type(description="What a document has at one tax rate.")
class TaxSum:
    tax_rate_bp: int = strawberry.field(description="In hundredths of a percent.")
    net: Money = strawberry.field(description="Without tax.")
    tax: Money = strawberry.field(description="The tax.")
    gross: Money = strawberry.field(description="Net and tax.")


@strawberry.type(description="An invoice or a credit note with its lines.")
class Invoice(Document):
    lines: list[InvoiceLine] = strawberry.field(description="They add up exactly.")
    taxes: list[TaxSum] = strawberry.field(description="By rate, the highest first.")
    credit_notes: list[str] = strawberry.field(description="Numbers of those that correct it.")


@strawberry.type(description="A document and its place in the list.")
class InvoiceEdge:
    node: InvoiceSummary = strawberry.field(description="The document.")
    cursor: str = strawberry.field(description="Pass it as `after` to go on behind this one.")


@strawberry.type(description="A page of invoices and credit notes, newest first.")
class InvoiceConnection:
    edges: list[InvoiceEdge] = strawberry.field(description="The documents with their cursors.")
    nodes: list[InvoiceSummary] = strawberry.field(description="The documents alone.")
    page_info: PageInfo = strawberry.field(description="Whether there is more.")


def invoice_connection(page: Page) -> InvoiceConnection:
    nodes = [invoice_summary(each) for each in cast("list[SummaryRead]", page.items)]
    edges = [
        InvoiceEdge(node=node, cursor=at) for node, at in zip(nodes, page.cursors, strict=True)
    ]
    return InvoiceConnection(edges=edges, nodes=nodes, page_info=page_info(page))


def invoice_summary(read: SummaryRead) -> InvoiceSummary:
    return InvoiceSummary(**_heading(read))


def invoice(detail: InvoiceDetail) -> Invoice:
    currency = detail.summary.currency
    return Invoice(
        **_heading(detail.summary),
        lines=[_line(line, detail, currency) for line in detail.lines],
        taxes=[_tax(each, currency) for each in tax_totals(detail.lines)],
        credit_notes=list(detail.credit_notes),
    )


def _heading(read: SummaryRead) -> dict[str, Any]:
    amounts = ("net", "tax", "gross", "credited", "paid", "written_off", "open")
    return {
        "number": read.number,
        "series": read.series,
        "kind": DocumentKind(read.kind).value,
        "status": read.status.value,
        "order": read.order,
        "subject": read.subject,
        "credits": read.credits or None,
        "issued_at": read.issued_at,
        "issued_on": read.issued_on,
        "due_on": read.due_on,
        "path": f"/invoices/{read.number}",
        **{name: money(getattr(read, name), read.currency) for name in amounts},
    }


def _line(line: DocumentLine, detail: InvoiceDetail, currency: str) -> InvoiceLine:
    return InvoiceLine(
        position=line.position,
        line=line.line,
        sku=line.sku,
        name=detail.names.get(line.sku, line.sku),
        quantity=line.quantity,
        unit_price=money(line.unit_price, currency),
        discount=money(line.discount, currency),
        order_discount=money(line.order_discount, currency),
        tax_rate_bp=line.tax_rate_bp,
        net=money(line.net, currency),
        tax=money(line.tax, currency),
        gross=money(line.gross, currency),
        credits=line.credits,
    )


def _tax(each: TaxTotal, currency: str) -> TaxSum:
    return TaxSum(
        tax_rate_bp=each.rate_bp,
        net=money(each.net, currency),
        tax=money(each.tax, currency),
        gross=money(each.gross, currency),
    )
