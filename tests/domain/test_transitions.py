"""The declared graphs of orders and returns are exactly those of docs/states.md, pair by pair."""

from pathlib import Path

import pytest

from domain import journal as j
from domain.errors import StepRefused
from domain.returns import ReturnStatus, return_transition
from domain.transitions import OrderStatus, transition
from tests.domain.builders import (
    AUTHORIZED,
    F1,
    ONE_A,
    SHIPPED,
    sourced,
)

STATES = Path(__file__).parents[2] / "docs" / "states.md"

BODIES: dict[str, j.Body] = {
    "Reviewed (approve)": j.Reviewed("approve", "1", "row", "why"),
    "Reviewed (hold)": j.Reviewed("hold", "1", "row", "why", "agent"),
    "Reviewed (reject)": j.Reviewed("reject", "1", "row", "why"),
    "HoldPlaced": j.HoldPlaced("stock", "why", "agent"),
    "HoldReleased": j.HoldReleased("stock", "why"),
    "Approved": j.Approved(),
    "Rejected": j.Rejected("why"),
    "Sourced": sourced(),
    "ReservationReleased": j.ReservationReleased(F1, ONE_A, "why"),
    "UnitsCanceled": j.UnitsCanceled(ONE_A, "why"),
    "PaymentMoved": AUTHORIZED,
    "PaymentRegistered": j.PaymentRegistered(1_000, "their-1"),
    "CreditGranted": j.CreditGranted(1_000, 30),
    "Submitted": j.Submitted(F1),
    "SubmissionRefused": j.SubmissionRefused(F1, "why"),
    "CancelRequested": j.CancelRequested(F1),
    "CancelWanted": j.CancelWanted("why"),
    "NeverReceived": j.NeverReceived(F1),
    "Withdrawn": j.Withdrawn(F1, "why"),
    "Shipped": SHIPPED,
    "Delivered": j.Delivered(F1),
    "ShippedUnasked": j.ShippedUnasked(F1, ONE_A),
    "PackagesArrived": j.PackagesArrived(F1, ("T1",), "why"),
    "Undelivered": j.Undelivered(F1, returned=True, reason="why"),
    "Escalated": j.Escalated("wait", "why", "agent", 1),
    "CaptureRetried": j.CaptureRetried(F1),
    "ReceivableLeft": j.ReceivableLeft(F1, "why"),
    "RenewalDue": j.RenewalDue(AUTHORIZED.key),
    "OperationRetried": j.OperationRetried("x/void/1"),
    "OperationLeft": j.OperationLeft("x/void/1", "why"),
    "Canceled": j.Canceled("why"),
    "Expired": j.Expired("why"),
    "Completed": j.Completed(),
    "Closed": j.Closed(),
    "ReturnRequested": j.ReturnRequested(ONE_A, "why", 1_000),
    "ReturnRequested (without goods)": j.ReturnRequested((), "why", 1_000, "goodwill"),
    "ReturnRequested (lost)": j.ReturnRequested(ONE_A, "why", 1_000, "lost", parcel=F1),
    "ReturnRequested (returned to sender)": j.ReturnRequested(
        ONE_A, "why", 1_000, "returned_to_sender", parcel=F1
    ),
    "ReturnApproved": j.ReturnApproved(),
    "ReturnDeclined": j.ReturnDeclined("why"),
    "ReturnReceived": j.ReturnReceived(ONE_A, "BOS"),
    "ReturnInspected": j.ReturnInspected((), 0),
    "RefundRetried": j.RefundRetried(),
    "RefundApproved": j.RefundApproved(()),
    "RefundTransferred": j.RefundTransferred(1_000, "B-1"),
    "ReturnCompleted": j.ReturnCompleted(),
    "ReturnCanceled": j.ReturnCanceled("why"),
}


def declared(chapter: str) -> dict[tuple[str, str], str]:
    """(status, entry) → status, as a table of docs/states.md has it."""
    text = STATES.read_text(encoding="utf-8").split(f"## {chapter}\n")[1].split("\n## ")[0]
    rows = [row.strip("|").split("|") for row in text.splitlines() if row.startswith("|")][2:]
    return {
        (status.strip(), entry.strip()): after.strip()
        for status, taken, after in rows
        for entry in taken.split(",")
    }


def test_every_kind_of_entry_is_tried():
    assert {name.split()[0] for name in BODIES} == set(j.KINDS)


@pytest.mark.parametrize("status", OrderStatus)
@pytest.mark.parametrize("entry", BODIES)
def test_an_order_takes_exactly_what_the_document_says(status, entry):
    after = declared("An order").get((status.value, entry))
    if after is None:
        with pytest.raises(StepRefused, match=f"an order that is {status} takes no"):
            transition(status, BODIES[entry])
    else:
        assert transition(status, BODIES[entry]) is OrderStatus(after)


@pytest.mark.parametrize("status", [None, *ReturnStatus])
@pytest.mark.parametrize("entry", BODIES)
def test_a_return_takes_exactly_what_the_document_says(status, entry):
    after = declared("A return").get((status.value if status else "(new)", entry))
    if after is None:
        with pytest.raises(StepRefused, match=f"a return that is {status} takes no"):
            return_transition(status, BODIES[entry])
    else:
        assert return_transition(status, BODIES[entry]) is ReturnStatus(after)


def test_every_kind_of_entry_is_taken_by_an_order_or_a_return():
    taken = {entry.split()[0] for _, entry in declared("An order") | declared("A return")}
    assert taken == set(j.KINDS)


def test_the_document_names_only_statuses_and_entries_that_exist():
    for chapter, statuses in (("An order", OrderStatus), ("A return", ReturnStatus)):
        for (status, entry), after in declared(chapter).items():
            assert status in {"(new)", *statuses}
            assert entry in BODIES
            assert after in set(statuses)


def test_final_orders_and_stopped_orders():
    finals = {status.value for status in OrderStatus if status.final}
    assert finals == {"CLOSED", "REJECTED", "CANCELED", "EXPIRED"}
    assert {status for status in OrderStatus if status.stopped} == {
        OrderStatus.REJECTED,
        OrderStatus.CANCELED,
        OrderStatus.EXPIRED,
    }
    assert {status.value for status in ReturnStatus if status.final} == {
        "DECLINED", "COMPLETED", "CANCELED", "EXPIRED",
    }  # fmt: skip


def test_every_status_can_be_reached_and_final_ones_have_no_way_out():
    for chapter, statuses, first in (
        ("An order", OrderStatus, "RECEIVED"),
        ("A return", ReturnStatus, "(new)"),
    ):
        ways = declared(chapter)
        reached, grown = {first}, True
        while grown:
            more = {after for (status, _), after in ways.items() if status in reached}
            grown = not more <= reached
            reached |= more
        assert reached >= {status.value for status in statuses}
        for (status, _), after in ways.items():
            if status in set(statuses) and statuses(status).final:
                assert after == status
