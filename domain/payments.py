"""Payment operations: each is one business operation with one derived idempotency key."""

from enum import StrEnum


class PaymentOperation(StrEnum):
    AUTHORIZE = "authorize"
    CAPTURE = "capture"
    VOID = "void"
    REFUND = "refund"


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


NO_EFFECT = "no_effect"  # FAILED for this reason: proven that nothing happened; ask again anew
KEY_REFUSED = "key_refused"  # REQUESTED, and nothing happened: the provider refuses our API key


def operation_key(subject: str, operation: PaymentOperation, ordinal: int) -> str:
    """The idempotency key and reference of a business operation: never derived from an attempt."""
    return f"{subject}/{operation}/{ordinal}"


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
