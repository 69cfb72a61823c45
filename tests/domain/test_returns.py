"""Returns: what may be asked, what came, what inspection found, and the refund."""

from dataclasses import replace
from datetime import timedelta

import pytest

from domain import journal as j
from domain.access import Role
from domain.commands import Command, CommandKind
from domain.decisions import return_entries_at_deadline
from domain.errors import BadQuantity, Forbidden, LimitExceeded, StepRefused
from domain.payments import NO_EFFECT, PaymentOperation, PaymentStatus
from domain.process import ProcessDefinition
from domain.quantity import QUANTITY_MAX
from domain.refunds import by_hand, is_planned, refunded, to_provider
from domain.return_commands import check_return_command
from domain.return_request import return_requested
from domain.return_waits import return_waits
from domain.returns import (
    GOODWILL,
    OVERPAID,
    Disposition,
    ReturnStatus,
    check_inspected,
    check_received,
    check_request,
)
from domain.tenders import Tender
from tests.domain.builders import (
    APPROVED,
    AUTHORIZED,
    CLOSED,
    COMPLETED,
    F1,
    ON_ITS_WAY,
    RMA,
    at,
    entries,
    order_line,
    package,
    placed,
    return_of,
    sourced,
    units,
    view_of,
)

PROCESS = ProcessDefinition()
C = CommandKind
TWO = units((1, "A", 2))
ASKED = j.ReturnRequested(TWO, "too small", 2_000)
OK = j.ReturnApproved()
CAME = j.ReturnReceived(TWO, "BOS")
SHARES = (j.Share(Tender.PROVIDER, 1_700), j.Share(Tender.STORE_CREDIT, 300))
FOUND = j.ReturnInspected(
    (j.InspectedUnits(1, "A", 2, "restock"),), 2_000, (j.Share(Tender.PROVIDER, 2_000),)
)
STAGES = {
    ReturnStatus.REQUESTED: (ASKED,),
    ReturnStatus.APPROVED: (ASKED, OK),
    ReturnStatus.RECEIVED: (ASKED, OK, CAME),
    ReturnStatus.INSPECTED: (ASKED, OK, CAME, FOUND),
}


def refund(status: PaymentStatus, ordinal: int = 1) -> j.PaymentMoved:
    key = f"{RMA}/refund/{ordinal}"
    return j.PaymentMoved(key, PaymentOperation.REFUND, ordinal, status, 2_000, "no such card")


FAILED, PAID = refund(PaymentStatus.FAILED), refund(PaymentStatus.SUCCEEDED, 2)


def inspected(*found: tuple[int, int, str]) -> tuple[j.InspectedUnits, ...]:
    return tuple(j.InspectedUnits(line, "A", quantity, word) for line, quantity, word in found)


def delivered_order(quantity: int = 3):
    order = placed(order_line(quantity=quantity, unit_price=1_000), shipping=500)
    lines = units((1, "A", quantity))
    sent = j.Shipped(F1, (package("T1", lines),), lines, order.total)
    journal = (APPROVED, sourced((F1, "BOS", lines)), AUTHORIZED, sent, j.Delivered(F1))
    return view_of(*journal, j.Completed(), order=order)


def test_what_was_delivered_can_be_asked_back_in_the_window():
    view = delivered_order()
    asked = return_requested(view, PROCESS, {}, TWO, "too small", at(60))
    assert asked == j.ReturnRequested(TWO, "too small", 2_000)
    rest = return_requested(view, PROCESS, {1: 2}, units((1, "?", 1)), "", at(60))
    assert rest == j.ReturnRequested(units((1, "A", 1)), "", 1_000)


def test_a_line_named_twice_is_counted_together():
    view = delivered_order()
    asked = return_requested(view, PROCESS, {}, units((1, "A", 1), (1, "A", 1)), "", at(60))
    assert asked.lines == TWO
    with pytest.raises(LimitExceeded, match="4 units asked, 3 can be returned"):
        return_requested(view, PROCESS, {}, units((1, "A", 2), (1, "A", 2)), "", at(60))


@pytest.mark.parametrize(
    ("lines", "in_return"),
    [
        (units((1, "A", 4)), {}),
        (units((1, "A", 1)), {1: 3}),
        (units((2, "A", 1)), {}),
    ],
)
def test_more_than_was_delivered_and_is_not_already_in_a_return_is_refused(lines, in_return):
    with pytest.raises(LimitExceeded):
        return_requested(delivered_order(), PROCESS, in_return, lines, "", at(60))


@pytest.mark.parametrize("quantity", [0, -1, QUANTITY_MAX + 1])
def test_a_quantity_that_is_none_is_refused_as_such(quantity):
    with pytest.raises(BadQuantity):
        return_requested(delivered_order(), PROCESS, {}, units((1, "A", quantity)), "", at(60))


def test_a_return_of_nothing_is_refused():
    with pytest.raises(StepRefused, match="at least one line"):
        check_request([], {1: 1}, {})


def test_the_return_window_closes_to_the_second():
    view = delivered_order()
    closes = view.since + timedelta(seconds=PROCESS.return_window)
    return_requested(view, PROCESS, {}, TWO, "", closes - timedelta(seconds=1))
    with pytest.raises(StepRefused, match="the return window closed on 2026-12-22"):
        return_requested(view, PROCESS, {}, TWO, "", closes)


@pytest.mark.parametrize("journal", [(), (APPROVED,), CLOSED, (j.Canceled("x"),)])
def test_an_order_that_has_not_been_sent_or_is_closed_takes_no_return(journal):
    with pytest.raises(StepRefused, match="takes no return"):
        return_requested(view_of(*journal), PROCESS, {}, TWO, "", at(60))


def test_what_is_still_on_its_way_cannot_be_asked_back():
    with pytest.raises(LimitExceeded, match="1 units asked, 0 can be returned"):
        return_requested(view_of(*ON_ITS_WAY), PROCESS, {}, units((1, "A", 1)), "", at(60))


def test_the_view_of_a_return_is_what_its_journal_says():
    view = return_of(ASKED, OK, CAME, FOUND, FAILED, j.RefundRetried(), PAID)
    assert (view.status, view.since, view.seq) == (ReturnStatus.INSPECTED, at(4), 7)
    assert (view.lines, view.received, view.location) == (TWO, TWO, "BOS")
    assert (view.amount, view.refund, view.retrying) == (2_000, 2_000, False)
    assert view.last_refund.status is PaymentStatus.SUCCEEDED
    assert view.last_refund.ordinal == 2


def test_the_order_of_the_list_does_not_matter():
    from domain.returns import fold_return

    journal = entries(ASKED, OK, CAME, FOUND)
    assert fold_return(RMA, "x", reversed(journal)) == fold_return(RMA, "x", journal)


def test_what_the_provider_has_to_pay_back_is_due_until_it_has():
    unheard = refund(PaymentStatus.UNKNOWN)
    for more, due in (((), 2_000), ((FAILED,), 2_000), ((unheard,), 2_000), ((PAID,), 0)):
        assert to_provider(return_of(ASKED, OK, CAME, FOUND, *more)) == due
    assert to_provider(return_of(ASKED, OK, CAME)) == 0
    kept = j.ReturnInspected(inspected((1, 2, "send_back")), 0)
    assert to_provider(return_of(ASKED, OK, CAME, kept)) == 0


def test_a_refund_that_failed_is_not_counted_as_done():
    split = replace(FOUND, plan=SHARES)
    assert refunded(return_of(ASKED, OK, CAME, split)) == 300
    failed = return_of(ASKED, OK, CAME, split, replace(FAILED, amount=1_700))
    assert (refunded(failed), by_hand(failed)) == (300, 1_700)
    by_bank = return_of(
        ASKED, OK, CAME, split, replace(FAILED, amount=1_700), j.RefundTransferred(1_700, "B-1")
    )
    assert (refunded(by_bank), by_hand(by_bank), to_provider(by_bank)) == (2_000, 0, 0)


def test_a_refund_that_is_being_asked_for_anew_is_not_for_finance_to_transfer():
    """It may be on its way to the provider already: the customer would have it twice."""
    anew = return_of(ASKED, OK, CAME, FOUND, replace(FAILED, reason=NO_EFFECT))
    assert (to_provider(anew), by_hand(anew)) == (2_000, 0)
    for kind in (C.RETURN_TRANSFER_REFUND, C.RETURN_RETRY_REFUND):
        with pytest.raises(StepRefused):
            check_return_command(anew, Command("c-1", kind, "ana"))
    assert not return_waits(anew, PROCESS)[0].queued


@pytest.mark.parametrize(
    ("kind", "tenders", "more", "may"),
    [
        (GOODWILL, {Tender.BANK: 2_000}, (), True),
        (GOODWILL, {Tender.PROVIDER: 2_000}, (FAILED,), True),
        (GOODWILL, {Tender.PROVIDER: 2_000}, (), False),
        (GOODWILL, {Tender.PROVIDER: 2_000}, (refund(PaymentStatus.UNKNOWN),), False),
        (GOODWILL, {Tender.PROVIDER: 2_000}, (FAILED, j.RefundRetried()), False),
        (GOODWILL, {Tender.BANK: 1_999, Tender.RECEIVABLE: 1}, (), False),
        (GOODWILL, {Tender.BANK: 2_000}, (j.RefundTransferred(2_000, "B-1"),), False),
        (OVERPAID, {Tender.BANK: 2_000}, (), False),
    ],
)
def test_only_goodwill_that_waits_for_finance_alone_can_be_canceled(kind, tenders, more, may):
    plan = tuple(j.Share(tender, amount) for tender, amount in tenders.items())
    view = return_of(j.ReturnRequested((), "sorry", 2_000, kind, plan), *more)
    cancel = Command("c-1", C.RETURN_CANCEL_REFUND, "ana", "typo")
    if may:
        check_return_command(view, cancel)
    else:
        with pytest.raises(StepRefused):
            check_return_command(view, cancel)


def test_canceled_goodwill_was_never_granted_and_nothing_of_it_is_still_to_go():
    plan = (j.Share(Tender.BANK, 2_000),)
    granted = j.ReturnRequested((), "sorry", 2_000, GOODWILL, plan)
    view = return_of(granted, j.ReturnCanceled("typo"))
    assert (view.status, view.refund, view.plan) == (ReturnStatus.CANCELED, 0, ())
    assert (to_provider(view), by_hand(view), refunded(view)) == (0, 0, 0)
    assert is_planned(view)
    assert return_waits(view, PROCESS) == []


def test_over_the_threshold_nothing_goes_before_a_second_person_has_approved_it():
    waiting = return_of(ASKED, OK, CAME, replace(FOUND, plan=()))
    assert (to_provider(waiting), by_hand(waiting), refunded(waiting)) == (0, 0, 0)
    [wait] = return_waits(waiting, PROCESS)
    assert (wait.key, wait.owner, wait.queued) == ("approve_refund", Role.FINANCE, True)
    approve = Command("c-1", C.RETURN_APPROVE_REFUND, "system")
    with pytest.raises(Forbidden, match="four eyes"):
        check_return_command(waiting, approve)
    check_return_command(waiting, replace(approve, by="finn"))
    approved = return_of(ASKED, OK, CAME, replace(FOUND, plan=()), j.RefundApproved(SHARES))
    assert (to_provider(approved), refunded(approved)) == (1_700, 300)
    with pytest.raises(StepRefused):
        check_return_command(approved, replace(approve, by="finn"))


def test_what_did_not_come_back_of_an_undelivered_parcel_is_settled_and_comes_no_more():
    """Of a return that a customer asked for, what did not come may be asked for again."""
    asked = replace(ASKED, kind="returned_to_sender", parcel=F1)
    one = j.ReturnReceived(units((1, "A", 1)), "BOS")
    found = j.ReturnInspected(inspected((1, 1, "restock"), (1, 1, "lost")), 2_000)
    assert return_of(asked, one).settles == TWO
    assert return_of(asked, one, found).settles == TWO
    assert return_of(ASKED, OK, one).settles == units((1, "A", 1))
    late = Command("c-1", C.RETURN_RECEIVE, "will")
    for more in ((), (j.ReturnCompleted(),)):
        with pytest.raises(StepRefused, match="written off, and refunded"):
            check_return_command(return_of(asked, one, found, *more), late)


@pytest.mark.parametrize("status", ReturnStatus)
@pytest.mark.parametrize("kind", [kind for kind in C if kind.value.startswith("return_")])
def test_each_state_of_a_return_allows_exactly_these_commands(status, kind):
    allowed = {
        ReturnStatus.REQUESTED: {C.RETURN_APPROVE, C.RETURN_DECLINE, C.RETURN_CANCEL},
        ReturnStatus.APPROVED: {C.RETURN_RECEIVE, C.RETURN_CANCEL},
        ReturnStatus.RECEIVED: {C.RETURN_INSPECT},
    }
    view = return_of(ASKED)
    view.status = status
    command = Command("c-1", kind, "ana")
    if kind in allowed.get(status, set()):
        check_return_command(view, command)
    else:
        with pytest.raises(StepRefused, match=f"a return that is {status} does not allow"):
            check_return_command(view, command)


def test_a_refund_is_retried_only_after_it_has_failed_and_only_once_at_a_time():
    retry = Command("c-1", C.RETURN_RETRY_REFUND, "ana")
    check_return_command(return_of(ASKED, OK, CAME, FOUND, FAILED), retry)
    for more in ((), (FAILED, j.RefundRetried()), (refund(PaymentStatus.UNKNOWN),), (PAID,)):
        with pytest.raises(StepRefused):
            check_return_command(return_of(ASKED, OK, CAME, FOUND, *more), retry)


def test_a_return_refuses_what_is_about_an_order():
    with pytest.raises(StepRefused):
        check_return_command(return_of(ASKED), Command("c-1", C.CANCEL, "ana"))


def test_no_more_comes_back_than_was_asked():
    view = return_of(ASKED, OK)
    check_received(view, units((1, "A", 1)))
    for lines in (
        units((1, "A", 3)),
        units((1, "A", 1), (1, "A", 2)),
        units((2, "B", 1)),
        units((1, "A", 0)),
    ):
        with pytest.raises(LimitExceeded, match="asked to return"):
            check_received(view, lines)


def test_every_received_unit_gets_exactly_one_disposition():
    view = return_of(ASKED, OK, CAME)
    check_inspected(view, inspected((1, 1, "restock"), (1, 1, "scrap")))
    with pytest.raises(LimitExceeded, match="every received unit needs a disposition"):
        check_inspected(view, inspected((1, 1, "restock")))
    for found in (
        inspected((1, 3, "restock")),
        inspected((1, 2, "restock"), (1, 1, "scrap")),
        inspected((2, 2, "restock")),
        inspected((1, 0, "restock")),
    ):
        with pytest.raises(LimitExceeded):
            check_inspected(view, found)


def test_units_of_one_line_that_came_in_two_boxes_are_all_inspected():
    boxes = j.ReturnReceived(units((1, "A", 1), (1, "A", 1)), "BOS")
    view = return_of(ASKED, OK, boxes)
    check_inspected(view, inspected((1, 2, "restock")))
    with pytest.raises(LimitExceeded):
        check_inspected(view, inspected((1, 1, "restock")))


def test_a_return_does_not_restock_lines_that_the_customer_kept():
    view = return_of(ASKED, OK, j.ReturnReceived(units((1, "A", 1)), "BOS"))
    with pytest.raises(LimitExceeded, match="2 units, 1 received"):
        check_inspected(view, inspected((1, 2, "restock")))


def test_only_what_is_sent_back_to_the_customer_is_not_refunded():
    assert {word for word in Disposition if not word.refunded} == {Disposition.SEND_BACK}


@pytest.mark.parametrize(
    ("status", "key", "owner", "seconds", "queued", "at_deadline"),
    [
        ("REQUESTED", "decide", Role.AGENT, PROCESS.return_review_within, True, j.Escalated),
        ("APPROVED", "receive", Role.CUSTOMER, PROCESS.return_parcel_within, False, j.Expired),
        ("RECEIVED", "inspect", Role.WAREHOUSE, PROCESS.return_inspect_within, True, j.Escalated),
        ("INSPECTED", "refund", Role.FINANCE, PROCESS.task_within, False, j.Escalated),
    ],
)
def test_a_return_waits_for_somebody_until_some_time(
    status, key, owner, seconds, queued, at_deadline
):
    [wait] = return_waits(return_of(*STAGES[ReturnStatus(status)]), PROCESS)
    assert (wait.key, wait.owner, wait.queued) == (key, owner, queued)
    assert (wait.deadline - wait.since).total_seconds() == seconds
    assert [type(body) for body in return_entries_at_deadline(wait)] == [at_deadline]


def test_a_failed_refund_stands_in_the_queue_of_finance():
    [wait] = return_waits(return_of(ASKED, OK, CAME, FOUND, FAILED), PROCESS)
    assert (wait.owner, wait.queued) == (Role.FINANCE, True)


def test_an_escalated_return_rises_to_a_supervisor_and_keeps_a_deadline_ahead():
    [wait] = return_waits(return_of(ASKED), PROCESS)
    [risen] = return_entries_at_deadline(wait)
    assert risen == j.Escalated("decide", wait.reason, Role.SUPERVISOR, 1)
    [again] = return_waits(return_of(ASKED, risen), PROCESS)
    assert (again.owner, again.level, again.queued) == (Role.SUPERVISOR, 1, True)
    assert again.deadline == at(2) + timedelta(seconds=PROCESS.task_within)


def test_a_finished_return_waits_for_nothing():
    for end in (j.ReturnDeclined("worn"), j.ReturnCanceled("kept")):
        assert return_waits(return_of(ASKED, end), PROCESS) == []
    done = return_of(ASKED, OK, CAME, FOUND, PAID, j.ReturnCompleted())
    assert return_waits(done, PROCESS) == []


def test_a_completed_order_is_needed_only_to_ask_not_to_go_on():
    assert view_of(*COMPLETED).status == "COMPLETED"
    assert return_of(ASKED).order == view_of(*CLOSED).order.number
