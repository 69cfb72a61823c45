"""A webhook of Stripe → `Fact`: verified by the SDK, and of what we asked for as little believed as
any other (decision 8): it makes an order look at a payment that waits for its cardholder. Of
disputes and failed refunds, which nobody asks for, the books take what it tells.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any

import stripe
from pydantic import Field

from api.json_body import read_object
from api.problem_kinds import BAD_SIGNATURE
from api.problems import Problem
from api.shapes import Name, Shape, read_shape
from api.webhooks.stripe_dispute import MinorUnitsOf, read_dispute
from api.webhooks.stripe_refund import read_failed_refund
from domain.facts import Fact, FactKind, believable

SOURCE = "stripe"
TOLERANCE_SECONDS = 300  # Stripe's own
CREATED_MAX = 10**10 - 1  # seconds: until the year 2286
_KINDS = {
    "payment_intent.amount_capturable_updated": FactKind.PAYMENT_AUTHORIZED,
    "payment_intent.succeeded": FactKind.PAYMENT_CAPTURED,
    "payment_intent.payment_failed": FactKind.PAYMENT_DECLINED,
}
_REFUNDS = ("refund.failed", "refund.updated", "charge.refund.updated")
_UNASKED = ("charge.dispute.", *_REFUNDS)


class IntentShape(Shape):
    id: Name
    metadata: dict[str, str] | None = None


class DataShape(Shape):
    object: dict[str, Any]


class StripeEventShape(Shape):
    id: Name
    type: Name
    created: Annotated[int, Field(ge=0, le=CREATED_MAX)]
    data: DataShape


def read_stripe_event(
    secret: str, headers: Mapping[str, str], body: bytes, at: datetime, minor_units: MinorUnitsOf
) -> tuple[str, dict[str, Any], Fact | None]:
    """(event id, event, fact) as received `at`; no fact for the many kinds that say nothing to us,
    which are acknowledged, since Stripe gives up on an address that refuses. About an intent that
    is none of ours, the fact's subject is the intent. Refuses (`Problem`, 401) a wrong or old
    signature, and (`InvalidInput`, `BadTime`) what Stripe would not send.
    """
    try:
        stripe.WebhookSignature.verify_header(
            body.decode(), headers.get("stripe-signature", ""), secret, TOLERANCE_SECONDS
        )
    except (stripe.SignatureVerificationError, UnicodeDecodeError) as error:
        raise Problem(BAD_SIGNATURE, "Stripe-Signature does not fit the message.") from error
    raw = read_object(body)
    event = read_shape(StripeEventShape, raw)
    name, told, kind = f"{SOURCE}:{event.id}", event.data.object, _KINDS.get(event.type)
    if kind is None and not event.type.startswith(_UNASKED):
        return event.id, raw, None
    occurred_at = believable("created", datetime.fromtimestamp(event.created, UTC), at)
    if event.type.startswith(_REFUNDS):
        return event.id, raw, read_failed_refund(name, told, occurred_at, minor_units)
    if kind is None:
        return event.id, raw, read_dispute(name, event.type, told, occurred_at, minor_units)
    about = read_shape(IntentShape, told)
    subject = (about.metadata or {}).get("reference") or about.id
    return event.id, raw, Fact(name, kind, subject, occurred_at, code=event.type)
