"""Parcels of which some packages have arrived when the rest is given up."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain import journal as j
from domain.amounts import refund_amount, shipment_amount
from domain.coming_back import UnitsBack, units_back
from domain.commands import Command, CommandKind, check, possible
from domain.decisions import applies, entries_for
from domain.derived import PaymentState, payment_state
from domain.errors import StepRefused
from domain.facts import FactKind as K
from domain.facts import Package
from domain.ledger import Account
from domain.order import LineUnits, PaymentMethod
from domain.partly_arrived import arrived_amount
from domain.receivables import never_collected
from domain.refunds import refund_plan
from domain.return_entries import Share
from domain.return_request import undelivered
from domain.returns import LOST, ReturnView
from domain.tenders import Tender
from domain.view import OrderView, ParcelStatus
from tests.domain.builders import (
    APPROVED,
    F1,
    fact,
    order_line,
    package,
    placed,
    sourced,
    units,
    view_of,
)

ALL = units((1, "A", 3), (2, "B", 1))
CAME, REST = units((1, "A", 2)), units((1, "A", 1), (2, "B", 1))
BOXES = (package("T1", CAME), package("T2", REST))
FIRST_ARRIVED = fact(K.DELIVERED, tracking_number="T1")
GIVE_UP = (CommandKind.PARCEL_LOST, CommandKind.PARCEL_RETURNED)


def shipped(
    *more: j.Body, boxes: tuple[Package, ...] = BOXES, amount: int = 4_300, **rest: object
) -> OrderView:
    """Three A for 10.00 each, one B for 10.00 and shipping for 3.00, in one parcel."""
    order = placed(order_line(quantity=3), order_line(2, "B"), shipping=300, **rest)
    ways = (APPROVED, sourced((F1, "BOS", ALL)), j.Submitted(F1), j.Shipped(F1, boxes, ALL, amount))
    return view_of(*ways, *more, order=order, facts=(FIRST_ARRIVED,))


def command(kind: CommandKind = CommandKind.PARCEL_LOST, *packages: str) -> Command:
    return Command("c-1", kind, "ana", "searched", F1, packages=packages)


@pytest.mark.parametrize("kind", GIVE_UP)
def test_what_has_arrived_of_a_parcel_is_delivered_and_only_the_rest_is_given_up(kind):
    before = shipped()
    check(before, command(kind))
    [body] = entries_for(before, command(kind))
    returned = kind is CommandKind.PARCEL_RETURNED
    assert body == j.Undelivered(F1, returned, "searched", CAME, 2_300)

    after = shipped(body)
    parcel = after.parcels[F1]
    assert parcel.status is (ParcelStatus.RETURNED_TO_SENDER if returned else ParcelStatus.LOST)
    for line, came, lost in ((1, 2, 1), (2, 0, 1)):
        assert after.delivered_units(line) == came
        assert after.undelivered_units(line) == lost
        assert after.shipped_units(line) == came + lost


def test_the_return_of_the_rest_takes_neither_what_arrived_nor_the_shipping():
    asked = undelivered(shipped(), {}, j.Undelivered(F1, returned=False, reason="x", arrived=CAME))
    assert asked == j.ReturnRequested(REST, "x", 2_000, LOST, parcel=F1)
    whole = undelivered(shipped(), {}, j.Undelivered(F1, returned=False, reason="x"))
    assert (whole.lines, whole.amount, whole.shipping) == (ALL, 4_300, True)


def test_a_package_that_arrives_after_the_rest_was_given_up_changes_nothing():
    said = j.Undelivered(F1, returned=False, reason="x", arrived=CAME, amount=2_300)
    order = shipped(said).order
    ways = (APPROVED, sourced((F1, "BOS", ALL)), j.Submitted(F1), j.Shipped(F1, BOXES, ALL, 4_300))
    late = (FIRST_ARRIVED, fact(K.DELIVERED, tracking_number="T2", minute=2))
    told = view_of(*ways, said, order=order, facts=late)
    assert told.parcels[F1].status is ParcelStatus.LOST
    assert (told.delivered_units(1), told.undelivered_units(1)) == (2, 1)


def test_where_nobody_told_what_a_package_holds_the_rest_is_not_given_up_beside_what_arrived():
    untold = shipped(boxes=(package("T1", ALL), package("T2", ())))
    with pytest.raises(StepRefused, match="nobody told what is in package P-T2"):
        check(untold, command())
    assert CommandKind.PARCEL_DELIVERED in possible(untold)
    assert not set(GIVE_UP) & set(possible(untold))


def test_a_parcel_whose_units_have_all_arrived_is_not_given_up():
    beyond = shipped(boxes=(package("T1", ALL), package("T2", REST)))  # sent twice by mistake
    with pytest.raises(StepRefused, match=r"all units of parcel .* have arrived"):
        check(beyond, command())


def test_with_cash_on_delivery_the_carrier_owes_for_what_arrived_and_nobody_for_the_rest():
    said = j.Undelivered(F1, returned=False, reason="x", arrived=CAME, amount=2_300)
    view = shipped(said, payment_method=PaymentMethod.CASH_ON_DELIVERY)
    assert never_collected(view, F1) == 2_000
    assert payment_state(view) is PaymentState.PAID
    balances = {Account.RECEIVABLE: 2_000, Account.REVENUE: -4_300, Account.COD_CLEARING: 2_300}
    assert refund_plan(view, balances, 2_000, parcel=F1) == (Share(Tender.RECEIVABLE, 2_000),)
    assert refund_plan(view, balances, 1_998, parcel=F1) == (
        Share(Tender.RECEIVABLE, 2_000),
        Share(Tender.ROUNDING, -2),
    )


def test_what_arrived_comes_back_as_its_parcels_and_what_was_lost_does_not():
    said = j.Undelivered(F1, returned=False, reason="x", arrived=CAME)
    asked = [j.InspectedUnits(1, "A", 3, "restock")]
    back = units_back(shipped(said), ReturnView("O-R2", "O"), {}, asked)
    assert back == (UnitsBack(F1, 1, "A", 2, "restock"), UnitsBack("", 1, "A", 1, "restock"))


@given(
    st.integers(2, 7),
    st.data(),
    st.integers(0, 9_999),
    st.integers(0, 999),
    st.booleans(),
)
def test_what_is_kept_and_what_is_given_back_is_the_parcels_price_but_for_rounding(
    quantity, data, discount, shipping, included
):
    came = data.draw(st.integers(1, quantity - 1))
    line = order_line(
        quantity=quantity, unit_price=3_333, discount=min(discount, 3_333), tax_rate_bp=825
    )
    order = placed(line, shipping=shipping, tax_included=included)
    sent = units((1, "A", quantity))
    amount, _ = shipment_amount(OrderView(order), sent)
    view = view_of(
        APPROVED, sourced((F1, "BOS", sent)), j.Submitted(F1), j.Shipped(F1, (), sent, amount),
        order=order,
    )  # fmt: skip
    kept = arrived_amount(order, view.parcels[F1], (LineUnits(1, "A", came),))
    back, _ = refund_amount(order, {}, (LineUnits(1, "A", quantity - came),))
    assert 0 <= kept <= amount
    assert abs(amount - kept - back) <= 3


def test_what_costs_nothing_is_kept_for_nothing():
    view = shipped(amount=0)
    assert arrived_amount(view.order, view.parcels[F1], CAME) == 0
    assert arrived_amount(view.order, view.parcels[F1], ()) == 0


ARRIVED = CommandKind.PARCEL_DELIVERED
THREE = (package("T1", CAME), package("T2", units((1, "A", 1))), package("T3", units((2, "B", 1))))


def test_what_staff_says_of_a_package_counts_as_if_its_carrier_had_told_it():
    before = shipped(boxes=THREE)
    for called in ("T2", THREE[1].package):
        check(before, command(ARRIVED, called))
    [body] = entries_for(before, command(ARRIVED, "T2"))
    assert body == j.PackagesArrived(F1, ("T2",), "searched")

    after = shipped(body, boxes=THREE)
    assert after.parcels[F1].arrived == ("T1", "T2")
    assert after.parcels[F1].status is ParcelStatus.SHIPPED  # T3 is under way
    assert after.delivered_units(1) == 0
    for kind in GIVE_UP:
        check(after, command(kind, "T3"))
        [given_up] = entries_for(after, command(kind, "T3"))
        assert given_up.arrived == units((1, "A", 3))
        assert [given_up] == entries_for(after, command(kind))


@pytest.mark.parametrize("named", [(), ("T2", "T3")])
def test_a_parcel_whose_last_packages_have_arrived_by_the_word_of_staff_is_delivered(named):
    before = shipped(boxes=THREE)
    check(before, command(ARRIVED, *named))
    assert entries_for(before, command(ARRIVED, *named)) == [j.Delivered(F1, "searched")]


def test_a_package_may_arrive_by_the_word_of_staff_and_the_last_one_by_its_carriers():
    said = j.PackagesArrived(F1, ("T2", "T3"), "she called")
    assert shipped(said, boxes=THREE).parcels[F1].status is ParcelStatus.DELIVERED
    assert not applies(shipped(said, boxes=THREE), [said])
    assert applies(shipped(boxes=THREE), [said])


@pytest.mark.parametrize("kind", [*GIVE_UP, ARRIVED])
@pytest.mark.parametrize(
    ("named", "why"),
    [
        ("T9", r"no package T9: it has \S+ \(T1\), \S+ \(T2\), \S+ \(T3\)"),
        ("T1", "package T1 has arrived already"),
    ],
)
def test_staff_says_nothing_of_a_package_that_is_not_there_or_has_arrived(kind, named, why):
    with pytest.raises(StepRefused, match=why):
        check(shipped(boxes=THREE), command(kind, named))


@pytest.mark.parametrize("kind", GIVE_UP)
def test_a_package_is_not_given_up_while_another_that_nobody_named_is_under_way(kind):
    with pytest.raises(StepRefused, match=r"\(T3\) of parcel .* is under way still"):
        check(shipped(boxes=THREE), command(kind, "T2"))
    check(shipped(boxes=THREE), command(kind, "T2", "T3"))
