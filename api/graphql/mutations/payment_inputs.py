"""How an order is to be paid, in GraphQL."""

from enum import Enum

import strawberry

from domain.order import PaymentMethod


@strawberry.enum(description="How a customer pays who pays neither by card nor at the channel.")
class PaymentTerms(Enum):
    CASH_ON_DELIVERY = strawberry.enum_value(
        PaymentMethod.CASH_ON_DELIVERY.value, description="The carrier collects it."
    )
    BANK_TRANSFER = strawberry.enum_value(
        PaymentMethod.BANK_TRANSFER.value,
        description="Before anything is sent, with the order number as the reference.",
    )
    CREDIT_TERMS = strawberry.enum_value(
        PaymentMethod.CREDIT_TERMS.value,
        description="Days after it was sent, within the customer's credit limit.",
    )


@strawberry.input(description="How an order is paid.")
class PaymentInput:
    source: str | None = strawberry.field(
        default=None, description="The tokenized card; then it is charged as parcels are shipped."
    )
    paid_reference: str | None = strawberry.field(
        default=None, description="The channel's own payment; then it is never charged."
    )
    terms: PaymentTerms | None = strawberry.field(
        default=None, description="When it is paid neither by card nor at the channel."
    )
