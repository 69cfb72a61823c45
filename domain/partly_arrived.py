"""Of a parcel in several packages, some of which have arrived: what has, and what of the parcel's
price is for it.
"""

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


def _delivered(parcel: Parcel) -> list[Package]:
    return [each for each in parcel.packages if each.tracking_number in parcel.arrived]
