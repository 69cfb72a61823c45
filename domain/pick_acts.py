"""What people do with a pick list, and what the order hears of it.

`perform` is the one place that says which act is allowed when. An act tells the same facts as a WMS
does (docs/contracts.md), each under an id of its own, so that doing it twice tells nothing new.
"""

from dataclasses import dataclass, replace
from typing import Any, assert_never

from domain.errors import StepRefused
from domain.facts import FactKind, Package
from domain.order import LineUnits
from domain.pick_list import CancelStatus, PickList, PickStatus, Stage
from domain.pick_units import Label, Units, boxes_of, labeled, reported, within


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
    """What was found; a line that is left out was not found at all."""

    lines: tuple[Units, ...]


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
class AskBack:
    """The order wants the goods for another source: it is the system that asks."""


FloorAct = (
    Accept | Reject | StartPicking | ReportPicked | Pack | Ship | ConfirmCancel | RefuseCancel
    | ReportShipment
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


Deed = tuple[PickList, tuple[Told, ...]]
_S = PickStatus
_ALLOWED_IN: dict[type[FloorAct], tuple[PickStatus, ...]] = {
    Accept: (_S.SUBMITTED,),
    Reject: (_S.SUBMITTED, _S.ACCEPTED),
    StartPicking: (_S.ACCEPTED,),
    ReportPicked: (_S.ACCEPTED, _S.PICKING),
    Pack: (_S.PICKED,),
    Ship: (_S.PACKED,),
    ReportShipment: (_S.SHIPPED,),
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


def perform(pick: PickList, act: FloorAct | AskBack, reason: str = "") -> Deed:
    """The pick list after an act, and what the order is told. Refuses (`StepRefused`) an act that
    the state does not allow; `Malformed`, `LimitExceeded` units and packages that are not there.
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
        case ReportPicked(lines):
            found = within(pick.lines, lines, "asked for")
            status = _S.PICKED if found else _S.NOTHING_FOUND
            return _on(pick, FactKind.PICKED, status=status, picked=found)
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
        case _:
            assert_never(act)


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
    packed = kind in (FactKind.PACKED, FactKind.SHIPPED)
    told = Told(
        f"{pick.fulfillment_order}/{kind.value.removeprefix('fulfillment.')}",
        kind,
        lines=after.picked if kind is FactKind.PICKED else (),
        packages=tuple(box.as_package for box in after.boxes) if packed else (),
        code=str(changes.get("reason", "")),
    )
    return after, (told,)


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
