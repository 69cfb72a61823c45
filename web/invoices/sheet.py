"""What an invoice or a credit note shows: a pure function of the document, the seller and the
language.
"""

from dataclasses import dataclass, replace
from datetime import date
from typing import assert_never

from babel import Locale

from domain.amounts import SHIPPING_LINE
from domain.invoices import DocumentKind, DocumentLine, InvoiceStatus, TaxTotal, tax_totals
from domain.order import PaymentMethod
from ports.front_office import Person
from ports.invoice_reads import InvoiceDetail
from web.invoices.seller import Seller
from web.language import Gettext, Language

_BY_BANK = (PaymentMethod.BANK_TRANSFER, PaymentMethod.CREDIT_TERMS)


@dataclass(frozen=True, slots=True)
class Row:
    """One line; `amount` after its discounts, with or without tax as the order's prices are."""

    name: str
    sku: str
    quantity: int
    unit_price: int
    discount: int
    order_discount: int
    tax_rate_bp: int
    amount: int


@dataclass(frozen=True, slots=True)
class Sums:
    """From list prices to what is to be paid. `taxed` tells whether prices contain their tax."""

    goods: int
    discount: int
    order_discount: int
    shipping: int
    net: int
    tax: int
    gross: int
    taxed: bool
    taxes: list[TaxTotal]


@dataclass(frozen=True, slots=True)
class Sheet:
    """Amounts in minor units; they and the units are negative on a credit note (`red`). `transfer`
    when something is owed that is to come by bank: who pays by card is never asked for it twice.
    """

    number: str
    title: str
    red: bool
    status: InvoiceStatus
    status_text: str
    issued_on: date
    due_on: date
    at_once: bool
    order: str
    ordered_on: date
    subject: str
    credits: str
    credit_notes: tuple[str, ...]
    payment: str
    transfer: bool
    currency: str
    seller: Seller
    buyer: list[str]
    rows: list[Row]
    sums: Sums
    credited: int
    paid: int
    by_points: int
    by_store_credit: int
    written_off: int
    open: int


def sheet(detail: InvoiceDetail, seller: Seller, language: Language, _: Gettext) -> Sheet:
    summary = detail.summary
    red = summary.kind is DocumentKind.CREDIT_NOTE
    lines = [_signed(line) for line in detail.lines] if red else list(detail.lines)
    return Sheet(
        number=summary.number,
        title=_("Credit note") if red else _("Invoice"),
        red=red,
        status=summary.status,
        status_text=_status(summary.status, _),
        issued_on=summary.issued_on,
        due_on=summary.due_on,
        at_once=summary.due_on <= summary.issued_on,
        order=summary.order,
        ordered_on=detail.placed_at.date(),
        subject=summary.subject,
        credits=summary.credits,
        credit_notes=detail.credit_notes,
        payment=_payment(detail.payment_method, _),
        transfer=summary.open > 0 and detail.payment_method in _BY_BANK,
        currency=summary.currency,
        seller=seller,
        buyer=_address(detail.buyer, language),
        rows=[_row(line, detail, _) for line in lines],
        sums=_sums(lines, taxed=detail.tax_included),
        credited=summary.credited,
        paid=summary.paid,
        by_points=detail.by_points,
        by_store_credit=detail.by_store_credit,
        written_off=summary.written_off,
        open=summary.open,
    )


def _signed(line: DocumentLine) -> DocumentLine:
    """A credit note takes back: units and amounts turn red, the price of one unit stays."""
    return replace(
        line,
        quantity=-line.quantity,
        discount=-line.discount,
        order_discount=-line.order_discount,
        net=-line.net,
        tax=-line.tax,
        gross=-line.gross,
    )


def _row(line: DocumentLine, detail: InvoiceDetail, _: Gettext) -> Row:
    shipping = line.line == SHIPPING_LINE
    return Row(
        name=_("Shipping") if shipping else detail.names.get(line.sku, line.sku),
        sku=line.sku,
        quantity=line.quantity,
        unit_price=line.unit_price,
        discount=line.discount,
        order_discount=line.order_discount,
        tax_rate_bp=line.tax_rate_bp,
        amount=line.gross if detail.tax_included else line.net,
    )


def _sums(lines: list[DocumentLine], *, taxed: bool) -> Sums:
    goods = [line for line in lines if line.line != SHIPPING_LINE]
    shipping = [line for line in lines if line.line == SHIPPING_LINE]
    return Sums(
        goods=sum(line.unit_price * line.quantity for line in goods),
        discount=sum(line.discount for line in goods),
        order_discount=sum(line.order_discount for line in goods),
        shipping=sum(line.unit_price for line in shipping),
        net=sum(line.net for line in lines),
        tax=sum(line.tax for line in lines),
        gross=sum(line.gross for line in lines),
        taxed=taxed,
        taxes=tax_totals(lines),
    )


def _status(status: InvoiceStatus, _: Gettext) -> str:
    words = {
        InvoiceStatus.DRAFT: _("Draft"),
        InvoiceStatus.ISSUED: _("To be paid"),
        InvoiceStatus.PARTIALLY_PAID: _("Partially paid"),
        InvoiceStatus.PAID: _("Paid"),
        InvoiceStatus.WRITTEN_OFF: _("Written off"),
    }
    return words[status]


def _payment(method: PaymentMethod, _: Gettext) -> str:
    match method:
        case PaymentMethod.CARD:
            return _("By card")
        case PaymentMethod.PAID_AT_CHANNEL:
            return _("Where it was ordered")
        case PaymentMethod.CASH_ON_DELIVERY:
            return _("Cash on delivery")
        case PaymentMethod.BANK_TRANSFER:
            return _("By bank transfer")
        case PaymentMethod.CREDIT_TERMS:
            return _("On credit, by bank transfer")
        case _unknown:
            assert_never(_unknown)


def _address(person: Person | None, language: Language) -> list[str]:
    """As an envelope has it; nothing for those who may not see personal data."""
    if person is None:
        return []
    country = Locale.parse(language.value).territories.get(person.country, person.country)
    region = " ".join(filter(None, (person.region, person.postal_code)))
    place = ", ".join(filter(None, (person.city, region)))
    return [line for line in (person.name, person.line1, person.line2, place, country) if line]
