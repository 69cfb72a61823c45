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


_WHILE_PROCESSING = (
    j.CreditGranted,
    j.Sourced,
    j.Submitted,
    j.CancelRequested,
    j.Shipped,
    j.Delivered,
    j.CaptureRetried,
    j.ReceivableLeft,
)


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
        case (
            (s.APPROVED | s.PROCESSING),
            (
                j.PaymentMoved()
                | j.PaymentRegistered()
                | j.ReservationReleased()
                | j.UnitsCanceled()
            ),
        ):
            return status
        case s.PROCESSING, _ if isinstance(body, _WHILE_PROCESSING):
            return status
        case s.COMPLETED, (j.PaymentMoved() | j.CaptureRetried() | j.ReceivableLeft()):
            return status
        case ((s.REJECTED | s.CANCELED | s.EXPIRED), (j.PaymentMoved() | j.ReservationReleased())):
            return status
        case _, (j.HoldPlaced() | j.HoldReleased()) if not status.final:
            return status
        case _, j.Escalated() if status is not s.CLOSED:
            return status
        case _:
            raise StepRefused(f"an order that is {status} takes no {type(body).__name__}")
