"""What somebody may want of a return, and whether its state allows that now."""

from domain.commands import Command, CommandKind
from domain.errors import Forbidden, StepRefused
from domain.refunds import by_hand, is_planned, may_be_canceled, refund_failed
from domain.returns import LOST, ReturnStatus, ReturnView


def check_return_command(view: ReturnView, command: Command) -> None:
    """Refuses (`StepRefused`) what the return's state does not allow now, and (`Forbidden`) that
    whoever granted a refund is its second person, too.
    """
    s = ReturnStatus
    paying, asked_for = (s.INSPECTED, s.GRANTED), () if view.parcel else (s.REQUESTED, s.APPROVED)
    allowed = {
        CommandKind.RETURN_APPROVE: (s.REQUESTED,),
        CommandKind.RETURN_DECLINE: (s.REQUESTED,),
        CommandKind.RETURN_RECEIVE: (s.APPROVED,),
        CommandKind.RETURN_INSPECT: () if view.kind == LOST else (s.RECEIVED,),
        CommandKind.RETURN_CANCEL: asked_for,
        CommandKind.RETURN_WRITE_OFF: (s.APPROVED,) if view.parcel else (),
        CommandKind.RETURN_RETRY_REFUND: paying if refund_failed(view) else (),
        CommandKind.RETURN_APPROVE_REFUND: () if is_planned(view) else paying,
        CommandKind.RETURN_TRANSFER_REFUND: paying if by_hand(view) else (),
        CommandKind.RETURN_CANCEL_REFUND: (s.GRANTED,) if may_be_canceled(view) else (),
    }.get(command.kind, ())
    if command.kind is CommandKind.RETURN_RECEIVE and view.parcel and view.units:
        raise StepRefused(
            "what did not come back of the parcel is written off, and refunded: units that turn up"
            " are booked in by stock_adjust"
        )
    if view.status not in allowed:
        act = command.kind.value.removeprefix("return_")
        raise StepRefused(f"a return that is {view.status} does not allow: {act}")
    if command.kind is CommandKind.RETURN_APPROVE_REFUND and command.by == view.granted_by:
        raise Forbidden("four eyes: somebody other than the one who granted it has to approve")
