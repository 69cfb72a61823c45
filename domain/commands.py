"""What somebody may want of an order, and whether its state allows that now.

The edge asks before it sends (a quick refusal), and the workflow asks again when it applies.
"""

from dataclasses import dataclass
from enum import StrEnum

from domain.access import Principal, Role
from domain.authorizations import awaits_finance
from domain.calling_off import canceling, may_come_back
from domain.errors import StepRefused
from domain.partly_arrived import why_not_arrived, why_not_given_up, why_not_the_rest
from domain.payments import PaymentOperation, PaymentStatus
from domain.submissions import to_be_asked_back
from domain.transitions import OrderStatus
from domain.view import OrderView, ParcelStatus
from domain.waits import cancel_wait


class CommandKind(StrEnum):
    APPROVE = "approve"
    REJECT = "reject"
    CANCEL = "cancel"
    RETRY_STOCK = "retry_stock"
    OVERRIDE_SOURCE = "override_source"
    RETRY_PAYMENT = "retry_payment"
    RETRY_CAPTURE = "retry_capture"
    LEAVE_RECEIVABLE = "leave_receivable"
    GRANT_CREDIT = "grant_credit"
    REFUSE_CREDIT = "refuse_credit"
    RETRY_OPERATION = "retry_operation"
    LEAVE_OPERATION = "leave_operation"
    PARCEL_DELIVERED = "parcel_delivered"
    PARCEL_LOST = "parcel_lost"
    PARCEL_RETURNED = "parcel_returned"
    PARCEL_WITHDRAWN = "parcel_withdrawn"
    RETURN_APPROVE = "return_approve"
    RETURN_DECLINE = "return_decline"
    RETURN_RECEIVE = "return_receive"
    RETURN_INSPECT = "return_inspect"
    RETURN_CANCEL = "return_cancel"
    RETURN_RETRY_REFUND = "return_retry_refund"
    RETURN_APPROVE_REFUND = "return_approve_refund"
    RETURN_TRANSFER_REFUND = "return_transfer_refund"
    RETURN_CANCEL_REFUND = "return_cancel_refund"
    RETURN_WRITE_OFF = "return_write_off"


ROLES: dict[CommandKind, tuple[Role, ...]] = {
    CommandKind.APPROVE: (Role.AGENT, Role.SUPERVISOR),
    CommandKind.REJECT: (Role.AGENT, Role.SUPERVISOR),
    CommandKind.CANCEL: (Role.AGENT, Role.SUPERVISOR, Role.CUSTOMER, Role.CHANNEL),
    CommandKind.RETRY_STOCK: (Role.AGENT, Role.WAREHOUSE, Role.SUPERVISOR),
    CommandKind.OVERRIDE_SOURCE: (Role.SUPERVISOR,),
    CommandKind.RETRY_PAYMENT: (Role.AGENT, Role.SUPERVISOR, Role.CUSTOMER, Role.CHANNEL),
    CommandKind.RETRY_CAPTURE: (Role.FINANCE, Role.SUPERVISOR),
    CommandKind.LEAVE_RECEIVABLE: (Role.FINANCE, Role.SUPERVISOR),
    CommandKind.GRANT_CREDIT: (Role.FINANCE, Role.SUPERVISOR),
    CommandKind.REFUSE_CREDIT: (Role.FINANCE, Role.SUPERVISOR),
    CommandKind.RETRY_OPERATION: (Role.FINANCE, Role.SUPERVISOR),
    CommandKind.LEAVE_OPERATION: (Role.FINANCE, Role.SUPERVISOR),
    CommandKind.PARCEL_DELIVERED: (Role.AGENT, Role.WAREHOUSE, Role.SUPERVISOR),
    CommandKind.PARCEL_LOST: (Role.AGENT, Role.SUPERVISOR),
    CommandKind.PARCEL_RETURNED: (Role.AGENT, Role.WAREHOUSE, Role.SUPERVISOR),
    CommandKind.PARCEL_WITHDRAWN: (Role.WAREHOUSE, Role.SUPERVISOR),
    CommandKind.RETURN_APPROVE: (Role.AGENT, Role.SUPERVISOR),
    CommandKind.RETURN_DECLINE: (Role.AGENT, Role.SUPERVISOR),
    CommandKind.RETURN_RECEIVE: (Role.WAREHOUSE, Role.SUPERVISOR),
    CommandKind.RETURN_INSPECT: (Role.WAREHOUSE, Role.SUPERVISOR),
    CommandKind.RETURN_CANCEL: (Role.AGENT, Role.SUPERVISOR, Role.CUSTOMER),
    CommandKind.RETURN_RETRY_REFUND: (Role.FINANCE, Role.SUPERVISOR),
    CommandKind.RETURN_APPROVE_REFUND: (Role.FINANCE, Role.SUPERVISOR),
    CommandKind.RETURN_TRANSFER_REFUND: (Role.FINANCE, Role.SUPERVISOR),
    CommandKind.RETURN_CANCEL_REFUND: (Role.FINANCE, Role.SUPERVISOR),
    CommandKind.RETURN_WRITE_OFF: (Role.AGENT, Role.WAREHOUSE, Role.SUPERVISOR),
}

MAY_ASK_FOR_RETURN = (Role.AGENT, Role.SUPERVISOR, Role.CUSTOMER, Role.CHANNEL)

_REASON_REQUIRED = (
    CommandKind.REJECT,
    CommandKind.OVERRIDE_SOURCE,
    CommandKind.LEAVE_RECEIVABLE,
    CommandKind.GRANT_CREDIT,
    CommandKind.REFUSE_CREDIT,
    CommandKind.LEAVE_OPERATION,
    CommandKind.PARCEL_DELIVERED,
    CommandKind.PARCEL_LOST,
    CommandKind.PARCEL_RETURNED,
    CommandKind.PARCEL_WITHDRAWN,
    CommandKind.RETURN_DECLINE,
    CommandKind.RETURN_CANCEL_REFUND,
    CommandKind.RETURN_WRITE_OFF,
)


@dataclass(frozen=True, slots=True)
class Command:
    """`id` is the command row's, and the engine's update id; `by` the principal's name.
    `target` is a fulfillment order, or the key of a payment operation, where the kind needs one;
    `location` the overriding source; `packages` are those of a parcel that it is about, by tracking
    number or as the warehouse calls them: where none is named, all that are under way.
    """

    id: str
    kind: CommandKind
    by: str
    reason: str = ""
    target: str = ""
    location: str = ""
    packages: tuple[str, ...] = ()


def authorize(kind: CommandKind, principal: Principal, reason: str) -> None:
    """Refuses (`Forbidden`, `StepRefused`) who may not, and an act that owes a reason."""
    principal.require(*ROLES[kind])
    if kind in _REASON_REQUIRED and not reason.strip():
        raise StepRefused(f"{kind.value.replace('_', ' ')} needs a reason")


def check(view: OrderView, command: Command) -> None:
    """Refuses (`StepRefused`) what the order's state does not allow now, saying what it is."""
    why_not = _why_not(view, command)
    if why_not:
        raise StepRefused(why_not)


def possible(view: OrderView) -> list[CommandKind]:
    """The acts that the state allows now, whoever asks."""
    targets = [*view.parcels, *view.payments, ""]
    return [
        kind
        for kind in CommandKind
        if any(_why_not(view, Command("", kind, "", target=target)) == "" for target in targets)
    ]


def _why_not(view: OrderView, command: Command) -> str:
    """Empty when the command is allowed."""
    match command.kind:
        case CommandKind.APPROVE | CommandKind.REJECT:
            return "" if "review" in view.holds else f"the order is {view.status}, not in review"
        case CommandKind.CANCEL:
            return _why_not_cancel(view)
        case CommandKind.RETRY_STOCK:
            return "" if "stock" in view.holds else "the order does not wait for stock"
        case CommandKind.RETRY_PAYMENT:
            return "" if "payment" in view.holds else "the order does not wait for a payment"
        case CommandKind.GRANT_CREDIT | CommandKind.REFUSE_CREDIT:
            return "" if "credit" in view.holds else "the order does not wait for credit"
        case CommandKind.OVERRIDE_SOURCE:
            return _why_not_override(view, command)
        case CommandKind.RETRY_CAPTURE | CommandKind.LEAVE_RECEIVABLE:
            last = view.last_payment(PaymentOperation.CAPTURE, command.target)
            failed = last is not None and awaits_finance(view, last)
            return "" if failed else f"no capture of {command.target or 'this parcel'} has failed"
        case CommandKind.RETRY_OPERATION | CommandKind.LEAVE_OPERATION:
            return _why_not_decide(view, command.target)
        case CommandKind.PARCEL_DELIVERED:
            why_not = _why_not_end_the_road(view, command.target)
            return why_not or why_not_arrived(view.parcels[command.target], command.packages)
        case CommandKind.PARCEL_LOST | CommandKind.PARCEL_RETURNED:
            return _why_not_give_up(view, command)
        case CommandKind.PARCEL_WITHDRAWN:
            return _why_not_withdraw(view, command.target)
        case _:
            return f"{command.kind} is about a return, not about an order"


def _why_not_cancel(view: OrderView) -> str:
    if view.status.final or view.status is OrderStatus.COMPLETED:
        return f"the order is {view.status} and can no longer be canceled"
    if canceling(view):
        return "the order is being canceled, once its parcels are given back"
    out = [parcel for parcel in view.active_parcels if parcel.status is not ParcelStatus.OPEN]
    if not all(may_come_back(parcel) for parcel in out):
        return "a parcel was handed to the warehouse; ask for a return instead"
    if out and any(parcel.cancel == "refused" for parcel in view.parcels.values()):
        return "a warehouse did not give its parcel back; ask for a return instead"
    return ""


def _why_not_withdraw(view: OrderView, name: str) -> str:
    parcel = view.parcels.get(name)
    if parcel is None:
        return f"the order has no parcel {name or '(none named)'}"
    if not to_be_asked_back(view, name):
        return f"parcel {name} is {parcel.status}, and no warehouse has to give it back"
    if cancel_wait(name) not in view.escalations:
        return f"the warehouse still has time to answer for parcel {name}"
    return ""


def _why_not_end_the_road(view: OrderView, name: str) -> str:
    parcel = view.parcels.get(name)
    if parcel is None:
        return f"the order has no parcel {name or '(none named)'}"
    if not parcel.booked:
        return f"parcel {name} is {parcel.status}, and our books have not shipped it yet"
    on_the_road = parcel.status not in _ENDS_OF_THE_ROAD
    return "" if on_the_road else f"parcel {name} is {parcel.status} already"


def _why_not_give_up(view: OrderView, command: Command) -> str:
    if why_not := _why_not_end_the_road(view, command.target):
        return why_not
    parcel = view.parcels[command.target]
    return why_not_given_up(parcel, command.packages) or why_not_the_rest(parcel)


_ENDS_OF_THE_ROAD = (ParcelStatus.DELIVERED, ParcelStatus.LOST, ParcelStatus.RETURNED_TO_SENDER)
_GIVES_BACK = (CommandKind.CANCEL, CommandKind.PARCEL_LOST, CommandKind.PARCEL_RETURNED)


def has_to_wait(view: OrderView, command: Command) -> bool:
    """Whether a command is decided only when the outcome of a payment is known: what it has to give
    back depends on it.
    """
    unknown = any(p.status is PaymentStatus.UNKNOWN for p in view.payments.values())
    return command.kind in _GIVES_BACK and unknown


def _why_not_decide(view: OrderView, key: str) -> str:
    payment = view.payments.get(key)
    if payment is None or payment.operation is PaymentOperation.CAPTURE:
        return f"the order has no void or refund {key or '(none named)'}"
    return "" if awaits_finance(view, payment) else f"{key} has not failed for good"


_OVERRIDABLE = (  # while it is being picked, the people there are asked
    ParcelStatus.OPEN,
    ParcelStatus.SUBMITTED,
    ParcelStatus.ACCEPTED,
    ParcelStatus.PICKING,
)


def _why_not_override(view: OrderView, command: Command) -> str:
    if view.status is not OrderStatus.PROCESSING:
        return f"the order is {view.status}; nothing of it is being sourced"
    if canceling(view):
        return "the order is being canceled; nothing of it is sourced again"
    parcel = view.parcels.get(command.target)
    if parcel is None:
        return f"the order has no parcel {command.target or '(none named)'}"
    if parcel.status not in _OVERRIDABLE:
        return f"parcel {parcel.fulfillment_order} is {parcel.status}; its source is settled"
    if parcel.cancel or any(p.replaces == command.target for p in view.active_parcels):
        return f"parcel {parcel.fulfillment_order} is already being replaced"
    if parcel.location == command.location:
        return f"parcel {parcel.fulfillment_order} already comes from {parcel.location}"
    return ""
