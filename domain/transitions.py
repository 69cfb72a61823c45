"""The one place that says which journal entry an order may take in which status.

Statuses shown to people beyond these are derived from quantities and payments, never stored.
"""

from enum import StrEnum

from domain import journal as j
from domain.errors import StepRefused


class OrderStatus(StrEnum):
    RECEIVED = "RECEIVED"
    IN_REVIEW = "IN_REVIEW"
    APPROVED = "APPROVED"
    PROCESSING = "PROCESSING"
    COMPLETED = "COMPLETED"
    CLOSED = "CLOSED"
    REJECTED = "REJECTED"
    CANCELED = "CANCELED"
    EXPIRED = "EXPIRED"

    @property
    def stopped(self) -> bool:
        """The order was ended before its goods arrived; what was done is being undone."""
        return self in (OrderStatus.REJECTED, OrderStatus.CANCELED, OrderStatus.EXPIRED)

    @property
    def final(self) -> bool:
        return self.stopped or self is OrderStatus.CLOSED


_REVIEW = {
    "approve": OrderStatus.APPROVED,
    "hold": OrderStatus.IN_REVIEW,
    "reject": OrderStatus.REJECTED,
}


_BEFORE_SHIPPING = (j.PaymentMoved, j.PaymentRegistered, j.ReservationReleased, j.UnitsCanceled)
_ON_THE_WAY = (
    j.CreditGranted, j.Sourced, j.Submitted, j.SubmissionRefused, j.CancelRequested, j.CancelWanted,
    j.NeverReceived, j.Withdrawn, j.Shipped, j.ShippedUnasked, j.PackagesArrived, j.Delivered,
    j.Undelivered,
)  # fmt: skip
_OF_CAPTURES = (j.CaptureRetried, j.ReceivableLeft)
_OF_GIVING_BACK = (j.PaymentMoved, j.OperationRetried, j.OperationLeft)
_STOPPED = (*_OF_GIVING_BACK, j.ReservationReleased, j.ShippedUnasked)

# What an order takes and stays as it is.
_STAYING: dict[OrderStatus, tuple[type[j.Body], ...]] = {
    OrderStatus.APPROVED: _BEFORE_SHIPPING,
    OrderStatus.PROCESSING: (
        *_BEFORE_SHIPPING, *_ON_THE_WAY, *_OF_CAPTURES, *_OF_GIVING_BACK, j.RenewalDue,
    ),
    OrderStatus.COMPLETED: (*_OF_CAPTURES, *_OF_GIVING_BACK, j.ShippedUnasked),
    OrderStatus.CLOSED: (j.ShippedUnasked,),
    OrderStatus.REJECTED: _STOPPED,
    OrderStatus.CANCELED: _STOPPED,
    OrderStatus.EXPIRED: _STOPPED,
}  # fmt: skip


def transition(status: OrderStatus, body: j.Body) -> OrderStatus:
    """The status after `body`. Refuses (`StepRefused`) what the status does not allow."""
    s = OrderStatus
    match status, body:
        case s.RECEIVED, j.Reviewed(decision=decision):
            return _REVIEW[decision]
        case s.IN_REVIEW, j.Approved():
            return s.APPROVED
        case ((s.IN_REVIEW | s.PROCESSING), j.Rejected()):
            return s.REJECTED
        case ((s.RECEIVED | s.IN_REVIEW | s.APPROVED | s.PROCESSING), j.Canceled()):
            return s.CANCELED
        case ((s.RECEIVED | s.IN_REVIEW | s.APPROVED | s.PROCESSING), j.Expired()):
            return s.EXPIRED
        case s.APPROVED, j.Sourced():
            return s.PROCESSING
        case s.PROCESSING, j.Completed():
            return s.COMPLETED
        case s.COMPLETED, j.Closed():
            return s.CLOSED
        case _ if isinstance(body, _STAYING.get(status, ())):
            return status
        case _, (j.HoldPlaced() | j.HoldReleased()) if not status.final:
            return status
        case _, j.Escalated() if status is not s.CLOSED:
            return status
        case _:
            raise StepRefused(f"an order that is {status} takes no {type(body).__name__}")
