"""Refunds that fail after they had succeeded: what is booked of one, and that finance has to give
it back once more.
"""

import re
from dataclasses import replace

import pytest

from domain import derived
from domain import journal as j
from domain.access import Role
from domain.authorizations import money_due
from domain.chargebacks import Unbooked
from domain.commands import Command
from domain.commands import CommandKind as C
from domain.derived import PaymentState, payment_state
from domain.errors import StepRefused
from domain.facts import FactKind
from domain.failed_refunds import Executed, came_back, check_failure, owed_again
from domain.ledger import Account
from domain.payments import PaymentOperation, PaymentStatus, Unasked, unasked_key
from domain.process import ProcessDefinition
from domain.refunds import (
    by_hand,
    granted_alone,
    newly_in_our_books,
    refund_failed,
    refunded,
    replanned,
    to_provider,
)
from domain.return_commands import check_return_command
from domain.return_entries import Share
from domain.return_waits import return_waits
from domain.returns import ReturnStatus
from domain.tenders import Tender
from tests.domain.builders import (
    APPROVED,
    AUTHORIZED,
    COMPLETED,
    NUMBER,
    RMA,
    fact,
    money,
    return_of,
    sourced,
    view_of,
)

A = Account
REFUND = f"{NUMBER}-R9/refund/1"
SUCCEEDED, FAILED = PaymentStatus.SUCCEEDED, PaymentStatus.FAILED
TOLD = fact(FactKind.REFUND_FAILED, REFUND, 90, amount=600, currency="USD", code="account_closed")
DONE = Executed(REFUND, SUCCEEDED, 600, "USD")
RETRY = Command("c-1", C.RETURN_RETRY_REFUND, "finn")
TRANSFER = Command("c-2", C.RETURN_TRANSFER_REFUND, "finn")
SENT = money(PaymentOperation.REFUND, SUCCEEDED, 600)


def again(view=None, balances=None):
    return owed_again(view or view_of(*COMPLETED), balances or {}, DONE, TOLD.code)


def test_a_refund_that_fails_has_one_name_whatever_tells_it():
    assert unasked_key(REFUND, Unasked.REFUND_FAILURE) == f"{REFUND}/refund_failure"


@pytest.mark.parametrize("status", [PaymentStatus.UNKNOWN, PaymentStatus.REQUESTED])
def test_a_failure_that_beats_the_answer_waits_for_it_and_tells_nobody(status):
    found = check_failure(replace(DONE, status=status), TOLD)
    assert found == Unbooked(f"{REFUND} has no outcome yet", later=True, quiet=True)


def test_a_refund_that_our_books_never_counted_has_nothing_to_come_back():
    assert check_failure(replace(DONE, status=FAILED), TOLD) is None
    assert (DONE.counted, replace(DONE, status=FAILED).counted) == (True, False)


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({"amount": 599}, r"it is of 599 USD, .*/refund/1 of 6\.00 USD"),
        ({"amount": 601, "currency": ""}, r"it is of 601, "),
        ({"currency": "EUR"}, r"it is of 600 EUR, "),
    ],
)
def test_a_failure_of_another_amount_is_kept_apart_and_people_are_told(told, words):
    found = check_failure(DONE, replace(TOLD, **told))
    assert found is not None
    assert (found.later, found.quiet) == (False, False)
    assert re.search(words, found.why)


def test_a_failure_of_the_whole_is_booked_whether_it_names_its_currency_or_not():
    assert check_failure(DONE, TOLD) is None
    assert check_failure(DONE, replace(TOLD, currency="")) is None


def test_the_provider_has_it_again_and_we_owe_it_again():
    posting = came_back(view_of(*COMPLETED).order, "k", 600)
    assert {leg.account: leg.amount for leg in posting.legs} == {
        A.PROVIDER_CLEARING: 600, A.REFUNDS_PAYABLE: -600,
    }  # fmt: skip


def test_it_is_owed_as_a_refund_that_names_the_one_that_failed():
    assert again() == j.ReturnRequested(
        (), f"refund {REFUND} failed: account_closed", 600, "refund_failed",
        (Share(Tender.PROVIDER, 600),), replaces=REFUND,
    )  # fmt: skip
    assert owed_again(view_of(*COMPLETED), {}, DONE, "").reason.endswith("no reason told")


def test_what_the_customer_has_come_to_owe_is_netted_at_once():
    taken = fact(
        FactKind.CHARGED_BACK, f"{NUMBER}-F1/capture/1", amount=400, dispute="dp_1", id="t:1"
    )
    view = view_of(*COMPLETED, facts=(taken,))
    assert again(view, {A.RECEIVABLE: 400}).plan == (
        Share(Tender.RECEIVABLE, 400), Share(Tender.PROVIDER, 200),
    )  # fmt: skip


def test_nothing_is_asked_of_the_provider_before_finance_has_decided():
    view = return_of(again())
    assert view.status is ReturnStatus.GRANTED
    assert (view.refund, refunded(view), to_provider(view), by_hand(view)) == (600, 0, 600, 600)
    assert refund_failed(view)
    [wait] = return_waits(view, ProcessDefinition())
    assert (wait.key, wait.owner, wait.queued) == ("refund", Role.FINANCE, True)
    assert wait.reason == (
        "the refund failed: it has to be tried again, become store credit or be transferred"
    )
    for command in (RETRY, TRANSFER):
        check_return_command(view, command)


def test_tried_again_it_has_an_ordinal_of_its_own_and_is_not_for_finance_meanwhile():
    view = return_of(again(), j.RefundRetried())
    assert view.last_refund is not None
    assert (view.last_refund.key, view.last_refund.ordinal) == (REFUND, 0)
    assert (to_provider(view), by_hand(view), refund_failed(view)) == (600, 0, False)
    for command in (RETRY, TRANSFER):
        with pytest.raises(StepRefused):
            check_return_command(view, command)
    paid = j.PaymentMoved(f"{RMA}/refund/1", PaymentOperation.REFUND, 1, SUCCEEDED, 600)
    done = return_of(again(), j.RefundRetried(), paid)
    assert (to_provider(done), by_hand(done), refunded(done)) == (0, 0, 600)
    refused = return_of(again(), j.RefundRetried(), replace(paid, status=FAILED))
    assert refund_failed(refused)


def test_transferred_by_hand_nothing_is_left_for_the_provider():
    view = return_of(again(), j.RefundTransferred(600, "B-1"))
    assert (to_provider(view), by_hand(view), refunded(view)) == (0, 0, 600)


@pytest.mark.parametrize(
    ("credit", "shares"),
    [
        (0, ()),
        (250, ((Tender.PROVIDER, 350), (Tender.STORE_CREDIT, 250))),
        (9_999, ((Tender.STORE_CREDIT, 600),)),
    ],
)
def test_a_refund_that_failed_may_become_store_credit_in_whole_or_in_part(credit, shares):
    order, view = view_of(*COMPLETED, customer_ref="C-1"), return_of(again())
    plan = replanned(view, order, {}, credit)
    assert plan == tuple(Share(*share) for share in shares)
    if plan:
        [posting] = newly_in_our_books(order.order, view, plan)
        given = min(credit, 600)
        assert {(leg.account, leg.amount, leg.party) for leg in posting.legs} == {
            (A.REFUNDS_PAYABLE, given, ""), (A.STORE_CREDIT, -given, "C-1"),
        }  # fmt: skip
        after = return_of(again(), j.RefundRetried("", plan))
        assert (refunded(after), to_provider(after)) == (given, 600 - given)


def test_store_credit_of_nobody_is_refused():
    with pytest.raises(StepRefused):
        replanned(return_of(again()), view_of(*COMPLETED), {}, 1)


def test_what_replaces_a_refund_was_granted_before_and_counts_towards_no_threshold():
    order = view_of(*COMPLETED)
    assert granted_alone(order, [return_of(again())]) == 0
    goodwill = return_of(replace(again(), kind="goodwill", replaces=""))
    assert granted_alone(order, [goodwill]) == 600


# A deposit that the order itself gave back

IN_ADVANCE = money(PaymentOperation.CAPTURE, SUCCEEDED)
CANCELED = (APPROVED, sourced(), AUTHORIZED, IN_ADVANCE, j.Canceled("no longer wanted"))
WHOLE = replace(SENT, amount=1_000)
DEPOSIT_FAILED = fact(FactKind.REFUND_FAILED, WHOLE.key, 90, amount=1_000, id="t:1")


def test_the_payment_status_no_longer_counts_what_came_back():
    assert payment_state(view_of(*CANCELED, WHOLE)) is PaymentState.REFUNDED
    failed = view_of(*CANCELED, WHOLE, facts=(DEPOSIT_FAILED, replace(DEPOSIT_FAILED, id="t:2")))
    assert derived.refunded(failed) == 0
    assert payment_state(failed) is PaymentState.CAPTURED
    assert failed.received == 0


def test_the_order_does_not_give_it_back_itself_once_more():
    """It is owed as a refund of its own: two of them would give it back twice."""
    failed = view_of(*CANCELED, WHOLE, facts=(DEPOSIT_FAILED,))
    assert (failed.deposit, money_due(failed)) == (0, None)


def test_a_failure_of_a_refund_that_never_counted_changes_nothing():
    view = view_of(*CANCELED, replace(WHOLE, status=FAILED), facts=(DEPOSIT_FAILED,))
    assert derived.refunded(view) == 0
    assert payment_state(view) is PaymentState.CAPTURED
