"""What is asked for anew: since when, when again, and as long as it is wanted."""

from dataclasses import replace
from datetime import timedelta

import pytest

from domain import journal as j
from domain.attempts import PAUSE_FIRST, PAUSE_MAX, run_of, under_way
from domain.derived import payment_state
from domain.payments import NO_EFFECT, PaymentOperation, PaymentStatus
from domain.process import ProcessDefinition
from domain.waits import waits
from tests.domain.builders import (
    AUTHORIZED,
    CLOSED,
    COMPLETED,
    F1,
    ON_ITS_WAY,
    PROCESSING,
    at,
    money,
    view_of,
)

PROCESS = ProcessDefinition()
CAPTURE, VOID = PaymentOperation.CAPTURE, PaymentOperation.VOID
SUCCEEDED, FAILED, UNKNOWN = PaymentStatus.SUCCEEDED, PaymentStatus.FAILED, PaymentStatus.UNKNOWN
CANCELED = j.Canceled("no longer wanted")


def undone(operation: PaymentOperation, ordinal: int = 1, parcel: str = "") -> j.PaymentMoved:
    return money(operation, FAILED, ordinal=ordinal, parcel=parcel, reason=NO_EFFECT)


def captures(count: int) -> tuple[j.PaymentMoved, ...]:
    """Entries of the builders are a minute apart; the first of these is the sixth."""
    return tuple(undone(CAPTURE, n, F1) for n in range(1, count + 1))


def test_the_pause_doubles_from_seconds_to_an_hour_and_never_overflows() -> None:
    def pause(attempts: int) -> timedelta:
        run = run_of(view_of(*ON_ITS_WAY, *captures(attempts)).payments.values(), CAPTURE, F1)
        assert run is not None
        assert run.attempts == attempts
        assert run.again_at is not None
        return run.again_at - run.last.since

    assert [pause(n) for n in (1, 2, 3, 4)] == [PAUSE_FIRST * n for n in (0, 1, 2, 4)]
    assert [pause(n) for n in (11, 12, 200)] == [PAUSE_FIRST * 512, PAUSE_MAX, PAUSE_MAX]


def test_what_comes_to_something_ends_the_run_and_the_next_is_another() -> None:
    last = money(CAPTURE, FAILED, ordinal=3, parcel=F1, reason="declined")
    view = view_of(*ON_ITS_WAY, *captures(2), last)
    assert run_of(view.payments.values(), CAPTURE, F1) is None
    assert list(under_way(view)) == []

    view = view_of(*ON_ITS_WAY, *captures(2), last, undone(CAPTURE, 4, F1))
    [run] = under_way(view)
    assert (run.first.key, run.attempts) == (f"{F1}/capture/4", 1)


def test_attempts_are_one_wait_that_ages_whatever_becomes_of_the_single_ones() -> None:
    asked = money(CAPTURE, UNKNOWN, ordinal=3, parcel=F1)
    for history in (captures(1), captures(2), (*captures(2), asked), captures(3)):
        found = waits(view_of(*ON_ITS_WAY, *history), PROCESS)
        [wait] = [each for each in found if each.key.startswith("payment/")]
        assert wait.key == f"payment/{F1}/capture/1/outcome"
        assert wait.since == at(6)
        assert wait.deadline == at(6) + timedelta(seconds=PROCESS.task_within)


@pytest.mark.parametrize(
    "history",
    [
        (*PROCESSING[:2], undone(PaymentOperation.AUTHORIZE), CANCELED),
        (*PROCESSING, undone(VOID)),  # it is needed again
        (*ON_ITS_WAY, *captures(1), j.ReceivableLeft(F1, "by letter")),
        CLOSED,
    ],
)
def test_what_is_wanted_no_longer_is_waited_for_by_nobody(history: tuple[j.Body, ...]) -> None:
    view = view_of(*history)
    assert list(under_way(view)) == []
    assert [each.key for each in waits(view, PROCESS) if each.key.endswith("/outcome")] == []


def test_what_is_to_be_given_back_is_one_wait_asked_for_or_not() -> None:
    def keys(*more: j.Body) -> list[str]:
        return [wait.key for wait in waits(view_of(*PROCESSING, CANCELED, *more), PROCESS)]

    outcome = f"payment/{AUTHORIZED.key.replace('authorize', 'void')}/outcome"
    assert keys() == ["payment/give_back"]
    assert keys(undone(VOID)) == keys(undone(VOID), undone(VOID, 2)) == [outcome]
    assert keys(undone(VOID), money(VOID, SUCCEEDED, ordinal=2)) == []


def test_an_order_stays_open_as_long_as_a_capture_is_asked_for() -> None:
    """Finance wanted a failed one again; the order is complete."""
    failed = money(CAPTURE, FAILED, parcel=F1, reason="declined")
    again = (j.CaptureRetried(F1), undone(CAPTURE, 2, F1))
    view = view_of(*ON_ITS_WAY, failed, *COMPLETED[-2:], *again)
    assert view.recapturing == (F1,)
    assert "return_window" not in [wait.key for wait in waits(view, PROCESS)]


def test_a_payment_that_had_no_effect_is_not_declined() -> None:
    asked = undone(PaymentOperation.AUTHORIZE)
    assert payment_state(view_of(*PROCESSING[:2], asked)) == "NONE"
    assert payment_state(view_of(*PROCESSING[:2], replace(asked, reason="declined"))) == "DECLINED"
