"""A return: its states, what it allows, and what it waits for. Its journal is its own, so that it
may outlive its order.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from domain import journal as j
from domain.amounts import SHIPPING_LINE
from domain.errors import LimitExceeded, StepRefused
from domain.order import LineUnits, subtract
from domain.payments import Payment, PaymentOperation, PaymentStatus
from domain.standing import Escalation


class ReturnStatus(StrEnum):
    REQUESTED = "REQUESTED"
    APPROVED = "APPROVED"
    DECLINED = "DECLINED"
    RECEIVED = "RECEIVED"
    INSPECTED = "INSPECTED"
    GRANTED = "GRANTED"  # a refund without goods
    COMPLETED = "COMPLETED"
    CANCELED = "CANCELED"
    EXPIRED = "EXPIRED"

    @property
    def final(self) -> bool:
        s = ReturnStatus
        return self in (s.DECLINED, s.COMPLETED, s.CANCELED, s.EXPIRED)


class Disposition(StrEnum):
    RESTOCK = "restock"
    QUARANTINE = "quarantine"
    SCRAP = "scrap"
    SEND_BACK = "send_back"  # the customer's fault: the unit goes back, nothing is refunded
    LOST = "lost"  # sent, never delivered, and not back with us either

    @property
    def refunded(self) -> bool:
        return self is not Disposition.SEND_BACK


RETURN, GOODWILL, OVERPAID = "return", "goodwill", "overpaid"  # kinds
DISPUTE_WON = "dispute_won"  # a refund: the bank gave back what the customer no longer owed
REFUND_FAILED = "refund_failed"  # … of what another one gave back, and the bank did not take
LOST, RETURNED_TO_SENDER = "lost", "returned_to_sender"  # … of a parcel that was not delivered
UNDELIVERED = (LOST, RETURNED_TO_SENDER)
_FIRST = {
    RETURN: ReturnStatus.REQUESTED,
    RETURNED_TO_SENDER: ReturnStatus.APPROVED,  # nobody has to be asked
    LOST: ReturnStatus.RECEIVED,  # nothing will come
    GOODWILL: ReturnStatus.GRANTED,
    OVERPAID: ReturnStatus.GRANTED,
    DISPUTE_WON: ReturnStatus.GRANTED,
    REFUND_FAILED: ReturnStatus.GRANTED,
}


@dataclass(slots=True)
class ReturnView:
    """`lines` are what was asked for, `received` what came, `units` what inspection found."""

    number: str
    order: str
    status: ReturnStatus | None = None
    since: datetime | None = None
    seq: int = 0
    lines: tuple[LineUnits, ...] = ()
    reason: str = ""
    amount: int = 0
    received: tuple[LineUnits, ...] = ()
    location: str = ""
    units: tuple[j.InspectedUnits, ...] = ()
    refund: int = 0  # granted, minor units
    kind: str = RETURN
    requested_by: str = ""
    parcel: str = ""  # that was not delivered
    shipping: bool = False  # … and goes back with it
    store_credit: int = 0
    credit_back: int = 0
    plan: tuple[j.Share, ...] = ()
    replaces: str = ""  # the refund that failed after it had succeeded, by its key
    granted_by: str = ""
    approved_by: str = ""  # the second person
    transferred: int = 0  # by finance, minor units
    retrying: bool = False  # finance wants a failed refund tried again
    payments: dict[str, Payment] = field(default_factory=dict)
    escalations: dict[str, Escalation] = field(default_factory=dict)

    @property
    def settles(self) -> tuple[LineUnits, ...]:
        """Units that no other return gives anything back for. Of a parcel that was not delivered
        those are all of them: what does not come back is written off, and refunded.
        """
        return self.lines if self.parcel else self.received or self.lines

    @property
    def last_refund(self) -> Payment | None:
        return max(self.payments.values(), key=lambda p: p.ordinal, default=None)


def return_transition(status: ReturnStatus | None, body: j.Body) -> ReturnStatus:
    """The status after `body`. Refuses (`StepRefused`) what the status does not allow."""
    s = ReturnStatus
    match status, body:
        case None, j.ReturnRequested(kind=kind):
            return _FIRST[kind]
        case s.REQUESTED, j.ReturnApproved():
            return s.APPROVED
        case s.REQUESTED, j.ReturnDeclined():
            return s.DECLINED
        case s.APPROVED, j.ReturnReceived():
            return s.RECEIVED
        case s.RECEIVED, j.ReturnInspected():
            return s.INSPECTED
        case (
            (s.INSPECTED | s.GRANTED),
            (j.PaymentMoved() | j.RefundRetried() | j.RefundApproved() | j.RefundTransferred()),
        ):
            return status
        case ((s.INSPECTED | s.GRANTED), j.ReturnCompleted()):
            return s.COMPLETED
        case ((s.REQUESTED | s.APPROVED | s.GRANTED), j.ReturnCanceled()):
            return s.CANCELED
        case s.APPROVED, j.Expired():
            return s.EXPIRED
        case _, j.Escalated() if status is not None and not status.final:
            return status
        case _:
            raise StepRefused(f"a return that is {status} takes no {type(body).__name__}")


def return_applies(view: ReturnView, bodies: Sequence[j.Body]) -> bool:
    """As `decisions.applies`."""
    status = view.status
    try:
        for body in bodies:
            status = return_transition(status, body)
    except StepRefused:
        return False
    return True


def fold_return(number: str, order: str, journal: Iterable[j.Entry]) -> ReturnView:
    """Refuses (`StepRefused`) a journal that is no path in the declared graph."""
    view = ReturnView(number, order)
    for entry in sorted(journal, key=lambda entry: entry.seq):
        _apply(view, entry)
    return view


def _request(view: ReturnView, entry: j.Entry, body: j.ReturnRequested) -> None:
    view.lines, view.reason, view.amount = body.lines, body.reason, body.amount
    view.kind, view.requested_by = body.kind, entry.by
    view.parcel, view.shipping = body.parcel, body.shipping
    view.approved_by, view.replaces = body.approved_by, body.replaces
    if body.replaces:
        _failed_before(view, entry.at)
    if view.status is ReturnStatus.GRANTED:
        _grant(view, entry, body.amount, body.plan, body.store_credit)


def _apply(view: ReturnView, entry: j.Entry) -> None:
    status = return_transition(view.status, entry.body)
    if status is not view.status:
        view.status, view.since = status, entry.at
    view.seq = entry.seq
    match entry.body:
        case j.ReturnRequested() as body:
            _request(view, entry, body)
        case j.ReturnReceived() as body:
            view.received, view.location = body.lines, body.location
        case j.ReturnInspected() as body:
            view.units = body.units
            view.credit_back = body.credit_back
            _grant(view, entry, body.refund, body.plan, body.store_credit)
        case j.RefundApproved() as body:
            view.plan, view.approved_by = body.plan, entry.by
        case j.RefundTransferred() as body:
            view.transferred += body.amount
        case j.ReturnCanceled():
            view.refund, view.plan, view.store_credit = 0, (), 0
        case j.RefundRetried() as body:
            view.retrying = True
            view.plan = body.plan or view.plan
        case j.PaymentMoved() as body:
            view.retrying = False
            view.payments[body.key] = Payment(
                body.key, body.operation, body.ordinal, body.status, body.amount, entry.at,
                body.reason, authorization=body.authorization,
            )  # fmt: skip
        case j.Escalated() as body:
            view.escalations[body.wait] = Escalation(
                body.wait, body.reason, body.owner, body.level, entry.at
            )
        case _:
            pass  # entries that change the status only, which `return_transition` has done


def _failed_before(view: ReturnView, at: datetime) -> None:
    """The attempt before its first one: whether there is another, finance decides."""
    key, refund, failed = view.replaces, PaymentOperation.REFUND, PaymentStatus.FAILED
    view.payments[key] = Payment(key, refund, 0, failed, view.amount, at, view.reason)


def _grant(
    view: ReturnView, entry: j.Entry, refund: int, plan: tuple[j.Share, ...], store_credit: int
) -> None:
    view.refund, view.plan, view.store_credit = refund, plan, store_credit
    view.granted_by = entry.by


def check_request(
    lines: Iterable[LineUnits], delivered: dict[int, int], in_return: dict[int, int]
) -> None:
    """Refuses (`LimitExceeded`) more than was delivered and is not already being returned."""
    asked = _by_line(lines)
    if not asked:
        raise StepRefused("a return names at least one line")
    for line, units in asked.items():
        left = delivered.get(line, 0) - in_return.get(line, 0)
        if units < 1 or units > left:
            raise LimitExceeded(f"line {line}: {units} units asked, {left} can be returned")


def check_received(view: ReturnView, lines: Iterable[LineUnits]) -> None:
    """Refuses (`LimitExceeded`) units that nobody asked to return."""
    _within(_by_line(view.lines), lines, "asked to return")


def check_inspected(view: ReturnView, units: Iterable[j.InspectedUnits]) -> None:
    """Every received unit gets exactly one disposition. Refuses (`LimitExceeded`) otherwise."""
    units = tuple(units)
    found = tuple(LineUnits(u.line, u.sku, u.quantity) for u in units)
    received = _by_line(view.received)
    _check_dispositions(view, units)
    _within(received, found, "received")
    if sum(u.quantity for u in found) != sum(received.values()):
        raise LimitExceeded("every received unit needs a disposition")


def _check_dispositions(view: ReturnView, units: Iterable[j.InspectedUnits]) -> None:
    given = {Disposition(unit.disposition) for unit in units}
    if Disposition.LOST in given:
        raise StepRefused("units that were received are not lost")
    if view.parcel and Disposition.SEND_BACK in given:
        raise StepRefused("the parcel was not delivered: there is nobody to send it back to")


def not_delivered(view: ReturnView) -> tuple[j.InspectedUnits, ...]:
    """Of a parcel that was not delivered: what has not come back to us, and the shipping."""
    if not view.parcel:
        return ()
    lost = Disposition.LOST.value
    units = subtract(view.lines, view.received)
    shipping = (j.InspectedUnits(SHIPPING_LINE, "", 1, lost),) if view.shipping else ()
    return (*(j.InspectedUnits(u.line, u.sku, u.quantity, lost) for u in units), *shipping)


def _within(limit: dict[int, int], units: Iterable[LineUnits], what: str) -> None:
    for line, quantity in _by_line(units).items():
        if quantity < 1 or quantity > limit.get(line, 0):
            raise LimitExceeded(f"line {line}: {quantity} units, {limit.get(line, 0)} {what}")


def _by_line(units: Iterable[LineUnits]) -> dict[int, int]:
    """A line may be named more than once: each box of a parcel lists its own."""
    sums: dict[int, int] = {}
    for unit in units:
        sums[unit.line] = sums.get(unit.line, 0) + unit.quantity
    return sums


def refunded_lines(units: Iterable[j.InspectedUnits]) -> list[LineUnits]:
    """Those for which the customer gets money back."""
    return [
        LineUnits(unit.line, unit.sku, unit.quantity)
        for unit in units
        if Disposition(unit.disposition).refunded
    ]
