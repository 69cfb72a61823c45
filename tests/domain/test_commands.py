"""What a state allows people to do, and which entries that leads to."""

import pytest

from domain import journal as j
from domain.access import Role
from domain.calling_off import called_off, canceling
from domain.commands import Command, CommandKind, check, has_to_wait, possible
from domain.decisions import entries_for, next_ordinal, next_parcel, override_entries
from domain.errors import StepRefused
from domain.facts import FactKind as K
from domain.payments import PaymentOperation, PaymentStatus
from domain.remedies import refusing_locations, remedies
from domain.submissions import refused, to_be_submitted
from domain.view import ParcelStatus
from tests.domain.builders import (
    APPROVED,
    CAPTURE_FAILED,
    CLOSED,
    COMPLETED,
    F1,
    F2,
    F3,
    HELD,
    NUMBER,
    ON_ITS_WAY,
    ONE_A,
    PROCESSING,
    fact,
    money,
    package,
    sourced,
    view_of,
)

C = CommandKind
STOCK = j.HoldPlaced("stock", "units are out of stock", Role.AGENT)
DECLINED = j.HoldPlaced("payment", "the payment was declined", Role.CUSTOMER)
VOID_FAILED = money(PaymentOperation.VOID, PaymentStatus.FAILED, reason="no such payment")
AT_WAREHOUSE = (*PROCESSING, j.Submitted(F1))
GIVE_UP = {C.PARCEL_LOST, C.PARCEL_RETURNED}
ON_THE_ROAD = {C.PARCEL_DELIVERED, *GIVE_UP}
REPLACED = (*AT_WAREHOUSE, sourced((F2, "NYC", ONE_A), replaces=F1), j.CancelRequested(F1))
OVERDUE = j.Escalated(f"parcel/{F1}/cancel", "it has to be given back", Role.WAREHOUSE, 1)


def command(kind: C, target: str = "", location: str = "") -> Command:
    return Command("c-1", kind, "ana", "because", target, location)


@pytest.mark.parametrize(
    ("journal", "acts"),
    [
        ((), {C.CANCEL}),
        ((HELD,), {C.APPROVE, C.REJECT, C.CANCEL}),
        ((APPROVED,), {C.CANCEL}),
        ((APPROVED, STOCK), {C.CANCEL, C.RETRY_STOCK}),
        ((*PROCESSING[:2], DECLINED), {C.CANCEL, C.RETRY_PAYMENT, C.OVERRIDE_SOURCE}),
        (PROCESSING, {C.CANCEL, C.OVERRIDE_SOURCE}),
        (AT_WAREHOUSE, {C.OVERRIDE_SOURCE}),
        (REPLACED, {C.OVERRIDE_SOURCE, C.CANCEL}),
        ((*REPLACED, OVERDUE), {C.OVERRIDE_SOURCE, C.CANCEL, C.PARCEL_WITHDRAWN}),
        ((*REPLACED, j.CancelWanted("x")), set()),
        ((*REPLACED, OVERDUE, j.Withdrawn(F1, "x")), {C.OVERRIDE_SOURCE, C.CANCEL}),
        ((*PROCESSING, j.SubmissionRefused(F1, "no")), {C.CANCEL}),
        (ON_ITS_WAY, ON_THE_ROAD),
        ((*ON_ITS_WAY, j.Delivered(F1, "she called")), set()),
        ((*ON_ITS_WAY, j.Undelivered(F1, returned=False, reason="x")), set()),
        ((*ON_ITS_WAY, CAPTURE_FAILED), {C.RETRY_CAPTURE, C.LEAVE_RECEIVABLE, *ON_THE_ROAD}),
        ((*ON_ITS_WAY, CAPTURE_FAILED, j.CaptureRetried(F1)), ON_THE_ROAD),
        ((*PROCESSING, j.Canceled("x"), VOID_FAILED), {C.RETRY_OPERATION, C.LEAVE_OPERATION}),
        ((*PROCESSING, j.Canceled("x"), VOID_FAILED, j.OperationRetried(VOID_FAILED.key)), set()),
        ((*PROCESSING, j.Canceled("x"), VOID_FAILED, j.OperationLeft(VOID_FAILED.key, "x")), set()),
        (COMPLETED, set()),
        (CLOSED, set()),
        ((HELD, j.Rejected("odd")), set()),
        ((j.Canceled("no longer wanted"),), set()),
        ((j.Expired("too late"),), set()),
    ],
)
def test_each_state_allows_exactly_these_acts(journal, acts):
    assert set(possible(view_of(*journal))) == acts


@pytest.mark.parametrize(
    ("journal", "words"),
    [
        (ON_ITS_WAY, "handed to the warehouse"),
        (AT_WAREHOUSE, "handed to the warehouse"),
        (COMPLETED, "the order is COMPLETED"),
        (CLOSED, "the order is CLOSED"),
        ((j.Canceled("twice"),), "the order is CANCELED"),
    ],
)
def test_a_shipped_or_finished_order_cannot_be_canceled(journal, words):
    with pytest.raises(StepRefused, match=words):
        check(view_of(*journal), command(C.CANCEL))


def test_only_what_gives_money_back_waits_while_a_payments_outcome_is_unknown():
    unheard = money(PaymentOperation.AUTHORIZE, PaymentStatus.UNKNOWN)
    view = view_of(*PROCESSING[:2], unheard)
    assert {kind for kind in C if has_to_wait(view, command(kind))} == {C.CANCEL, *GIVE_UP}
    assert not has_to_wait(view_of(*PROCESSING), command(C.CANCEL))


@pytest.mark.parametrize("target", ["", CAPTURE_FAILED.key, f"{NUMBER}/void/9"])
def test_only_a_void_or_refund_that_failed_for_good_is_retried_or_left(target):
    view = view_of(*PROCESSING, j.Canceled("x"), VOID_FAILED)
    for kind in (C.RETRY_OPERATION, C.LEAVE_OPERATION):
        with pytest.raises(StepRefused, match="no void or refund"):
            check(view, command(kind, target))


def test_an_order_whose_only_parcel_was_rejected_can_be_canceled():
    check(view_of(*AT_WAREHOUSE, facts=(fact(K.REJECTED),)), command(C.CANCEL))


def test_a_parcel_that_is_being_picked_can_still_be_sent_from_elsewhere():
    view = view_of(*AT_WAREHOUSE, facts=(fact(K.PICKING),))
    check(view, command(C.OVERRIDE_SOURCE, F1, "NYC"))


@pytest.mark.parametrize(
    ("journal", "target", "location", "words"),
    [
        (AT_WAREHOUSE, "", "NYC", "no parcel"),
        (AT_WAREHOUSE, F2, "NYC", "no parcel"),
        (AT_WAREHOUSE, F1, "BOS", "already comes from BOS"),
        (ON_ITS_WAY, F1, "NYC", "its source is settled"),
        (REPLACED, F1, "LAX", "already being replaced"),
        ((*PROCESSING, j.Canceled("asked")), F1, "NYC", "the order is CANCELED"),
    ],
)
def test_a_source_is_overridden_only_while_it_can_be_changed(journal, target, location, words):
    with pytest.raises(StepRefused, match=words):
        check(view_of(*journal), command(C.OVERRIDE_SOURCE, target, location))


@pytest.mark.parametrize("kind", [kind for kind in C if kind.value.startswith("return_")])
def test_an_order_refuses_what_is_about_a_return(kind):
    with pytest.raises(StepRefused, match="about a return"):
        check(view_of(*COMPLETED), command(kind))


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        (C.APPROVE, j.Approved("because")),
        (C.REJECT, j.Rejected("because")),
        (C.PARCEL_WITHDRAWN, j.Withdrawn(F1, "because")),
        (C.RETRY_STOCK, j.HoldReleased("stock", "because")),
        (C.RETRY_PAYMENT, j.HoldReleased("payment", "because")),
        (C.RETRY_CAPTURE, j.CaptureRetried(F1)),
        (C.LEAVE_RECEIVABLE, j.ReceivableLeft(F1, "because")),
        (C.RETRY_OPERATION, j.OperationRetried(F1)),
        (C.LEAVE_OPERATION, j.OperationLeft(F1, "because")),
        (C.PARCEL_DELIVERED, j.Delivered(F1, "because")),
        (C.PARCEL_LOST, j.Undelivered(F1, returned=False, reason="because")),
        (C.PARCEL_RETURNED, j.Undelivered(F1, returned=True, reason="because")),
    ],
)
def test_a_command_leads_to_one_entry(kind, body):
    assert entries_for(view_of(*ON_ITS_WAY), command(kind, F1)) == [body]


def test_an_order_is_canceled_at_once_while_no_warehouse_can_have_a_parcel():
    assert entries_for(view_of(*PROCESSING), command(C.CANCEL)) == [j.Canceled("because")]


def test_what_no_warehouse_can_have_is_given_up_before_the_rest_has_come_back():
    assert entries_for(view_of(*REPLACED, STOCK), command(C.CANCEL)) == [
        j.CancelWanted("because"),
        j.HoldReleased("stock", "the order is being canceled"),
        j.ReservationReleased(F2, ONE_A, "the order is being canceled"),
    ]


def test_a_parcel_whose_submission_was_not_answered_is_asked_back_before_the_order_is_canceled():
    view = view_of(*PROCESSING)
    view.parcels[F1].status = ParcelStatus.SUBMITTED  # being handed over, by what the process says
    check(view, command(C.CANCEL))
    assert entries_for(view, command(C.CANCEL)) == [
        j.CancelWanted("because"),
        j.CancelRequested(F1),
    ]


WANTED = (*AT_WAREHOUSE, j.CancelWanted("changed"), j.CancelRequested(F1))


@pytest.mark.parametrize(
    ("journal", "told", "due"),
    [
        (WANTED, (), []),
        (WANTED, (K.CANCEL_CONFIRMED,), [j.Canceled("changed")]),
        (WANTED, (K.REJECTED,), [j.Canceled("changed")]),
        ((*WANTED, j.NeverReceived(F1)), (), [j.Canceled("changed")]),
        ((*WANTED, j.Withdrawn(F1, "silent")), (), [j.Canceled("changed")]),
        ((*WANTED, j.SubmissionRefused(F1, "no")), (), [j.Canceled("changed")]),
    ],
)
def test_an_order_is_canceled_once_every_parcel_is_given_back(journal, told, due):
    view = view_of(*journal, facts=tuple(map(fact, told)))
    assert canceling(view)
    assert called_off(view) == due


@pytest.mark.parametrize("told", [K.CANCEL_REFUSED, K.SHIPPED])
def test_an_order_whose_parcel_a_warehouse_keeps_or_sent_goes_on(told):
    view = view_of(*WANTED, facts=(fact(told),))
    assert not canceling(view)
    with pytest.raises(StepRefused, match="handed to the warehouse"):
        check(view, command(C.CANCEL))


@pytest.mark.parametrize(
    ("journal", "told", "words"),
    [
        (PROCESSING, (), "no warehouse has to give it back"),
        ((*AT_WAREHOUSE, OVERDUE), (), "no warehouse has to give it back"),
        (REPLACED, (), "still has time to answer"),
        ((*REPLACED, OVERDUE), (K.CANCEL_REFUSED,), "no warehouse has to give it back"),
        ((*REPLACED, OVERDUE), (K.SHIPPED,), "no warehouse has to give it back"),
        ((*REPLACED, OVERDUE), (K.REJECTED,), "no warehouse has to give it back"),
    ],
)
def test_a_parcel_is_withdrawn_only_when_its_warehouse_has_not_answered_in_time(
    journal, told, words
):
    view = view_of(*journal, facts=tuple(map(fact, told)))
    with pytest.raises(StepRefused, match=words):
        check(view, command(C.PARCEL_WITHDRAWN, F1))


@pytest.mark.parametrize("said", [j.NeverReceived(F1), j.Withdrawn(F1, "silent")])
def test_what_was_never_received_or_is_withdrawn_is_given_back_and_may_turn_out_to_be_sent(said):
    [release] = remedies(view_of(*REPLACED, said))
    assert (release.fulfillment_order, release.lines) == (F1, ONE_A)
    sent = view_of(*REPLACED, said, facts=(fact(K.SHIPPED, packages=(package(),)),))
    assert sent.parcels[F1].status is ParcelStatus.SHIPPED
    assert [release.fulfillment_order for release in remedies(sent)] == [F2]


def test_a_location_whose_warehouse_did_not_answer_is_not_asked_again_for_the_order():
    assert refusing_locations(view_of(*REPLACED, j.Withdrawn(F1, "silent"))) == {"BOS"}
    assert refusing_locations(view_of(*PROCESSING, j.SubmissionRefused(F1, "no"))) == {"BOS"}
    assert refusing_locations(view_of(*REPLACED, j.NeverReceived(F1))) == set()


@pytest.mark.parametrize(
    ("journal", "told", "due"),
    [
        (PROCESSING, (), True),
        (AT_WAREHOUSE, (), False),
        ((*PROCESSING, j.CancelRequested(F1)), (), False),
        ((*PROCESSING, j.ReservationReleased(F1, ONE_A, "x")), (), False),
        ((*PROCESSING, j.Canceled("x")), (), False),
        (PROCESSING, (K.ACCEPTED,), False),
        (PROCESSING, (K.REJECTED,), False),
        (PROCESSING, (K.SHIPPED,), False),
    ],
)
def test_a_parcel_is_submitted_until_the_books_know_better(journal, told, due):
    assert to_be_submitted(view_of(*journal, facts=tuple(map(fact, told))), F1) is due


def test_a_refusal_says_nothing_of_a_parcel_that_the_warehouse_is_at():
    assert refused(view_of(*PROCESSING), F1, "no") == [j.SubmissionRefused(F1, "no")]
    asked_back = view_of(*PROCESSING, j.CancelRequested(F1))
    assert refused(asked_back, F1, "no") == [j.SubmissionRefused(F1, "no")]
    for told in (K.ACCEPTED, K.SHIPPED, K.REJECTED):
        assert refused(view_of(*PROCESSING, facts=(fact(told),)), F1, "no") == []


def test_a_parcel_that_will_not_arrive_ends_what_finance_had_to_decide_about_its_capture():
    view = view_of(*ON_ITS_WAY, CAPTURE_FAILED)
    left, lost = entries_for(view, command(C.PARCEL_LOST, F1))
    assert left == j.ReceivableLeft(F1, "because")
    assert lost == j.Undelivered(F1, returned=False, reason="because")


@pytest.mark.parametrize("kind", [C.OVERRIDE_SOURCE, C.RETURN_APPROVE])
def test_commands_with_decisions_of_their_own_are_not_decided_here(kind):
    with pytest.raises(ValueError, match="decisions of its own"):
        entries_for(view_of(*PROCESSING), command(kind))


def test_overriding_an_open_parcel_gives_its_stock_back_first():
    wanted = command(C.OVERRIDE_SOURCE, F1, "NYC")
    released, new = override_entries(view_of(*PROCESSING), wanted)
    assert released == j.ReservationReleased(F1, ONE_A, "overridden")
    assert new == j.Sourced(
        (j.PlannedParcel(F2, "NYC", ONE_A),),
        "override",
        (j.Candidate("NYC", chosen=True, reason="chosen by ana"),),
        replaces=F1,
        reason="because",
    )


def test_overriding_a_submitted_parcel_reserves_anew_before_the_old_one_is_asked_back():
    wanted = command(C.OVERRIDE_SOURCE, F1, "NYC")
    new, asked = override_entries(view_of(*AT_WAREHOUSE), wanted)
    assert isinstance(new, j.Sourced)
    assert asked == j.CancelRequested(F1)
    view_of(*AT_WAREHOUSE, new, asked)


def test_overriding_a_parcel_that_waits_to_replace_another_sends_only_one_of_the_three():
    """The new one waits for the first, which may yet refuse to be given back."""
    released, new = override_entries(view_of(*REPLACED), command(C.OVERRIDE_SOURCE, F2, "AUS"))
    assert released == j.ReservationReleased(F2, ONE_A, "overridden")
    assert (new.replaces, new.parcels[0].fulfillment_order) == (F1, F3)
    asked = view_of(*REPLACED, released, new)
    assert asked.blocked(asked.parcels[F3])
    assert asked.allocated(1) == 1
    refused = view_of(*REPLACED, released, new, facts=(fact(K.CANCEL_REFUSED),))
    assert remedies(refused) == [
        j.ReservationReleased(F3, ONE_A, "the first source keeps the parcel")
    ]


def test_parcels_are_numbered_on():
    assert next_parcel(view_of(APPROVED)) == F1
    assert next_parcel(view_of(*PROCESSING)) == F2
    assert next_parcel(view_of(*PROCESSING), ahead=1) == f"{NUMBER}-F3"


AUTHORIZE, CAPTURE = PaymentOperation.AUTHORIZE, PaymentOperation.CAPTURE


def test_each_business_operation_has_an_ordinal_of_its_own():
    assert next_ordinal(view_of(APPROVED), AUTHORIZE) == 1
    assert next_ordinal(view_of(*PROCESSING), AUTHORIZE) == 2
    assert next_ordinal(view_of(*ON_ITS_WAY), CAPTURE, F1) == 1
    assert next_ordinal(view_of(*ON_ITS_WAY, CAPTURE_FAILED), CAPTURE, F1) == 2
    assert next_ordinal(view_of(*ON_ITS_WAY, CAPTURE_FAILED), CAPTURE, F2) == 1


@pytest.mark.parametrize(
    "status", [PaymentStatus.REQUESTED, PaymentStatus.UNKNOWN, PaymentStatus.REQUIRES_ACTION]
)
def test_an_operation_whose_outcome_is_open_is_the_next_one_again_so_that_its_key_stays(status):
    """A workflow that begins anew from its journal must not authorize a second time."""
    open_one = money(AUTHORIZE, status)
    assert next_ordinal(view_of(*PROCESSING[:2], open_one), AUTHORIZE) == 1
