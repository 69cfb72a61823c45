"""Words for people: payment states and what an order is doing, derived and never stored."""

from dataclasses import replace

import pytest

from domain import journal as j
from domain.derived import doing, payment_state
from domain.facts import FactKind as K
from domain.facts import Package
from domain.order import PaymentMethod
from domain.payments import PaymentOperation, PaymentStatus
from domain.process import ProcessDefinition
from domain.remedies import refusing_locations, remedies, unsure_of
from domain.transitions import OrderStatus
from domain.view import ParcelStatus
from domain.waits import waits
from tests.domain.builders import (
    APPROVED,
    AUTHORIZED,
    CAPTURED,
    CLOSED,
    COMPLETED,
    F1,
    F2,
    F3,
    HELD,
    ON_ITS_WAY,
    ONE_A,
    PROCESSING,
    fact,
    money,
    order_line,
    package,
    placed,
    sourced,
    units,
    view_of,
)

AUTHORIZE, VOID = PaymentOperation.AUTHORIZE, PaymentOperation.VOID
AT_WAREHOUSE = (*PROCESSING, j.Submitted(F1))
REPLACED = (*AT_WAREHOUSE, sourced((F2, "NYC", ONE_A), replaces=F1), j.CancelRequested(F1))


@pytest.mark.parametrize(
    ("journal", "state"),
    [
        ((), "NONE"),
        ((APPROVED, money(AUTHORIZE, PaymentStatus.UNKNOWN)), "NONE"),
        ((APPROVED, money(AUTHORIZE, PaymentStatus.REQUIRES_ACTION)), "REQUIRES_ACTION"),
        ((APPROVED, money(AUTHORIZE, PaymentStatus.FAILED)), "DECLINED"),
        (PROCESSING, "AUTHORIZED"),
        (ON_ITS_WAY, "AUTHORIZED"),
        ((*ON_ITS_WAY, CAPTURED), "CAPTURED"),
        (COMPLETED, "CAPTURED"),
        ((*PROCESSING, j.Canceled("x"), money(VOID, PaymentStatus.SUCCEEDED)), "VOIDED"),
    ],
)
def test_the_payment_state_is_derived_from_the_payments(journal, state):
    assert payment_state(view_of(*journal)).value == state


REGISTERED = j.PaymentRegistered(1_000, "their-1")
GRANTED = j.CreditGranted(1_000, 30)


@pytest.mark.parametrize(
    ("method", "journal", "transferred", "state"),
    [
        ("paid_at_channel", (APPROVED,), 0, "NONE"),
        ("paid_at_channel", (APPROVED, REGISTERED), 0, "PAID_AT_CHANNEL"),
        ("cash_on_delivery", PROCESSING[:2], 0, "ON_DELIVERY"),
        ("cash_on_delivery", (*PROCESSING[:2], j.Canceled("x")), 0, "NONE"),
        ("cash_on_delivery", COMPLETED, 0, "PAID"),
        ("bank_transfer", (), 0, "NONE"),
        ("bank_transfer", PROCESSING[:2], 0, "AWAITING_TRANSFER"),
        ("bank_transfer", PROCESSING[:2], 999, "PARTIALLY_PAID"),
        ("bank_transfer", PROCESSING[:2], 1_000, "PAID"),
        ("bank_transfer", (*PROCESSING[:2], j.Expired("x")), 0, "NONE"),
        ("credit_terms", PROCESSING[:2], 0, "NONE"),
        ("credit_terms", (*PROCESSING[:2], GRANTED), 0, "ON_CREDIT"),
        ("credit_terms", (*PROCESSING[:2], GRANTED), 1, "PARTIALLY_PAID"),
        ("credit_terms", (*PROCESSING[:2], GRANTED), 1_001, "PAID"),
    ],
)
def test_the_payment_state_of_each_method_says_what_has_come_in(
    method, journal, transferred, state
):
    told = replace(fact(K.ACCEPTED), kind=K.TRANSFER_RECEIVED, amount=transferred)
    facts = (told,) if transferred else ()
    view = view_of(*journal, facts=facts, payment_method=PaymentMethod(method))
    assert payment_state(view).value == state


def test_one_of_two_parcels_captured_is_partially_captured():
    order = placed(order_line(quantity=2))
    plan = sourced((F1, "BOS", ONE_A), (F2, "NYC", ONE_A))
    first = j.Shipped(F1, (package(),), ONE_A, 1_000)
    view = view_of(APPROVED, plan, AUTHORIZED, first, CAPTURED, order=order)
    assert payment_state(view).value == "PARTIALLY_CAPTURED"


@pytest.mark.parametrize(
    ("journal", "words"),
    [
        ((HELD,), "Waiting: the price deviates."),
        (PROCESSING, "The parcel is being prepared for the warehouse."),
        (
            (*PROCESSING, j.HoldPlaced("payment", "the payment was declined", "customer")),
            "Waiting: the payment was declined.",
        ),
        (AT_WAREHOUSE, "The parcel is handed to the warehouse."),
        (ON_ITS_WAY, "The parcel is shipped."),
        (COMPLETED, "Everything has arrived; returns are possible until the window closes."),
        (CLOSED, "Closed: delivered, and the return window is over."),
        ((j.Canceled("x"),), "Canceled."),
        ((HELD, j.Rejected("x")), "Rejected in review."),
        ((j.Expired("x"),), "Expired before it could be sent."),
    ],
)
def test_what_an_order_is_doing_is_said_in_one_sentence(journal, words):
    view = view_of(*journal)
    assert doing(view, waits(view, ProcessDefinition())) == words


def test_several_parcels_are_counted():
    order = placed(order_line(quantity=2))
    plan = sourced((F1, "BOS", ONE_A), (F2, "NYC", ONE_A))
    first = j.Shipped(F1, (package(),), ONE_A, 1_000)
    view = view_of(APPROVED, plan, j.Submitted(F2), first, order=order)
    words = "1 of 2 parcels are on their way; the slowest is handed to the warehouse."
    assert doing(view, []) == words


@pytest.mark.parametrize("status", OrderStatus)
def test_every_status_has_words(status):
    view = view_of()
    view.status = status
    assert doing(view, [])


@pytest.mark.parametrize("status", [s for s in ParcelStatus if s.active])
def test_every_parcel_status_has_words(status):
    view = view_of(*PROCESSING)
    view.parcels[F1].status = status
    assert doing(view, []).startswith("The parcel is ")


def test_nothing_is_given_back_while_all_goes_well():
    for journal in ((), PROCESSING, AT_WAREHOUSE, ON_ITS_WAY, COMPLETED, REPLACED):
        assert remedies(view_of(*journal)) == []


def test_what_a_warehouse_rejected_is_given_back_once_and_the_warehouse_not_asked_again():
    rejected = fact(K.REJECTED)
    release = j.ReservationReleased(F1, ONE_A, "rejected by the warehouse")
    view = view_of(*AT_WAREHOUSE, facts=(rejected,))
    assert remedies(view) == [release]
    assert refusing_locations(view) == {"BOS"}
    after = view_of(*AT_WAREHOUSE, release, facts=(rejected,))
    assert remedies(after) == []
    assert refusing_locations(after) == {"BOS"}


def test_a_short_pick_gives_back_what_was_not_found_so_that_it_is_sourced_again():
    order = placed(order_line(quantity=3))
    plan = sourced((F1, "BOS", units((1, "A", 3))))
    picked = fact(K.PICKED, lines=units((1, "A", 1)))
    view = view_of(APPROVED, plan, j.Submitted(F1), order=order, facts=(picked,))
    assert remedies(view) == [j.ReservationReleased(F1, units((1, "A", 2)), "short pick")]


def test_components_that_a_short_pick_names_are_given_up_with_it_once():
    """Two of three sets, for want of a cup; afterwards the packages hold one."""
    order = placed(order_line(sku="SET", quantity=3))
    plan = sourced((F1, "BOS", units((1, "SET", 3))))
    told = fact(K.PICKED, lines=units((1, "SET", 2)), parts=units((1, "CUP", 1), (2, "TEA", 9)))
    view = view_of(APPROVED, plan, j.Submitted(F1), order=order, facts=(told,))
    [named] = remedies(view)
    one, cup = units((1, "SET", 1)), units((1, "CUP", 1))
    assert named == j.ReservationReleased(F1, one, "short pick", cup)
    assert unsure_of(view, [named], one, {"SET"}) == set()

    packages = (Package("P1", "UPS", "1Z1", one),)
    sent = fact(K.SHIPPED, minute=70, packages=packages)
    after = view_of(APPROVED, plan, j.Submitted(F1), named, order=order, facts=(told, sent))
    [unnamed] = remedies(after)
    assert unnamed == j.ReservationReleased(F1, one, "short pick")
    assert unsure_of(after, [unnamed], one, {"SET"}) == {"BOS"}
    assert unsure_of(after, [unnamed], one, set()) == set()  # it is no bundle
    assert unsure_of(after, [unnamed], units((2, "SUGAR", 1)), {"SET"}) == set()  # nobody wants it


def test_a_short_pick_says_nothing_new_of_units_that_a_count_had_missed():
    order = placed(order_line(quantity=5))
    plan = sourced((F1, "BOS", units((1, "A", 5))))
    facts = (
        fact(K.RESERVATION_BROKEN, minute=50, lines=units((1, "A", 2))),
        fact(K.CANCEL_REFUSED, minute=55),
        fact(K.PICKED, lines=units((1, "A", 2))),
    )
    journal = (APPROVED, plan, j.Submitted(F1), j.CancelRequested(F1))
    view = view_of(*journal, order=order, facts=facts)
    due = [
        j.ReservationReleased(F1, units((1, "A", 2)), j.BROKEN),
        j.ReservationReleased(F1, units((1, "A", 1)), j.SHORT_PICK),
    ]
    assert remedies(view) == due
    after = view_of(*journal, *due, order=order, facts=facts)
    assert (remedies(after), after.parcels[F1].unmended) == ([], ())
    assert after.parcels[F1].lines == units((1, "A", 2))


def test_a_superseding_parcel_waits_for_the_old_one_to_be_given_back():
    asked = view_of(*REPLACED)
    assert asked.blocked(asked.parcels[F2])
    assert not asked.blocked(asked.parcels[F1])
    confirmed = fact(K.CANCEL_CONFIRMED)
    back = view_of(*REPLACED, facts=(confirmed,))
    [release] = remedies(back)
    assert release == j.ReservationReleased(F1, ONE_A, "given back by the warehouse")
    free = view_of(*REPLACED, release, facts=(confirmed,))
    assert not free.blocked(free.parcels[F2])


@pytest.mark.parametrize(
    "told",
    [
        (fact(K.CANCEL_REFUSED),),
        (fact(K.SHIPPED, packages=(package(),)),),
        (fact(K.CANCEL_CONFIRMED), fact(K.SHIPPED, packages=(package(),), minute=61)),
    ],
)
def test_when_the_old_source_keeps_the_parcel_the_new_one_is_given_up(told):
    view = view_of(*REPLACED, facts=told)
    assert remedies(view) == [j.ReservationReleased(F2, ONE_A, "the first source keeps the parcel")]
    assert F3 not in view.parcels


THREE = units((1, "A", 3))
OF_THREE = (APPROVED, sourced((F1, "BOS", THREE)), AUTHORIZED, j.Submitted(F1))
ASKED_BACK = (*OF_THREE, sourced((F2, "NYC", THREE), replaces=F1), j.CancelRequested(F1))
FOUND_TWO = fact(K.PICKED, lines=units((1, "A", 2)))


def of_three(*journal, facts=()):
    return view_of(*journal, order=placed(order_line(quantity=3)), facts=facts)


def test_of_a_parcel_and_the_one_that_waits_for_it_only_one_is_sent_whichever_comes_up_short():
    """Nothing is sourced a third time while either of them may still be the one."""
    [short] = remedies(of_three(*ASKED_BACK, facts=(FOUND_TWO,)))
    assert short == j.ReservationReleased(F1, units((1, "A", 1)), j.SHORT_PICK)
    asked = (*ASKED_BACK, short)
    assert of_three(*asked, facts=(FOUND_TWO,)).unallocated == ()

    confirmed = (FOUND_TWO, fact(K.CANCEL_CONFIRMED, minute=61))
    [back] = remedies(of_three(*asked, facts=confirmed))
    given_back = of_three(*asked, back, facts=confirmed)
    assert [p.units_of(1) for p in given_back.parcels.values()] == [0, 3]
    assert given_back.unallocated == ()

    refused = (FOUND_TWO, fact(K.CANCEL_REFUSED, minute=61))
    [kept] = remedies(of_three(*asked, facts=refused))
    assert kept == j.ReservationReleased(F2, THREE, "the first source keeps the parcel")
    assert of_three(*asked, kept, facts=refused).unallocated == units((1, "A", 1))


@pytest.mark.parametrize("answer", [K.CANCEL_CONFIRMED, K.REJECTED])
def test_what_was_not_found_is_not_back_on_the_shelf_when_the_rest_of_a_parcel_is(answer):
    journal = (*OF_THREE, j.CancelRequested(F1))
    told = (FOUND_TWO, fact(answer, minute=61))
    missing, back = remedies(of_three(*journal, facts=told))
    assert missing == j.ReservationReleased(F1, units((1, "A", 1)), j.SHORT_PICK)
    assert (back.lines, back.reason == j.SHORT_PICK) == (units((1, "A", 2)), False)
    after = of_three(*journal, missing, back, facts=told)
    assert (remedies(after), after.parcels[F1].lines) == ([], ())


@pytest.mark.parametrize("told_of_picking_at", [30, 90])
def test_what_is_in_the_packages_that_left_was_found_whatever_was_told_of_picking(
    told_of_picking_at,
):
    picked = fact(K.PICKED, minute=told_of_picking_at, lines=units((1, "A", 1)))
    for sent, missing in ((3, ()), (2, units((1, "A", 1)))):
        left = fact(K.SHIPPED, packages=(package(lines=units((1, "A", sent))),))
        assert of_three(*OF_THREE, facts=(picked, left)).parcels[F1].missing == missing
