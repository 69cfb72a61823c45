"""Payment operations: each is one business operation with one derived idempotency key."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class PaymentOperation(StrEnum):
    AUTHORIZE = "authorize"
    CAPTURE = "capture"
    VOID = "void"
    REFUND = "refund"


class Unasked(StrEnum):
    """What nobody asks the provider for: the cardholder's bank takes a capture back, gives it back
    once the dispute is won, or does not take a refund that had succeeded. In the books it stands
    beside our own operations.
    """

    CHARGEBACK = "chargeback"
    REVERSAL = "chargeback_reversal"
    REFUND_FAILURE = "refund_failure"


class PaymentStatus(StrEnum):
    """REQUESTED is the committed intent; UNKNOWN means the outcome was not heard, and only an
    inquiry at the provider resolves it.
    """

    REQUESTED = "REQUESTED"
    REQUIRES_ACTION = "REQUIRES_ACTION"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    UNKNOWN = "UNKNOWN"

    @property
    def settled(self) -> bool:
        return self in (PaymentStatus.SUCCEEDED, PaymentStatus.FAILED)


VOIDED = "voided"  # FAILED for this reason: given up before its cardholder confirmed it
NO_EFFECT = "no_effect"  # FAILED for this reason: proven that nothing happened; ask again anew
KEY_REFUSED = "key_refused"  # REQUESTED, and nothing happened: the provider refuses our API key


@dataclass(slots=True)
class Payment:
    key: str
    operation: PaymentOperation
    ordinal: int
    status: PaymentStatus
    amount: int
    since: datetime
    reason: str = ""
    fulfillment_order: str = ""
    authorization: str = ""
    expires_at: datetime | None = None

    @property
    def undone(self) -> bool:
        """Proven to have had no effect: whoever wants it still asks for it anew."""
        return self.status is PaymentStatus.FAILED and self.reason == NO_EFFECT


def operation_key(subject: str, operation: PaymentOperation, ordinal: int) -> str:
    """The idempotency key and reference of a business operation: never derived from an attempt."""
    return f"{subject}/{operation}/{ordinal}"


def unasked_key(operation: str, what: Unasked, dispute: str = "") -> str:
    """One effect for each dispute of a capture, and one for a refund, however often and by whatever
    event it is told; `dispute` is the provider's own name for it.
    """
    return "/".join(filter(None, (operation, what, dispute)))


_MOVES = {
    PaymentStatus.REQUESTED: {
        PaymentStatus.REQUIRES_ACTION,
        PaymentStatus.SUCCEEDED,
        PaymentStatus.FAILED,
        PaymentStatus.UNKNOWN,
    },
    PaymentStatus.REQUIRES_ACTION: {PaymentStatus.SUCCEEDED, PaymentStatus.FAILED},
    PaymentStatus.UNKNOWN: {
        PaymentStatus.REQUIRES_ACTION,
        PaymentStatus.SUCCEEDED,
        PaymentStatus.FAILED,
    },
    PaymentStatus.SUCCEEDED: set[PaymentStatus](),
    PaymentStatus.FAILED: set[PaymentStatus](),
}


def sources_of(after: PaymentStatus) -> list[PaymentStatus]:
    """The statuses from which `after` can be reached: the condition of the conditional update."""
    return [before for before, afters in _MOVES.items() if after in afters]
