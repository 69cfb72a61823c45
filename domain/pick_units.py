"""Units and packages of a pick list, as people name them: checked against what is there."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from domain.errors import LimitExceeded, Malformed, NotFound, StepRefused
from domain.order import LineUnits
from domain.pick_list import Box, PickList, Stage
from domain.quantity import QUANTITY_MAX

PACKAGES_MAX = 200
COMPONENTS_MAX = 1_000  # that were missing
LABEL_CHARACTERS_MAX = 100
OWN_CARRIER = "own"  # the shop's own people bring it
_ROAD = (Stage.IN_TRANSIT, Stage.OUT_FOR_DELIVERY, Stage.DELIVERED)


@dataclass(frozen=True, slots=True)
class Units:
    """Some units of an order line; 0 says that none was found."""

    line: int
    quantity: int


@dataclass(frozen=True, slots=True)
class Component:
    """Of the bundles of an order line that were not found, `quantity` units of this one."""

    line: int
    sku: str
    quantity: int


@dataclass(frozen=True, slots=True)
class Label:
    """Where a package goes; without a carrier the shop's own people bring it."""

    package: str
    carrier: str = ""
    tracking_number: str = ""


def within(known: Sequence[LineUnits], wanted: Sequence[Units], what: str) -> tuple[LineUnits, ...]:
    """The units with their SKU, empty lines left out. Refuses (`Malformed`, `LimitExceeded`) a line
    that is not known or comes twice, and more units than `known` has.
    """
    most = {unit.line: unit for unit in known}
    lines = [unit.line for unit in wanted]
    if len(set(lines)) < len(lines):
        raise Malformed("a line comes twice: name each line once, with all its units")
    for unit in wanted:
        if unit.quantity < 0:
            raise Malformed(f"line {unit.line}: {unit.quantity} units cannot be")
        limit = most[unit.line].quantity if unit.line in most else 0
        if unit.quantity > limit or unit.line not in most:
            raise LimitExceeded(f"line {unit.line}: {unit.quantity} units, but {limit} were {what}")
    return tuple(
        LineUnits(unit.line, most[unit.line].sku, unit.quantity) for unit in wanted if unit.quantity
    )


def components_of(
    short: Sequence[LineUnits], missing: Sequence[Component]
) -> tuple[LineUnits, ...]:
    """Refuses (`Malformed`) components of a line of which every unit was found, of a component that
    is the line's own SKU, no SKU or comes twice, and what is no number of them.
    """
    bundles = {unit.line: unit.sku for unit in short}
    if len(missing) > COMPONENTS_MAX:
        raise Malformed(f"up to {COMPONENTS_MAX} components are told of at once")
    if len({(each.line, each.sku) for each in missing}) < len(missing):
        raise Malformed("a component of a line comes twice: name it once, with all its units")
    for each in missing:
        if each.line not in bundles:
            raise Malformed(f"line {each.line}: no unit of it is missing, so no component is")
        if not 1 <= len(each.sku) <= LABEL_CHARACTERS_MAX or not each.sku.isprintable():
            raise Malformed(f"line {each.line}: {each.sku[:40]!r} is no SKU")
        if each.sku == bundles[each.line]:
            raise Malformed(f"line {each.line}: {each.sku} is no component of itself")
        if not 1 <= each.quantity <= QUANTITY_MAX:
            raise Malformed(f"line {each.line}: {each.quantity} units of {each.sku} cannot be")
    return tuple(LineUnits(each.line, each.sku, each.quantity) for each in missing)


def check_carried(
    before: Sequence[LineUnits], found: Sequence[LineUnits], carried: Sequence[LineUnits]
) -> None:
    """`carried` is what the order still has in the parcel. Refuses (`StepRefused`) more than that:
    what was told to be missing before may have been given up, written off and sourced anew.
    """
    left = {unit.line: unit.quantity for unit in carried}
    most = {unit.line: unit.quantity for unit in before}
    for unit in found:
        if unit.quantity > left.get(unit.line, 0):
            gone = most[unit.line] - left.get(unit.line, 0)
            raise StepRefused(
                f"line {unit.line}: the order has given up {gone} unit{'s' * (gone > 1)} that were "
                "told to be missing, and sources them anew: count the stock instead"
            )


def boxes_of(picked: Sequence[LineUnits], packages: Sequence[Sequence[Units]]) -> tuple[Box, ...]:
    """Packages P1, P2 … Refuses (`LimitExceeded`, `Malformed`) more than was picked, less, and an
    empty package: what was found and is not sent would be lost silently.
    """
    if len(packages) > PACKAGES_MAX:
        raise Malformed(f"a fulfillment order has up to {PACKAGES_MAX} packages")
    contents = [within(picked, package, "picked") for package in packages]
    if not all(contents):
        raise Malformed("a package is empty")
    packed: dict[int, int] = {}
    for unit in (unit for content in contents for unit in content):
        packed[unit.line] = packed.get(unit.line, 0) + unit.quantity
    for unit in picked:
        count = packed.get(unit.line, 0)
        if count > unit.quantity:
            raise LimitExceeded(f"line {unit.line}: {count} packed, {unit.quantity} were picked")
        if count < unit.quantity:
            raise Malformed(f"line {unit.line}: {count} packed of {unit.quantity} that were picked")
    return tuple(Box(f"P{n}", content) for n, content in enumerate(contents, 1))


def labeled(pick: PickList, labels: Sequence[Label]) -> tuple[Box, ...]:
    """All packages with carrier and tracking number. A package without a number gets one that
    names it, so that its delivery can be told; the carrier is then the shop itself, or the named.
    """
    named = _by_package(pick, labels)
    return _distinct(
        _under(pick, box, named.get(box.package, Label(box.package))) for box in pick.boxes
    )


def relabeled(pick: PickList, labels: Sequence[Label]) -> tuple[Box, ...]:
    """As `labeled`, but only the packages that are named. Refuses (`StepRefused`) one whose way
    has ended.
    """
    named = _by_package(pick, labels)
    ended = [box.package for box in pick.boxes if box.package in named and box.ended]
    if ended:
        raise StepRefused(f"package {ended[0]} has arrived, or is back: its label stays")
    return _distinct(
        _under(pick, box, named[box.package]) if box.package in named else box for box in pick.boxes
    )


def _by_package(pick: PickList, labels: Sequence[Label]) -> dict[str, Label]:
    """Refuses (`NotFound`, `Malformed`) what cannot be a label of one of the packages."""
    by_name = {label.package: label for label in labels}
    unknown = set(by_name) - {box.package for box in pick.boxes}
    if unknown:
        raise NotFound(f"{pick.fulfillment_order} has no package {min(unknown)}")
    if len(by_name) < len(labels):
        raise Malformed("a package comes twice")
    for text in (text for label in labels for text in (label.carrier, label.tracking_number)):
        if len(text) > LABEL_CHARACTERS_MAX or not text.isprintable():
            raise Malformed(f"{text[:40]!r} is no carrier and no tracking number")
    return by_name


def _under(pick: PickList, box: Box, label: Label) -> Box:
    number = label.tracking_number or f"{pick.fulfillment_order}-{box.package}"
    return replace(box, carrier=label.carrier or OWN_CARRIER, tracking_number=number)


def _distinct(boxes: Iterable[Box]) -> tuple[Box, ...]:
    labeled_boxes = tuple(boxes)
    if len({box.tracking_number for box in labeled_boxes}) < len(labeled_boxes):
        raise Malformed("two packages have the same tracking number")
    return labeled_boxes


def reported(pick: PickList, stage: Stage, package: str) -> tuple[tuple[Box, ...], tuple[Box, ...]]:
    """All packages, and those of them that `stage` is news of: one, or all that are under way."""
    if package and package not in {box.package for box in pick.boxes}:
        raise NotFound(f"{pick.fulfillment_order} has no package {package}")
    meant = [box for box in pick.boxes if package in ("", box.package)]
    news = [box for box in meant if _can_follow(box, stage)]
    if not news:
        known = ", ".join(f"{box.package}: {box.stages[-1] if box.stages else 'shipped'}"
                          for box in meant)  # fmt: skip
        raise StepRefused(f"no package can become {stage} now; {known}")
    names = {box.package for box in news}
    boxes = tuple(
        replace(box, stages=(*box.stages, stage)) if box.package in names else box
        for box in pick.boxes
    )
    return boxes, tuple(box for box in boxes if box.package in names)


def _can_follow(box: Box, stage: Stage) -> bool:
    """Each stage once, forward only, and nothing after the end; what was lost may turn up."""
    if stage in box.stages or box.ended:
        return False
    if stage not in _ROAD:
        return True
    return not any(later in box.stages for later in _ROAD[_ROAD.index(stage) :])
