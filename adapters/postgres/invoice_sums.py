"""Invoices and credit notes with what was paid on them, by the ledger as it is now."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.postgres.tables import invoice, invoice_line
from domain.invoices import (
    DocumentKind,
    InvoiceStatus,
    Owed,
    invoice_status,
    payments_on,
    written_off_on,
)
from ports.invoice_reads import InvoiceSummary

_l = invoice_line.c
_SUMS = (
    select(
        _l.invoice,
        *(func.sum(_l[name]).label(name) for name in ("net", "tax", "gross")),
    )
    .where(_l.invoice == invoice.c.number)
    .group_by(_l.invoice)
    .lateral("sums")
)
DOCUMENTS = select(
    invoice.c.number,
    invoice.c.series,
    invoice.c.kind,
    invoice.c.order_number.label("order"),
    invoice.c.subject,
    invoice.c.credits,
    invoice.c.currency,
    invoice.c.issued_at,
    invoice.c.issued_on,
    invoice.c.due_on,
    _SUMS.c.net,
    _SUMS.c.tax,
    _SUMS.c.gross,
).join(_SUMS, _SUMS.c.invoice == invoice.c.number)

# What was received for each order, by the parcel or order it is for, which a capture's payment
# names, and else the first part of the operation. Of each posting that is what moved against sales
# and what is owed for them together: of a sale what it does not leave owed, for deposits and points
# paid that; whatever lowers the receivable, unless it is written off; and less what a return takes
# back from the sale, as its credit note does from the invoice.
_RECEIVED = text(
    """
    SELECT posted.order_number AS "order",
           COALESCE(NULLIF(payment.fulfillment_order, ''), split_part(posted.operation, '/', 1))
             AS subject,
           -sum(entry.amount)::bigint AS paid,
           COALESCE(sum(entry.amount) FILTER (WHERE account = 'bad_debt'), 0)::bigint AS written_off
    FROM ledger_transaction AS posted
    JOIN ledger_entry AS entry ON entry.transaction_id = posted.id
     AND entry.account IN ('receivable', 'bad_debt', 'revenue', 'tax')
    LEFT JOIN payment_transaction AS payment ON payment.key = posted.operation
    WHERE posted.order_number = ANY(:orders)
    GROUP BY 1, 2
    """
)

_Row = Row[*tuple[Any, ...]]
Sums = dict[str, int]  # by subject


async def invoices_of(connection: AsyncConnection, orders: Sequence[str]) -> list[InvoiceSummary]:
    """All documents of the orders, an order's invoices oldest first."""
    found = await connection.execute(
        DOCUMENTS.where(invoice.c.order_number.in_(orders)).order_by(
            invoice.c.issued_at, invoice.c.credits.is_not(None), invoice.c.number
        )
    )
    paid: dict[str, Sums] = {order: {} for order in orders}
    lost: dict[str, Sums] = {order: {} for order in orders}
    for row in await connection.execute(_RECEIVED, {"orders": list(orders)}):
        paid[row.order][row.subject] = row.paid
        lost[row.order][row.subject] = row.written_off
    documents: dict[str, list[_Row]] = {order: [] for order in orders}
    for document in found:
        documents[document.order].append(document)
    return [
        summary
        for order in orders
        for summary in _summaries(documents[order], paid[order], lost[order])
    ]


def _summaries(rows: Sequence[_Row], received: Sums, written_off: Sums) -> list[InvoiceSummary]:
    credited: dict[str, int] = {}
    for row in rows:
        if row.credits:
            credited[row.credits] = credited.get(row.credits, 0) + int(row.gross)
    owed = [
        Owed(row.number, row.subject, int(row.gross) - credited.get(row.number, 0))
        for row in rows
        if row.kind == DocumentKind.INVOICE.value
    ]
    paid = payments_on(owed, received)
    lost = written_off_on(owed, paid, written_off)
    status = {
        each.number: invoice_status(each.amount, paid[each.number], lost[each.number])
        for each in owed
    }
    return [
        InvoiceSummary(
            **{
                **row._asdict(),
                "kind": DocumentKind(row.kind),
                "status": status.get(row.number, InvoiceStatus.ISSUED),
                "credits": row.credits or "",
                **{name: int(getattr(row, name)) for name in ("net", "tax", "gross")},
                "credited": credited.get(row.number, 0),
                "paid": paid.get(row.number, 0),
                "written_off": lost.get(row.number, 0),
            }
        )
        for row in rows
    ]
