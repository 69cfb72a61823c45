"""What the state of a PaymentIntent or a Refund answers to what we asked for."""

from datetime import UTC, datetime

import stripe

from adapters.payments.stripe_amounts import from_stripe
from adapters.payments.stripe_words import field
from domain.payments import PaymentStatus
from ports.outside import OutcomeUnknown, PaymentRequest, ProviderAnswer


def captured(request: PaymentRequest, intent: stripe.PaymentIntent) -> ProviderAnswer | None:
    """An intent captures once: another amount was another operation."""
    if intent.status == "canceled":
        return ProviderAnswer(PaymentStatus.FAILED, request.payment, "not_authorized")
    if intent.status != "succeeded":
        return None
    if from_stripe(intent.amount_received, request.currency) != request.amount:
        return ProviderAnswer(PaymentStatus.FAILED, request.payment, "captured_already")
    return ProviderAnswer(PaymentStatus.SUCCEEDED, request.payment)


def refunded(request: PaymentRequest, refund: stripe.Refund) -> ProviderAnswer:
    """Pending, as when our balance at Stripe is too low, it may still fail: it is asked for again
    until it is one or the other.
    """
    if refund.status == "succeeded":
        return ProviderAnswer(PaymentStatus.SUCCEEDED, request.payment)
    if refund.status in ("failed", "canceled"):
        why = refund.failure_reason or "refund_failed"
        return ProviderAnswer(PaymentStatus.FAILED, request.payment, why)
    raise OutcomeUnknown(f"{request.key}: the refund is {refund.status}")


def not_supported(request: PaymentRequest) -> ProviderAnswer:
    return ProviderAnswer(PaymentStatus.FAILED, request.payment, "amount_not_supported")


def capture_before(intent: stripe.PaymentIntent) -> datetime | None:
    """When the card's bank lets the authorization lapse, as far as Stripe knows."""
    at = field(intent, "latest_charge", "payment_method_details", "card", "capture_before")
    return datetime.fromtimestamp(at, UTC) if at else None
