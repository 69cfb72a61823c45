"""What people do with a pick list, and what the order hears of it.

`perform` is the one place that says which act is allowed when. An act tells the same facts as a WMS
does (docs/contracts.md), each under an id of its own, so that doing it twice tells nothing new.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, assert_never

from domain.errors import Malformed, StepRefused
from domain.facts import FactKind, Package
from domain.order import LineUnits, subtract
from domain.pick_list import CancelStatus, PickList, PickStatus, Stage
from domain.pick_units import (
    Component,
    Label,
    Units,
    boxes_of,
    check_carried,
    components_of,
    labeled,
    relabeled,
    reported,
    within,
)


@dataclass(frozen=True, slots=True)
class Accept:
    pass


@dataclass(frozen=True, slots=True)
class Reject:
    pass


@dataclass(frozen=True, slots=True)
class StartPicking:
    pass


@dataclass(frozen=True, slots=True)
class ReportPicked:
    """What was found; a line that is left out was not found at all. `missing` says of bundles which
    components were not, as far as somebody has looked.
    """

    lines: tuple[Units, ...]
    missing: tuple[Component, ...] = ()


@dataclass(frozen=True, slots=True)
class Pack:
    """The content of each package; together, all that was picked."""

    packages: tuple[tuple[Units, ...], ...]


@dataclass(frozen=True, slots=True)
class Ship:
    """All packages leave at once; those without a label are brought by the shop's own people."""

    labels: tuple[Label, ...] = ()


@dataclass(frozen=True, slots=True)
class ConfirmCancel:
    """The goods are back on the shelf."""


@dataclass(frozen=True, slots=True)
class RefuseCancel:
    """The parcel goes its way."""


@dataclass(frozen=True, slots=True)
class ReportShipment:
    """`package` empty: all that have not arrived."""

    stage: Stage
    package: str = ""


@dataclass(frozen=True, slots=True)
class CorrectPicked:
    """As in `ReportPicked`, which had told something else."""

    lines: tuple[Units, ...]
    missing: tuple[Component, ...] = ()


@dataclass(frozen=True, slots=True)
class CorrectPacking:
    """`packages` as in `Pack`."""

    packages: tuple[tuple[Units, ...], ...]


@dataclass(frozen=True, slots=True)
class CorrectLabels:
    """As in `Ship`, of packages that have not arrived; others keep theirs."""

    labels: tuple[Label, ...]


@dataclass(frozen=True, slots=True)
class AskBack:
    """The order wants the goods for another source: it is the system that asks."""


FloorAct = (
    Accept | Reject | StartPicking | ReportPicked | Pack | Ship | ConfirmCancel | RefuseCancel
    | ReportShipment | CorrectPicked | CorrectPacking | CorrectLabels
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Told:
    """One thing that the order is told; `event` is its stable id within the warehouse."""

    event: str
    kind: FactKind
    lines: tuple[LineUnits, ...] = ()
    packages: tuple[Package, ...] = ()
    tracking_number: str = ""
    code: str = ""
    parts: tuple[LineUnits, ...] = ()


Deed = tuple[PickList, tuple[Told, ...]]
Carried = Sequence[LineUnits] | None
_S = PickStatus
_ALLOWED_IN: dict[type[FloorAct], tuple[PickStatus, ...]] = {
    Accept: (_S.SUBMITTED,),
    Reject: (_S.SUBMITTED, _S.ACCEPTED),
    StartPicking: (_S.ACCEPTED,),
    ReportPicked: (_S.ACCEPTED, _S.PICKING),
    Pack: (_S.PICKED,),
    Ship: (_S.PACKED,),
    ReportShipment: (_S.SHIPPED,),
    CorrectPicked: (_S.PICKED, _S.NOTHING_FOUND),
    CorrectPacking: (_S.PACKED,),
    CorrectLabels: (_S.SHIPPED,),
}
_NOT_TOUCHED = (_S.SUBMITTED, _S.ACCEPTED)  # giving it back needs nobody
_ON_THE_FLOOR = (_S.PICKING, _S.PICKED)  # somebody has to look


def possible(pick: PickList) -> tuple[type[FloorAct], ...]:
    """The acts that its state allows now."""
    if pick.cancel is CancelStatus.REQUESTED:
        return (ConfirmCancel, RefuseCancel)
    if pick.boxes and all(box.ended for box in pick.boxes):
        return ()
    return tuple(act for act, statuses in _ALLOWED_IN.items() if pick.status in statuses)


def perform(
    pick: PickList, act: FloorAct | AskBack, reason: str = "", carried: Carried = None
) -> Deed:
    """The pick list after an act, and what the order is told. `carried` is what the order has in
    the parcel now, by default what was asked for. Refuses (`StepRefused`) an act that the state
    does not allow; `Malformed`, `LimitExceeded` units and packages that are not there.
    """
    if isinstance(act, AskBack):
        return _ask_back(pick)
    if type(act) not in possible(pick):
        raise StepRefused(_why_not(pick, act))
    match act:
        case Accept():
            return _on(pick, FactKind.ACCEPTED, status=_S.ACCEPTED)
        case Reject():
            return _on(pick, FactKind.REJECTED, status=_S.REJECTED, reason=reason)
        case StartPicking():
            return _on(pick, FactKind.PICKING, status=_S.PICKING)
        case ReportPicked(lines, missing):
            found, parts = _found(pick, lines, missing)
            status = _S.PICKED if found else _S.NOTHING_FOUND
            return _on(pick, FactKind.PICKED, status=status, picked=found, missing=parts)
        case Pack(packages):
            boxes = boxes_of(pick.picked, packages)
            return _on(pick, FactKind.PACKED, status=_S.PACKED, boxes=boxes)
        case Ship(labels):
            boxes = labeled(pick, labels)
            return _on(pick, FactKind.SHIPPED, status=_S.SHIPPED, boxes=boxes)
        case ConfirmCancel():
            return _canceled(pick)
        case RefuseCancel():
            return _cancel_refused(pick, reason)
        case ReportShipment(stage, package):
            return _shipment(pick, stage, package)
        case CorrectPicked() | CorrectPacking() | CorrectLabels():
            return _correct(pick, act, reason, carried)
        case _:
            assert_never(act)


def _found(
    pick: PickList, lines: Sequence[Units], missing: Sequence[Component]
) -> tuple[tuple[LineUnits, ...], tuple[LineUnits, ...]]:
    found = within(pick.lines, lines, "asked for")
    return found, components_of(subtract(pick.lines, found), missing)


def _correct(
    pick: PickList,
    act: CorrectPicked | CorrectPacking | CorrectLabels,
    reason: str,
    carried: Carried,
) -> Deed:
    """What was told is told again as it is, under an id of its own: the later one counts."""
    match act:
        case CorrectPicked(lines, missing):
            found, parts = _found(pick, lines, missing)
            check_carried(pick.lines, found, pick.lines if carried is None else carried)
            status = _S.PICKED if found else _S.NOTHING_FOUND
            kind, after = FactKind.PICKED, replace(pick, status=status, picked=found, missing=parts)
        case CorrectPacking(packages):
            boxes = boxes_of(pick.picked, packages)
            kind, after = FactKind.PACKED, replace(pick, boxes=boxes)
        case CorrectLabels(labels):
            kind, after = FactKind.SHIPPED, replace(pick, boxes=relabeled(pick, labels))
    if after == pick:
        raise Malformed("this is what was told already: nothing is to be corrected")
    after = replace(after, corrections=pick.corrections + 1)
    return after, (_told(after, kind, f"/{after.corrections}", reason),)


def _why_not(pick: PickList, act: FloorAct) -> str:
    words = ", ".join(each.__name__ for each in possible(pick)) or "nothing"
    asked = " and the order wants it back" if pick.cancel is CancelStatus.REQUESTED else ""
    return (
        f"pick list {pick.fulfillment_order} is {pick.status}{asked}: {type(act).__name__} is not "
        f"possible now, {words} is"
    )


def _ask_back(pick: PickList) -> Deed:
    """At once where nothing was touched, by people where something was, never once it is packed;
    asked again, it stays as it was answered.
    """
    if pick.cancel is not CancelStatus.NONE:
        return pick, ()
    if pick.status in _NOT_TOUCHED:
        return _canceled(pick)
    if pick.status in _ON_THE_FLOOR:
        return replace(pick, cancel=CancelStatus.REQUESTED), ()
    return _cancel_refused(pick, f"already_{pick.status.lower()}")


def _canceled(pick: PickList) -> Deed:
    kind, cancel = FactKind.CANCEL_CONFIRMED, CancelStatus.CONFIRMED
    return _on(pick, kind, status=_S.CANCELED, cancel=cancel)


def _cancel_refused(pick: PickList, reason: str) -> Deed:
    kind, cancel = FactKind.CANCEL_REFUSED, CancelStatus.REFUSED
    return _on(pick, kind, cancel=cancel, reason=reason)


def _on(pick: PickList, kind: FactKind, **changes: Any) -> Deed:
    """Once in the life of a pick list: its kind is the event's name."""
    after = replace(pick, **changes)
    return after, (_told(after, kind, "", str(changes.get("reason", ""))),)


def _told(pick: PickList, kind: FactKind, again: str, code: str) -> Told:
    packed = kind in (FactKind.PACKED, FactKind.SHIPPED)
    return Told(
        f"{pick.fulfillment_order}/{kind.value.removeprefix('fulfillment.')}{again}",
        kind,
        lines=pick.picked if kind is FactKind.PICKED else (),
        packages=tuple(box.as_package for box in pick.boxes) if packed else (),
        code=code,
        parts=pick.missing if kind is FactKind.PICKED else (),
    )


def _shipment(pick: PickList, stage: Stage, package: str) -> Deed:
    boxes, changed = reported(pick, stage, package)
    told = tuple(
        Told(
            f"{pick.fulfillment_order}/{box.package}/{stage}",
            stage.kind,
            tracking_number=box.tracking_number,
            code=stage.value,
        )
        for box in changed
    )
    return replace(pick, boxes=boxes), told
