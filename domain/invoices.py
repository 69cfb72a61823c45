"""Invoices and credit notes: what shipments and refunds put on paper, line by line.

An invoice line covers the units first+1 … first+quantity of an order line, counted in the order in
which they shipped. Refunded units are counted in the same way, so each falls on exactly one invoice
line, and the credits of a line can never add up to more than the line.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from domain.amounts import (
    SHIPPING_LINE,
    ChargedLine,
    goods_charges,
    shipment_charges,
    shipping_charges,
)
from domain.money import portion
from domain.order import LineUnits, PlacedOrder
from domain.view import OrderView


class DocumentKind(StrEnum):
    INVOICE = "invoice"
    CREDIT_NOTE = "credit_note"


class InvoiceStatus(StrEnum):
    """Derived from what was received, never stored. A draft has no number yet; a credit note is
    ISSUED for good.
    """

    DRAFT = "DRAFT"
    ISSUED = "ISSUED"
    PARTIALLY_PAID = "PARTIALLY_PAID"
    PAID = "PAID"  # nothing is owed any more
    WRITTEN_OFF = "WRITTEN_OFF"  # … but a part of it was given up, not paid


@dataclass(frozen=True, slots=True)
class DocumentLine:
    """Amounts in minor units, never negative: the document's kind gives them their sign. Line 0 is
    shipping. What the units cost less than their unit price is the line's own `discount` and its
    share of the order's; net + tax = gross. `credits` is the position of the line that a credit
    note's line takes back.
    """

    position: int
    line: int
    sku: str
    first: int
    quantity: int
    unit_price: int
    discount: int
    order_discount: int
    tax_rate_bp: int
    net: int
    tax: int
    gross: int
    credits: int | None = None


@dataclass(frozen=True, slots=True)
class Draft:
    """A document that has no number yet. `operation` is unique: issuing it twice issues once.
    `subject` is the parcel, order or return it is about; `credits` the invoice's number.
    """

    operation: str
    kind: DocumentKind
    order: str
    subject: str
    currency: str
    lines: tuple[DocumentLine, ...]
    credits: str = ""
    due_days: int = 0  # after it is issued

    @property
    def gross(self) -> int:
        return sum(line.gross for line in self.lines)


@dataclass(frozen=True, slots=True)
class Issued:
    """An invoice that was issued, as far as crediting it needs."""

    number: str
    lines: tuple[DocumentLine, ...]


@dataclass(frozen=True, slots=True)
class TaxTotal:
    """What a document has at one tax rate."""

    rate_bp: int
    net: int
    tax: int
    gross: int


def shipment_invoice(view: OrderView, parcel: str, units: Sequence[LineUnits]) -> Draft | None:
    """For `units` that ship now; None when nothing is owed for them."""
    before = {line.line: view.shipped_units(line.line) for line in view.order.lines}
    return _invoice(view, parcel, before, shipment_charges(view, units))


def order_invoice(view: OrderView, refunded: Mapping[int, int]) -> Draft | None:
    """For all that shipped, but the units by line that were `refunded` before it was issued."""
    order = view.order
    kept = [
        LineUnits(line.line, line.sku, units)
        for line in order.lines
        if (units := view.shipped_units(line.line) - refunded.get(line.line, 0))
    ]
    shipping = () if refunded.get(SHIPPING_LINE) else shipping_charges(order)
    return _invoice(
        view, order.number, refunded, (*goods_charges(order, refunded, kept), *shipping)
    )


def credit_notes(
    order: PlacedOrder,
    rma: str,
    before: Mapping[int, int],
    units: Iterable[LineUnits],
    issued: Sequence[Issued],
) -> list[Draft]:
    """For `units` that are refunded after the units `before` (by line): one credit note for each
    invoice that they are on. Units on no invoice yet will not be on the one that is to come.
    """
    spans = {
        each.line: (before.get(each.line, 0), each.units)
        for each in goods_charges(order, before, units)
    }
    drafts = []
    for document in issued:
        lines = tuple(_credited(order, document, spans))
        draft = Draft(
            f"{rma}/credit-note/{document.number}",
            DocumentKind.CREDIT_NOTE,
            order.number,
            rma,
            order.currency,
            lines,
            credits=document.number,
        )
        if draft.gross:
            drafts.append(draft)
    return drafts


def _invoice(
    view: OrderView, subject: str, before: Mapping[int, int], charges: Iterable[ChargedLine]
) -> Draft | None:
    order = view.order
    lines = (
        _line(order, position, before.get(each.line, 0), each)
        for position, each in enumerate(charges, start=1)
    )
    draft = Draft(
        f"{subject}/invoice",
        DocumentKind.INVOICE,
        order.number,
        subject,
        order.currency,
        tuple(lines),
        due_days=view.terms_days,
    )
    return draft if draft.gross else None


def _credited(
    order: PlacedOrder, document: Issued, spans: Mapping[int, tuple[int, int]]
) -> Iterable[DocumentLine]:
    position = 0
    for billed in document.lines:
        first, quantity = spans.get(billed.line, (0, 0))
        start = max(first, billed.first)
        units = min(first + quantity, billed.first + billed.quantity) - start
        if units > 0:
            position += 1
            back = [LineUnits(billed.line, billed.sku, units)]
            (charged,) = goods_charges(order, {billed.line: start}, back)
            yield replace(_line(order, position, start, charged), credits=billed.position)


def _line(order: PlacedOrder, position: int, first: int, charged: ChargedLine) -> DocumentLine:
    charge = charged.charge
    amount = charge.gross if order.tax_included else charge.net
    unit_price = order_discount = 0
    if charged.line == SHIPPING_LINE:
        unit_price = order.shipping
    else:
        line = order.line(charged.line)
        unit_price = line.unit_price
        upto = first + charged.units
        order_discount = portion(line.order_discount, first, upto, line.quantity, order.rounding)
    less = unit_price * charged.units - amount
    return DocumentLine(
        position=position,
        line=charged.line,
        sku=charged.sku,
        first=first,
        quantity=charged.units,
        unit_price=unit_price,
        discount=less - min(less, order_discount),
        order_discount=min(less, order_discount),
        tax_rate_bp=charged.tax_rate_bp,
        net=charge.net,
        tax=charge.tax,
        gross=charge.gross,
    )


def tax_totals(lines: Iterable[DocumentLine]) -> list[TaxTotal]:
    """By rate, the highest first; they add up to the document exactly."""
    by_rate: dict[int, TaxTotal] = {}
    for line in lines:
        so_far = by_rate.get(line.tax_rate_bp, TaxTotal(line.tax_rate_bp, 0, 0, 0))
        by_rate[line.tax_rate_bp] = TaxTotal(
            line.tax_rate_bp,
            so_far.net + line.net,
            so_far.tax + line.tax,
            so_far.gross + line.gross,
        )
    return [by_rate[rate] for rate in sorted(by_rate, reverse=True)]


@dataclass(frozen=True, slots=True)
class Owed:
    """An invoice of an order: its subject, and what it asks for after its credit notes."""

    number: str
    subject: str
    amount: int


def payments_on(owed: Sequence[Owed], received: Mapping[str, int]) -> dict[str, int]:
    """What was paid on each invoice of one order, by number. `received` is by subject; a subject's
    money pays its own invoice, all other money pays what is left, oldest first, and what was taken
    back again is missing on the newest.
    """
    paid = {each.number: max(0, min(each.amount, received.get(each.subject, 0))) for each in owed}
    rest = sum(received.values()) - sum(paid.values())
    for each in owed if rest > 0 else reversed(owed):
        before = paid[each.number]
        paid[each.number] = min(each.amount, max(0, before + rest))
        rest -= paid[each.number] - before
    return paid


def written_off_on(
    owed: Sequence[Owed], paid: Mapping[str, int], written_off: Mapping[str, int]
) -> dict[str, int]:
    """What of each invoice, as far as it was not paid, was given up; as `payments_on`."""
    left = [replace(each, amount=each.amount - paid[each.number]) for each in owed]
    return payments_on(left, written_off)


def invoice_status(asked: int, paid: int, written_off: int = 0) -> InvoiceStatus:
    """`asked` is what the invoice asks for after its credit notes."""
    if paid >= asked:
        return InvoiceStatus.PAID
    if paid + written_off >= asked:
        return InvoiceStatus.WRITTEN_OFF
    return InvoiceStatus.PARTIALLY_PAID if paid > 0 else InvoiceStatus.ISSUED
