"""The inputs of commands. The same key with the same content gives the same outcome."""

from typing import Any

import strawberry

from api.graphql.mutations.payment_inputs import PaymentInput
from api.graphql.scalars import MinorUnits
from domain.returns import Disposition

strawberry.enum(
    Disposition, description="What becomes of a returned unit; sent back means no refund."
)


def _key() -> Any:
    return strawberry.field(
        description="Chosen by you: the same key with the same content never acts twice."
    )


def _order() -> Any:
    return strawberry.field(description="The order's number.")


def _return() -> Any:
    return strawberry.field(name="return", description="The return's number.")


def _parcel() -> Any:
    return strawberry.field(description="The parcel, `<order>-F<n>`.")


def _operation() -> Any:
    return strawberry.field(description="The operation's key, as `<order>/void/<n>`.")


def _reason() -> Any:
    return strawberry.field(description="Why; it stands in the timeline. No personal data.")


def _note() -> Any:
    return strawberry.field(default="", description="Why, if you like. No personal data.")


@strawberry.input(description="Releases an order from review.")
class OrderApproveInput:
    order: strawberry.ID = _order()
    idempotency_key: str = _key()
    reason: str = _note()


@strawberry.input(description="Rejects an order in review.")
class OrderRejectInput:
    order: strawberry.ID = _order()
    idempotency_key: str = _key()
    reason: str = _reason()


@strawberry.input(description="Cancels an order that is not with the warehouse yet.")
class OrderCancelInput:
    order: strawberry.ID = _order()
    idempotency_key: str = _key()
    reason: str = _note()


@strawberry.input(description="Sends a parcel from another location.")
class OrderOverrideSourceInput:
    order: strawberry.ID = _order()
    fulfillment_order: strawberry.ID = _parcel()
    location: strawberry.ID = strawberry.field(description="Where to send it from.")
    idempotency_key: str = _key()
    reason: str = _reason()


@strawberry.input(description="Looks for stock again.")
class OrderRetryStockInput:
    order: strawberry.ID = _order()
    idempotency_key: str = _key()
    reason: str = _note()


@strawberry.input(description="Pays in another way after a decline.")
class OrderRetryPaymentInput:
    order: strawberry.ID = _order()
    source: str = strawberry.field(description="The tokenized card.")
    idempotency_key: str = _key()
    reason: str = _note()


@strawberry.input(description="Captures again what failed to be captured.")
class OrderRetryCaptureInput:
    order: strawberry.ID = _order()
    fulfillment_order: strawberry.ID = _parcel()
    idempotency_key: str = _key()
    reason: str = _note()


@strawberry.input(description="Leaves a failed capture as a receivable.")
class OrderLeaveReceivableInput:
    order: strawberry.ID = _order()
    fulfillment_order: strawberry.ID = _parcel()
    idempotency_key: str = _key()
    reason: str = _reason()


@strawberry.input(description="Grants credit over the customer's limit.")
class OrderGrantCreditInput:
    order: strawberry.ID = _order()
    idempotency_key: str = _key()
    reason: str = _reason()


@strawberry.input(description="Refuses credit over the customer's limit: the order is rejected.")
class OrderRefuseCreditInput:
    order: strawberry.ID = _order()
    idempotency_key: str = _key()
    reason: str = _reason()


@strawberry.input(description="Tries a void or refund again that failed for good.")
class OrderRetryOperationInput:
    order: strawberry.ID = _order()
    operation: strawberry.ID = _operation()
    idempotency_key: str = _key()
    reason: str = _note()


@strawberry.input(description="Lets a failed void or refund be: it lapses, or was settled else.")
class OrderLeaveOperationInput:
    order: strawberry.ID = _order()
    operation: strawberry.ID = _operation()
    idempotency_key: str = _key()
    reason: str = _reason()


@strawberry.input(description="Some units of one order line.")
class UnitsInput:
    line: int = strawberry.field(description="The order line's number, from 1.")
    quantity: int = strawberry.field(description="How many units, from 1.")


@strawberry.input(description="Inspected units of one order line.")
class InspectedUnitsInput:
    line: int = strawberry.field(description="The order line's number, from 1.")
    quantity: int = strawberry.field(description="How many units, from 1.")
    disposition: Disposition = strawberry.field(description="What becomes of them.")


@strawberry.input(description="Asks to send delivered goods back.")
class ReturnRequestInput:
    order: strawberry.ID = _order()
    lines: list[UnitsInput] = strawberry.field(description="What is to be returned.")
    idempotency_key: str = _key()
    reason: str = _reason()


@strawberry.input(description="Approves a return.")
class ReturnApproveInput:
    return_: strawberry.ID = _return()
    idempotency_key: str = _key()
    reason: str = _note()


@strawberry.input(description="Declines a return.")
class ReturnDeclineInput:
    return_: strawberry.ID = _return()
    idempotency_key: str = _key()
    reason: str = _reason()


@strawberry.input(description="Books the goods of a return in.")
class ReturnReceiveInput:
    return_: strawberry.ID = _return()
    lines: list[UnitsInput] = strawberry.field(description="What came.")
    location: strawberry.ID = strawberry.field(description="Where it came in.")
    idempotency_key: str = _key()
    reason: str = _note()


@strawberry.input(description="Says what inspection found; it decides the refund.")
class ReturnInspectInput:
    return_: strawberry.ID = _return()
    units: list[InspectedUnitsInput] = strawberry.field(description="Every received unit.")
    idempotency_key: str = _key()
    reason: str = _note()
    store_credit: MinorUnits = strawberry.field(
        default=MinorUnits(0),
        description="Up to so much of the refund becomes store credit; the rest goes back as the "
        "money came.",
    )


@strawberry.input(description="Takes a request to return back, before the goods came.")
class ReturnCancelInput:
    return_: strawberry.ID = _return()
    idempotency_key: str = _key()
    reason: str = _note()


@strawberry.input(description="Tries a refund again that failed.")
class ReturnRetryRefundInput:
    return_: strawberry.ID = _return()
    idempotency_key: str = _key()
    reason: str = _note()


@strawberry.input(description="Approves a refund over the threshold, as its second person.")
class ReturnApproveRefundInput:
    return_: strawberry.ID = _return()
    idempotency_key: str = _key()
    reason: str = _note()


@strawberry.input(description="Says that a refund was transferred from our bank.")
class ReturnTransferRefundInput:
    return_: strawberry.ID = _return()
    reference: str = strawberry.field(description="The bank's, which is used once.")
    idempotency_key: str = _key()
    reason: str = _note()


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
    idempotency_key: str = _key()
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
    total: MinorUnits | None = strawberry.field(
        default=None,
        description="What you have charged: when it is not what the order comes to, it is held.",
    )
    only_if_in_stock: bool = strawberry.field(
        default=False,
        description="Places it with its goods reserved, or (`OUT_OF_STOCK`) not at all.",
    )
