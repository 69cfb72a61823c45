"""A webhook of Stripe → `Fact`: verified by the SDK, and as little believed as any other (decision
0008). It makes an order look at a payment that waits for its cardholder, and changes nothing else.
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
from domain.facts import Fact, FactKind, believable

SOURCE = "stripe"
TOLERANCE_SECONDS = 300  # Stripe's own
CREATED_MAX = 10**10 - 1  # seconds: until the year 2286
_KINDS = {
    "payment_intent.amount_capturable_updated": FactKind.PAYMENT_AUTHORIZED,
    "payment_intent.succeeded": FactKind.PAYMENT_CAPTURED,
    "payment_intent.payment_failed": FactKind.PAYMENT_DECLINED,
}


class ObjectShape(Shape):
    id: Name
    metadata: dict[str, str] | None = None


class DataShape(Shape):
    object: ObjectShape


class StripeEventShape(Shape):
    id: Name
    type: Name
    created: Annotated[int, Field(ge=0, le=CREATED_MAX)]
    data: DataShape


def read_stripe_event(
    secret: str, headers: Mapping[str, str], body: bytes, at: datetime
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
    kind = _KINDS.get(event.type)
    if kind is None:
        return event.id, raw, None
    about = event.data.object
    subject = (about.metadata or {}).get("reference") or about.id
    occurred_at = believable("created", datetime.fromtimestamp(event.created, UTC), at)
    return event.id, raw, Fact(f"{SOURCE}:{event.id}", kind, subject, occurred_at, code=event.type)
