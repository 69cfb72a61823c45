"""Invoices and credit notes: every unit is billed once, credited once, and nothing is lost."""

from collections.abc import Iterable, Sequence

from hypothesis import given
from hypothesis import strategies as st

from domain.amounts import order_charges, refund_amount, total
from domain.invoices import (
    DocumentKind,
    DocumentLine,
    Draft,
    InvoiceStatus,
    Issued,
    Owed,
    TaxTotal,
    credit_notes,
    invoice_status,
    order_invoice,
    payments_on,
    shipment_invoice,
    tax_totals,
)
from domain.order import LineUnits, PlacedOrder, share_discount
from domain.view import OrderView, Parcel
from tests.domain.builders import AT, F1, F2, NUMBER, RMA, order_line, placed, units
from tests.domain.strategies import SOME, orders, splits

LINES = (
    order_line(1, "A", 3, unit_price=1_000, discount=100, tax_rate_bp=600),
    order_line(2, "B", 1, unit_price=500),
)
ORDER = placed(*LINES, shipping=700)


def shipped(order: PlacedOrder, *parcels: Sequence[LineUnits]) -> OrderView:
    """The order when these have gone, as F1, F2 …"""
    view = OrderView(order)
    for n, lines in enumerate(parcels, 1):
        name = f"{NUMBER}-F{n}"
        view.parcels[name] = Parcel(name, "BOS", tuple(lines), AT, booked=True)
    return view


def issued(number: str, draft: Draft | None) -> Issued:
    assert draft is not None
    return Issued(number, draft.lines)


def test_an_invoice_shows_prices_discounts_and_tax_of_what_shipped_and_shipping_as_a_line():
    draft = shipment_invoice(shipped(ORDER), F1, units((1, "A", 2), (2, "B", 1)))
    assert draft is not None
    assert (draft.operation, draft.kind) == (f"{F1}/invoice", DocumentKind.INVOICE)
    told = [
        (line.line, line.sku, line.quantity, line.unit_price, line.discount, line.net, line.tax)
        for line in draft.lines
    ]
    assert told == [
        (1, "A", 2, 1_000, 67, 1_824, 109),
        (2, "B", 1, 500, 0, 500, 0),
        (0, "", 1, 700, 0, 700, 0),
    ]
    assert draft.gross == 1_933 + 500 + 700
    assert tax_totals(draft.lines) == [
        TaxTotal(600, 1_824, 109, 1_933),
        TaxTotal(0, 1_200, 0, 1_200),
    ]


def test_a_lines_share_of_the_orders_discount_stands_beside_its_own():
    order = placed(*share_discount(LINES, 340))
    draft = shipment_invoice(shipped(order), F1, units((1, "A", 3), (2, "B", 1)))
    assert draft is not None
    assert [(line.discount, line.order_discount) for line in draft.lines] == [(100, 290), (0, 50)]
    assert draft.gross == order.total == 3_060


def test_tax_that_comes_on_top_is_not_in_the_price_of_a_line():
    order = placed(*LINES, tax_included=False)
    draft = shipment_invoice(shipped(order), F1, units((1, "A", 3)))
    assert draft is not None
    (line,) = draft.lines
    assert (line.unit_price, line.discount, line.net, line.tax, line.gross) == (
        *(1_000, 100),
        *(2_900, 174, 3_074),
    )


def test_units_of_one_line_in_two_packages_are_one_line_of_the_invoice():
    draft = shipment_invoice(shipped(ORDER), F1, units((1, "A", 1), (1, "A", 1)))
    assert draft is not None
    assert [(line.first, line.quantity) for line in draft.lines] == [(0, 2), (0, 1)]


def test_what_costs_nothing_is_not_invoiced():
    free = placed(order_line(unit_price=0))
    assert shipment_invoice(shipped(free), F1, units((1, "A", 1))) is None


def test_an_invoice_is_due_at_once_or_by_the_terms_of_the_credit():
    view = shipped(ORDER)
    units_ = units((1, "A", 1))
    at_once = shipment_invoice(view, F1, units_)
    view.terms_days = 30
    later = shipment_invoice(view, F1, units_)
    assert [draft and draft.due_days for draft in (at_once, later)] == [0, 30]


def test_an_order_invoiced_as_a_whole_has_what_shipped_and_did_not_come_back():
    view = shipped(ORDER, units((1, "A", 2)), units((2, "B", 1)))
    draft = order_invoice(view, {1: 1})
    assert draft is not None
    told = [(line.line, line.first, line.quantity, line.gross) for line in draft.lines]
    assert told == [(1, 1, 1, 966), (2, 0, 1, 500), (0, 0, 1, 700)]


def test_an_order_of_which_all_came_back_still_owes_its_shipping():
    draft = order_invoice(shipped(ORDER, units((2, "B", 1))), {2: 1})
    assert draft is not None
    assert [(line.line, line.gross) for line in draft.lines] == [(0, 700)]


def test_a_refund_over_two_shipments_credits_both_invoices_each_for_its_own_units():
    parcels = (units((1, "A", 2)), units((1, "A", 1), (2, "B", 1)))
    first = shipment_invoice(shipped(ORDER), F1, parcels[0])
    second = shipment_invoice(shipped(ORDER, parcels[0]), F2, parcels[1])
    billed = [issued("INV-1", first), issued("INV-2", second)]
    notes = credit_notes(ORDER, RMA, {1: 1}, units((1, "A", 2)), billed)
    assert [(note.credits, note.operation) for note in notes] == [
        ("INV-1", f"{RMA}/credit-note/INV-1"),
        ("INV-2", f"{RMA}/credit-note/INV-2"),
    ]
    lines = [line for note in notes for line in note.lines]
    assert [(line.first, line.quantity, line.credits) for line in lines] == [(1, 1, 1), (2, 1, 1)]
    assert money_of(lines) == refund_amount(ORDER, {1: 1}, units((1, "A", 2)))


def test_units_that_are_on_no_invoice_are_on_no_credit_note():
    first = shipment_invoice(shipped(ORDER), F1, units((2, "B", 1)))
    assert credit_notes(ORDER, RMA, {}, units((1, "A", 2)), [issued("INV-1", first)]) == []


def money_of(lines: Iterable[DocumentLine]) -> tuple[int, int]:
    """(amount, the tax in it), as `domain.amounts` tells it."""
    told = list(lines)
    return sum(line.gross for line in told), sum(line.tax for line in told)


@SOME
@given(st.data())
def test_any_shipments_and_refunds_are_on_paper_what_they_are_in_money(data: st.DataObject):
    order = data.draw(orders())
    parcels = data.draw(splits(order))
    documents: list[Issued] = []
    for n, parcel in enumerate(parcels):
        draft = shipment_invoice(shipped(order, *parcels[:n]), f"F{n}", parcel)
        if draft:
            documents.append(issued(f"INV-{n}", draft))
    billed = [line for document in documents for line in document.lines]
    due = total(order_charges(order))
    assert money_of(billed) == (due.gross, due.tax)
    assert all(min(line.discount, line.order_discount, line.net, line.tax) >= 0 for line in billed)

    credited: dict[tuple[str, int | None], list[int]] = {}
    refunded: dict[int, int] = {}
    for n, back in enumerate(data.draw(splits(order))):
        notes = credit_notes(order, f"R{n}", refunded, back, documents)
        lines = [line for note in notes for line in note.lines]
        assert money_of(lines) == refund_amount(order, refunded, back)
        for unit in back:
            refunded[unit.line] = refunded.get(unit.line, 0) + unit.quantity
        for number, line in ((note.credits, line) for note in notes for line in note.lines):
            sums = credited.setdefault((number, line.credits), [0, 0, 0])
            for i, value in enumerate((line.quantity, line.net, line.tax)):
                sums[i] += value
            (of,) = (each for each in by(documents, number) if each.position == line.credits)
            assert all(a <= b for a, b in zip(sums, (of.quantity, of.net, of.tax), strict=True))
    goods = {(d.number, li.position): li for d in documents for li in d.lines if li.line}
    for key, line in goods.items():
        if line.gross:  # every unit came back: all is credited; units worth nothing need no note
            assert credited[key][1:] == [line.net, line.tax]


def by(documents: Iterable[Issued], number: str) -> tuple[DocumentLine, ...]:
    return next(document.lines for document in documents if document.number == number)


def test_a_parcels_money_pays_its_own_invoice_and_the_rest_pays_the_oldest():
    owed = [Owed("1", "F1", 100), Owed("2", "F2", 50), Owed("3", "F3", 30)]
    assert payments_on(owed, {"F2": 50}) == {"1": 0, "2": 50, "3": 0}
    assert payments_on(owed, {"F2": 60, "": 95}) == {"1": 100, "2": 50, "3": 5}
    assert payments_on(owed, {"": 999}) == {"1": 100, "2": 50, "3": 30}
    assert payments_on(owed, {"F1": -20}) == {"1": 0, "2": 0, "3": 0}
    assert payments_on(owed, {"F1": 100, "F2": 50, "": -60}) == {"1": 90, "2": 0, "3": 0}


@given(
    st.lists(st.integers(0, 99), max_size=4),
    st.dictionaries(st.sampled_from(["F0", "F1", "F9", "R1", "R2"]), st.integers(-150, 150)),
)
def test_what_is_open_of_all_invoices_is_what_is_owed_in_all(amounts, received):
    owed = [Owed(str(n), f"F{n}", amount) for n, amount in enumerate(amounts)]
    paid = payments_on(owed, received)
    assert all(0 <= paid[each.number] <= each.amount for each in owed)
    asked = sum(amounts)
    assert asked - sum(paid.values()) == max(0, min(asked, asked - sum(received.values())))


def test_an_invoice_is_paid_when_nothing_is_owed_any_more():
    assert invoice_status(100, 0) is InvoiceStatus.ISSUED
    assert invoice_status(100, 99) is InvoiceStatus.PARTIALLY_PAID
    assert invoice_status(100, 100) is InvoiceStatus.PAID
    assert invoice_status(0, 0) is InvoiceStatus.PAID  # credited as a whole


def test_a_credit_note_is_of_its_return_and_in_the_currency_of_its_order():
    first = shipment_invoice(shipped(ORDER), F1, units((1, "A", 3)))
    [note] = credit_notes(ORDER, RMA, {}, units((1, "A", 1)), [issued("INV-1", first)])
    assert (note.kind, note.order, note.subject) == (DocumentKind.CREDIT_NOTE, NUMBER, RMA)
    assert note.currency == "USD"
