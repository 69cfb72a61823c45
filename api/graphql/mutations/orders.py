"""Commands on an order."""

import strawberry

from api.commands import carry_out
from api.graphql.context import Ask
from api.graphql.mutations import inputs as i
from api.graphql.mutations.answers import OrderPayload, errors_of, order_payload
from api.graphql.resolved import mutation
from domain.codec import Json
from domain.commands import CommandKind as Kind

AnyOrderInput = (
    i.OrderApproveInput
    | i.OrderRejectInput
    | i.OrderCancelInput
    | i.OrderOverrideSourceInput
    | i.OrderRetryStockInput
    | i.OrderRetryPaymentInput
    | i.OrderRetryCaptureInput
    | i.OrderLeaveReceivableInput
    | i.OrderGrantCreditInput
    | i.OrderRefuseCreditInput
    | i.OrderRetryOperationInput
    | i.OrderLeaveOperationInput
    | i.OrderParcelDeliveredInput
    | i.OrderParcelLostInput
    | i.OrderParcelReturnedInput
    | i.OrderParcelWithdrawnInput
)


@strawberry.type
class OrderMutations:
    @mutation("Releases an order from review. Agents and supervisors.")
    async def order_approve(self, info: Ask, input: i.OrderApproveInput) -> OrderPayload:  # noqa: A002 - the schema's word, here and below
        return await _act(info, Kind.APPROVE, input)

    @mutation("Rejects an order in review. Agents and supervisors.")
    async def order_reject(self, info: Ask, input: i.OrderRejectInput) -> OrderPayload:  # noqa: A002
        return await _act(info, Kind.REJECT, input)

    @mutation("Cancels an order; once the warehouse has it, return it.")
    async def order_cancel(self, info: Ask, input: i.OrderCancelInput) -> OrderPayload:  # noqa: A002
        return await _act(info, Kind.CANCEL, input)

    @mutation("Sends a parcel from another location. Supervisors.")
    async def order_override_source(
        self,
        info: Ask,
        input: i.OrderOverrideSourceInput,  # noqa: A002
    ) -> OrderPayload:
        target = {"target": input.fulfillment_order, "location": input.location}
        return await _act(info, Kind.OVERRIDE_SOURCE, input, **target)

    @mutation("Looks for stock again. Staff but finance.")
    async def order_retry_stock(self, info: Ask, input: i.OrderRetryStockInput) -> OrderPayload:  # noqa: A002
        return await _act(info, Kind.RETRY_STOCK, input)

    @mutation("Pays in another way after a decline.")
    async def order_retry_payment(self, info: Ask, input: i.OrderRetryPaymentInput) -> OrderPayload:  # noqa: A002
        return await _act(info, Kind.RETRY_PAYMENT, input, source=input.source)

    @mutation("Captures again what failed. Finance and supervisors.")
    async def order_retry_capture(self, info: Ask, input: i.OrderRetryCaptureInput) -> OrderPayload:  # noqa: A002
        return await _act(info, Kind.RETRY_CAPTURE, input, target=input.fulfillment_order)

    @mutation("Leaves a failed capture as a receivable. Finance.")
    async def order_leave_receivable(
        self,
        info: Ask,
        input: i.OrderLeaveReceivableInput,  # noqa: A002
    ) -> OrderPayload:
        return await _act(info, Kind.LEAVE_RECEIVABLE, input, target=input.fulfillment_order)

    @mutation("Grants credit over the customer's limit. Finance and supervisors.")
    async def order_grant_credit(self, info: Ask, input: i.OrderGrantCreditInput) -> OrderPayload:  # noqa: A002
        return await _act(info, Kind.GRANT_CREDIT, input)

    @mutation("Refuses credit: the order is rejected. Finance and supervisors.")
    async def order_refuse_credit(self, info: Ask, input: i.OrderRefuseCreditInput) -> OrderPayload:  # noqa: A002
        return await _act(info, Kind.REFUSE_CREDIT, input)

    @mutation("Tries a void or refund again that failed for good. Finance and supervisors.")
    async def order_retry_operation(
        self,
        info: Ask,
        input: i.OrderRetryOperationInput,  # noqa: A002
    ) -> OrderPayload:
        return await _act(info, Kind.RETRY_OPERATION, input, target=input.operation)

    @mutation("Lets a failed void or refund be. Finance and supervisors.")
    async def order_leave_operation(
        self,
        info: Ask,
        input: i.OrderLeaveOperationInput,  # noqa: A002
    ) -> OrderPayload:
        return await _act(info, Kind.LEAVE_OPERATION, input, target=input.operation)

    @mutation("Says that a shipped parcel has arrived. Staff but finance.")
    async def order_parcel_delivered(
        self,
        info: Ask,
        input: i.OrderParcelDeliveredInput,  # noqa: A002
    ) -> OrderPayload:
        return await _act(info, Kind.PARCEL_DELIVERED, input, **_packages(input))

    @mutation("Says that a shipped parcel is lost. Agents and supervisors.")
    async def order_parcel_lost(self, info: Ask, input: i.OrderParcelLostInput) -> OrderPayload:  # noqa: A002
        return await _act(info, Kind.PARCEL_LOST, input, **_packages(input))

    @mutation("Says that a parcel comes back undelivered. Staff but finance.")
    async def order_parcel_returned(
        self,
        info: Ask,
        input: i.OrderParcelReturnedInput,  # noqa: A002
    ) -> OrderPayload:
        return await _act(info, Kind.PARCEL_RETURNED, input, **_packages(input))

    @mutation("Gives a parcel up for a warehouse that does not answer. Warehouse and supervisors.")
    async def order_parcel_withdrawn(
        self,
        info: Ask,
        input: i.OrderParcelWithdrawnInput,  # noqa: A002
    ) -> OrderPayload:
        return await _act(info, Kind.PARCEL_WITHDRAWN, input, target=input.fulfillment_order)


def _packages(
    asked: i.OrderParcelDeliveredInput | i.OrderParcelLostInput | i.OrderParcelReturnedInput,
) -> dict[str, Json]:
    """Who names none asks what was asked before they could be named."""
    named: dict[str, Json] = {"packages": list(asked.packages)} if asked.packages else {}
    return {"target": asked.fulfillment_order, **named}


async def _act(info: Ask, kind: Kind, wanted: AnyOrderInput, **more: Json) -> OrderPayload:
    context = info.context

    async def deed() -> None:
        await carry_out(
            context.books,
            context.principal,
            wanted.idempotency_key,
            kind,
            wanted.order,
            {"reason": wanted.reason, **more},
        )

    return await order_payload(context, wanted.order, await errors_of(deed))
