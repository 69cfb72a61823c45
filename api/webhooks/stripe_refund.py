"""A refund of Stripe → `Fact`, where it says that the refund has failed.

It may fail after it had succeeded, up to 30 days later, or be canceled: then the money is back in
our balance. Several events tell of it: the books take them as one. Source:
docs.stripe.com/refunds#failed-refunds, docs.stripe.com/api/refunds/object.
"""

from datetime import datetime
from typing import Annotated, Any

from pydantic import Field

from api.refusals import FieldError, InvalidInput
from api.shapes import MinorUnits, Name, Shape, Text, read_shape
from api.webhooks.stripe_dispute import MinorUnitsOf
from domain.facts import Fact, FactKind

_FAILED = ("failed", "canceled")


class RefundShape(Shape):
    id: Name
    amount: MinorUnits
    currency: Annotated[str, Field(pattern=r"^[a-z]{3}$")]
    status: Text | None = None
    failure_reason: Text | None = None
    metadata: dict[str, str] | None = None


def read_failed_refund(
    fact: str, told: Any, occurred_at: datetime, minor_units: MinorUnitsOf
) -> Fact | None:
    """None when it has not failed. Its subject is our operation, or for a refund that is none of
    ours Stripe's own name.
    """
    refund = read_shape(RefundShape, told)
    if refund.status not in _FAILED:
        return None
    currency = refund.currency.upper()
    try:
        amount = minor_units(refund.amount, currency)
    except ValueError as error:
        raise InvalidInput([FieldError("data.object.amount", str(error))]) from error
    return Fact(
        fact,
        FactKind.REFUND_FAILED,
        (refund.metadata or {}).get("reference") or refund.id,
        occurred_at,
        code=refund.failure_reason or refund.status,
        amount=amount,
        currency=currency,
    )
