"""What people of the built-in warehouse do, each an act of `domain.acts`."""

import strawberry

from api.acts import act
from api.graphql.context import Ask
from api.graphql.mutations.answers import UserError, errors_of
from api.graphql.mutations.pick_list_inputs import (
    AnyInput,
    LabelInput,
    PackageInput,
    PickedUnitsInput,
    PickListAcceptInput,
    PickListConfirmCancelInput,
    PickListCorrectLabelsInput,
    PickListCorrectPackingInput,
    PickListCorrectPickedInput,
    PickListPackInput,
    PickListRefuseCancelInput,
    PickListRejectInput,
    PickListReportPickedInput,
    PickListReportShipmentInput,
    PickListShipInput,
    PickListStartPickingInput,
)
from api.graphql.resolved import mutation
from api.graphql.types.pick_lists import PickList, pick_list
from domain.acts import ActKind as Kind
from domain.codec import Json
from domain.errors import Forbidden, NotFound


@strawberry.type(description="The outcome of an act on a pick list.")
class PickListPayload:
    pick_list: PickList | None = strawberry.field(
        description="As it is now; null when there is none, or none that you may see."
    )
    user_errors: list[UserError] = strawberry.field(description="Empty when it was done.")


@strawberry.type
class PickListMutations:
    @mutation("The warehouse will do it. Warehouse and supervisors, as all of these.")
    async def pick_list_accept(self, info: Ask, input: PickListAcceptInput) -> PickListPayload:  # noqa: A002 - the schema's word, here and below
        return await _act(info, Kind.PICK_LIST_ACCEPT, input)

    @mutation("The warehouse will not do it: its units are sourced elsewhere.")
    async def pick_list_reject(self, info: Ask, input: PickListRejectInput) -> PickListPayload:  # noqa: A002
        return await _act(info, Kind.PICK_LIST_REJECT, input)

    @mutation("Somebody begins to pick.")
    async def pick_list_start_picking(
        self,
        info: Ask,
        input: PickListStartPickingInput,  # noqa: A002
    ) -> PickListPayload:
        return await _act(info, Kind.PICK_LIST_START_PICKING, input)

    @mutation("Says what was found.")
    async def pick_list_report_picked(
        self,
        info: Ask,
        input: PickListReportPickedInput,  # noqa: A002
    ) -> PickListPayload:
        return await _act(info, Kind.PICK_LIST_REPORT_PICKED, input, **_found(input))

    @mutation("Says what is in which package.")
    async def pick_list_pack(self, info: Ask, input: PickListPackInput) -> PickListPayload:  # noqa: A002
        return await _act(info, Kind.PICK_LIST_PACK, input, packages=_packages(input.packages))

    @mutation("Hands all packages over, to carriers or to the shop's own people.")
    async def pick_list_ship(self, info: Ask, input: PickListShipInput) -> PickListPayload:  # noqa: A002
        return await _act(info, Kind.PICK_LIST_SHIP, input, labels=_labels(input.labels))

    @mutation("The goods that the order wants back are on the shelf again.")
    async def pick_list_confirm_cancel(
        self,
        info: Ask,
        input: PickListConfirmCancelInput,  # noqa: A002
    ) -> PickListPayload:
        return await _act(info, Kind.PICK_LIST_CONFIRM_CANCEL, input)

    @mutation("The order does not get its goods back: the parcel goes its way.")
    async def pick_list_refuse_cancel(
        self,
        info: Ask,
        input: PickListRefuseCancelInput,  # noqa: A002
    ) -> PickListPayload:
        return await _act(info, Kind.PICK_LIST_REFUSE_CANCEL, input)

    @mutation("Says what became of packages, where no carrier's system tells it.")
    async def pick_list_report_shipment(
        self,
        info: Ask,
        input: PickListReportShipmentInput,  # noqa: A002
    ) -> PickListPayload:
        body = {"stage": input.stage.value, "package": input.package}
        return await _act(info, Kind.PICK_LIST_REPORT_SHIPMENT, input, **body)

    @mutation(
        "Corrects what was picked, before it is packed. Units that the order has sourced anew "
        "meanwhile are refused: count them."
    )
    async def pick_list_correct_picked(
        self,
        info: Ask,
        input: PickListCorrectPickedInput,  # noqa: A002
    ) -> PickListPayload:
        return await _act(info, Kind.PICK_LIST_CORRECT_PICKED, input, **_found(input))

    @mutation("Corrects what is in which package, before they are shipped.")
    async def pick_list_correct_packing(
        self,
        info: Ask,
        input: PickListCorrectPackingInput,  # noqa: A002
    ) -> PickListPayload:
        packages = _packages(input.packages)
        return await _act(info, Kind.PICK_LIST_CORRECT_PACKING, input, packages=packages)

    @mutation("Corrects carriers and tracking numbers, before the packages arrive.")
    async def pick_list_correct_labels(
        self,
        info: Ask,
        input: PickListCorrectLabelsInput,  # noqa: A002
    ) -> PickListPayload:
        labels = _labels(input.labels)
        return await _act(info, Kind.PICK_LIST_CORRECT_LABELS, input, labels=labels)


async def _act(info: Ask, kind: Kind, wanted: AnyInput, **body: Json) -> PickListPayload:
    context, name = info.context, wanted.fulfillment_order
    office, floor, principal = context.books.office, context.books.floor, context.principal

    async def deed() -> None:
        await act(office, principal, wanted.idempotency_key, kind, name, body, wanted.reason)

    errors = await errors_of(deed)
    try:
        read = await floor.pick_list(principal, name)
    except (NotFound, Forbidden):
        return PickListPayload(pick_list=None, user_errors=errors)
    return PickListPayload(pick_list=pick_list(read, context.books), user_errors=errors)


def _found(asked: PickListReportPickedInput | PickListCorrectPickedInput) -> dict[str, Json]:
    """Who says nothing of components asks what was asked before there was a word for them."""
    missing = [{"line": e.line, "sku": e.sku, "quantity": e.quantity} for e in asked.missing]
    return {"lines": _units(asked.lines)} | ({"missing": missing} if missing else {})


def _units(lines: list[PickedUnitsInput]) -> list[Json]:
    return [{"line": each.line, "quantity": each.quantity} for each in lines]


def _packages(packages: list[PackageInput]) -> list[Json]:
    return [_units(package.lines) for package in packages]


def _labels(labels: list[LabelInput]) -> list[Json]:
    return [
        {"package": e.package, "carrier": e.carrier, "tracking_number": e.tracking_number}
        for e in labels
    ]
