"""What the acts of the built-in warehouse ask, as GraphQL has it."""

from typing import Any

import strawberry

from api.graphql.mutations import ask
from domain.pick_list import Stage

strawberry.enum(Stage, name="ShipmentStage", description="What became of a package on its way.")


def _pick_list() -> Any:
    return strawberry.field(description="The pick list, `<order>-F<n>`.")


@strawberry.input(description="Says that the warehouse will do it.")
class PickListAcceptInput:
    fulfillment_order: strawberry.ID = _pick_list()
    idempotency_key: str = ask.key()
    reason: str = ask.note()


@strawberry.input(description="Says that the warehouse will not do it.")
class PickListRejectInput:
    fulfillment_order: strawberry.ID = _pick_list()
    idempotency_key: str = ask.key()
    reason: str = ask.reason()


@strawberry.input(description="Says that somebody begins to pick.")
class PickListStartPickingInput:
    fulfillment_order: strawberry.ID = _pick_list()
    idempotency_key: str = ask.key()
    reason: str = ask.note()


@strawberry.input(description="Some units of a pick list's line.")
class PickedUnitsInput:
    line: int = strawberry.field(description="The order line's number, from 1.")
    quantity: int = strawberry.field(description="How many; 0 when none was found.")


@strawberry.input(description="Units of a component of bundles that were not found.")
class MissingComponentInput:
    line: int = strawberry.field(description="The bundle's order line, from 1.")
    sku: str = strawberry.field(description="The component's.")
    quantity: int = strawberry.field(description="How many units of it, 1 or more.")


def _missing() -> Any:
    return strawberry.field(
        default_factory=list,
        description="Of bundles that were not found whole, which components were missing: those "
        "are written off. Where nobody says, the components have to be counted.",
    )


@strawberry.input(description="Says what was found. Less than asked is a short pick.")
class PickListReportPickedInput:
    fulfillment_order: strawberry.ID = _pick_list()
    lines: list[PickedUnitsInput] = strawberry.field(
        description="Each line once; one that is left out was not found at all."
    )
    missing: list[MissingComponentInput] = _missing()
    idempotency_key: str = ask.key()
    reason: str = ask.note()


@strawberry.input(description="The content of a package.")
class PackageInput:
    lines: list[PickedUnitsInput] = strawberry.field(description="What is in it.")


@strawberry.input(description="Says what is in which package.")
class PickListPackInput:
    fulfillment_order: strawberry.ID = _pick_list()
    packages: list[PackageInput] = strawberry.field(
        description="They are called P1, P2 … and hold together exactly what was picked."
    )
    idempotency_key: str = ask.key()
    reason: str = ask.note()


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
    fulfillment_order: strawberry.ID = _pick_list()
    labels: list[LabelInput] = strawberry.field(
        default_factory=list, description="Of packages that a carrier takes."
    )
    idempotency_key: str = ask.key()
    reason: str = ask.note()


@strawberry.input(description="Says that the goods are on the shelf again.")
class PickListConfirmCancelInput:
    fulfillment_order: strawberry.ID = _pick_list()
    idempotency_key: str = ask.key()
    reason: str = ask.note()


@strawberry.input(description="Says that the parcel goes its way.")
class PickListRefuseCancelInput:
    fulfillment_order: strawberry.ID = _pick_list()
    idempotency_key: str = ask.key()
    reason: str = ask.reason()


@strawberry.input(description="Says what became of packages, where no carrier's system tells it.")
class PickListReportShipmentInput:
    fulfillment_order: strawberry.ID = _pick_list()
    stage: Stage = strawberry.field(description="Where they are.")
    package: str = strawberry.field(
        default="", description="As `P1`; empty: all that have not arrived."
    )
    idempotency_key: str = ask.key()
    reason: str = ask.note()


@strawberry.input(description="Says what was found, after all.")
class PickListCorrectPickedInput:
    fulfillment_order: strawberry.ID = _pick_list()
    lines: list[PickedUnitsInput] = strawberry.field(
        description="All that was found, each line once; not more than the order still expects."
    )
    missing: list[MissingComponentInput] = _missing()
    idempotency_key: str = ask.key()
    reason: str = ask.reason()


@strawberry.input(description="Says what is in which package, after all.")
class PickListCorrectPackingInput:
    fulfillment_order: strawberry.ID = _pick_list()
    packages: list[PackageInput] = strawberry.field(description="All of them, as they are now.")
    idempotency_key: str = ask.key()
    reason: str = ask.reason()


@strawberry.input(description="Says where packages go, after all.")
class PickListCorrectLabelsInput:
    fulfillment_order: strawberry.ID = _pick_list()
    labels: list[LabelInput] = strawberry.field(
        description="Of packages that have not arrived; others keep theirs."
    )
    idempotency_key: str = ask.key()
    reason: str = ask.reason()


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
    | PickListCorrectPickedInput
    | PickListCorrectPackingInput
    | PickListCorrectLabelsInput
)
