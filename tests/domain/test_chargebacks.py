"""Chargebacks: what is booked of a dispute, what it leaves owed, and what it keeps from being paid
back twice.
"""

import re
from dataclasses import replace

import pytest

from domain import journal as j
from domain.authorizations import MoneyStep, money_due
from domain.chargebacks import (
    Captured,
    Unbooked,
    charged_back,
    check_chargeback,
    check_reversal,
    deposit_settled,
    owed_back,
    same_again,
    won,
)
from domain.derived import PaymentState, payment_state
from domain.facts import FactKind
from domain.ledger import Account
from domain.payments import PaymentOperation, PaymentStatus, Unasked, unasked_key
from domain.process import ProcessDefinition
from domain.receivables import owed_directly
from domain.refunds import refund_plan
from domain.return_entries import Share
from domain.standing import Dispute
from domain.tenders import Tender
from tests.domain.builders import (
    APPROVED,
    AUTHORIZED,
    CAPTURED,
    CLOSED,
    COMPLETED,
    NUMBER,
    SHIPPED,
    fact,
    money,
    sourced,
    view_of,
)

K, A = FactKind, Account
CAPTURE = CAPTURED.key
IN_ADVANCE = money(PaymentOperation.CAPTURE, PaymentStatus.SUCCEEDED)
PAID_AHEAD = (APPROVED, sourced(), AUTHORIZED, IN_ADVANCE)


def told(kind: K, amount: int, dispute: str = "dp_1", capture: str = CAPTURE, minute: float = 90):
    return fact(kind, capture, minute, amount=amount, dispute=dispute, id=f"t:{kind}{minute}")


TAKEN = told(K.CHARGED_BACK, 1_000)
GIVEN = told(K.CHARGEBACK_REVERSED, 1_000, minute=95)
KEY = unasked_key(CAPTURE, Unasked.CHARGEBACK, "dp_1")


def captured(**rest) -> Captured:
    plain = Captured(CAPTURE, PaymentStatus.SUCCEEDED, 1_000, "USD", left=1_000)
    return replace(plain, **rest)


def legs(posting) -> dict[A, int]:
    return {leg.account: leg.amount for leg in posting.legs}


def test_a_dispute_counts_once_however_often_and_by_whatever_event_it_is_told():
    again = told(K.CHARGED_BACK, 1_000, minute=92)
    other = told(K.CHARGED_BACK, 300, "dp_2", minute=93)
    view = view_of(*CLOSED, facts=(TAKEN, again, other))
    assert view.disputes == {
        KEY: Dispute(CAPTURE, 1_000),
        KEY.replace("dp_1", "dp_2"): Dispute(CAPTURE, 300),
    }
    assert view.charged_back == 1_300
    assert view.received == 0


def test_whatever_comes_first_the_end_is_the_same():
    early = replace(GIVEN, occurred_at=TAKEN.occurred_at, id="a")
    for facts in ((TAKEN, early), (early, TAKEN)):
        assert view_of(*CLOSED, facts=facts).disputes == {KEY: Dispute(CAPTURE, 1_000, 1_000)}


@pytest.mark.parametrize(
    ("facts", "state"),
    [
        ((TAKEN,), PaymentState.CHARGED_BACK),
        ((told(K.CHARGED_BACK, 400),), PaymentState.PARTIALLY_CHARGED_BACK),
        ((TAKEN, GIVEN), PaymentState.CAPTURED),
        ((TAKEN, told(K.CHARGEBACK_REVERSED, 600)), PaymentState.PARTIALLY_CHARGED_BACK),
    ],
)
def test_the_payment_status_says_what_was_charged_back_and_not_given_back(facts, state):
    assert payment_state(view_of(*COMPLETED, facts=facts)) is state


def test_what_was_refunded_and_charged_back_together_is_the_whole():
    refunded = money(PaymentOperation.REFUND, PaymentStatus.SUCCEEDED, 600)
    view = view_of(*COMPLETED, refunded, facts=(told(K.CHARGED_BACK, 400),))
    assert payment_state(view) is PaymentState.CHARGED_BACK


@pytest.mark.parametrize(
    ("capture", "words", "later", "quiet"),
    [
        (captured(status=PaymentStatus.FAILED), "our books say", False, False),
        (captured(status=PaymentStatus.UNKNOWN), "has no outcome yet", True, True),
        (captured(status=PaymentStatus.REQUESTED), "has no outcome yet", True, True),
        (captured(refunding=True), "a refund of .* is under way", True, True),
        (captured(left=999), "it is of 10.00 USD, and 9.99 USD is captured", True, False),
        (captured(taken=1), "and 9.99 USD is captured", True, False),
        (captured(amount=999, left=2_000), "and 9.99 USD is captured", True, False),
    ],
)
def test_a_chargeback_that_does_not_fit_our_books_is_kept_apart(capture, words, later, quiet):
    found = check_chargeback(capture, TAKEN)
    assert found is not None
    assert (found.later, found.quiet) == (later, quiet)
    assert re.search(words, found.why)


def test_what_was_taken_and_given_back_takes_nothing_from_what_others_took_meanwhile():
    gone = captured(left=0, taken=1_000)
    assert check_chargeback(gone, TAKEN, given_back=1_000) is None
    assert check_chargeback(gone, TAKEN, given_back=999) is not None


def test_a_chargeback_of_all_that_is_left_is_booked_and_one_in_another_currency_is_not():
    assert check_chargeback(captured(), TAKEN) is None
    assert check_chargeback(captured(), replace(TAKEN, currency="USD")) is None
    assert check_chargeback(captured(), replace(TAKEN, currency="EUR")) == Unbooked(
        f"it is in EUR, {CAPTURE} in USD"
    )


def test_a_reversal_needs_its_chargeback_and_gives_back_no_more():
    assert check_reversal(1_000, "USD", GIVEN) is None
    assert check_reversal(0, "USD", GIVEN) == Unbooked(
        "dispute dp_1 has charged nothing back yet", later=True, quiet=True
    )
    assert check_reversal(999, "USD", GIVEN) is not None
    assert check_reversal(1_000, "USD", replace(GIVEN, currency="EUR")) is not None


def test_another_event_of_a_booked_dispute_is_no_news_unless_it_says_another_amount():
    assert same_again(1_000, TAKEN) is None
    assert same_again(900, TAKEN) == Unbooked("dispute dp_1 was booked with 900, not 1000")


def test_what_was_charged_back_is_owed_again():
    view = view_of(*COMPLETED, facts=(TAKEN,))
    assert legs(charged_back(view.order, KEY, 1_000)) == {
        A.RECEIVABLE: 1_000, A.PROVIDER_CLEARING: -1_000,
    }  # fmt: skip
    assert owed_directly(view, {A.RECEIVABLE: 1_000}) == 1_000
    assert owed_directly(view, {A.RECEIVABLE: 1_500}) == 1_000  # what is about to be captured
    assert owed_directly(view_of(*COMPLETED), {A.RECEIVABLE: 1_000}) == 0
    assert owed_directly(view_of(*COMPLETED, facts=(TAKEN, GIVEN)), {A.RECEIVABLE: 1_000}) == 0


def test_a_refund_after_a_chargeback_is_owed_less_and_not_paid_twice():
    view = view_of(*COMPLETED, facts=(told(K.CHARGED_BACK, 400),))
    assert refund_plan(view, {A.RECEIVABLE: 400}, 1_000, 0) == (
        Share(Tender.RECEIVABLE, 400), Share(Tender.PROVIDER, 600),
    )  # fmt: skip
    assert refund_plan(view, {A.BAD_DEBT: 400}, 1_000, 0) == (
        Share(Tender.BAD_DEBT, 400), Share(Tender.PROVIDER, 600),
    )  # fmt: skip
    assert refund_plan(view, {A.RECEIVABLE: 300, A.BAD_DEBT: 100}, 250, 0) == (
        Share(Tender.RECEIVABLE, 250),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("balances", "posted", "rest"),
    [
        ({A.RECEIVABLE: 1_000}, {A.RECEIVABLE: -1_000}, 0),
        ({A.BAD_DEBT: 1_000}, {A.BAD_DEBT: -1_000}, 0),
        ({}, {A.REFUNDS_PAYABLE: -1_000}, 1_000),
        (
            {A.RECEIVABLE: 500, A.BAD_DEBT: 300},
            {A.RECEIVABLE: -500, A.BAD_DEBT: -300, A.REFUNDS_PAYABLE: -200},
            200,
        ),
    ],
    ids=["still owed", "given up", "paid otherwise", "some of each"],
)
def test_a_dispute_that_is_won_takes_back_what_had_become_of_it(balances, posted, rest):
    view = view_of(*CLOSED, facts=(TAKEN,))
    posting, owed = won(view, "k", 1_000, balances)
    assert legs(posting) == {A.PROVIDER_CLEARING: 1_000, **posted}
    assert owed == rest


@pytest.mark.parametrize(
    ("accepted", "lost", "posted"),
    [
        (1_000, 1_000, {A.BAD_DEBT: -1_000}),
        (600, 600, {A.BAD_DEBT: -600, A.RECEIVABLE: -400}),
        (600, 200, {A.BAD_DEBT: -200, A.RECEIVABLE: -500, A.REFUNDS_PAYABLE: -300}),
        (0, 700, {A.RECEIVABLE: -500, A.BAD_DEBT: -500}),
    ],
    ids=["all", "a part", "paid after all", "of another dispute"],
)
def test_a_dispute_that_is_won_takes_back_its_own_loss_before_it_pays_what_else_is_owed(
    accepted, lost, posted
):
    view = view_of(*CLOSED, facts=(TAKEN,))
    posting, owed = won(view, "k", 1_000, {A.RECEIVABLE: 500, A.BAD_DEBT: lost}, accepted)
    assert legs(posting) == {A.PROVIDER_CLEARING: 1_000, **posted}
    assert owed == -posted.get(A.REFUNDS_PAYABLE, 0)


def test_what_is_owed_back_after_a_dispute_goes_back_as_it_came_or_waits_for_a_second_person():
    view, process = view_of(*CLOSED, facts=(TAKEN, GIVEN)), ProcessDefinition()
    entry = owed_back(view, process, {}, 1_000)
    assert (entry.kind, entry.amount, entry.plan) == (
        "dispute_won", 1_000, (Share(Tender.PROVIDER, 1_000),),
    )  # fmt: skip
    strict = replace(process, refund_four_eyes_above=999)
    assert owed_back(view, strict, {}, 1_000).plan == ()


# Paid in advance


AHEAD = told(K.CHARGED_BACK, 600, capture=IN_ADVANCE.key)
AHEAD_GIVEN = told(K.CHARGEBACK_REVERSED, 600, capture=IN_ADVANCE.key, minute=95)
CANCELED = (*PAID_AHEAD, j.Canceled("no longer wanted"))


def test_what_was_charged_back_in_advance_is_not_refunded_once_more_when_the_order_ends():
    step = MoneyStep(PaymentOperation.REFUND, "", 400, f"{NUMBER}/authorize/1")
    assert money_due(view_of(*CANCELED, facts=(AHEAD,))) == step
    assert money_due(view_of(*CANCELED, facts=(AHEAD, AHEAD_GIVEN))) == step
    whole = told(K.CHARGED_BACK, 1_000, capture=IN_ADVANCE.key)
    assert money_due(view_of(*CANCELED, facts=(whole,))) is None
    assert view_of(*PAID_AHEAD, facts=(whole,)).prepaid == 1_000  # nobody is charged anew for it


@pytest.mark.parametrize(
    ("facts", "balances", "posted", "rest"),
    [
        ((AHEAD,), {A.RECEIVABLE: 600}, {A.DEPOSITS: 600, A.RECEIVABLE: -600}, 0),
        ((AHEAD,), {A.BAD_DEBT: 600}, {A.DEPOSITS: 600, A.BAD_DEBT: -600}, 0),
        ((AHEAD, AHEAD_GIVEN), {}, {A.DEPOSITS: 600, A.REFUNDS_PAYABLE: -600}, 600),
    ],
    ids=["charged back", "charged back and given up", "given back"],
)
def test_an_order_that_ends_settles_its_deposit_with_what_was_charged_back(
    facts, balances, posted, rest
):
    view = view_of(*CANCELED, facts=facts)
    posting, owed = deposit_settled(view, "k", {A.DEPOSITS: -1_000, **balances})
    assert posting is not None
    assert legs(posting) == posted
    assert owed == rest


def test_an_order_without_disputes_settles_nothing_here():
    assert deposit_settled(view_of(*CANCELED), "k", {A.DEPOSITS: -1_000}) == (None, 0)
    shipped = view_of(*PAID_AHEAD, SHIPPED, facts=(AHEAD,))
    assert deposit_settled(shipped, "k", {A.RECEIVABLE: 600}) == (None, 0)
