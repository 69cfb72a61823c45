"""Commands on a return."""

from collections.abc import Sequence

import strawberry

from api.commands import carry_out, request_return
from api.graphql.context import Ask, Context
from api.graphql.mutations import return_inputs as i
from api.graphql.mutations.answers import ReturnPayload, errors_of, order_of, return_payload
from api.graphql.resolved import mutation
from api.refusals import FieldError, InvalidInput
from domain.codec import Json
from domain.commands import CommandKind as Kind
from domain.order import LineUnits

AnyReturnInput = (
    i.ReturnApproveInput
    | i.ReturnDeclineInput
    | i.ReturnReceiveInput
    | i.ReturnInspectInput
    | i.ReturnCancelInput
    | i.ReturnRetryRefundInput
    | i.ReturnApproveRefundInput
    | i.ReturnTransferRefundInput
    | i.ReturnCancelRefundInput
    | i.ReturnWriteOffInput
)


@strawberry.type
class ReturnMutations:
    @mutation("Asks to send delivered goods back, within the window.")
    async def return_request(self, info: Ask, input: i.ReturnRequestInput) -> ReturnPayload:  # noqa: A002 - the schema's word, here and below
        context = info.context
        asked: list[str] = []

        async def deed() -> None:
            lines = await _with_skus(context, input.order, input.lines)
            units = [LineUnits(**each) for each in lines]
            key, order = input.idempotency_key, input.order
            asked.append(
                await request_return(
                    context.books, context.principal, key, order, units, input.reason
                )
            )

        errors = await errors_of(deed)
        return await return_payload(context, asked[0] if asked else "", errors)

    @mutation("Approves a return. Agents and supervisors.")
    async def return_approve(self, info: Ask, input: i.ReturnApproveInput) -> ReturnPayload:  # noqa: A002
        return await _act(info, Kind.RETURN_APPROVE, input)

    @mutation("Declines a return. Agents and supervisors.")
    async def return_decline(self, info: Ask, input: i.ReturnDeclineInput) -> ReturnPayload:  # noqa: A002
        return await _act(info, Kind.RETURN_DECLINE, input)

    @mutation("Books the goods in. Warehouse and supervisors.")
    async def return_receive(self, info: Ask, input: i.ReturnReceiveInput) -> ReturnPayload:  # noqa: A002
        return await _act(info, Kind.RETURN_RECEIVE, input)

    @mutation("Says what was found. Warehouse and supervisors.")
    async def return_inspect(self, info: Ask, input: i.ReturnInspectInput) -> ReturnPayload:  # noqa: A002
        return await _act(info, Kind.RETURN_INSPECT, input)

    @mutation("Takes a request to return back, before the goods came.")
    async def return_cancel(self, info: Ask, input: i.ReturnCancelInput) -> ReturnPayload:  # noqa: A002
        return await _act(info, Kind.RETURN_CANCEL, input)

    @mutation("Tries a refund again that failed, or as store credit. Finance and supervisors.")
    async def return_retry_refund(
        self,
        info: Ask,
        input: i.ReturnRetryRefundInput,  # noqa: A002
    ) -> ReturnPayload:
        return await _act(info, Kind.RETURN_RETRY_REFUND, input)

    @mutation("Approves a refund over the threshold: a second person of finance or a supervisor.")
    async def return_approve_refund(
        self,
        info: Ask,
        input: i.ReturnApproveRefundInput,  # noqa: A002
    ) -> ReturnPayload:
        return await _act(info, Kind.RETURN_APPROVE_REFUND, input)

    @mutation("Says that a refund was transferred. Finance and supervisors.")
    async def return_transfer_refund(
        self,
        info: Ask,
        input: i.ReturnTransferRefundInput,  # noqa: A002
    ) -> ReturnPayload:
        return await _act(info, Kind.RETURN_TRANSFER_REFUND, input)

    @mutation("Cancels goodwill of which nothing has gone yet. Finance and supervisors.")
    async def return_cancel_refund(
        self,
        info: Ask,
        input: i.ReturnCancelRefundInput,  # noqa: A002
    ) -> ReturnPayload:
        return await _act(info, Kind.RETURN_CANCEL_REFUND, input)

    @mutation("Says that an undelivered parcel does not come back. Staff but finance.")
    async def return_write_off(self, info: Ask, input: i.ReturnWriteOffInput) -> ReturnPayload:  # noqa: A002
        return await _act(info, Kind.RETURN_WRITE_OFF, input)


async def _act(info: Ask, kind: Kind, wanted: AnyReturnInput) -> ReturnPayload:
    context, rma = info.context, wanted.return_

    async def deed() -> None:
        body = {"reason": wanted.reason, **await _content(context, wanted)}
        key = wanted.idempotency_key
        await carry_out(context.books, context.principal, key, kind, rma, body)

    return await return_payload(context, rma, await errors_of(deed))


async def _content(context: Context, wanted: AnyReturnInput) -> dict[str, Json]:
    match wanted:
        case i.ReturnReceiveInput():
            lines = await _with_skus(context, order_of(wanted.return_), wanted.lines)
            return {"lines": lines, "location": wanted.location}
        case i.ReturnInspectInput():
            units = await _with_skus(context, order_of(wanted.return_), wanted.units)
            found = zip(units, wanted.units, strict=True)
            inspected = [{**u, "disposition": w.disposition.value} for u, w in found]
            return {"units": inspected, "store_credit": _not_negative(wanted.store_credit)}
        case i.ReturnRetryRefundInput():
            return {"store_credit": _not_negative(wanted.store_credit)}
        case i.ReturnTransferRefundInput():
            return {"reference": wanted.reference}
        case _:
            return {}


def _not_negative(amount: int) -> int:
    if amount < 0:
        raise InvalidInput([FieldError("storeCredit", "it is less than nothing")])
    return amount


async def _with_skus(
    context: Context, order: str, wanted: Sequence[i.UnitsInput | i.InspectedUnitsInput]
) -> list[dict[str, Json]]:
    """The units with the SKU of their line. Refuses (`NotFound`, `InvalidInput`)."""
    detail = await context.books.reads.order(context.principal, order)
    skus = {line.line: line.sku for line in detail.order.lines}
    unknown = [
        FieldError(f"lines.{n}.line", f"the order has no line {each.line}")
        for n, each in enumerate(wanted)
        if each.line not in skus
    ]
    if unknown:
        raise InvalidInput(unknown)
    return [
        {"line": each.line, "sku": skus[each.line], "quantity": each.quantity} for each in wanted
    ]
