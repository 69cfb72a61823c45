"""The inputs of commands. The same key with the same content gives the same outcome."""

import strawberry

from api.graphql.mutations import ask
from api.graphql.mutations.payment_inputs import PaymentInput
from api.graphql.scalars import MinorUnits


@strawberry.input(description="Releases an order from review.")
class OrderApproveInput:
    order: strawberry.ID = ask.order()
    idempotency_key: str = ask.key()
    reason: str = ask.note()


@strawberry.input(description="Rejects an order in review.")
class OrderRejectInput:
    order: strawberry.ID = ask.order()
    idempotency_key: str = ask.key()
    reason: str = ask.reason()


@strawberry.input(description="Cancels an order that is not with the warehouse yet.")
class OrderCancelInput:
    order: strawberry.ID = ask.order()
    idempotency_key: str = ask.key()
    reason: str = ask.note()


@strawberry.input(description="Sends a parcel from another location.")
class OrderOverrideSourceInput:
    order: strawberry.ID = ask.order()
    fulfillment_order: strawberry.ID = ask.parcel()
    location: strawberry.ID = strawberry.field(description="Where to send it from.")
    idempotency_key: str = ask.key()
    reason: str = ask.reason()


@strawberry.input(description="Looks for stock again.")
class OrderRetryStockInput:
    order: strawberry.ID = ask.order()
    idempotency_key: str = ask.key()
    reason: str = ask.note()


@strawberry.input(description="Pays in another way after a decline.")
class OrderRetryPaymentInput:
    order: strawberry.ID = ask.order()
    source: str = strawberry.field(description="The tokenized card.")
    idempotency_key: str = ask.key()
    reason: str = ask.note()


@strawberry.input(description="Captures again what failed to be captured.")
class OrderRetryCaptureInput:
    order: strawberry.ID = ask.order()
    fulfillment_order: strawberry.ID = ask.parcel()
    idempotency_key: str = ask.key()
    reason: str = ask.note()


@strawberry.input(description="Leaves a failed capture as a receivable.")
class OrderLeaveReceivableInput:
    order: strawberry.ID = ask.order()
    fulfillment_order: strawberry.ID = ask.parcel()
    idempotency_key: str = ask.key()
    reason: str = ask.reason()


@strawberry.input(description="Grants credit over the customer's limit.")
class OrderGrantCreditInput:
    order: strawberry.ID = ask.order()
    idempotency_key: str = ask.key()
    reason: str = ask.reason()


@strawberry.input(description="Refuses credit over the customer's limit: the order is rejected.")
class OrderRefuseCreditInput:
    order: strawberry.ID = ask.order()
    idempotency_key: str = ask.key()
    reason: str = ask.reason()


@strawberry.input(description="Tries a void or refund again that failed for good.")
class OrderRetryOperationInput:
    order: strawberry.ID = ask.order()
    operation: strawberry.ID = ask.operation()
    idempotency_key: str = ask.key()
    reason: str = ask.note()


@strawberry.input(description="Lets a failed void or refund be: it lapses, or was settled else.")
class OrderLeaveOperationInput:
    order: strawberry.ID = ask.order()
    operation: strawberry.ID = ask.operation()
    idempotency_key: str = ask.key()
    reason: str = ask.reason()


@strawberry.input(
    description="Says that a shipped parcel has arrived, where no carrier tells it; what follows "
    "is the same as if one had."
)
class OrderParcelDeliveredInput:
    order: strawberry.ID = ask.order()
    fulfillment_order: strawberry.ID = ask.parcel()
    packages: list[str] = ask.packages()
    idempotency_key: str = ask.key()
    reason: str = ask.reason()


@strawberry.input(description="Says that a shipped parcel is lost: what it cost is given back.")
class OrderParcelLostInput:
    order: strawberry.ID = ask.order()
    fulfillment_order: strawberry.ID = ask.parcel()
    packages: list[str] = ask.packages()
    idempotency_key: str = ask.key()
    reason: str = ask.reason()


@strawberry.input(
    description="Says that a shipped parcel comes back undelivered: what it cost is given back "
    "once its units are received and inspected."
)
class OrderParcelReturnedInput:
    order: strawberry.ID = ask.order()
    fulfillment_order: strawberry.ID = ask.parcel()
    packages: list[str] = ask.packages()
    idempotency_key: str = ask.key()
    reason: str = ask.reason()


@strawberry.input(
    description="Says of a parcel that its warehouse was asked to give back, and did not answer "
    "for in time, that it has not got it and will not send it: the parcel counts as given back."
)
class OrderParcelWithdrawnInput:
    order: strawberry.ID = ask.order()
    fulfillment_order: strawberry.ID = ask.parcel()
    idempotency_key: str = ask.key()
    reason: str = ask.reason()


@strawberry.input(description="One line of an order to place.")
class OrderLineInput:
    sku: str = strawberry.field(description="As the catalog has it.")
    quantity: int = strawberry.field(description="Whole units, from 1 to 100,000.")
    unit_price: MinorUnits | None = strawberry.field(
        default=None, description="Of one unit; the list price when absent."
    )
    discount: MinorUnits = strawberry.field(
        default=MinorUnits(0), description="Reduction of the whole line."
    )


@strawberry.input(description="Where an order goes.")
class AddressInput:
    name: str = strawberry.field(description="Of the person.")
    line1: str = strawberry.field(description="Street and number.")
    city: str = strawberry.field(description="City.")
    country: str = strawberry.field(description="ISO 3166 code, such as US.")
    line2: str = strawberry.field(default="", description="More of the address.")
    region: str = strawberry.field(default="", description="State or province.")
    postal_code: str = strawberry.field(default="", description="Postal code.")
    email: str = strawberry.field(default="", description="Of the customer.")
    phone: str = strawberry.field(default="", description="Of the customer.")


@strawberry.input(description="An order to place.")
class OrderPlaceInput:
    channel_ref: str = strawberry.field(description="Your own name for the order.")
    currency: str = strawberry.field(description="ISO 4217 code, such as USD.")
    lines: list[OrderLineInput] = strawberry.field(description="From 1 to 200 of them.")
    ship_to: AddressInput = strawberry.field(description="Where it goes.")
    payment: PaymentInput = strawberry.field(description="Exactly one of its fields.")
    idempotency_key: str = ask.key()
    channel: str | None = strawberry.field(
        default=None, description="`sales` for what staff places by hand; a channel's is its own."
    )
    shipping: MinorUnits = strawberry.field(
        default=MinorUnits(0), description="What shipping costs."
    )
    customer_ref: str = strawberry.field(default="", description="Your name for the customer.")
    discount: MinorUnits = strawberry.field(
        default=MinorUnits(0), description="Reduction of the order as a whole, shared by its lines."
    )
    tax_included: bool | None = strawberry.field(
        default=None,
        description="Whether the amounts are with tax; as those of the price list when absent.",
    )
    points: int = strawberry.field(
        default=0, description="Loyalty points of the customer that shall pay for it."
    )
    store_credit: MinorUnits = strawberry.field(
        default=MinorUnits(0),
        description="Store credit of the customer that shall pay for it, in the order's currency.",
    )
    total: MinorUnits | None = strawberry.field(
        default=None,
        description="What you have charged: when it is not what the order comes to, it is held.",
    )
    only_if_in_stock: bool = strawberry.field(
        default=False,
        description="Places it with its goods reserved, or (`OUT_OF_STOCK`) not at all.",
    )
