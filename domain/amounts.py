"""What shipments and returns are worth, line by line: cumulative differences, so that the partials
of any sequence add up exactly, net and tax, to the line and to the order.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from domain.charge import NOTHING, Charge
from domain.money import portion
from domain.order import LineUnits, OrderLine, PlacedOrder
from domain.view import OrderView

SHIPPING_LINE = 0  # the orders' own lines are numbered from 1
ROUNDED_PARTS = 3  # of what a line splits into: its price, its discount, the tax on them


@dataclass(frozen=True, slots=True)
class ChargedLine:
    """What some units of a line cost; `SHIPPING_LINE` is one unit of shipping, without a SKU."""

    line: int
    sku: str
    units: int
    tax_rate_bp: int
    charge: Charge


def order_charges(
    order: PlacedOrder, canceled: Mapping[int, int] = MappingProxyType({})
) -> tuple[ChargedLine, ...]:
    """The whole order, which adds up to its total; without the units by line that are canceled."""
    kept = (
        LineUnits(line.line, line.sku, line.quantity - canceled.get(line.line, 0))
        for line in order.lines
    )
    return (*goods_charges(order, {}, kept), *shipping_charges(order))


def shipment_charges(view: OrderView, lines: Iterable[LineUnits]) -> tuple[ChargedLine, ...]:
    """What is due for units shipped now; shipping is due with the first shipment."""
    order = view.order
    before = {line.line: view.shipped_units(line.line) for line in order.lines}
    charges = goods_charges(order, before, lines)
    return charges if any(before.values()) else (*charges, *shipping_charges(order))


def goods_charges(
    order: PlacedOrder, before: Mapping[int, int], lines: Iterable[LineUnits]
) -> tuple[ChargedLine, ...]:
    """What some units cost, or give back, when `before` units by line have gone already. Shipping
    is not among it. Each line once; refuses (`BadAmount`) more units than were ordered.
    """
    units: dict[int, int] = {}
    for each in lines:
        units[each.line] = units.get(each.line, 0) + each.quantity
    return tuple(
        _charged(order, order.line(number), before.get(number, 0), quantity)
        for number, quantity in units.items()
    )


def shipping_charges(order: PlacedOrder) -> tuple[ChargedLine, ...]:
    """One line, or none where shipping is free."""
    if not order.shipping:
        return ()
    charge = order.shipping_charge
    return (ChargedLine(SHIPPING_LINE, "", 1, order.shipping_tax_rate_bp, charge),)


def total(charges: Iterable[ChargedLine]) -> Charge:
    return sum((each.charge for each in charges), NOTHING)


def shipment_amount(view: OrderView, lines: Iterable[LineUnits]) -> tuple[int, int]:
    """(amount, the tax in it) due for units shipped now."""
    due = total(shipment_charges(view, lines))
    return due.gross, due.tax


def parcel_ceiling(view: OrderView, lines: Iterable[LineUnits]) -> int:
    """Minor units that units can cost at most, whichever parcel is shipped first: what a line
    splits into is rounded by its place, and shipping is due with the first shipment.
    """
    units = tuple(lines)
    amount, _ = shipment_amount(view, units)
    split = [unit for unit in units if unit.quantity < view.order.line(unit.line).quantity]
    return amount + ROUNDED_PARTS * len(split)


def refund_amount(
    order: PlacedOrder, returned_before: Mapping[int, int], lines: Iterable[LineUnits]
) -> tuple[int, int]:
    """(amount, the tax in it) to give back for units returned now; shipping is not refunded."""
    back = total(goods_charges(order, returned_before, lines))
    return back.gross, back.tax


def _charged(order: PlacedOrder, line: OrderLine, before: int, quantity: int) -> ChargedLine:
    upto = _upto(order, line, before + quantity) - _upto(order, line, before)
    return ChargedLine(line.line, line.sku, quantity, line.tax_rate_bp, upto)


def _upto(order: PlacedOrder, line: OrderLine, units: int) -> Charge:
    """What the first `units` of the line cost."""
    amount = portion(line.amount, 0, units, line.quantity, order.rounding)
    return order.tax_rule.charge(amount, line.tax_rate_bp)
