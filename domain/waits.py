"""What an order waits for: reason, owner, deadline, and what happens at the deadline.

Derived from the view, never stored: the workflow's one timer, the ops queue, the tracking page and
the auditor all read this list.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from domain.access import Role
from domain.attempts import Run, under_way
from domain.authorizations import (
    awaits_finance,
    captures_due,
    is_needed,
    left,
    money_due,
    renewal_due,
    standing,
)
from domain.handing_over import free_since
from domain.methods import TERMS, Security
from domain.money import Money
from domain.payments import Payment, PaymentOperation, PaymentStatus
from domain.process import ProcessDefinition
from domain.securing import awaits_transfer, missing_money, secured
from domain.transitions import OrderStatus
from domain.view import OrderView, Parcel, ParcelStatus

SHIPPED = ParcelStatus.SHIPPED.progress
STOCK_WAIT = "hold/stock"  # the key of the wait for stock
_AT_WORK = ("accepted", "picking", "picked", "packed")  # any of them may be the first told of


class AtDeadline(StrEnum):
    ESCALATE = "escalate"  # a staff role gets it in its queue
    EXPIRE = "expire"  # the order ends, and what was done is undone
    CANCEL_UNITS = "cancel_units"  # the units that nobody can supply are canceled
    RENEW = "renew"  # the authorization is replaced before it expires
    CLOSE = "close"


@dataclass(frozen=True, slots=True)
class Wait:
    """`owner` can end it: customer, warehouse, carrier, payment provider, or a staff role;
    `level` counts the escalations so far; a wait with `queued` stands in an ops queue; `about` is
    the key of the payment to be renewed.
    """

    key: str
    reason: str
    owner: str
    since: datetime
    deadline: datetime
    then: AtDeadline
    queued: bool = False
    level: int = 0
    about: str = ""


def waits(view: OrderView, process: ProcessDefinition) -> list[Wait]:
    """Earliest deadline first; escalated waits belong to staff and keep a deadline ahead."""
    found = [_as_escalated(view, process, wait) for wait in _plain_waits(view, process)]
    return sorted(found, key=lambda wait: (wait.deadline, wait.key))


def _as_escalated(view: OrderView, process: ProcessDefinition, wait: Wait) -> Wait:
    risen = view.escalations.get(wait.key)
    if risen is None:
        return wait
    deadline = risen.since + timedelta(seconds=process.task_within)
    return Wait(
        wait.key,
        risen.reason,
        risen.owner,
        wait.since,
        deadline,
        AtDeadline.ESCALATE,
        queued=True,
        level=risen.level,
    )


def _plain_waits(view: OrderView, process: ProcessDefinition) -> Iterator[Wait]:
    if view.status.final:
        yield from _money_waits(view, process)
        return
    yield from _busy_waits(view, process)
    yield from _hold_waits(view, process)
    yield from _money_waits(view, process)
    for parcel in view.active_parcels:
        if parcel.waiting:
            yield _supply_wait(parcel, process)
        elif parcel.status is not ParcelStatus.OPEN or (secured(view) and not view.blocked(parcel)):
            yield from _parcel_waits(view, parcel, process)
    if view.status is OrderStatus.COMPLETED and view.since is not None and not _is_owed(view):
        yield _wait("return_window", "return window is open", Role.CUSTOMER, view.since,
                    process.return_window, AtDeadline.CLOSE)  # fmt: skip


def _busy_waits(view: OrderView, process: ProcessDefinition) -> Iterator[Wait]:
    """What our own steps and the parties they call are at; staff hears of it when it takes long."""
    if view.status in (OrderStatus.RECEIVED, OrderStatus.APPROVED) and not view.holds:
        since = view.since or view.order.known_since
        yield _wait("checks", "the order has to be checked and sourced", "system", since,
                    process.checks_within, AtDeadline.ESCALATE)  # fmt: skip
    if view.status is OrderStatus.PROCESSING and _unsecured(view) and view.since is not None:
        yield _securing_wait(view, process, view.since)


def _is_owed(view: OrderView) -> bool:
    """Whether money has still to move before the order may close."""
    asked = any(awaits_finance(view, payment) for payment in view.payments.values())
    due = bool(view.recapturing) or money_due(view) is not None
    return asked or due or any(under_way(view))


def _securing_wait(view: OrderView, process: ProcessDefinition, since: datetime) -> Wait:
    match TERMS[view.order.payment_method].security:
        case Security.MONEY:
            what = f"a transfer of {Money(missing_money(view), view.currency)} has to come in"
            since = max(since, view.unpaid_since or since)
            return _wait("transfer", what, Role.CUSTOMER, since,
                         process.transfer_within, _unless_handed_over(view))  # fmt: skip
        case Security.AUTHORIZATION:
            what, owner = "the payment has to be authorized", "payment provider"
        case Security.REGISTRATION | Security.CREDIT | Security.NOTHING:
            what, owner = "the payment has to be checked", "system"
    return _wait("payment", what, owner, since, process.checks_within, AtDeadline.ESCALATE)


def _unsecured(view: OrderView) -> bool:
    """Nothing stands between the order and the warehouse but its money."""
    if TERMS[view.order.payment_method].security is Security.MONEY:
        return awaits_transfer(view)
    challenged = PaymentStatus.REQUIRES_ACTION
    asked = any(payment.status is challenged for payment in view.payments.values())
    asked = asked or any(under_way(view))
    return not (secured(view) or asked or view.holds.keys() & {"payment", "credit"})


def _hold_waits(view: OrderView, process: ProcessDefinition) -> Iterator[Wait]:
    limits = {
        "review": (process.review_within, AtDeadline.ESCALATE),
        "stock": (process.stock_within, AtDeadline.CANCEL_UNITS),
        "payment": (process.payment_retry_within, _unless_handed_over(view)),
        "credit": (process.credit_within, AtDeadline.ESCALATE),
    }
    for hold in view.holds.values():
        seconds, then = limits[hold.hold]
        yield _wait(f"hold/{hold.hold}", hold.reason, hold.owner, hold.since, seconds, then,
                    queued=hold.owner in set(Role) - {Role.CUSTOMER})  # fmt: skip


def _unless_handed_over(view: OrderView) -> AtDeadline:
    """What a warehouse has, or has sent, does not expire: people decide."""
    gone = any(parcel.status is not ParcelStatus.OPEN for parcel in view.active_parcels)
    return AtDeadline.ESCALATE if gone else AtDeadline.EXPIRE


def _money_waits(view: OrderView, process: ProcessDefinition) -> Iterator[Wait]:
    if not view.status.final:
        yield from _promise_waits(view, process)
    ended = view.status.final or view.status is OrderStatus.COMPLETED
    runs, due = list(under_way(view)), money_due(view)
    asked = {(run.last.operation, run.last.fulfillment_order) for run in runs}
    if ended and due and (due.operation, due.scope) not in asked and view.at is not None:
        yield _wait("payment/give_back", "money that is not ours has to be given back",
                    "payment provider", view.at, process.checks_within,
                    AtDeadline.ESCALATE)  # fmt: skip
    for parcel in captures_due(view):
        capture = (PaymentOperation.CAPTURE, parcel.fulfillment_order)
        arrived = parcel.status is ParcelStatus.DELIVERED and not view.status.final
        if arrived and capture not in asked:
            yield _capture_wait(view, parcel, process)
    for run in runs:
        yield _outcome_wait(run, process)
    for payment in view.payments.values():
        if awaits_finance(view, payment):
            what = f"{payment.operation} failed: {payment.reason}"
            yield _wait(f"payment/{payment.key}/failed", what, Role.FINANCE, payment.since,
                        process.task_within, AtDeadline.ESCALATE, queued=True)  # fmt: skip


def _capture_wait(view: OrderView, parcel: Parcel, process: ProcessDefinition) -> Wait:
    """Of a parcel that the carrier no longer has, so that nothing else would tell."""
    name, since = parcel.fulfillment_order, parcel.at["delivered"]
    if name in view.recapturing and view.at is not None:
        since = view.at
    return _wait(f"payment/{name}/capture", "the payment of the parcel has to be captured",
                 "payment provider", since, process.task_within, AtDeadline.ESCALATE)  # fmt: skip


def _outcome_wait(run: Run, process: ProcessDefinition) -> Wait:
    """One for all attempts, so that it ages whatever becomes of the single ones."""
    operation = run.last.operation
    what = f"the outcome of {operation} is unknown"
    if run.last.undone:
        what = f"{operation} has had no effect so far, and is asked for anew"
    return _wait(f"payment/{run.first.key}/outcome", what, "payment provider", run.first.since,
                 process.task_within, AtDeadline.ESCALATE)  # fmt: skip


def _promise_waits(view: OrderView, process: ProcessDefinition) -> Iterator[Wait]:
    for payment in standing(view):
        due = renewal_due(payment, process)
        if payment.status is PaymentStatus.REQUIRES_ACTION:
            what = "the cardholder has to confirm the payment"
            yield _wait(f"payment/{payment.key}/action", what, Role.CUSTOMER, payment.since,
                        process.payment_action_within, _unless_handed_over(view))  # fmt: skip
        elif due and is_needed(view, payment.fulfillment_order) and not _renews(view, payment):
            what = "the authorization is renewed before it expires"
            yield Wait(f"payment/{payment.key}/renewal", what, "system", payment.since, due,
                       AtDeadline.RENEW, about=payment.key)  # fmt: skip


def _renews(view: OrderView, payment: Payment) -> bool:
    return payment.key in view.renewing or not left(view, payment)


def _parcel_waits(view: OrderView, parcel: Parcel, process: ProcessDefinition) -> Iterator[Wait]:
    key, at = f"parcel/{parcel.fulfillment_order}", parcel.at
    if parcel.cancel == "requested" and parcel.status.progress < SHIPPED:
        what = "the warehouse has to give the parcel back"
        yield _wait(cancel_wait(parcel.fulfillment_order), what, Role.WAREHOUSE,
                    at["cancel_requested"], process.cancel_within, AtDeadline.ESCALATE)  # fmt: skip
        return
    match parcel.status:
        case ParcelStatus.OPEN:
            yield _wait(f"{key}/submit", "the parcel has to be handed to the warehouse",
                        "warehouse", free_since(view, parcel), process.accept_within,
                        AtDeadline.ESCALATE)  # fmt: skip
        case ParcelStatus.SUBMITTED:
            yield _wait(f"{key}/accept", "the warehouse has to accept the parcel", "warehouse",
                        at["submitted"], process.accept_within, AtDeadline.ESCALATE)  # fmt: skip
        case (
            ParcelStatus.ACCEPTED | ParcelStatus.PICKING | ParcelStatus.PICKED | ParcelStatus.PACKED
        ):
            since = next(at[name] for name in _AT_WORK if name in at)
            yield _wait(f"{key}/ship", "the warehouse has to pick, pack and ship", "warehouse",
                        since, process.ship_within, AtDeadline.ESCALATE)  # fmt: skip
        case ParcelStatus.SHIPPED if not parcel.trouble:
            yield _wait(f"{key}/transit", "the carrier has to scan the parcel", "carrier",
                        at["shipped"], process.transit_within, AtDeadline.ESCALATE)  # fmt: skip
        case ParcelStatus.SHIPPED | ParcelStatus.IN_TRANSIT | ParcelStatus.OUT_FOR_DELIVERY:
            yield _delivery_wait(parcel, process)
        case _:
            return


def _supply_wait(parcel: Parcel, process: ProcessDefinition) -> Wait:
    """From the end of the day on which they were expected, staff looks after it; of another day it
    is another wait, which nobody has to look after yet.
    """
    expected = datetime.fromisoformat(f"{parcel.expected_on}T00:00:00+00:00")
    key = f"parcel/{parcel.fulfillment_order}/supply"
    return _wait(f"{key}/{parcel.expected_on}" if "expected" in parcel.at else key,
                 f"the units are expected on {parcel.expected_on}", "warehouse",
                 max(parcel.since, expected), process.task_within, AtDeadline.ESCALATE)  # fmt: skip


def _delivery_wait(parcel: Parcel, process: ProcessDefinition) -> Wait:
    key = f"parcel/{parcel.fulfillment_order}/deliver"
    if not parcel.trouble:
        return _wait(key, "the carrier has to deliver the parcel", "carrier", parcel.at["shipped"],
                     process.deliver_within, AtDeadline.ESCALATE)  # fmt: skip
    reason = f"the carrier reports: {parcel.trouble.replace('_', ' ')}"
    within = process.deliver_within if parcel.trouble == "exception" else 0.0
    return _wait(key, reason, "carrier", parcel.at["trouble"], within, AtDeadline.ESCALATE)


def cancel_wait(parcel: str) -> str:
    """The key of the wait for a warehouse that was asked to give a parcel back."""
    return f"parcel/{parcel}/cancel"


def _wait(
    key: str,
    reason: str,
    owner: str,
    since: datetime,
    seconds: float,
    then: AtDeadline,
    *,
    queued: bool = False,
) -> Wait:
    return Wait(key, reason, str(owner), since, since + timedelta(seconds=seconds), then, queued)


def rises_to(wait: Wait) -> Role:
    """The staff role that gets a wait at its deadline; from the second level on, a supervisor."""
    if wait.level > 0 or wait.queued:
        return Role.SUPERVISOR
    return Role.WAREHOUSE if wait.owner == "warehouse" else Role.AGENT
