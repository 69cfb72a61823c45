"""What is promised by card: which authorizations stand, what of them is left, and which money step
is due now because an authorization is no longer needed, or money was taken for goods that will not
come.

An authorization is for the whole order, or for one fulfillment order where the provider captures
only once: its scope, empty for the order.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.amounts import parcel_ceiling
from domain.methods import TERMS, Security
from domain.payments import Payment, PaymentOperation, PaymentStatus
from domain.process import AuthorizationScope, PaymentTiming, ProcessDefinition
from domain.securing import order_value
from domain.transitions import OrderStatus
from domain.view import OrderView, Parcel

# Why a capture failed, where no other by the same authorization can succeed.
GONE = ("not_authorized", "authorization_expired")


@dataclass(frozen=True, slots=True)
class MoneyStep:
    """One operation at the provider; `amount` in minor units, `authorization` the key of the one
    it draws on, gives up or pays back.
    """

    operation: PaymentOperation
    scope: str
    amount: int
    authorization: str = ""


def per_parcel(process: ProcessDefinition) -> bool:
    """What is paid at placement is one amount, and needs one authorization whatever the provider
    can.
    """
    return (
        process.payment_timing is PaymentTiming.SHIPMENT
        and process.authorization_scope is AuthorizationScope.PARCEL
    )


def standing(view: OrderView) -> Iterator[Payment]:
    """Authorizations that hold, or may come to hold, money of the customer."""
    for payment in _of(view, PaymentOperation.AUTHORIZE):
        if payment.status is not PaymentStatus.FAILED and not _is_voided(view, payment):
            yield payment


def left(view: OrderView, authorization: Payment) -> int:
    """Minor units that can still be captured. One that is for a parcel is used up by its first
    capture: the provider sets the rest free.
    """
    captured = sum(
        payment.amount
        for payment in _of(view, PaymentOperation.CAPTURE, PaymentStatus.SUCCEEDED)
        if payment.authorization == authorization.key
    )
    if captured and authorization.fulfillment_order:
        return 0
    return authorization.amount - captured


def promise(view: OrderView, scope: str) -> Payment | None:
    """The authorization of a scope that can be captured, if any."""
    return next((each for each in _promises(view, scope) if left(view, each) > 0), None)


def covering(view: OrderView, parcel: str, amount: int) -> Payment | None:
    """The authorization that a parcel can be captured by: its own before the order's, and of
    several the oldest that has so much left.
    """
    promised = (each for scope in dict.fromkeys((parcel, "")) for each in _promises(view, scope))
    return next((each for each in promised if left(view, each) >= amount), None)


def _promises(view: OrderView, scope: str) -> Iterator[Payment]:
    """What was given up, and could not be voided, is no longer counted on; nor is what the provider
    says is gone.
    """
    for payment in standing(view):
        is_promised = payment.status is PaymentStatus.SUCCEEDED
        is_promised &= not (
            _gave_up(view, PaymentOperation.VOID, payment) or _is_gone(view, payment)
        )
        if payment.fulfillment_order == scope and is_promised:
            yield payment


def _is_gone(view: OrderView, authorization: Payment) -> bool:
    """As a capture has shown: it had expired, or its bank had taken it back."""
    return any(
        payment.authorization == authorization.key and payment.reason in GONE
        for payment in _of(view, PaymentOperation.CAPTURE, PaymentStatus.FAILED)
    )


def amount_to_promise(view: OrderView, scope: str) -> int:
    """Minor units that an authorization for `scope` has to cover; 0 when it is not needed."""
    if not is_needed(view, scope):
        return 0
    if scope:
        return parcel_ceiling(view, view.parcels[scope].lines)
    booked = sum(parcel.amount for parcel in view.parcels.values() if parcel.booked)
    return order_value(view) - max(booked, view.prepaid)


def is_needed(view: OrderView, scope: str) -> bool:
    """Whether something of `scope` has still to be shipped."""
    if view.status not in (OrderStatus.APPROVED, OrderStatus.PROCESSING):
        return False
    if scope:
        return _is_on_its_way_out(view.parcels[scope])
    return bool(view.unallocated) or any(map(_is_on_its_way_out, view.parcels.values()))


def lacks(view: OrderView, scope: str) -> bool:
    """Whether money has still to be promised for `scope`."""
    return promise(view, scope) is None and amount_to_promise(view, scope) > 0


def lapsed(view: OrderView) -> str | None:
    """A scope whose authorization was given up to be renewed, and has no other yet."""
    scopes = (view.payments[key].fulfillment_order for key in view.renewing)
    return next((scope for scope in scopes if lacks(view, scope)), None)


def renewal_due(payment: Payment, process: ProcessDefinition) -> datetime | None:
    """When an authorization is renewed: well before it expires, but never in its first half, so
    that a short-lived one is not renewed without end.
    """
    if payment.expires_at is None:
        return None
    early = payment.expires_at - timedelta(seconds=process.authorization_renewed_before)
    return max(early, payment.since + (payment.expires_at - payment.since) / 2)


def money_due(view: OrderView) -> MoneyStep | None:
    """The next step that gives back, or renews: a void of what is not needed, a refund of what was
    taken in advance. What finance has to decide first is not due.
    """
    for payment in standing(view):
        rest = left(view, payment)
        unused = rest > 0 and (_is_superfluous(view, payment) or payment.key in view.renewing)
        if unused and not _gave_up(view, PaymentOperation.VOID, payment):
            scope = payment.fulfillment_order
            return MoneyStep(PaymentOperation.VOID, scope, rest, payment.key)
    over = view.status.stopped or view.status is OrderStatus.COMPLETED
    return _refund_due(view) if over and view.deposit else None


def _refund_due(view: OrderView) -> MoneyStep | None:
    for payment in _of(view, PaymentOperation.AUTHORIZE):
        kept = _kept_in_advance(view, payment)
        if kept > 0 and not _gave_up(view, PaymentOperation.REFUND, payment):
            amount = min(view.deposit, kept)
            return MoneyStep(PaymentOperation.REFUND, "", amount, payment.key)
    return None


def owed_instead(view: OrderView, operation: str) -> int:
    """Minor units of a deposit that are owed when a failed refund, named by its key, is let be:
    what no other payment can still give back. 0 for anything else.
    """
    failed = view.payments.get(operation)
    if failed is None or failed.operation is not PaymentOperation.REFUND:
        return 0
    others = (
        max(0, _kept_in_advance(view, payment))
        for payment in _of(view, PaymentOperation.AUTHORIZE)
        if payment.key != failed.authorization
        and not _gave_up(view, PaymentOperation.REFUND, payment)
    )
    return max(0, min(failed.amount, view.deposit - sum(others)))


def _kept_in_advance(view: OrderView, authorization: Payment) -> int:
    """Minor units captured under it for no parcel in particular, neither refunded nor ever charged
    back.
    """
    moved = [
        payment.amount if payment.operation is PaymentOperation.CAPTURE else -payment.amount
        for operation in (PaymentOperation.CAPTURE, PaymentOperation.REFUND)
        for payment in _of(view, operation, PaymentStatus.SUCCEEDED)
        if payment.authorization == authorization.key and not payment.fulfillment_order
    ]
    return sum(moved) - view.taken_in_advance(authorization.key)


def _is_superfluous(view: OrderView, payment: Payment) -> bool:
    """Neither needed for what is still to be shipped, nor for what was shipped and not paid."""
    scope = payment.fulfillment_order
    if is_needed(view, scope):
        return False
    parcels = [view.parcels[scope]] if scope else view.parcels.values()
    return not any(awaits_capture(view, parcel) for parcel in parcels)


def awaits_capture(view: OrderView, parcel: Parcel) -> bool:
    """Sold, not paid, and not left to the customer: the provider has still to collect it."""
    name = parcel.fulfillment_order
    if not parcel.booked or not parcel.amount or name in view.left_receivable:
        return False
    last = view.last_payment(PaymentOperation.CAPTURE, name)
    paid = last is not None and last.status is PaymentStatus.SUCCEEDED
    return not paid and not view.prepaid


def captures_due(view: OrderView) -> Iterator[Parcel]:
    """Parcels whose goods have gone, and for which a capture has still to be asked for, or asked
    for again; those that finance has to decide first are not among them.
    """
    if TERMS[view.order.payment_method].security is not Security.AUTHORIZATION:
        return
    for parcel in view.parcels.values():
        name = parcel.fulfillment_order
        last = view.last_payment(PaymentOperation.CAPTURE, name)
        again = last is not None and (name in view.recapturing or last.undone)
        if awaits_capture(view, parcel) and (last is None or again):
            yield parcel


def _gave_up(view: OrderView, operation: PaymentOperation, authorization: Payment) -> bool:
    tried = [p for p in _of(view, operation) if p.authorization == authorization.key]
    return bool(tried) and given_up(view, max(tried, key=_ordinal))


def _last_attempt(view: OrderView, payment: Payment) -> Payment:
    """At the same deed: a parcel is captured once, by whichever authorization; a void or a refund
    is about one authorization, whatever becomes of the others of its scope.
    """
    captures = payment.operation is PaymentOperation.CAPTURE
    return max(
        (
            other
            for other in _of(view, payment.operation)
            if other.fulfillment_order == payment.fulfillment_order
            and (captures or other.authorization == payment.authorization)
        ),
        key=_ordinal,
    )


def _ordinal(payment: Payment) -> int:
    return payment.ordinal


def given_up(view: OrderView, payment: Payment) -> bool:
    """Whether it failed for good, and nobody has asked to try again. Declined authorizations, and
    captures in advance, wait for the customer instead: a hold says so.
    """
    promised = payment.operation is PaymentOperation.AUTHORIZE
    in_advance = payment.operation is PaymentOperation.CAPTURE and not payment.fulfillment_order
    if promised or in_advance or payment.status is not PaymentStatus.FAILED:
        return False
    return not payment.undone and payment.key not in view.retried


def awaits_finance(view: OrderView, payment: Payment) -> bool:
    """A capture, void or refund that was given up, with no later attempt and no word of finance."""
    if not given_up(view, payment):
        return False
    settled = (*view.left_receivable, *view.recapturing)
    let_be = payment.key in view.let_be or (
        payment.operation is PaymentOperation.CAPTURE and payment.fulfillment_order in settled
    )
    return payment is _last_attempt(view, payment) and not let_be


def _is_on_its_way_out(parcel: Parcel) -> bool:
    return parcel.status.active and bool(parcel.lines) and not parcel.booked


def _is_voided(view: OrderView, authorization: Payment) -> bool:
    return any(
        payment.authorization == authorization.key
        for payment in _of(view, PaymentOperation.VOID, PaymentStatus.SUCCEEDED)
    )


def _of(
    view: OrderView, operation: PaymentOperation, status: PaymentStatus | None = None
) -> list[Payment]:
    return [
        payment
        for payment in view.payments.values()
        if payment.operation is operation and status in (None, payment.status)
    ]
