"""One fold says what an order is like: whatever the order in which facts arrive, and how often."""

import random
from dataclasses import replace
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain import journal as j
from domain.errors import StepRefused
from domain.facts import FactKind as K
from domain.fold import fold, notice
from domain.order import subtract
from domain.payments import PaymentStatus
from domain.remedies import unasked
from domain.transitions import OrderStatus
from domain.view import ParcelStatus as P
from tests.domain.builders import (
    APPROVED,
    AUTHORIZED,
    CAPTURE_FAILED,
    CAPTURED,
    COMPLETED,
    F1,
    F2,
    HELD,
    ON_ITS_WAY,
    ONE_A,
    PROCESSING,
    SHIPPED,
    at,
    entries,
    fact,
    order_line,
    package,
    placed,
    sourced,
    units,
    view_of,
)
from tests.domain.strategies import SOME, histories


@SOME
@given(histories(), st.randoms(use_true_random=False))
def test_any_order_of_arrival_and_any_duplication_of_facts_give_the_same_view(history, chance):
    order, journal, facts = history
    expected = fold(order, journal, facts)
    told = [*facts, *(chance.choice(facts) for _ in range(5) if facts)]
    chance.shuffle(told)
    mixed = list(journal)
    chance.shuffle(mixed)
    assert fold(order, mixed, told) == expected
    assert fold(order, journal, reversed(facts)) == expected


@SOME
@given(histories())
def test_units_are_never_invented_whatever_is_told(history):
    order, journal, facts = history
    view = fold(order, journal, facts)
    ordered = {line.line: int(line.quantity) for line in order.lines}
    for line, quantity in ordered.items():
        assert 0 <= view.delivered_units(line) <= view.shipped_units(line) <= quantity
        assert 0 <= view.allocated(line) <= quantity
    rest = {unit.line: unit.quantity for unit in view.unallocated}
    assert all(rest.get(n, 0) + view.allocated(n) == ordered[n] for n in ordered)


@SOME
@given(histories())
def test_facts_alone_never_move_the_order_nor_its_money(history):
    order, journal, facts = history
    told, silent = fold(order, journal, facts), fold(order, journal, [])
    assert (told.status, told.since, told.seq) == (silent.status, silent.since, silent.seq)
    assert told.payments == silent.payments
    assert told.holds == silent.holds
    assert {n: p.booked for n, p in told.parcels.items()} == {
        n: p.booked for n, p in silent.parcels.items()
    }


def test_the_delivery_that_is_told_before_the_shipment_counts_once_the_shipment_is_told():
    delivered = fact(K.DELIVERED, tracking_number="T1", minute=70)
    shipped = fact(K.SHIPPED, packages=(package("T1"),), minute=60)
    journal = (*PROCESSING, j.Submitted(F1))
    early = view_of(*journal, facts=(delivered,)).parcels[F1]
    assert early.status is P.SUBMITTED
    late = view_of(*journal, facts=(delivered, shipped)).parcels[F1]
    assert late.status is P.DELIVERED
    assert late.at["shipped"] == at(60)
    assert late.at["arrived"] == at(70)
    assert not late.arrival_booked


def test_a_parcel_of_two_packages_has_arrived_when_both_have():
    sent = fact(K.SHIPPED, packages=(package("T1"), package("T2")))
    first = fact(K.DELIVERED, tracking_number="T1", minute=70)
    second = fact(K.DELIVERED, tracking_number="T2", minute=80)
    assert view_of(*PROCESSING, facts=(sent, first)).parcels[F1].status is P.SHIPPED
    assert view_of(*PROCESSING, facts=(sent, first, second)).parcels[F1].status is P.DELIVERED
    unknown = fact(K.DELIVERED, tracking_number="T9", minute=80)
    assert view_of(*PROCESSING, facts=(sent, first, unknown)).parcels[F1].status is P.SHIPPED


def test_progress_only_goes_forward():
    facts = (fact(K.PACKED, minute=60), fact(K.ACCEPTED, minute=61), fact(K.PICKED, minute=62))
    parcel = view_of(*PROCESSING, j.Submitted(F1), facts=facts).parcels[F1]
    assert parcel.status is P.PACKED
    assert parcel.at["accepted"] == at(61)


def test_what_was_shipped_can_no_longer_be_rejected():
    rejected = fact(K.REJECTED, minute=90)
    assert view_of(*ON_ITS_WAY, facts=(rejected,)).parcels[F1].status is P.SHIPPED
    assert view_of(*PROCESSING, facts=(rejected,)).parcels[F1].status is P.REJECTED


def test_a_rejection_that_turns_out_to_be_shipped_is_shipped_in_either_order():
    rejected, shipped = fact(K.REJECTED), fact(K.SHIPPED, packages=(package(),))
    assert view_of(*PROCESSING, facts=(rejected, shipped)).parcels[F1].status is P.SHIPPED
    late = fact(K.REJECTED, minute=99)
    assert view_of(*PROCESSING, facts=(late, shipped)).parcels[F1].status is P.SHIPPED


def test_payment_facts_are_not_believed():
    told = [fact(kind, minute=n) for n, kind in enumerate(K) if kind.is_payment]
    assert len(told) == 6
    silent = view_of(*PROCESSING)
    assert view_of(*PROCESSING, facts=tuple(told)) == silent


def test_a_fact_that_matches_no_parcel_changes_nothing_but_is_noted():
    stray = fact(K.SHIPPED, "somebody-else-F1")
    view = view_of(*PROCESSING, facts=(stray,))
    assert view.facts == (stray.id,)
    assert view.parcels == view_of(*PROCESSING).parcels


def test_a_short_pick_is_missing_until_its_units_are_given_back():
    order = placed(order_line(quantity=3))
    plan = sourced((F1, "BOS", units((1, "A", 3))))
    picked = fact(K.PICKED, lines=units((1, "A", 1)))
    short = view_of(APPROVED, plan, order=order, facts=(picked,))
    assert short.parcels[F1].missing == units((1, "A", 2))
    release = j.ReservationReleased(F1, units((1, "A", 2)), "short pick")
    mended = view_of(APPROVED, plan, release, order=order, facts=(picked,))
    assert mended.parcels[F1].missing == ()
    assert mended.parcels[F1].lines == units((1, "A", 1))
    assert mended.unallocated == units((1, "A", 2))


def test_a_parcel_that_gives_back_all_of_its_units_is_canceled():
    view = view_of(*PROCESSING, j.ReservationReleased(F1, ONE_A, "overridden"))
    assert view.parcels[F1].status is P.CANCELED
    assert view.unallocated == ONE_A


def test_a_superseding_parcel_counts_once_while_the_old_one_is_asked_back():
    override = sourced((F2, "NYC", ONE_A), replaces=F1)
    view = view_of(*PROCESSING, j.Submitted(F1), override, j.CancelRequested(F1))
    assert view.allocated(1) == 1
    assert view.unallocated == ()
    assert view.parcels[F1].cancel == "requested"


@pytest.mark.parametrize(
    ("told", "answer"),
    [
        ([K.CANCEL_CONFIRMED], "confirmed"),
        ([K.CANCEL_REFUSED], "refused"),
        ([K.CANCEL_REFUSED, K.CANCEL_CONFIRMED], "confirmed"),
        ([K.CANCEL_CONFIRMED, K.CANCEL_REFUSED], "confirmed"),
    ],
)
def test_a_confirmed_cancel_wins_over_a_refused_one(told, answer):
    facts = tuple(fact(kind, minute=n) for n, kind in enumerate(told))
    view = view_of(*PROCESSING, j.Submitted(F1), j.CancelRequested(F1), facts=facts)
    assert view.parcels[F1].cancel == answer


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0, 1), (2, 2, 0, 1)])
def test_units_are_expected_on_the_day_that_was_told_last_whichever_came_first(order):
    waiting = j.Sourced(
        (j.PlannedParcel(F1, "BOS", ONE_A, (j.SupplyUnits(1, "A", 1, 7),), "2026-12-01"),), "rule/1"
    )
    told = [
        fact(K.SUPPLY_MOVED, minute=60 + n, expected_on=day)
        for n, day in enumerate(("2026-12-20", "2026-12-31", "2026-12-23"))
    ]
    assert view_of(APPROVED, waiting).parcels[F1].expected_on == "2026-12-01"
    moved = view_of(APPROVED, waiting, facts=[told[n] for n in order])
    assert moved.parcels[F1].expected_on == "2026-12-23"
    one_by_one = view_of(APPROVED, waiting)
    for n in order:
        notice(one_by_one, told[n])
    assert one_by_one.parcels[F1] == moved.parcels[F1]


@pytest.mark.parametrize(
    ("kind", "word"),
    [
        (K.EXCEPTION, "exception"),
        (K.LOST, "lost"),
        (K.RETURNED_TO_SENDER, "returned_to_sender"),
    ],
)
def test_trouble_on_the_road_is_shown_and_moves_nothing(kind, word):
    parcel = view_of(*ON_ITS_WAY, facts=(fact(kind),)).parcels[F1]
    assert (parcel.trouble, parcel.status) == (word, P.SHIPPED)


def test_a_hold_never_overwrites_the_state_it_stands_beside():
    hold = j.HoldPlaced("stock", "units are out of stock", "agent")
    held = view_of(APPROVED, hold)
    assert (held.status, set(held.holds)) == (OrderStatus.APPROVED, {"stock"})
    freed = view_of(APPROVED, hold, j.HoldReleased("stock", "there is some"))
    assert (freed.status, freed.holds) == (OrderStatus.APPROVED, {})


def test_holds_stack():
    payment = j.HoldPlaced("payment", "declined", "customer")
    stock = j.HoldPlaced("stock", "none", "agent")
    view = view_of(*PROCESSING, payment, stock, j.HoldReleased("payment", "paid"))
    assert set(view.holds) == {"stock"}


def test_review_ends_its_own_hold_and_the_end_of_an_order_ends_all():
    assert set(view_of(HELD).holds) == {"review"}
    assert view_of(HELD, j.Approved()).holds == {}
    stock = j.HoldPlaced("stock", "none", "agent")
    assert view_of(HELD, stock, j.Canceled("no longer wanted")).holds == {}


def test_a_payment_is_what_its_last_entry_says():
    asked = j.PaymentMoved(AUTHORIZED.key, AUTHORIZED.operation, 1, PaymentStatus.UNKNOWN, 1_000)
    view = view_of(APPROVED, sourced(), asked, AUTHORIZED)
    assert [p.status for p in view.payments.values()] == [PaymentStatus.SUCCEEDED]
    assert view.paid(AUTHORIZED.operation) == 1_000


def test_a_capture_is_retried_until_it_has_settled():
    assert view_of(*ON_ITS_WAY, CAPTURE_FAILED, j.CaptureRetried(F1)).recapturing == (F1,)
    assert view_of(*ON_ITS_WAY, CAPTURE_FAILED, j.CaptureRetried(F1), CAPTURED).recapturing == ()


def test_seq_and_since_are_those_of_the_last_entry_and_the_last_change_of_status():
    view = view_of(*COMPLETED)
    assert view.seq == len(COMPLETED)
    assert (view.status, view.since) == (OrderStatus.COMPLETED, at(len(COMPLETED)))
    assert view_of().since is None


def test_a_journal_that_is_no_path_in_the_graph_is_refused():
    with pytest.raises(StepRefused):
        view_of(j.Completed())
    shuffled = list(entries(*COMPLETED))
    random.Random(7).shuffle(shuffled)
    assert fold(placed(), shuffled, []).status is OrderStatus.COMPLETED


def test_a_booked_shipment_keeps_what_was_booked_whatever_is_told_later():
    told = fact(K.SHIPPED, packages=(package("T9", units((1, "A", 9))),))
    parcel = view_of(*PROCESSING, SHIPPED, facts=(told,)).parcels[F1]
    assert (parcel.packages, parcel.lines, parcel.amount) == ((package(),), ONE_A, 1_000)


def test_subtracting_units_leaves_no_empty_lines():
    have = units((1, "A", 3), (2, "B", 1))
    assert subtract(have, units((1, "A", 1), (1, "A", 1), (2, "B", 5))) == units((1, "A", 1))


def test_what_is_shipped_of_a_parcel_that_was_given_up_is_a_surplus_until_it_is_booked():
    released = j.ReservationReleased(F1, ONE_A, "rejected by the warehouse")
    facts = (fact(K.REJECTED, minute=50), fact(K.SHIPPED, packages=(package(),)))
    view = view_of(*PROCESSING, j.Submitted(F1), released, facts=facts)
    assert (view.parcels[F1].status, view.parcels[F1].surplus) == ("REJECTED", ONE_A)
    assert unasked(view) == [j.ShippedUnasked(F1, ONE_A)]
    after = view_of(
        *PROCESSING, j.Submitted(F1), released, j.ShippedUnasked(F1, ONE_A), facts=facts
    )
    assert unasked(after) == []


def test_a_surplus_is_counted_by_package_however_often_and_in_whatever_order_it_is_told():
    one, two = package("T1"), package("T2", units((1, "A", 2)))
    facts = (
        fact(K.SHIPPED, minute=60, packages=(one,)),
        fact(K.SHIPPED, minute=61, packages=(two,)),
        fact(K.SHIPPED, minute=62, packages=(one,)),
    )
    for told in permutations(facts):
        view = view_of(*ON_ITS_WAY, facts=told)
        assert view.parcels[F1].surplus == units((1, "A", 2))
        assert view.parcels[F1].lines == ONE_A


def test_nothing_is_a_surplus_while_it_may_still_be_booked():
    view = view_of(
        *PROCESSING,
        facts=(fact(K.SHIPPED, packages=(package(lines=units((1, "A", 3))),)),),
    )
    assert unasked(view) == []


def test_a_corrected_report_of_what_was_picked_counts_whichever_came_first():
    plan = sourced((F1, "BOS", units((1, "A", 3))))
    order = placed(order_line(quantity=3))
    wrong = fact(K.PICKED, minute=60, lines=units((1, "A", 1)))
    right = fact(K.PICKED, minute=61, lines=units((1, "A", 3)))
    for told in permutations((wrong, right)):
        view = view_of(APPROVED, plan, order=order, facts=told)
        assert view.parcels[F1].missing == ()
    assert view_of(APPROVED, plan, order=order, facts=(wrong,)).parcels[F1].missing != ()


def test_a_corrected_label_counts_before_and_after_the_shipment_is_booked():
    """And what the carrier tells under the right number is of the parcel, whenever it comes."""
    shipped = fact(K.SHIPPED, minute=60, packages=(package("T1"),))
    mended = fact(
        K.SHIPPED, minute=70, packages=(replace(package(), carrier="DHL", tracking_number="T2"),)
    )
    arrived = fact(K.DELIVERED, minute=80, tracking_number="T2")
    for journal in (PROCESSING, (*PROCESSING, SHIPPED)):
        for told in permutations((shipped, mended, arrived)):
            parcel = view_of(*journal, facts=told).parcels[F1]
            assert [(p.carrier, p.tracking_number) for p in parcel.packages] == [("DHL", "T2")]
            assert parcel.status is P.DELIVERED
            assert (parcel.lines, parcel.surplus) == (ONE_A, ())


def test_what_is_shipped_is_what_was_booked_whatever_is_told_of_its_packages_afterwards():
    more = replace(package("T1", units((1, "A", 9))), tracking_number="T2")
    other = replace(package("T3"), package="2")
    view = view_of(*PROCESSING, SHIPPED, facts=(fact(K.SHIPPED, packages=(more, other)),))
    assert [(p.tracking_number, p.lines) for p in view.parcels[F1].packages] == [("T2", ONE_A)]
