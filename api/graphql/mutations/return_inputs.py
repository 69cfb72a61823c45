"""The inputs of commands on returns."""

import strawberry

from api.graphql.mutations import ask
from api.graphql.scalars import MinorUnits
from domain.returns import Disposition

strawberry.enum(
    Disposition,
    description="What becomes of a returned unit; sent back means no refund. Lost is what is left "
    "of a parcel that was not delivered, and is never given.",
)


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
    order: strawberry.ID = ask.order()
    lines: list[UnitsInput] = strawberry.field(description="What is to be returned.")
    idempotency_key: str = ask.key()
    reason: str = ask.reason()


@strawberry.input(description="Approves a return.")
class ReturnApproveInput:
    return_: strawberry.ID = ask.rma()
    idempotency_key: str = ask.key()
    reason: str = ask.note()


@strawberry.input(description="Declines a return.")
class ReturnDeclineInput:
    return_: strawberry.ID = ask.rma()
    idempotency_key: str = ask.key()
    reason: str = ask.reason()


@strawberry.input(description="Books the goods of a return in.")
class ReturnReceiveInput:
    return_: strawberry.ID = ask.rma()
    lines: list[UnitsInput] = strawberry.field(description="What came.")
    location: strawberry.ID = strawberry.field(description="Where it came in.")
    idempotency_key: str = ask.key()
    reason: str = ask.note()


@strawberry.input(description="Says what inspection found; it decides the refund.")
class ReturnInspectInput:
    return_: strawberry.ID = ask.rma()
    units: list[InspectedUnitsInput] = strawberry.field(description="Every received unit.")
    idempotency_key: str = ask.key()
    reason: str = ask.note()
    store_credit: MinorUnits = ask.store_credit()


@strawberry.input(description="Takes a request to return back, before the goods came.")
class ReturnCancelInput:
    return_: strawberry.ID = ask.rma()
    idempotency_key: str = ask.key()
    reason: str = ask.note()


@strawberry.input(description="Says that an undelivered parcel does not come back after all.")
class ReturnWriteOffInput:
    return_: strawberry.ID = ask.rma()
    idempotency_key: str = ask.key()
    reason: str = ask.reason()


@strawberry.input(description="Tries a refund again that failed, or gives store credit instead.")
class ReturnRetryRefundInput:
    return_: strawberry.ID = ask.rma()
    idempotency_key: str = ask.key()
    reason: str = ask.note()
    store_credit: MinorUnits = ask.store_credit()


@strawberry.input(description="Approves a refund over the threshold, as its second person.")
class ReturnApproveRefundInput:
    return_: strawberry.ID = ask.rma()
    idempotency_key: str = ask.key()
    reason: str = ask.note()


@strawberry.input(description="Takes goodwill back of which nothing has gone yet.")
class ReturnCancelRefundInput:
    return_: strawberry.ID = ask.rma()
    idempotency_key: str = ask.key()
    reason: str = ask.reason()


@strawberry.input(description="Says that a refund was transferred from our bank.")
class ReturnTransferRefundInput:
    return_: strawberry.ID = ask.rma()
    reference: str = strawberry.field(description="The bank's, which is used once.")
    idempotency_key: str = ask.key()
    reason: str = ask.note()
