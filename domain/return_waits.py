"""What a return waits for; as `domain.waits` has it for an order."""

from datetime import timedelta

from domain.access import Role
from domain.process import ProcessDefinition
from domain.refunds import by_hand, is_planned, refund_failed
from domain.returns import LOST, ReturnStatus, ReturnView
from domain.waits import AtDeadline, Wait

_Limit = tuple[str, str, Role, float, AtDeadline]


def return_waits(view: ReturnView, process: ProcessDefinition) -> list[Wait]:
    """One, until the return has ended."""
    if view.status is None or view.since is None or view.status.final:
        return []
    key, reason, owner, seconds, then = _limit(view, view.status, process)
    staff = owner not in (Role.CUSTOMER, Role.SYSTEM)
    queued = staff and not (key == "refund" and not refund_failed(view))
    deadline = view.since + timedelta(seconds=seconds)
    risen = view.escalations.get(key)
    if risen is None:
        return [Wait(key, reason, owner, view.since, deadline, then, queued=queued)]
    deadline = risen.since + timedelta(seconds=process.task_within)
    return [
        Wait(key, risen.reason, risen.owner, view.since, deadline, then, queued=True,
             level=risen.level)
    ]  # fmt: skip


def _limit(view: ReturnView, status: ReturnStatus, process: ProcessDefinition) -> _Limit:
    within, escalate = process.return_review_within, AtDeadline.ESCALATE
    match status:
        case ReturnStatus.REQUESTED:
            return "decide", "an agent has to decide the return", Role.AGENT, within, escalate
        case ReturnStatus.APPROVED if view.parcel:
            why, until = "the parcel has to come back", process.return_parcel_within
            return "receive", why, Role.WAREHOUSE, until, escalate
        case ReturnStatus.APPROVED:
            why, until = "the goods have to come back", process.return_parcel_within
            return "receive", why, Role.CUSTOMER, until, AtDeadline.EXPIRE
        case ReturnStatus.RECEIVED if view.kind == LOST:
            why, until = "the lost units have to be written off", process.checks_within
            return "write_off", why, Role.SYSTEM, until, escalate
        case ReturnStatus.RECEIVED:
            why, until = "the warehouse has to inspect the goods", process.return_inspect_within
            return "inspect", why, Role.WAREHOUSE, until, escalate
        case _:
            key, why = _of_the_refund(view)
            return key, why, Role.FINANCE, process.task_within, escalate


def _of_the_refund(view: ReturnView) -> tuple[str, str]:
    if not is_planned(view):
        return "approve_refund", "a second person has to approve the refund"
    if refund_failed(view):
        why = "the refund failed: it has to be tried again, become store credit or be transferred"
        return "refund", why
    if not by_hand(view):
        return "refund", "the refund has to be executed"
    return "transfer_refund", "the refund has to be transferred to the customer"
