"""Operations at the provider that are asked for anew, because each attempt so far was proven to
have had no effect: when again.

A provider that takes no orders for a while, but answers questions (it is being maintained, or
limits our rate), proves that of every attempt at once. Nothing tells how long it will last.
"""

from collections.abc import Iterable
from datetime import timedelta

from domain.payments import NO_EFFECT, PaymentOperation, PaymentStatus
from domain.view import Payment

# The second attempt follows at once, each further one after twice the pause. An attempt with its
# pause is about 12 events of the workflow's history, which the engine ends at 51,200: ten attempts
# in the first hours and 24 a day make some 300 events a day, so that it outlives five months of it.
PAUSE_FIRST = timedelta(seconds=5)
PAUSE_MAX = timedelta(hours=1)
_DOUBLINGS_MAX = 10


def pause_before_next(
    payments: Iterable[Payment], operation: PaymentOperation, scope: str = ""
) -> timedelta:
    """By how many attempts without a break have had no effect until now."""
    tried = [p for p in payments if p.operation is operation and p.fulfillment_order == scope]
    attempts = 0
    for payment in sorted(tried, key=lambda payment: payment.ordinal, reverse=True):
        if payment.status is not PaymentStatus.FAILED or payment.reason != NO_EFFECT:
            break
        attempts += 1
    if attempts < 2:
        return timedelta()
    return min(PAUSE_FIRST * (1 << min(attempts - 2, _DOUBLINGS_MAX)), PAUSE_MAX)
