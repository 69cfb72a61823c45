"""What is promised by card: each authorization is given back, or decided by finance, by itself."""

from dataclasses import replace

import pytest

from domain import journal as j
from domain.authorizations import MoneyStep, awaits_finance, covering, money_due, promise
from domain.commands import Command, CommandKind, check
from domain.errors import StepRefused
from domain.payments import PaymentOperation, PaymentStatus
from domain.process import ProcessDefinition
from domain.waits import waits
from tests.domain.builders import APPROVED, F1, NUMBER, SHIPPED, money, sourced, view_of

AUTHORIZE, CAPTURE = PaymentOperation.AUTHORIZE, PaymentOperation.CAPTURE
VOID, REFUND = PaymentOperation.VOID, PaymentOperation.REFUND
DONE, FAILED = PaymentStatus.SUCCEEDED, PaymentStatus.FAILED
FIRST, SECOND = (f"{NUMBER}/authorize/{n}" for n in (1, 2))
PROCESS = ProcessDefinition()


def on(authorization: str, moved: j.PaymentMoved) -> j.PaymentMoved:
    return replace(moved, authorization=authorization)


TWO_PROMISES = (
    APPROVED,
    sourced(),
    money(AUTHORIZE, DONE, 1_000),
    money(AUTHORIZE, DONE, 2_000, ordinal=2),
)
FIRST_VOID = on(FIRST, money(VOID, FAILED, 1_000, reason="no such payment"))
SECOND_VOID = on(SECOND, money(VOID, DONE, 2_000, ordinal=2))
CANCELED = (*TWO_PROMISES, j.Canceled("no longer wanted"))
PAID_TWICE = (
    *TWO_PROMISES,
    on(FIRST, money(CAPTURE, DONE, 1_000)),
    on(SECOND, money(CAPTURE, DONE, 2_000, ordinal=2)),
    j.Canceled("no longer wanted"),
)
FIRST_REFUND = on(FIRST, money(REFUND, FAILED, 1_000, reason="card closed"))
SECOND_REFUND = on(SECOND, money(REFUND, DONE, 2_000, ordinal=2))


def wants(kind: CommandKind, key: str) -> Command:
    return Command("c-1", kind, "finn", "because", key)


@pytest.mark.parametrize(
    ("journal", "failed", "later"),
    [
        (CANCELED, FIRST_VOID, SECOND_VOID),
        (CANCELED, FIRST_VOID, replace(SECOND_VOID, status=FAILED, reason="no such payment")),
        (PAID_TWICE, FIRST_REFUND, SECOND_REFUND),
        (PAID_TWICE, FIRST_REFUND, replace(SECOND_REFUND, status=FAILED, reason="card closed")),
    ],
    ids=["void, then done", "void, then failed", "refund, then done", "refund, then failed"],
)
def test_what_failed_for_one_authorization_is_not_hidden_by_what_came_of_another(
    journal, failed, later
):
    view = view_of(*journal, failed, later)
    of_finance = {key for key, payment in view.payments.items() if awaits_finance(view, payment)}
    assert of_finance == {failed.key} | ({later.key} if later.status is FAILED else set())
    queued = {wait.key: wait.owner for wait in waits(view, PROCESS) if wait.queued}
    assert queued == {f"payment/{key}/failed": "finance" for key in of_finance}
    for kind in (CommandKind.RETRY_OPERATION, CommandKind.LEAVE_OPERATION):
        check(view, wants(kind, failed.key))


@pytest.mark.parametrize(
    ("journal", "failed", "later"),
    [(CANCELED, FIRST_VOID, SECOND_VOID), (PAID_TWICE, FIRST_REFUND, SECOND_REFUND)],
)
def test_what_finance_wants_again_is_due_again_for_that_authorization(journal, failed, later):
    view = view_of(*journal, failed, later, j.OperationRetried(failed.key))
    assert money_due(view) == MoneyStep(failed.operation, "", 1_000, FIRST)
    again = replace(failed, key=f"{NUMBER}/{failed.operation}/3", ordinal=3)
    view = view_of(*journal, failed, later, j.OperationRetried(failed.key), again)
    assert [key for key, p in view.payments.items() if awaits_finance(view, p)] == [again.key]
    with pytest.raises(StepRefused, match="has not failed for good"):
        check(view, wants(CommandKind.RETRY_OPERATION, failed.key))


@pytest.mark.parametrize(
    ("journal", "failed", "operation"),
    [(CANCELED, FIRST_VOID, VOID), (PAID_TWICE, FIRST_REFUND, REFUND)],
)
def test_what_failed_for_one_authorization_keeps_no_other_from_being_given_back(
    journal, failed, operation
):
    due = MoneyStep(operation, "", 2_000, SECOND)
    assert money_due(view_of(*journal, failed)) == due
    assert money_due(view_of(*journal, failed, j.OperationLeft(failed.key, "it lapses"))) == due


def test_a_refund_names_the_authorization_it_gives_back_and_never_more_than_the_deposit():
    assert money_due(view_of(*PAID_TWICE)) == MoneyStep(REFUND, "", 1_000, FIRST)
    done = replace(FIRST_REFUND, status=DONE, reason="")
    assert money_due(view_of(*PAID_TWICE, done)) == MoneyStep(REFUND, "", 2_000, SECOND)
    assert money_due(view_of(*PAID_TWICE, done, SECOND_REFUND)) is None
    sent = (*TWO_PROMISES, on(SECOND, money(CAPTURE, DONE, 2_000)), SHIPPED, j.Canceled("lost"))
    assert money_due(view_of(*sent, on(FIRST, money(VOID, DONE)))) == MoneyStep(
        REFUND, "", 1_000, SECOND
    )


def test_a_later_capture_of_the_parcel_replaces_one_that_failed_whatever_it_draws_on():
    failed = on(FIRST, money(CAPTURE, FAILED, parcel=F1, reason="expired"))
    again = on(SECOND, money(CAPTURE, DONE, parcel=F1, ordinal=2))
    view = view_of(*TWO_PROMISES, SHIPPED, failed, j.CaptureRetried(F1), again)
    assert not any(awaits_finance(view, payment) for payment in view.payments.values())


@pytest.mark.parametrize("reason", ["not_authorized", "authorization_expired"])
def test_an_authorization_that_is_gone_is_no_longer_counted_on(reason):
    """Who tries the capture again asks for another one first."""
    gone = on(FIRST, money(CAPTURE, FAILED, parcel=F1, reason=reason))
    view = view_of(*TWO_PROMISES[:3], SHIPPED, gone)
    assert (promise(view, ""), covering(view, F1, 1)) == (None, None)
    view = view_of(*TWO_PROMISES, SHIPPED, gone)
    assert covering(view, F1, 1) == view.payments[SECOND]
    declined = on(FIRST, money(CAPTURE, FAILED, parcel=F1, reason="insufficient funds"))
    view = view_of(*TWO_PROMISES[:3], SHIPPED, declined)
    assert covering(view, F1, 1) == view.payments[FIRST]


def test_of_all_that_is_promised_the_authorization_that_covers_it_is_drawn_on():
    view = view_of(*TWO_PROMISES)
    assert covering(view, F1, 1_000) == view.payments[FIRST]
    assert covering(view, F1, 1_001) == view.payments[SECOND]
    assert covering(view, F1, 2_001) is None
    own = money(AUTHORIZE, DONE, 1_500, parcel=F1)
    view = view_of(*TWO_PROMISES, own)
    assert covering(view, F1, 900) == view.payments[own.key]
    assert covering(view, F1, 1_600) == view.payments[SECOND]
    voided = on(SECOND, money(VOID, DONE, 2_000))
    assert covering(view_of(*TWO_PROMISES, voided), F1, 1_001) is None
    asked = replace(TWO_PROMISES[3], status=PaymentStatus.REQUIRES_ACTION)
    assert covering(view_of(*TWO_PROMISES[:3], asked), F1, 1_001) is None


def test_an_authorization_that_could_not_be_voided_is_no_longer_counted_on():
    """It may be gone at the provider, or expire: the order asks for another one."""
    view = view_of(*TWO_PROMISES, FIRST_VOID)
    assert promise(view, "") == view.payments[SECOND]
    assert covering(view, F1, 900) == view.payments[SECOND]
    assert promise(view_of(*TWO_PROMISES[:3], FIRST_VOID), "") is None
