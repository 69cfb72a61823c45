"""Payment transactions in GraphQL."""

from datetime import datetime

import strawberry

from api.graphql.types.money import Money, money
from ports.reads import PaymentRead


@strawberry.type(
    description="One business operation at the payment provider, or what a cardholder's bank did."
)
class Payment:
    key: str = strawberry.field(
        description="Its idempotency key, `<subject>/<operation>/<n>`; of a chargeback "
        "`<capture>/chargeback/<dispute>`, of a refund that failed after it had succeeded "
        "`<refund>/refund_failure`."
    )
    operation: str = strawberry.field(
        description="authorize, capture, void or refund; chargeback, chargeback_reversal or "
        "refund_failure, which nobody asked for."
    )
    status: str = strawberry.field(
        description="REQUESTED, REQUIRES_ACTION, SUCCEEDED, FAILED, or UNKNOWN: its outcome was "
        "not heard and is being asked for."
    )
    amount: Money = strawberry.field(description="What it is about.")
    reason: str | None = strawberry.field(
        description="Why it failed, or was disputed, as a code; of one that is REQUESTED, "
        "`key_refused`: the provider refuses our key, and nothing has happened."
    )
    fulfillment_order: str | None = strawberry.field(
        description="The parcel of a capture, and of what was charged back of it."
    )
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
