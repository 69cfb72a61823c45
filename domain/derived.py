"""Statuses and words for people, derived from quantities, payments and waits; never stored as
facts of their own.
"""

from enum import StrEnum

from domain.access import Role
from domain.authorizations import standing
from domain.methods import TERMS, Security
from domain.payments import VOIDED, Payment, PaymentOperation, PaymentStatus
from domain.receivables import never_collected
from domain.securing import order_value
from domain.transitions import OrderStatus
from domain.view import OrderView, Parcel, ParcelStatus
from domain.waits import SHIPPED, Wait


class PaymentState(StrEnum):
    NONE = "NONE"
    REQUIRES_ACTION = "REQUIRES_ACTION"
    DECLINED = "DECLINED"
    AUTHORIZED = "AUTHORIZED"
    PARTIALLY_CAPTURED = "PARTIALLY_CAPTURED"
    CAPTURED = "CAPTURED"
    PARTIALLY_REFUNDED = "PARTIALLY_REFUNDED"
    REFUNDED = "REFUNDED"
    PARTIALLY_CHARGED_BACK = "PARTIALLY_CHARGED_BACK"
    CHARGED_BACK = "CHARGED_BACK"  # by the customer's bank
    VOIDED = "VOIDED"
    PAID_AT_CHANNEL = "PAID_AT_CHANNEL"
    ON_DELIVERY = "ON_DELIVERY"  # the carrier collects it
    AWAITING_TRANSFER = "AWAITING_TRANSFER"
    ON_CREDIT = "ON_CREDIT"
    PARTIALLY_PAID = "PARTIALLY_PAID"
    PAID = "PAID"


def payment_state(view: OrderView) -> PaymentState:
    if not view.order.due:  # points and store credit have paid it, or it costs nothing
        return PaymentState.NONE if view.status.stopped else PaymentState.PAID
    match TERMS[view.order.payment_method].security:
        case Security.AUTHORIZATION:
            return _at_the_provider(view)
        case Security.REGISTRATION:
            return PaymentState.PAID_AT_CHANNEL if view.registered else PaymentState.NONE
        case Security.MONEY:
            waiting = not view.status.stopped and view.status is not OrderStatus.RECEIVED
            return _paid(view, view.received, PaymentState.AWAITING_TRANSFER, promised=waiting)
        case Security.CREDIT:
            promised = view.on_credit and not view.status.stopped
            return _paid(view, view.received, PaymentState.ON_CREDIT, promised=promised)
        case Security.NOTHING:
            parcels = view.parcels.values()
            handed = sum(p.amount if p.arrival_booked else p.kept_amount for p in parcels)
            return _paid(view, handed, PaymentState.ON_DELIVERY, promised=_is_on_its_way(view))


def _paid(view: OrderView, paid: int, owed: PaymentState, *, promised: bool) -> PaymentState:
    """`owed` is said of a customer who has promised to pay, and has not paid anything yet."""
    if paid:
        never = sum(never_collected(view, parcel) for parcel in view.parcels)
        whole = paid >= order_value(view) - never
        return PaymentState.PAID if whole else PaymentState.PARTIALLY_PAID
    return owed if promised else PaymentState.NONE


def _is_on_its_way(view: OrderView) -> bool:
    """Whether something of the order may still be delivered."""
    if view.status.stopped or view.status.final:
        return False
    return bool(view.unallocated) or not all(p.arrival_settled for p in view.active_parcels)


def _at_the_provider(view: OrderView) -> PaymentState:
    captured, gone = view.paid(PaymentOperation.CAPTURE), refunded(view)
    if captured:
        if gone or view.charged_back:
            return taken_back_state(captured, gone, view.charged_back)
        whole = captured >= order_value(view)
        return PaymentState.CAPTURED if whole else PaymentState.PARTIALLY_CAPTURED
    asked = (p for p in view.payments.values() if p.operation is PaymentOperation.AUTHORIZE)
    last = max(asked, key=lambda payment: payment.since, default=None)
    return PaymentState.NONE if last is None else _promised(view, last)


def refunded(view: OrderView) -> int:
    """Minor units, by the order's own refunds that have not failed afterwards."""
    return sum(
        payment.amount
        for payment in view.payments.values()
        if payment.operation is PaymentOperation.REFUND
        and payment.status is PaymentStatus.SUCCEEDED
        and payment.key not in view.failed_refunds
    )


def taken_back_state(captured: int, refunded: int, charged_back: int) -> PaymentState:
    """Of what was refunded or charged back. What was refunded may be known by returns only, which
    have journals of their own.
    """
    whole = refunded + charged_back >= captured
    if charged_back:
        return PaymentState.CHARGED_BACK if whole else PaymentState.PARTIALLY_CHARGED_BACK
    return PaymentState.REFUNDED if whole else PaymentState.PARTIALLY_REFUNDED


def _promised(view: OrderView, last: Payment) -> PaymentState:
    given_up = last.status is not PaymentStatus.FAILED and last not in standing(view)
    if given_up or last.reason == VOIDED:
        return PaymentState.VOIDED
    match last.status:
        case PaymentStatus.SUCCEEDED:
            return PaymentState.AUTHORIZED
        case PaymentStatus.REQUIRES_ACTION:
            return PaymentState.REQUIRES_ACTION
        case PaymentStatus.FAILED:
            return PaymentState.NONE if last.undone else PaymentState.DECLINED
        case PaymentStatus.REQUESTED | PaymentStatus.UNKNOWN:
            return PaymentState.NONE


def doing(view: OrderView, waits: list[Wait]) -> str:
    """What the order is doing, in one sentence."""
    if view.status is OrderStatus.COMPLETED:
        return "Everything has arrived; returns are possible until the window closes."
    if view.status.final:
        return _ENDINGS[view.status]
    asked = [wait for wait in waits if wait.owner == Role.CUSTOMER or wait.key.startswith("hold/")]
    if asked or (waits and not view.active_parcels):
        return f"Waiting: {(asked or waits)[0].reason}."
    if view.status is OrderStatus.PROCESSING and view.active_parcels:
        return _parcels_in_words(view.active_parcels)
    return "Being checked." if view.status is OrderStatus.RECEIVED else "Being prepared."


_ENDINGS = {
    OrderStatus.CLOSED: "Closed: delivered, and the return window is over.",
    OrderStatus.CANCELED: "Canceled.",
    OrderStatus.REJECTED: "Rejected in review.",
    OrderStatus.EXPIRED: "Expired before it could be sent.",
}


def _parcels_in_words(parcels: list[Parcel]) -> str:
    slowest = min(parcels, key=lambda parcel: parcel.status.progress)
    words = {
        ParcelStatus.OPEN: "being prepared for the warehouse",
        ParcelStatus.SUBMITTED: "handed to the warehouse",
        ParcelStatus.ACCEPTED: "accepted by the warehouse",
        ParcelStatus.PICKING: "being picked",
        ParcelStatus.PICKED: "picked",
        ParcelStatus.PACKED: "packed",
        ParcelStatus.SHIPPED: "shipped",
        ParcelStatus.IN_TRANSIT: "in transit",
        ParcelStatus.OUT_FOR_DELIVERY: "out for delivery",
        ParcelStatus.DELIVERED: "delivered",
        ParcelStatus.LOST: "lost",
        ParcelStatus.RETURNED_TO_SENDER: "on its way back",
    }[slowest.status]
    if len(parcels) == 1:
        return f"The parcel is {words}."
    gone = sum(parcel.status.progress >= SHIPPED for parcel in parcels)
    return f"{gone} of {len(parcels)} parcels are on their way; the slowest is {words}."
