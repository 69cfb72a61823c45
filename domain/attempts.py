"""Operations at the provider that are asked for anew, because each attempt so far was proven to
have had no effect: since when, and when again.

A provider that takes no orders for a while, but answers questions (it is being maintained, or
limits our rate), proves that of every attempt at once. Nothing tells how long it will last.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.authorizations import awaits_capture, lacks, money_due, promise, standing
from domain.payments import Payment, PaymentOperation, PaymentStatus
from domain.view import OrderView

# The second attempt follows at once, each further one after twice the pause. An attempt with its
# pause is about 12 events of the workflow's history, which the engine ends at 51,200: ten attempts
# in the first hour and 24 a day make 300 events a day for each operation, so that ten parcels last
# for two weeks of such weather, and one for five months.
PAUSE_FIRST = timedelta(seconds=5)
PAUSE_MAX = timedelta(hours=1)
_DOUBLINGS_MAX = 10


@dataclass(frozen=True, slots=True)
class Run:
    """Attempts without a break: the last has no outcome yet, or had no effect like all before."""

    first: Payment
    last: Payment
    attempts: int

    @property
    def again_at(self) -> datetime | None:
        """When the next attempt may be made; None while the last is open."""
        if not self.last.undone:
            return None
        if self.attempts == 1:
            return self.last.since
        doublings = min(self.attempts - 2, _DOUBLINGS_MAX)
        return self.last.since + min(PAUSE_FIRST * (1 << doublings), PAUSE_MAX)


def run_of(payments: Iterable[Payment], operation: PaymentOperation, scope: str = "") -> Run | None:
    """The latest attempts at an operation, unless the last of them has come to something."""
    tried = [p for p in payments if p.operation is operation and p.fulfillment_order == scope]
    run: list[Payment] = []
    for payment in sorted(tried, key=lambda payment: payment.ordinal, reverse=True):
        open_still = payment.status is PaymentStatus.UNKNOWN and not run
        if not (payment.undone or open_still):
            break
        run.append(payment)
    return Run(run[-1], run[0], len(run)) if run else None


def under_way(view: OrderView) -> Iterator[Run]:
    """What an order is asking its provider for."""
    payments = view.payments.values()
    for operation, scope in dict.fromkeys((p.operation, p.fulfillment_order) for p in payments):
        run = run_of(payments, operation, scope)
        if run and (not run.last.undone or _is_wanted(view, run.last)):
            yield run


def _is_wanted(view: OrderView, undone: Payment) -> bool:
    """Whether it is still to be done."""
    scope = undone.fulfillment_order
    match undone.operation:
        case PaymentOperation.AUTHORIZE:
            return lacks(view, scope) or _owes(view, scope)
        case PaymentOperation.CAPTURE:
            in_advance = not scope and not view.status.stopped
            return _owes(view, scope) or (in_advance and promise(view, "") is not None)
        case PaymentOperation.VOID | PaymentOperation.REFUND:
            due = money_due(view)
            wanted = due is not None and (due.operation, due.scope) == (undone.operation, scope)
            return wanted or _replaces_a_failed_capture(view, undone)


def _owes(view: OrderView, scope: str) -> bool:
    return bool(scope) and awaits_capture(view, view.parcels[scope])


def _replaces_a_failed_capture(view: OrderView, undone: Payment) -> bool:
    """An authorization is given up when what was to be captured in advance could not be."""
    last = view.last_payment(PaymentOperation.CAPTURE)
    failed = last is not None and last.status is PaymentStatus.FAILED and not last.undone
    stands = any(each.key == undone.authorization for each in standing(view))
    return failed and stands and undone.operation is PaymentOperation.VOID
