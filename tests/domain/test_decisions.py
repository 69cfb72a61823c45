"""Which entries still have to be journaled when their turn comes, and which come together."""

from dataclasses import replace

import pytest

from domain import journal as j
from domain.access import Role
from domain.authorizations import MoneyStep, money_due
from domain.commands import Command, CommandKind
from domain.decisions import applies, ending, entries_for, payment_entries
from domain.payments import NO_EFFECT, PaymentOperation, PaymentStatus
from domain.returns import return_applies
from tests.domain.builders import (
    APPROVED,
    COMPLETED,
    F1,
    NUMBER,
    ON_ITS_WAY,
    PROCESSING,
    SHIPPED,
    money,
    return_of,
    units,
    view_of,
)

TWO = units((1, "A", 2))
ASKED = j.ReturnRequested(TWO, "too small", 2_000)


def declined(reason: str = "card_declined", status: PaymentStatus = PaymentStatus.FAILED):
    return j.PaymentMoved("x/authorize/1", PaymentOperation.AUTHORIZE, 1, status, 1_000, reason)


def in_advance(ordinal: int, amount: int) -> list[j.PaymentMoved]:
    done = PaymentStatus.SUCCEEDED
    promised = money(PaymentOperation.AUTHORIZE, done, amount, ordinal=ordinal)
    taken = money(PaymentOperation.CAPTURE, done, amount, ordinal=ordinal)
    return [promised, replace(taken, authorization=promised.key)]


def test_what_a_refund_that_is_let_be_leaves_owed_is_what_no_other_payment_gives_back():
    paid = (*PROCESSING[:2], *in_advance(1, 600), *in_advance(2, 400), j.Canceled("asked"))
    refused = [
        replace(
            money(PaymentOperation.REFUND, PaymentStatus.FAILED, amount, ordinal=n, reason="no"),
            authorization=f"{NUMBER}/authorize/{n}",
        )
        for n, amount in ((1, 600), (2, 400))
    ]
    leave = [Command("c", CommandKind.LEAVE_OPERATION, "finn", "by bank", r.key) for r in refused]

    alone = view_of(*paid, refused[0])
    assert entries_for(alone, leave[0]) == [j.OperationLeft(refused[0].key, "by bank", 600)]
    left = (*paid, *refused, *entries_for(view_of(*paid, *refused), leave[0]))
    assert view_of(*left).deposit == 400
    assert money_due(view_of(*left)) is None
    [last] = entries_for(view_of(*left), leave[1])
    assert last == j.OperationLeft(refused[1].key, "by bank", 400)
    assert view_of(*left, last).deposit == 0


def test_a_refund_that_another_payment_makes_up_for_leaves_nothing_owed():
    """The parcel that was sent has used most of what was paid."""
    sent = (*PROCESSING[:2], *in_advance(1, 600), *in_advance(2, 800), SHIPPED, j.Delivered(F1))
    refused = replace(
        money(PaymentOperation.REFUND, PaymentStatus.FAILED, 400, reason="no"),
        authorization=f"{NUMBER}/authorize/1",
    )
    view = view_of(*sent, j.Completed(), refused)
    assert money_due(view) == MoneyStep(PaymentOperation.REFUND, "", 400, f"{NUMBER}/authorize/2")
    command = Command("c", CommandKind.LEAVE_OPERATION, "finn", "made up for", refused.key)
    assert entries_for(view, command) == [j.OperationLeft(refused.key, "made up for")]


@pytest.mark.parametrize(
    ("history", "bodies"),
    [
        (ON_ITS_WAY, [j.Delivered(F1)]),
        (COMPLETED, [j.Closed()]),
        ((), [j.Reviewed("approve", "v1", "r1", "fine")]),
        (PROCESSING, [j.Escalated("checks", "late", Role.SUPERVISOR, 1)]),
        (COMPLETED, []),
    ],
)
def test_what_the_state_waits_for_applies(history, bodies):
    assert applies(view_of(*history), bodies)


@pytest.mark.parametrize(
    ("history", "bodies"),
    [
        (COMPLETED, [j.Completed()]),
        (COMPLETED, [j.Delivered(F1)]),
        ((*ON_ITS_WAY, j.Delivered(F1)), [j.Delivered(F1)]),
        ((j.Canceled("asked"),), [j.Reviewed("approve", "v1", "r1", "fine")]),
        ((j.Canceled("asked"),), [j.PaymentRegistered(1_000, "W")]),
        ((*PROCESSING, j.PaymentRegistered(0, "W")), [j.PaymentRegistered(0, "W")]),
        ((APPROVED,), [j.HoldReleased("stock", "came")]),
        (
            (*PROCESSING, j.Escalated("checks", "late", Role.SUPERVISOR, 1)),
            [j.Escalated("checks", "late", Role.SUPERVISOR, 1)],
        ),
    ],
)
def test_what_is_done_or_no_longer_allowed_does_not_apply(history, bodies):
    assert not applies(view_of(*history), bodies)


def test_entries_of_a_return_apply_while_its_status_allows_them():
    assert return_applies(return_of(ASKED), [j.ReturnApproved()])
    assert not return_applies(return_of(ASKED, j.ReturnApproved()), [j.ReturnApproved()])
    assert not return_applies(return_of(ASKED, j.ReturnCanceled("kept")), [j.ReturnApproved()])


def test_a_declined_authorization_comes_with_its_hold():
    moved = declined()
    found, hold = payment_entries(view_of(*PROCESSING), moved)
    assert found is moved
    assert hold == j.HoldPlaced("payment", "the payment was declined: card_declined", Role.CUSTOMER)


def test_a_capture_in_advance_that_failed_holds_the_order_as_a_decline_does():
    failed = money(PaymentOperation.CAPTURE, PaymentStatus.FAILED, reason="expired_card")
    _, hold = payment_entries(view_of(*PROCESSING), failed)
    assert hold == j.HoldPlaced("payment", "the payment was declined: expired_card", Role.CUSTOMER)


@pytest.mark.parametrize(
    ("history", "moved"),
    [
        (PROCESSING, declined(status=PaymentStatus.SUCCEEDED)),
        (PROCESSING, declined(reason=NO_EFFECT)),
        ((*PROCESSING, j.HoldPlaced("payment", "declined", Role.CUSTOMER)), declined()),
        ((*PROCESSING, j.Canceled("asked")), declined()),
        (
            PROCESSING,
            money(PaymentOperation.CAPTURE, PaymentStatus.FAILED, 9, parcel=F1),
        ),
    ],
)
def test_nothing_else_that_becomes_of_a_payment_places_a_hold(history, moved):
    assert payment_entries(view_of(*history), moved) == [moved]


def test_an_order_without_any_unit_sent_expires_and_is_never_complete():
    assert ending(view_of(*COMPLETED[:-1])) == j.Completed()
    assert ending(view_of(*PROCESSING)) == j.Expired("none of its units could be sent")
