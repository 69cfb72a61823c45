"""What an order waits for: always somebody, until some time; and staff sees what is theirs."""

from dataclasses import replace

import pytest
from hypothesis import given

from domain import journal as j
from domain.access import STAFF, Role
from domain.decisions import entries_at_deadline
from domain.facts import FactKind as K
from domain.fold import fold
from domain.order import PaymentMethod
from domain.payments import PaymentOperation, PaymentStatus
from domain.process import ProcessDefinition
from domain.waits import AtDeadline, rises_to, waits
from tests.domain.builders import (
    APPROVED,
    AUTHORIZED,
    CAPTURE_FAILED,
    CAPTURED,
    CLOSED,
    COMPLETED,
    F1,
    F2,
    HELD,
    NUMBER,
    ON_ITS_WAY,
    ONE_A,
    PROCESSING,
    at,
    fact,
    money,
    order_line,
    placed,
    sourced,
    units,
    view_of,
)
from tests.domain.strategies import SOME, histories

PROCESS = ProcessDefinition()
STOCK = j.HoldPlaced("stock", "units are out of stock", Role.AGENT)
DECLINED = j.HoldPlaced("payment", "the payment was declined", Role.CUSTOMER)
CHALLENGED = money(PaymentOperation.AUTHORIZE, PaymentStatus.REQUIRES_ACTION)
IN_ADVANCE = money(PaymentOperation.CAPTURE, PaymentStatus.SUCCEEDED)
UNHEARD = money(PaymentOperation.AUTHORIZE, PaymentStatus.UNKNOWN)
AT_WAREHOUSE = (*PROCESSING, j.Submitted(F1))
LOST = fact(K.LOST)
PAYMENT, PARCEL = f"payment/{AUTHORIZED.key}", f"parcel/{F1}"
CONFIRM, OUTCOME = f"{PAYMENT}/action", f"{PAYMENT}/outcome"
FAILED = f"payment/{CAPTURE_FAILED.key}/failed"

# scene → (journal, facts), and the wait: key, owner, what happens, seconds, in an ops queue
SCENES = {
    "new": ((), (), "checks", "system", "escalate", "checks_within", False),
    "in review": ((HELD,), (), "hold/review", "agent", "escalate", "review_within", True),
    "approved": ((APPROVED,), (), "checks", "system", "escalate", "checks_within", False),
    "out of stock": (
        (APPROVED, STOCK), (), "hold/stock", "agent", "cancel_units", "stock_within", True,
    ),
    "to be authorized": (
        PROCESSING[:2], (), "payment", "payment provider", "escalate", "checks_within", False,
    ),
    "declined": (
        (*PROCESSING[:2], DECLINED), (), "hold/payment", "customer", "expire",
        "payment_retry_within", False,
    ),
    "to be confirmed": (
        (*PROCESSING[:2], CHALLENGED), (), CONFIRM, "customer", "expire", "payment_action_within",
        False,
    ),
    "outcome unknown": (
        (*PROCESSING[:2], UNHEARD), (), OUTCOME, "payment provider", "escalate", "task_within",
        False,
    ),
    "sourced": (
        PROCESSING, (), f"{PARCEL}/submit", "warehouse", "escalate", "accept_within", False,
    ),
    "submitted": (
        AT_WAREHOUSE, (), f"{PARCEL}/accept", "warehouse", "escalate", "accept_within", False,
    ),
    "accepted": (
        AT_WAREHOUSE, (fact(K.ACCEPTED),), f"{PARCEL}/ship", "warehouse", "escalate",
        "ship_within", False,
    ),
    "being picked without being accepted": (
        AT_WAREHOUSE, (fact(K.PICKING),), f"{PARCEL}/ship", "warehouse", "escalate", "ship_within",
        False,
    ),
    "picked without being accepted": (
        AT_WAREHOUSE, (fact(K.PICKED),), f"{PARCEL}/ship", "warehouse", "escalate", "ship_within",
        False,
    ),
    "packed without being picked": (
        AT_WAREHOUSE, (fact(K.PACKED),), f"{PARCEL}/ship", "warehouse", "escalate", "ship_within",
        False,
    ),
    "asked back": (
        (*AT_WAREHOUSE, j.CancelRequested(F1)), (), f"{PARCEL}/cancel", "warehouse", "escalate",
        "cancel_within", False,
    ),
    "shipped": (
        ON_ITS_WAY, (), f"{PARCEL}/transit", "carrier", "escalate", "transit_within", False,
    ),
    "in transit": (
        ON_ITS_WAY, (fact(K.IN_TRANSIT),), f"{PARCEL}/deliver", "carrier", "escalate",
        "deliver_within", False,
    ),
    "delayed": (
        ON_ITS_WAY, (fact(K.IN_TRANSIT), fact(K.EXCEPTION, minute=61)), f"{PARCEL}/deliver",
        "carrier", "escalate", "deliver_within", False,
    ),
    "delayed before it was seen": (
        ON_ITS_WAY, (fact(K.EXCEPTION, minute=61),), f"{PARCEL}/deliver", "carrier", "escalate",
        "deliver_within", False,
    ),
    "capture failed": (
        (*ON_ITS_WAY, CAPTURE_FAILED), (fact(K.IN_TRANSIT),), FAILED,
        "finance", "escalate", "task_within", True,
    ),
    "completed": (
        COMPLETED, (), "return_window", "customer", "close", "return_window", False,
    ),
}  # fmt: skip


HELD_FOR_CREDIT = j.HoldPlaced("credit", "it exceeds the limit", Role.FINANCE)
# as above, for what is not paid by card: (method, journal, wait …)
METHOD_SCENES = {
    "to be transferred": (
        "bank_transfer", PROCESSING[:2], "transfer", "customer", "expire", "transfer_within", False,
    ),
    "credit to be checked": (
        "credit_terms", PROCESSING[:2], "payment", "system", "escalate", "checks_within", False,
    ),
    "over the credit limit": (
        "credit_terms", (*PROCESSING[:2], HELD_FOR_CREDIT), "hold/credit", "finance", "escalate",
        "credit_within", True,
    ),
    "on credit": (
        "credit_terms", (*PROCESSING[:2], j.CreditGranted(1_000, 30)), f"{PARCEL}/submit",
        "warehouse", "escalate", "accept_within", False,
    ),
    "cash on delivery": (
        "cash_on_delivery", PROCESSING[:2], f"{PARCEL}/submit", "warehouse", "escalate",
        "accept_within", False,
    ),
}  # fmt: skip


@pytest.mark.parametrize("scene", METHOD_SCENES)
def test_what_is_not_paid_by_card_waits_for_whoever_has_its_money(scene):
    method, journal, key, owner, then, seconds, queued = METHOD_SCENES[scene]
    view = view_of(*journal, payment_method=PaymentMethod(method))
    [wait] = waits(view, PROCESS)
    assert (wait.key, wait.owner, wait.then, wait.queued) == (key, owner, then, queued)
    assert (wait.deadline - wait.since).total_seconds() == getattr(PROCESS, seconds)


def test_a_wait_for_a_transfer_says_what_is_missing():
    told = replace(fact(K.ACCEPTED), kind=K.TRANSFER_RECEIVED, amount=400)
    view = view_of(*PROCESSING[:2], facts=(told,), payment_method=PaymentMethod.BANK_TRANSFER)
    assert waits(view, PROCESS)[0].reason == "a transfer of 6.00 USD has to come in"


LATE = 3 * 24 * 60  # minutes: long after a parcel that was sourced has to be with its warehouse
PAID_LATE = fact(K.TRANSFER_RECEIVED, NUMBER, LATE, amount=1_000)
HALF, OTHER_HALF = (
    fact(K.TRANSFER_RECEIVED, NUMBER, minute, amount=500) for minute in (LATE - 60, LATE)
)
COMING = j.Sourced((j.PlannedParcel(F1, "BOS", ONE_A, expected_on="2026-11-24"),), "rule/1")
SUPPLIED = fact(K.SUPPLY_ARRIVED, F1, LATE)
TO_REPLACE = (*PROCESSING, j.Submitted(F1), sourced((F2, "AUS", ONE_A), replaces=F1))


@pytest.mark.parametrize(
    ("method", "journal", "facts", "parcel"),
    [
        ("bank_transfer", PROCESSING[:2], (PAID_LATE,), F1),
        ("bank_transfer", PROCESSING[:2], (OTHER_HALF, HALF), F1),
        ("card", (*PROCESSING[:2], (LATE, AUTHORIZED)), (), F1),
        ("card", (*PROCESSING, (LATE, IN_ADVANCE)), (), F1),
        ("paid_at_channel", (*PROCESSING[:2], (LATE, j.PaymentRegistered(1_000, "W"))), (), F1),
        ("credit_terms", (*PROCESSING[:2], (LATE, j.CreditGranted(1_000, 30))), (), F1),
        ("card", (APPROVED, COMING, AUTHORIZED), (SUPPLIED,), F1),
        ("card", TO_REPLACE, (fact(K.REJECTED, F1, LATE),), F2),
        ("card", (*TO_REPLACE, (LATE, j.ReservationReleased(F1, ONE_A, "given back"))), (), F2),
    ],
    ids=[
        "transferred", "transferred in two parts", "authorized", "captured in advance",
        "registered", "on credit", "supplied", "replaces what was rejected",
        "replaces what was given back",
    ],
)  # fmt: skip
def test_the_warehouse_has_its_time_from_when_nothing_else_hindered_the_hand_over(
    method, journal, facts, parcel
):
    view = fold(placed(payment_method=PaymentMethod(method)), entries_of(journal), facts)
    wait = next(each for each in waits(view, PROCESS) if each.key == f"parcel/{parcel}/submit")
    assert wait.since == at(LATE)
    assert (wait.deadline - wait.since).total_seconds() == PROCESS.accept_within


def test_what_comes_before_a_parcel_is_sourced_leaves_its_warehouse_no_less_time():
    early = replace(PAID_LATE, occurred_at=at(0))
    view = view_of(*PROCESSING[:2], facts=(early,), payment_method=PaymentMethod.BANK_TRANSFER)
    assert [(wait.key, wait.since) for wait in waits(view, PROCESS)] == [
        (f"{PARCEL}/submit", at(2))
    ]


def test_the_money_of_another_parcel_gives_a_warehouse_no_more_time():
    own, others = (replace(AUTHORIZED, key=f"{p}/a", fulfillment_order=p) for p in (F1, F2))
    both = sourced((F1, "BOS", ONE_A), (F2, "AUS", ONE_A))
    order = placed(order_line(quantity=2))
    view = fold(order, entries_of((APPROVED, both, own, (LATE, others))), ())
    assert {wait.key: wait.since for wait in waits(view, PROCESS)} == {
        f"parcel/{F1}/submit": at(3), f"parcel/{F2}/submit": at(LATE),
    }  # fmt: skip


def entries_of(journal) -> list[j.Entry]:
    """As `entries`; some at a minute of their own."""
    dated = [each if isinstance(each, tuple) else (n, each) for n, each in enumerate(journal, 1)]
    return [j.Entry(n, at(minute), "system", body) for n, (minute, body) in enumerate(dated, 1)]


@pytest.mark.parametrize("scene", SCENES)
def test_each_scene_has_its_wait_with_reason_owner_and_deadline(scene):
    journal, facts, key, owner, then, seconds, queued = SCENES[scene]
    found = {wait.key: wait for wait in waits(view_of(*journal, facts=facts), PROCESS)}
    wait = found[key]
    assert (wait.owner, wait.then, wait.queued, wait.level) == (owner, then, queued, 0)
    assert wait.reason
    assert (wait.deadline - wait.since).total_seconds() == getattr(PROCESS, seconds)


def test_every_duration_of_the_process_definition_is_somebodys_deadline():
    durations = {name for name in ProcessDefinition.__annotations__ if name.endswith("_within")}
    used = {scene[5] for scene in (*SCENES.values(), *METHOD_SCENES.values())}
    assert durations - used == {
        "return_review_within", "return_parcel_within", "return_inspect_within",
    }  # fmt: skip


@SOME
@given(histories())
def test_every_wait_has_reason_owner_and_deadline_and_the_earliest_comes_first(history):
    found = waits(fold(*history), PROCESS)
    assert [wait.deadline for wait in found] == sorted(wait.deadline for wait in found)
    assert len({wait.key for wait in found}) == len(found)
    for wait in found:
        assert wait.reason
        assert wait.owner
        assert wait.since <= wait.deadline
        assert entries_at_deadline(fold(*history), wait)


@SOME
@given(histories())
def test_an_unfinished_order_waits_unless_the_next_step_is_our_own(history):
    """Between what was told and the step that books it, nobody else is waited for."""
    view = fold(*history)
    ours = any(not p.status.active or p.status == "DELIVERED" for p in view.parcels.values())
    if not view.status.final and not ours:
        assert waits(view, PROCESS)


@SOME
@given(histories())
def test_an_escalated_wait_is_staffs_stands_in_a_queue_and_keeps_a_deadline_ahead(history):
    order, journal, facts = history
    for wait in waits(fold(order, journal, facts), PROCESS):
        if wait.then is not AtDeadline.ESCALATE:
            continue
        now = max(wait.deadline, journal[-1].at if journal else wait.deadline)
        for level in (1, 2, 3):
            [risen] = entries_at_deadline(fold(order, journal, facts), wait)
            journal = [*journal, j.Entry(len(journal) + 1, now, "system", risen)]
            found = waits(fold(order, journal, facts), PROCESS)
            wait = next(each for each in found if each.key == wait.key)  # noqa: PLW2901 - it rose
            assert wait.queued
            assert Role(wait.owner) in STAFF
            assert wait.level == level
            assert (wait.deadline - now).total_seconds() == PROCESS.task_within
            now = wait.deadline


@pytest.mark.parametrize("scene", SCENES)
def test_a_wait_that_has_not_risen_is_queued_if_and_only_if_staff_has_to_end_it(scene):
    """The warehouse as an outside party and the warehouse role share a word: a parcel's wait is
    the party's until it rises.
    """
    journal, facts, *_ = SCENES[scene]
    for wait in waits(view_of(*journal, facts=facts), PROCESS):
        staff = wait.owner in STAFF and not wait.key.startswith("parcel/")
        assert wait.queued == staff


def test_a_wait_rises_to_the_role_that_can_help_and_then_to_a_supervisor():
    def first(scene: str) -> Role:
        journal, facts, key, *_ = SCENES[scene]
        found = waits(view_of(*journal, facts=facts), PROCESS)
        return rises_to(next(wait for wait in found if wait.key == key))

    assert first("submitted") is Role.WAREHOUSE
    assert first("asked back") is Role.WAREHOUSE
    assert first("shipped") is Role.AGENT
    assert first("outcome unknown") is Role.AGENT
    assert first("in review") is Role.SUPERVISOR
    assert first("capture failed") is Role.SUPERVISOR


def test_a_lost_parcel_is_due_at_once():
    view = view_of(*ON_ITS_WAY, facts=(fact(K.IN_TRANSIT, minute=50), LOST))
    [wait] = waits(view, PROCESS)
    assert wait.deadline == wait.since == LOST.occurred_at
    assert wait.reason == "the carrier reports: lost"


def test_what_happens_at_each_deadline():
    def due(*bodies: j.Body, **rest) -> list[j.Body]:
        view = view_of(*bodies, **rest)
        return entries_at_deadline(view, waits(view, PROCESS)[0])

    assert due(HELD) == [j.Escalated("hold/review", HELD.reason, "supervisor", 1)]
    assert due(*PROCESSING[:2], CHALLENGED) == [
        j.Expired("not in time: the cardholder has to confirm the payment")
    ]
    assert due(*COMPLETED) == [j.Closed()]
    assert due(APPROVED, STOCK) == [j.Expired("no stock turned up in time")]


def test_nothing_expires_while_a_parcel_is_being_handed_over():
    """The warehouse may have it already: people decide."""
    for bodies in ((*PROCESSING[:2], CHALLENGED), (*PROCESSING, DECLINED)):
        view = view_of(*bodies)
        wait = next(w for w in waits(view, PROCESS) if w.then is AtDeadline.EXPIRE)
        assert [type(each) for each in entries_at_deadline(view, wait)] == [j.Expired]
        assert entries_at_deadline(view, wait, {F1}) == [
            j.Escalated(wait.key, wait.reason, Role.AGENT, 1)
        ]
    missing = view_of(APPROVED, STOCK)
    [wait] = waits(missing, PROCESS)
    assert [type(each) for each in entries_at_deadline(missing, wait, {F1})] == [j.Escalated]


def test_units_that_nobody_can_supply_are_canceled_and_the_rest_goes_on():
    order = placed(order_line(1, "A"), order_line(2, "B", 2))
    plan = sourced((F1, "BOS", units((1, "A", 1), (2, "B", 1))))
    view = view_of(APPROVED, plan, STOCK, order=order)
    hold = next(wait for wait in waits(view, PROCESS) if wait.key == "hold/stock")
    assert entries_at_deadline(view, hold) == [
        j.UnitsCanceled(units((2, "B", 1)), "no stock turned up in time"),
        j.HoldReleased("stock", "canceled what was missing"),
    ]


def test_units_canceled_in_two_goes_leave_nothing_and_the_order_expires():
    order = placed(order_line(1, "A", 3))
    history = (
        APPROVED,
        sourced((F1, "BOS", units((1, "A", 3)))),
        j.ReservationReleased(F1, units((1, "A", 2)), j.SHORT_PICK),
        STOCK,
        j.UnitsCanceled(units((1, "A", 2)), "no stock turned up in time"),
        j.HoldReleased("stock", "canceled what was missing"),
        j.ReservationReleased(F1, units((1, "A", 1)), "rejected by the warehouse"),
        STOCK,
    )
    view = view_of(*history, order=order)
    hold = next(wait for wait in waits(view, PROCESS) if wait.key == "hold/stock")
    assert entries_at_deadline(view, hold) == [j.Expired("no stock turned up in time")]


def test_a_finished_order_waits_for_nothing_but_money_that_went_wrong():
    assert waits(view_of(*CLOSED), PROCESS) == []
    canceled = (*PROCESSING, j.Canceled("no longer wanted"))
    assert [wait.key for wait in waits(view_of(*canceled), PROCESS)] == ["payment/give_back"]
    freed = money(PaymentOperation.VOID, PaymentStatus.SUCCEEDED)
    assert waits(view_of(*canceled, freed), PROCESS) == []
    void = money(PaymentOperation.VOID, PaymentStatus.FAILED, reason="no such payment")
    [wait] = waits(view_of(*canceled, void), PROCESS)
    assert (wait.owner, wait.queued) == (Role.FINANCE, True)


def test_the_return_window_stays_open_as_long_as_money_is_owed():
    failed = (*COMPLETED[:-3], CAPTURE_FAILED, *COMPLETED[-2:])
    assert [wait.owner for wait in waits(view_of(*failed), PROCESS)] == ["finance"]
    left = (*failed, j.ReceivableLeft(F1, "a small sum"))
    [wait] = waits(view_of(*left), PROCESS)
    assert (wait.key, wait.owner, wait.then) == (
        "payment/give_back", "payment provider", AtDeadline.ESCALATE,
    )  # fmt: skip
    freed = money(PaymentOperation.VOID, PaymentStatus.SUCCEEDED)
    assert [wait.key for wait in waits(view_of(*left, freed), PROCESS)] == ["return_window"]


def test_a_failed_capture_that_was_proven_to_have_had_no_effect_is_nobodys_task():
    again = replace(CAPTURE_FAILED, reason="no_effect")
    view = view_of(*ON_ITS_WAY, again, facts=(fact(K.IN_TRANSIT),))
    found = waits(view, PROCESS)
    assert [(wait.owner, wait.queued) for wait in found] == [
        ("payment provider", False), ("carrier", False),
    ]  # fmt: skip


def test_a_parcel_that_has_arrived_and_is_not_captured_waits_for_the_provider():
    """Unless finance has to decide first, or nothing is to be captured."""
    arrived = fact(K.DELIVERED, tracking_number="T1", minute=70)
    booked = (*ON_ITS_WAY, j.Delivered(F1))
    for journal, facts in ((ON_ITS_WAY, (arrived,)), (booked, ())):
        [wait] = waits(view_of(*journal, facts=facts), PROCESS)
        assert (wait.key, wait.owner, wait.then) == (
            f"payment/{F1}/capture", "payment provider", AtDeadline.ESCALATE,
        )  # fmt: skip
    failed = (*booked[:-1], CAPTURE_FAILED, booked[-1])
    assert [wait.owner for wait in waits(view_of(*failed), PROCESS)] == ["finance"]
    again = (*failed, j.Completed(), j.CaptureRetried(F1))
    found = waits(view_of(*again), PROCESS)
    assert [wait.key for wait in found] == [f"payment/{F1}/capture"]
    assert found[0].since == at(len(again))
    unheard = replace(CAPTURE_FAILED, status=PaymentStatus.UNKNOWN)
    assert [wait.key for wait in waits(view_of(*booked, unheard), PROCESS)] == [
        f"payment/{CAPTURE_FAILED.key}/outcome"
    ]
    cash = view_of(*booked, payment_method=PaymentMethod.CASH_ON_DELIVERY)
    assert waits(cash, PROCESS) == []


def test_deadlines_come_from_the_process_definition_stamped_on_the_order():
    short = ProcessDefinition(review_within=60.0)
    [wait] = waits(view_of(HELD), short)
    assert wait.deadline == at(2)


def test_a_parcel_that_has_arrived_and_is_paid_waits_for_nobody():
    arrived = fact(K.DELIVERED, tracking_number="T1", minute=70)
    assert waits(view_of(*ON_ITS_WAY, CAPTURED, facts=(arrived,)), PROCESS) == []
