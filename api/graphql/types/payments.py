"""Payment transactions in GraphQL."""

from datetime import datetime

import strawberry

from api.graphql.types.money import Money, money
from ports.reads import PaymentRead


@strawberry.type(description="One business operation at the payment provider.")
class Payment:
    key: str = strawberry.field(description="Its idempotency key, `<subject>/<operation>/<n>`.")
    operation: str = strawberry.field(description="authorize, capture, void or refund.")
    status: str = strawberry.field(
        description="REQUESTED, REQUIRES_ACTION, SUCCEEDED, FAILED, or UNKNOWN: its outcome was "
        "not heard and is being asked for."
    )
    amount: Money = strawberry.field(description="What it is about.")
    reason: str | None = strawberry.field(description="Why it failed, as a code.")
    fulfillment_order: str | None = strawberry.field(description="The parcel of a capture.")
    action_url: str | None = strawberry.field(description="Where the cardholder confirms.")
    at: datetime = strawberry.field(description="When it took this status.")


def payment(read: PaymentRead, currency: str) -> Payment:
    return Payment(
        key=read.key,
        operation=read.operation,
        status=read.status,
        amount=money(read.amount, currency),
        reason=read.reason or None,
        fulfillment_order=read.fulfillment_order or None,
        action_url=read.action_url or None,
        at=read.at,
    )
