"""What pays an order beside money: points and store credit, whatever is shipped, canceled and
returned in whichever parts.
"""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain import journal as j
from domain import ledger
from domain.amounts import (
    SHIPPING,
    TenderParts,
    credit_kept,
    parcel_ceiling,
    refund_amount,
    refund_tenders,
    shipment_amount,
    shipment_tenders,
    tender_parts,
    tenders_to_come,
)
from domain.derived import PaymentState, payment_state
from domain.errors import BadAmount, LimitExceeded, Malformed
from domain.facts import Package
from domain.fold import fold
from domain.ledger import Account
from domain.order import LineUnits, PlacedOrder
from domain.refunds import refund_plan, refundable
from domain.securing import order_value, secured
from domain.store_credit import check_available, check_credit
from domain.tenders import Tender
from domain.view import OrderView
from tests.domain.builders import APPROVED, NUMBER, entries, order_line, placed
from tests.domain.strategies import SOME, orders, splits


@st.composite
def paid_beside_money(draw: st.DrawFn) -> PlacedOrder:
    order = draw(orders())
    worth = draw(st.integers(0, order.total))
    points = draw(st.integers(1, 10**6)) if worth else 0
    credit = draw(st.integers(0, order.total - worth))
    return replace(order, customer_ref="C", points=points, points_worth=worth, store_credit=credit)


def parcels_of(pieces: list[list[LineUnits]]) -> tuple[j.PlannedParcel, ...]:
    return tuple(
        j.PlannedParcel(f"{NUMBER}-F{n}", "BOS", tuple(lines)) for n, lines in enumerate(pieces, 1)
    )


def shipped(parcel: j.PlannedParcel, due: int) -> j.Shipped:
    sent = (Package("P", "carrier", "T", parcel.lines),)
    return j.Shipped(parcel.fulfillment_order, sent, parcel.lines, due)


@SOME
@given(st.data())
def test_money_points_and_credit_of_any_shipments_add_up_to_the_order(data):
    order = data.draw(paid_beside_money())
    parcels = parcels_of(data.draw(splits(order)))
    journal: list[j.Body] = [APPROVED, j.Sourced(parcels, "rule/1")]
    first = fold(order, entries(*journal), [])
    most = {parcel: parcel_ceiling(first, parcel.lines) for parcel in parcels}
    money, parts = 0, TenderParts()
    for parcel in parcels:
        view = fold(order, entries(*journal), [])
        due, _ = shipment_amount(view, parcel.lines)
        part = shipment_tenders(view, parcel.lines)
        assert min(due, *part) >= 0
        assert due <= most[parcel]
        assert due <= parcel_ceiling(view, parcel.lines)
        money, parts = money + due, TenderParts(*map(sum, zip(parts, part, strict=True)))
        journal.append(shipped(parcel, due))
    assert money == order.due
    assert parts == TenderParts(order.points, order.points_worth, order.store_credit)
    view = fold(order, entries(*journal), [])
    assert order_value(view) == order.due
    assert credit_kept(view, {}) == order.store_credit


@pytest.mark.parametrize(
    ("line", "most"),
    [
        ({}, 5_000),
        ({"discount": 1}, 5_003),
        ({"tax_rate_bp": 1_000}, 5_500),
        ({"tax_rate_bp": 1_001}, 5_504),
    ],
)
def test_a_part_of_a_line_is_promised_exactly_where_each_unit_costs_the_same(line, most):
    """As of two for 10.000 KWD, of which Stripe takes no third decimal."""
    order = placed(
        order_line(quantity=2, unit_price=5_000, **line), currency="KWD", tax_included=False
    )
    one = (LineUnits(1, "A", 1),)
    assert parcel_ceiling(OrderView(order), one) == most
    assert parcel_ceiling(OrderView(replace(order, tax_included=True)), one) == 5_000 + (
        3 if "discount" in line else 0
    )


@SOME
@given(st.data())
def test_no_returns_give_back_more_by_any_tender_than_had_paid(data):
    order = data.draw(paid_beside_money())
    goods = order.total - order.shipping_charge.gross
    before: dict[int, int] = {}
    money, parts = 0, TenderParts()
    for lines in data.draw(splits(order)):
        back, _ = refund_amount(order, before, lines)
        part = refund_tenders(order, before, lines)
        assert min(back - part.store_credit, *part) >= 0
        money += back - part.store_credit
        parts = TenderParts(*map(sum, zip(parts, part, strict=True)))
        for unit in lines:
            before[unit.line] = before.get(unit.line, 0) + unit.quantity
    assert money + parts.worth == goods
    assert parts == tender_parts(order, 0, goods)


@SOME
@given(st.data())
def test_what_is_kept_for_what_is_still_to_come_is_what_it_takes(data):
    """Parcels ship, units are canceled, the rest ships: nothing is held too much or too little."""
    order = data.draw(paid_beside_money())
    pieces = data.draw(splits(order))
    sent = data.draw(st.integers(0, len(pieces)))
    gone = data.draw(st.integers(sent, len(pieces)))
    parcels, dropped = parcels_of(pieces), [u for lines in pieces[sent:gone] for u in lines]
    journal: list[j.Body] = [APPROVED, j.Sourced(parcels, "rule/1")]
    used = TenderParts()

    def ship(parcel: j.PlannedParcel) -> None:
        nonlocal used
        view = fold(order, entries(*journal), [])
        part = shipment_tenders(view, parcel.lines)
        used = TenderParts(*map(sum, zip(used, part, strict=True)))
        journal.append(shipped(parcel, shipment_amount(view, parcel.lines)[0]))

    for parcel in parcels[:sent]:
        ship(parcel)
    view = fold(order, entries(*journal), [])
    to_come = tenders_to_come(view, view.canceled_with(dropped))
    assert min(to_come) >= 0
    used = TenderParts()
    journal += [
        j.ReservationReleased(p.fulfillment_order, p.lines, "x") for p in parcels[sent:gone]
    ]
    journal.append(j.UnitsCanceled(tuple(dropped), "none turned up"))
    for parcel in parcels[gone:]:
        ship(parcel)
    if sent or gone < len(parcels):  # shipping goes with the first parcel
        assert used == to_come


def order_of(credit: int, **more: int) -> PlacedOrder:
    """Four units and no shipping: 10.00 USD."""
    order = placed(order_line(quantity=4, unit_price=250), customer_ref="C")
    return replace(order, store_credit=credit, **more)


def test_points_and_credit_that_pay_half_a_cent_each_never_make_money_negative():
    order = replace(
        placed(order_line(quantity=2, unit_price=1), customer_ref="C"),
        points=1, points_worth=1, store_credit=1,
    )  # fmt: skip
    assert order.due == 0
    parts = [tender_parts(order, n, 1) for n in (0, 1)]
    assert [part.worth for part in parts] == [1, 1]


def test_an_order_is_paid_with_no_more_than_it_costs():
    assert order_of(1_000).due == 0
    for wrong in (-1, 1_001):
        with pytest.raises(BadAmount):
            order_of(wrong)
    with pytest.raises(BadAmount):
        order_of(501, points=5, points_worth=500)


def test_store_credit_is_a_customers_and_within_what_there_is_to_pay():
    check_credit(0, "USD", "", 0)
    check_credit(500, "USD", "C", 500)
    with pytest.raises(Malformed, match="the order names none"):
        check_credit(1, "USD", "", 500)
    with pytest.raises(Malformed, match="0 or more"):
        check_credit(-1, "USD", "C", 500)
    with pytest.raises(LimitExceeded, match=r"store credit pays 5\.00 USD at most, not 5\.01 USD"):
        check_credit(501, "USD", "C", 500)
    check_available(500, 500, "USD")
    with pytest.raises(LimitExceeded, match=r"has 0\.00 USD of store credit, not 0\.01 USD"):
        check_available(1, -3, "USD")


def test_an_order_that_needs_no_money_is_paid_until_it_stops():
    view = OrderView(order_of(1_000))
    assert secured(view)
    assert payment_state(view) is PaymentState.PAID
    assert payment_state(OrderView(order_of(999))) is PaymentState.NONE


def test_credit_that_had_paid_comes_back_before_anything_else_is_chosen():
    view = OrderView(order_of(400))
    plan = refund_plan(view, {}, 500, 100, credit_back=200)
    assert {share.tender: share.amount for share in plan} == {
        Tender.STORE_CREDIT: 300, Tender.PROVIDER: 200
    }  # fmt: skip
    sold = {Account.REVENUE: -1_000}
    assert refundable(sold, credit=400) == 600
    assert refundable(sold, credit=1_000) == 0


def test_what_credit_pays_is_held_used_and_set_free_in_the_ledger():
    order = order_of(400)
    sums: dict[Account, int] = {}
    for posting in (
        ledger.credit_reserved(order),
        ledger.sale(order, "sale", 300, 0, credit=200),
        ledger.credit_released(order, "rest", 200),
    ):
        for leg in posting.legs:
            sums[leg.account] = sums.get(leg.account, 0) + leg.amount
            assert leg.party == ("C" if leg.account is Account.STORE_CREDIT else "")
    assert {account: amount for account, amount in sums.items() if amount} == {
        Account.STORE_CREDIT: 200, Account.RECEIVABLE: 300, Account.REVENUE: -500
    }  # fmt: skip


def test_shipping_that_comes_back_with_a_lost_parcel_brings_its_share_of_credit():
    order = replace(
        placed(order_line(quantity=1, unit_price=700), shipping=300, customer_ref="C"),
        store_credit=500,
    )
    units = (LineUnits(1, "TEA", 1), *SHIPPING)
    assert refund_amount(order, {}, units)[0] == 1_000
    assert refund_tenders(order, {}, units).store_credit == 500
