"""Partials add up to the cent, and every posting balances."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain import journal as j
from domain import ledger
from domain.amounts import refund_amount, shipment_amount
from domain.errors import StepRefused, Unbalanced
from domain.facts import Package
from domain.fold import fold
from domain.ledger import Account, Leg, Posting
from domain.order import LineUnits, PaymentMethod
from domain.refunds import executed, refund_plan, refundable
from domain.securing import order_value
from domain.tenders import Tender
from domain.view import OrderView
from tests.domain.builders import APPROVED, NUMBER, entries, order_line, placed, units, view_of
from tests.domain.strategies import SOME, orders, splits

amounts = st.integers(0, 10**12)
CARD, AT_CHANNEL = PaymentMethod.CARD, PaymentMethod.PAID_AT_CHANNEL


@SOME
@given(st.data())
def test_the_amounts_of_any_split_into_shipments_add_up_to_the_order_total(data):
    order = data.draw(orders())
    parcels = [
        j.PlannedParcel(f"{NUMBER}-F{n}", "BOS", tuple(lines))
        for n, lines in enumerate(data.draw(splits(order)), 1)
    ]
    journal: list[j.Body] = [APPROVED, j.Sourced(tuple(parcels), "rule/1")]
    amount = tax = 0
    for parcel in parcels:
        view = fold(order, entries(*journal), [])
        more, more_tax = shipment_amount(view, parcel.lines)
        assert more >= 0
        assert more_tax >= 0
        amount, tax = amount + more, tax + more_tax
        sent = (Package("P", "carrier", "T", parcel.lines),)
        journal.append(j.Shipped(parcel.fulfillment_order, sent, parcel.lines, more))
    assert amount == order.total == order_value(fold(order, entries(*journal), []))
    assert tax == order.charged.tax


@SOME
@given(st.data())
def test_refunds_of_any_split_add_up_to_what_the_goods_cost_and_never_exceed_it(data):
    order = data.draw(orders())
    goods = order.total - order.shipping_charge.gross
    before: dict[int, int] = {}
    amount = tax = 0
    for lines in data.draw(splits(order)):
        more, more_tax = refund_amount(order, before, lines)
        amount, tax = amount + more, tax + more_tax
        assert more >= 0
        assert amount <= goods
        for unit in lines:
            before[unit.line] = before.get(unit.line, 0) + unit.quantity
    assert amount == goods
    assert tax == order.charged.tax - order.shipping_charge.tax


def test_one_line_named_twice_in_a_shipment_is_no_cheaper():
    order = placed(order_line(quantity=3, unit_price=1_000, discount=2_900))
    together, _ = refund_amount(order, {}, units((1, "A", 2)))
    apart, _ = refund_amount(order, {}, units((1, "A", 1), (1, "A", 1)))
    assert together == apart == 67


def test_shipping_is_due_with_the_first_shipment_and_is_not_refunded():
    order = placed(order_line(quantity=2, unit_price=500), shipping=300)
    one = [LineUnits(1, "A", 1)]
    assert shipment_amount(view_of(order=order), one) == (800, 0)
    assert refund_amount(order, {}, one) == (500, 0)


def test_what_is_canceled_is_not_authorized():
    order = placed(order_line(quantity=3, unit_price=1_000, discount=2_900), shipping=50)
    gone = j.UnitsCanceled(units((1, "A", 2)), "no stock")
    assert order_value(view_of(order=order)) == 150
    assert order_value(view_of(APPROVED, gone, order=order)) == 33 + 50


@SOME
@given(amounts, st.integers(0, 10**12), st.sampled_from(PaymentMethod))
def test_every_posting_balances(amount, tax, method):
    order = placed(payment_method=method)
    for posting in (
        ledger.sale(order, "op", amount, tax),
        ledger.captured(order, "op", amount),
        ledger.registered(order, "op", amount),
        ledger.deposit_owed_back(order, "op", amount),
        ledger.refund_granted(order, "op", amount, tax, goodwill=amount // 3),
        *(executed(order, "op", tender, amount) for tender in Tender),
    ):
        assert sum(leg.amount for leg in posting.legs) == 0
        assert all(leg.amount for leg in posting.legs)
        assert (posting.order, posting.currency) == (NUMBER, "USD")


@SOME
@given(amounts, amounts.filter(bool))
def test_a_posting_that_does_not_balance_is_refused(amount, more):
    legs = (Leg(Account.RECEIVABLE, amount + more), Leg(Account.REVENUE, -amount))
    with pytest.raises(Unbalanced):
        Posting("op", NUMBER, "USD", legs)


def balances(*postings: Posting) -> dict[str, int]:
    sums: dict[str, int] = {}
    for posting in postings:
        for leg in posting.legs:
            sums[leg.account.value] = sums.get(leg.account.value, 0) + leg.amount
    return {account: amount for account, amount in sums.items() if amount}


def test_an_order_by_card_that_was_shipped_captured_and_refunded_leaves_no_debts():
    order = placed(payment_method=CARD)
    sold = (ledger.sale(order, "sale", 1_000, 59), ledger.captured(order, "capture", 1_000))
    assert balances(*sold) == {"provider_clearing": 1_000, "revenue": -941, "tax": -59}
    back = (
        ledger.refund_granted(order, "granted", 400, 24),
        executed(order, "refund", Tender.PROVIDER, 400),
    )
    assert balances(*sold, *back) == {"provider_clearing": 600, "revenue": -565, "tax": -35}


def test_an_order_paid_at_its_channel_uses_up_the_deposit_and_the_channel_pays_back():
    order = placed(payment_method=AT_CHANNEL)
    sold = (
        ledger.registered(order, "register", 1_000),
        ledger.sale(order, "sale", 700, 0, deposit=700),
        ledger.deposit_owed_back(order, "deposit-back", 300),
    )
    assert balances(*sold) == {"channel_clearing": 700, "revenue": -700}
    back = (
        ledger.refund_granted(order, "granted", 700, 0),
        executed(order, "refund", Tender.CHANNEL, 700),
    )
    assert balances(*sold, *back) == {}


SOLD = {Account.REVENUE: -900, Account.TAX: -100}


@SOME
@given(amounts, amounts, amounts, amounts, st.sampled_from(PaymentMethod))
def test_the_shares_of_a_refund_add_up_and_what_was_never_paid_is_not_given_back(
    amount, owed, lost, credit, method
):
    view = OrderView(placed(payment_method=method, customer_ref="C-1"))
    balances = {Account.RECEIVABLE: owed, Account.BAD_DEBT: lost}
    plan = refund_plan(view, balances, amount, credit)
    by_tender = {share.tender: share.amount for share in plan}
    assert sum(by_tender.values()) == amount
    assert all(part > 0 for part in by_tender.values())
    direct = method in (PaymentMethod.BANK_TRANSFER, PaymentMethod.CREDIT_TERMS)
    netted = min(owed, amount) if direct else 0
    unpaid = min(lost, amount - netted)
    assert by_tender.get(Tender.RECEIVABLE, 0) == netted
    assert by_tender.get(Tender.BAD_DEBT, 0) == unpaid
    assert by_tender.get(Tender.STORE_CREDIT, 0) == min(credit, amount - netted - unpaid)


def test_store_credit_is_of_somebody():
    with pytest.raises(StepRefused):
        refund_plan(OrderView(placed()), {}, 100, 1)


def test_what_may_be_refunded_is_what_was_sold_and_not_given_back():
    assert refundable({}) == 0
    assert refundable(SOLD) == 1_000
    assert refundable({**SOLD, Account.GOODWILL: 300}) == 700
    assert refundable({Account.REVENUE: 0, Account.GOODWILL: 0}) == 0
