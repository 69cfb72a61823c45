"""Invoices and a credit note of the order of `scenes`, made as the books make them."""

from dataclasses import replace
from datetime import date, datetime, timedelta

from domain.invoices import (
    DocumentKind,
    Draft,
    InvoiceStatus,
    Issued,
    credit_notes,
    shipment_invoice,
)
from domain.order import LineUnits, OrderLine, PaymentMethod, PlacedOrder, share_discount
from domain.quantity import Quantity
from domain.view import OrderView
from ports.invoice_reads import InvoiceDetail, InvoiceSummary
from tests.api import scenes
from web.invoices.seller import Seller

SELLER = Seller(
    "Lakeside Tea & Co.",
    ("12 Harbor Road", "Portland, ME 04101"),
    "US 12-3456789",
    ("First Harbor Bank", "IBAN DE02 1203 0000 0000 2020 51", "BIC BYLADEM1001"),
)
NAMES = {
    "TEA-001": "Dragon Well green tea, spring harvest, 100 g",
    "POT-7": "紫砂茶壶 Clay teapot <b>0.5 l</b>",
    "CUP-2": "Tasting cup, set of six",
}
LINES = share_discount(
    (
        OrderLine(1, "TEA-001", Quantity(3), 1_999, 200, 600),
        OrderLine(2, "POT-7", Quantity(1), 8_900, 0, 1_300),
        OrderLine(3, "CUP-2", Quantity(2), 2_450, 0, 1_300),
    ),
    1_000,
)
ISSUED_AT = scenes.PLACED + timedelta(hours=9)
FIRST, NOTE = "INV-2026-000042", "CN-2026-000007"


def order(*, currency: str = "USD", taxed: bool = True, **rest: object) -> PlacedOrder:
    placed = replace(scenes.order(currency=currency), lines=LINES, shipping=700)
    return replace(placed, tax_included=taxed, shipping_tax_rate_bp=600, **rest)


def draft(of: PlacedOrder) -> Draft:
    units = tuple(LineUnits(line.line, line.sku, line.quantity) for line in of.lines)
    made = shipment_invoice(OrderView(of), scenes.FIRST, units)
    assert made is not None
    return made


def invoice(
    of: PlacedOrder | None = None, *, paid: int = 0, credited: int = 0, due_days: int = 0
) -> InvoiceDetail:
    of = of or order()
    return _detail(of, FIRST, draft(of), paid=paid, credited=credited, due_days=due_days)


def paid_invoice() -> InvoiceDetail:
    return invoice(paid=draft(order()).gross)


def credit_note(of: PlacedOrder | None = None) -> InvoiceDetail:
    """For one unit of tea and the teapot."""
    of = of or order()
    back = (LineUnits(1, "TEA-001", 1), LineUnits(2, "POT-7", 1))
    (note,) = credit_notes(of, f"{scenes.NUMBER}-R1", {}, back, [Issued(FIRST, draft(of).lines)])
    return _detail(of, NOTE, note)


def credited_invoice() -> InvoiceDetail:
    """Paid in part; the customer has sent something back."""
    whole = draft(order()).gross
    back = credit_note().summary.gross
    of = order(payment_method=PaymentMethod.CREDIT_TERMS)
    shown = invoice(of, paid=whole - back - 1_000, credited=back, due_days=30)
    return replace(shown, credit_notes=(NOTE,))


def _detail(
    of: PlacedOrder,
    number: str,
    made: Draft,
    *,
    paid: int = 0,
    credited: int = 0,
    due_days: int = 0,
    issued_at: datetime = ISSUED_AT,
) -> InvoiceDetail:
    invoiced = made.kind is DocumentKind.INVOICE
    left = made.gross - credited - paid
    status = InvoiceStatus.PARTIALLY_PAID if paid else InvoiceStatus.ISSUED
    issued_on: date = issued_at.date()
    return InvoiceDetail(
        summary=InvoiceSummary(
            number=number,
            series=number.rpartition("-")[0],
            kind=made.kind,
            status=InvoiceStatus.PAID if invoiced and left <= 0 else status,
            order=of.number,
            subject=made.subject,
            credits=made.credits,
            currency=of.currency,
            issued_at=issued_at,
            issued_on=issued_on,
            due_on=issued_on + timedelta(days=due_days),
            net=sum(line.net for line in made.lines),
            tax=sum(line.tax for line in made.lines),
            gross=made.gross,
            credited=credited,
            paid=paid,
        ),
        lines=made.lines,
        credit_notes=(),
        payment_method=PaymentMethod(of.payment_method),
        tax_included=of.tax_included,
        placed_at=of.placed_at,
        names=NAMES,
        buyer=scenes.ANA,
    )
