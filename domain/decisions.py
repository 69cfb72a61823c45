"""Which journal entries a command or a deadline leads to, given the view it is applied to."""

from collections.abc import Collection, Sequence

from domain import journal as j
from domain.access import Role
from domain.authorizations import awaits_finance, is_needed, owed_instead
from domain.calling_off import cancel_entries
from domain.commands import Command, CommandKind
from domain.errors import StepRefused
from domain.ids import fulfillment_order_id
from domain.order import both
from domain.partly_arrived import all_arrived, arrived, arrived_amount, numbers
from domain.payments import NO_EFFECT, PaymentOperation, PaymentStatus
from domain.transitions import transition
from domain.view import OrderView, ParcelStatus
from domain.waits import AtDeadline, Wait, rises_to


def entries_for(view: OrderView, command: Command) -> list[j.Body]:
    """For every command that needs no stock; the command has passed `commands.check`."""
    match command.kind:
        case CommandKind.APPROVE:
            return [j.Approved(command.reason)]
        case CommandKind.REJECT:
            return [j.Rejected(command.reason)]
        case CommandKind.CANCEL:
            return cancel_entries(view, command.reason)
        case CommandKind.RETRY_STOCK:
            return [j.HoldReleased("stock", command.reason)]
        case CommandKind.RETRY_PAYMENT:
            return [j.HoldReleased("payment", command.reason)]
        case CommandKind.RETRY_CAPTURE:
            return [j.CaptureRetried(command.target)]
        case CommandKind.LEAVE_RECEIVABLE:
            return [j.ReceivableLeft(command.target, command.reason)]
        case CommandKind.REFUSE_CREDIT:
            return [j.Rejected(command.reason)]
        case CommandKind.RETRY_OPERATION:
            return [j.OperationRetried(command.target)]
        case CommandKind.LEAVE_OPERATION:
            owed = owed_instead(view, command.target)
            return [j.OperationLeft(command.target, command.reason, owed)]
        case CommandKind.PARCEL_DELIVERED:
            return [_arrived(view, command)]
        case CommandKind.PARCEL_LOST | CommandKind.PARCEL_RETURNED:
            return _given_up(view, command)
        case CommandKind.PARCEL_WITHDRAWN:
            return [j.Withdrawn(command.target, command.reason)]
        case _:
            raise ValueError(f"{command.kind} has decisions of its own")


def _arrived(view: OrderView, command: Command) -> j.Body:
    """A parcel of which nothing is under way any more is delivered."""
    parcel = view.parcels[command.target]
    if all_arrived(parcel, command.packages):
        return j.Delivered(command.target, command.reason)
    return j.PackagesArrived(command.target, numbers(parcel, command.packages), command.reason)


def _given_up(view: OrderView, command: Command) -> list[j.Body]:
    """What finance had to decide about its capture is decided with it: nobody owes what never came,
    so that its return has a debt to take off.
    """
    parcel, returned = command.target, command.kind is CommandKind.PARCEL_RETURNED
    came = arrived(view.parcels[parcel])
    amount = arrived_amount(view.order, view.parcels[parcel], came)
    undelivered = j.Undelivered(parcel, returned, command.reason, came, amount)
    capture = view.last_payment(PaymentOperation.CAPTURE, parcel)
    if capture is None or not awaits_finance(view, capture):
        return [undelivered]
    return [j.ReceivableLeft(parcel, command.reason), undelivered]


def payment_entries(view: OrderView, moved: j.PaymentMoved) -> list[j.Body]:
    """A decline comes with its hold, so that an order that needs the money is never seen declined
    without waiting for another payment. So does a capture in advance that failed.
    """
    asked = moved.operation is PaymentOperation.AUTHORIZE or (
        moved.operation is PaymentOperation.CAPTURE and not moved.fulfillment_order
    )
    declined = moved.status is PaymentStatus.FAILED and moved.reason != NO_EFFECT
    if not (asked and declined) or "payment" in view.holds:
        return [moved]
    if not is_needed(view, moved.fulfillment_order):
        return [moved]
    why = f"the payment was declined: {moved.reason}"
    return [moved, j.HoldPlaced("payment", why, Role.CUSTOMER)]


def override_entries(view: OrderView, command: Command) -> list[j.Body]:
    """Another source for one parcel: reserved first, then the old one is asked back. One that waits
    to replace another leaves that to the new one.
    """
    old = view.parcels[command.target]
    plan = j.PlannedParcel(next_parcel(view), command.location, old.lines)
    sourced = j.Sourced(
        (plan,),
        "override",
        (j.Candidate(command.location, chosen=True, reason=f"chosen by {command.by}"),),
        replaces=old.replaces if view.blocked(old) else old.fulfillment_order,
        reason=command.reason,
    )
    if old.status is ParcelStatus.OPEN:
        return [j.ReservationReleased(old.fulfillment_order, old.lines, "overridden"), sourced]
    return [sourced, j.CancelRequested(old.fulfillment_order)]


def applies(view: OrderView, bodies: Sequence[j.Body]) -> bool:
    """Whether the entries may, and still have to, be journaled: between a decision and its turn
    the order may have been canceled, or another attempt may have done the same.
    """
    status = view.status
    try:
        for body in bodies:
            if _is_done(view, body):
                return False
            status = transition(status, body)
    except StepRefused:
        return False
    return True


def _is_done(view: OrderView, body: j.Body) -> bool:
    """Whether the view shows already what the entry would say once more."""
    match body:
        case j.Delivered(fulfillment_order=parcel) | j.Undelivered(fulfillment_order=parcel):
            return view.parcels[parcel].arrival_settled
        case j.PackagesArrived(fulfillment_order=parcel, tracking_numbers=told):
            return set(told) <= set(view.parcels[parcel].arrived)
        case j.ShippedUnasked(fulfillment_order=parcel, lines=lines):
            return both(lines, view.parcels[parcel].surplus) != lines
        case j.HoldReleased(hold=hold):
            return hold not in view.holds
        case j.PaymentRegistered():
            return view.registered is not None
        case j.Escalated(wait=wait, level=level):
            return wait in view.escalations and view.escalations[wait].level >= level
        case _:
            return False


def next_parcel(view: OrderView, ahead: int = 0) -> str:
    return fulfillment_order_id(view.order.number, len(view.parcels) + 1 + ahead)


def entries_at_deadline(
    view: OrderView, wait: Wait, handing_over: Collection[str] = ()
) -> list[j.Body]:
    """What happens when a wait outlasts its deadline. While parcels are being handed over, which
    the warehouse may have already, an order does not expire: people decide.
    """
    entries = _at_deadline(view, wait)
    if handing_over and any(isinstance(entry, j.Expired) for entry in entries):
        return [_escalated(wait)]
    return entries


def _at_deadline(view: OrderView, wait: Wait) -> list[j.Body]:
    match wait.then:
        case AtDeadline.ESCALATE:
            return [_escalated(wait)]
        case AtDeadline.EXPIRE:
            return [j.Expired(f"not in time: {wait.reason}")]
        case AtDeadline.CANCEL_UNITS:
            return _without_missing_units(view)
        case AtDeadline.RENEW:
            return [j.RenewalDue(wait.about)]
        case AtDeadline.CLOSE:
            return [j.Closed()]


def return_entries_at_deadline(wait: Wait) -> list[j.Body]:
    """As `entries_at_deadline`, for a return."""
    if wait.then is AtDeadline.EXPIRE:
        return [j.Expired(f"not in time: {wait.reason}")]
    return [_escalated(wait)]


def _escalated(wait: Wait) -> j.Escalated:
    return j.Escalated(wait.key, wait.reason, rises_to(wait), wait.level + 1)


def ending(view: OrderView) -> j.Body:
    """For an order that has nothing left to send: complete is only one that has sent something."""
    if any(parcel.booked for parcel in view.parcels.values()):
        return j.Completed()
    return j.Expired("none of its units could be sent")


def _without_missing_units(view: OrderView) -> list[j.Body]:
    """Units that nobody can supply are canceled; an order without any others expires."""
    missing = view.unallocated
    gone = sum(u.quantity for u in missing) + sum(view.canceled_units.values())
    if gone == sum(line.quantity for line in view.order.lines):
        return [j.Expired("no stock turned up in time")]
    return [
        j.UnitsCanceled(missing, "no stock turned up in time"),
        j.HoldReleased("stock", "canceled what was missing"),
    ]


def next_ordinal(view: OrderView, operation: PaymentOperation, parcel: str = "") -> int:
    """The ordinal of the business operation that is due: the last one while its outcome is open,
    so that its key stays, even for a workflow that begins anew; else one more.
    """
    last = view.last_payment(operation, parcel)
    if last is None:
        return 1
    return last.ordinal + last.status.settled
