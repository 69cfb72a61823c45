"""Of a parcel in several packages, some of which have arrived: what has, and what of the parcel's
price is for it.
"""

from collections.abc import Iterable, Sequence

from domain.amounts import goods_charges, shipping_charges, total
from domain.facts import Package
from domain.money import portion
from domain.order import LineUnits, PlacedOrder, both, by_line, subtract
from domain.view import Parcel


def arrived(parcel: Parcel) -> tuple[LineUnits, ...]:
    """What the packages held that their carriers have delivered, as far as the parcel carried it:
    what it holds twice, or beyond that, counts as arrived first.
    """
    came = by_line(unit for package in _delivered(parcel) for unit in package.lines)
    return both(parcel.lines, came)


def arrived_amount(order: PlacedOrder, parcel: Parcel, came: tuple[LineUnits, ...]) -> int:
    """Minor units: the share of `came` in what is due for the parcel, by price. The shipping that
    was sold with it stays due once anything has arrived.
    """
    if not came:
        return 0
    shipping = total(shipping_charges(order)).gross if parcel.with_shipping else 0
    part, whole = (
        total(goods_charges(order, {}, units)).gross + shipping for units in (came, parcel.lines)
    )
    return portion(parcel.amount, 0, part, whole, order.rounding) if whole else 0


def why_not_the_rest(parcel: Parcel) -> str:
    """Why nothing of it can be given up beside what has arrived; empty when it can."""
    if not _delivered(parcel):
        return ""
    name = parcel.fulfillment_order
    untold = [each.package for each in parcel.packages if not by_line(each.lines)]
    if untold:
        return (
            f"a part of parcel {name} has arrived, and nobody told what is in package {untold[0]}:"
            " say that it was delivered, and settle with the customer what is missing"
        )
    if not subtract(parcel.lines, arrived(parcel)):
        return f"all units of parcel {name} have arrived: say that it was delivered"
    return ""


def why_not_arrived(parcel: Parcel, named: Sequence[str]) -> str:
    """Why staff cannot say of these packages that they have arrived; empty when it can."""
    return _why_unknown(parcel, named) or _why_here(parcel, named)


def why_not_given_up(parcel: Parcel, named: Sequence[str]) -> str:
    """Why these packages cannot be given up, and no others: what is under way is given up whole."""
    why_not = _why_unknown(parcel, named) or _why_here(parcel, named)
    if why_not or not named:
        return why_not
    gone = {*numbers(parcel, named), *parcel.arrived}
    rest = [each for each in parcel.packages if each.tracking_number not in gone]
    if not rest:
        return ""
    return (
        f"package {_called(rest[0])} of parcel {parcel.fulfillment_order} is under way still: say"
        " first that it has arrived, or name it, too"
    )


def numbers(parcel: Parcel, named: Iterable[str]) -> tuple[str, ...]:
    """The tracking numbers of packages that are named by that, or as their warehouse calls them."""
    wanted = set(named)
    found = (each for each in parcel.packages if wanted & {each.package, each.tracking_number})
    return tuple(sorted({each.tracking_number for each in found}))


def all_arrived(parcel: Parcel, named: Sequence[str]) -> bool:
    """Whether nothing of it is under way once these packages have arrived; none named are all."""
    here = {*parcel.arrived, *numbers(parcel, named)}
    return not named or all(each.tracking_number in here for each in parcel.packages)


def _why_unknown(parcel: Parcel, named: Iterable[str]) -> str:
    known = {name for each in parcel.packages for name in (each.package, each.tracking_number)}
    unknown = sorted(set(named) - known)
    if not unknown:
        return ""
    there = ", ".join(map(_called, parcel.packages)) or "none that it was told of"
    return f"parcel {parcel.fulfillment_order} has no package {unknown[0]}: it has {there}"


def _why_here(parcel: Parcel, named: Iterable[str]) -> str:
    here = [each for each in numbers(parcel, named) if each in parcel.arrived]
    return f"package {here[0]} has arrived already" if here else ""


def _called(package: Package) -> str:
    return f"{package.package} ({package.tracking_number})"


def _delivered(parcel: Parcel) -> list[Package]:
    return [each for each in parcel.packages if each.tracking_number in parcel.arrived]
