"""What people of the built-in warehouse do, each an act of `domain.acts`."""

from typing import Any

import strawberry

from api.acts import act
from api.graphql.context import Ask
from api.graphql.mutations.answers import UserError, errors_of
from api.graphql.resolved import mutation
from api.graphql.types.pick_lists import PickList, pick_list
from domain.acts import ActKind as Kind
from domain.codec import Json
from domain.errors import Forbidden, NotFound
from domain.pick_list import Stage

strawberry.enum(Stage, name="ShipmentStage", description="What became of a package on its way.")


def _parcel() -> Any:
    return strawberry.field(description="The pick list, `<order>-F<n>`.")


def _key() -> Any:
    return strawberry.field(
        description="Chosen by you: the same key with the same content never acts twice."
    )


def _reason() -> Any:
    return strawberry.field(description="Why; the order's timeline has it. No personal data.")


def _note() -> Any:
    return strawberry.field(default="", description="Why, if you like. No personal data.")


@strawberry.input(description="Says that the warehouse will do it.")
class PickListAcceptInput:
    fulfillment_order: strawberry.ID = _parcel()
    idempotency_key: str = _key()
    reason: str = _note()


@strawberry.input(description="Says that the warehouse will not do it.")
class PickListRejectInput:
    fulfillment_order: strawberry.ID = _parcel()
    idempotency_key: str = _key()
    reason: str = _reason()


@strawberry.input(description="Says that somebody begins to pick.")
class PickListStartPickingInput:
    fulfillment_order: strawberry.ID = _parcel()
    idempotency_key: str = _key()
    reason: str = _note()


@strawberry.input(description="Some units of a pick list's line.")
class PickedUnitsInput:
    line: int = strawberry.field(description="The order line's number, from 1.")
    quantity: int = strawberry.field(description="How many; 0 when none was found.")


@strawberry.input(description="Says what was found. Less than asked is a short pick.")
class PickListReportPickedInput:
    fulfillment_order: strawberry.ID = _parcel()
    lines: list[PickedUnitsInput] = strawberry.field(
        description="Each line once; one that is left out was not found at all."
    )
    idempotency_key: str = _key()
    reason: str = _note()


@strawberry.input(description="The content of a package.")
class PackageInput:
    lines: list[PickedUnitsInput] = strawberry.field(description="What is in it.")


@strawberry.input(description="Says what is in which package.")
class PickListPackInput:
    fulfillment_order: strawberry.ID = _parcel()
    packages: list[PackageInput] = strawberry.field(
        description="They are called P1, P2 … and hold together exactly what was picked."
    )
    idempotency_key: str = _key()
    reason: str = _note()


@strawberry.input(description="Where a package goes.")
class LabelInput:
    package: str = strawberry.field(description="As `P1`.")
    carrier: str = strawberry.field(
        default="", description="Its code; empty: the shop's own people bring it."
    )
    tracking_number: str = strawberry.field(
        default="", description="The carrier's; empty: one that names the package."
    )


@strawberry.input(description="Hands all packages over.")
class PickListShipInput:
    fulfillment_order: strawberry.ID = _parcel()
    labels: list[LabelInput] = strawberry.field(
        default_factory=list, description="Of packages that a carrier takes."
    )
    idempotency_key: str = _key()
    reason: str = _note()


@strawberry.input(description="Says that the goods are on the shelf again.")
class PickListConfirmCancelInput:
    fulfillment_order: strawberry.ID = _parcel()
    idempotency_key: str = _key()
    reason: str = _note()


@strawberry.input(description="Says that the parcel goes its way.")
class PickListRefuseCancelInput:
    fulfillment_order: strawberry.ID = _parcel()
    idempotency_key: str = _key()
    reason: str = _reason()


@strawberry.input(description="Says what became of packages, where no carrier's system tells it.")
class PickListReportShipmentInput:
    fulfillment_order: strawberry.ID = _parcel()
    stage: Stage = strawberry.field(description="Where they are.")
    package: str = strawberry.field(
        default="", description="As `P1`; empty: all that have not arrived."
    )
    idempotency_key: str = _key()
    reason: str = _note()


AnyInput = (
    PickListAcceptInput
    | PickListRejectInput
    | PickListStartPickingInput
    | PickListConfirmCancelInput
    | PickListRefuseCancelInput
    | PickListReportPickedInput
    | PickListPackInput
    | PickListShipInput
    | PickListReportShipmentInput
)


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
        return await _act(info, Kind.PICK_LIST_REPORT_PICKED, input, lines=_units(input.lines))

    @mutation("Says what is in which package.")
    async def pick_list_pack(self, info: Ask, input: PickListPackInput) -> PickListPayload:  # noqa: A002
        packages = [_units(package.lines) for package in input.packages]
        return await _act(info, Kind.PICK_LIST_PACK, input, packages=packages)

    @mutation("Hands all packages over, to carriers or to the shop's own people.")
    async def pick_list_ship(self, info: Ask, input: PickListShipInput) -> PickListPayload:  # noqa: A002
        labels = [
            {"package": e.package, "carrier": e.carrier, "tracking_number": e.tracking_number}
            for e in input.labels
        ]
        return await _act(info, Kind.PICK_LIST_SHIP, input, labels=labels)

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


def _units(lines: list[PickedUnitsInput]) -> list[Json]:
    return [{"line": each.line, "quantity": each.quantity} for each in lines]
