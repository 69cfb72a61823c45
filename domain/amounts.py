"""What shipments and returns are worth, line by line: cumulative differences, so that the partials
of any sequence add up exactly, net and tax, to the line and to the order.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import NamedTuple

from domain.charge import NOTHING, WHOLE_BP, Charge
from domain.money import portion
from domain.order import LineUnits, PlacedOrder
from domain.view import OrderView

SHIPPING_LINE = 0  # the orders' own lines are numbered from 1
SHIPPING = (LineUnits(SHIPPING_LINE, "", 1),)
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
    """What some units cost, or give back, when `before` units by line have gone already: each line
    once; shipping if `SHIPPING_LINE` is one of them. Refuses (`BadAmount`) more units than were
    ordered.
    """
    units: dict[int, int] = {}
    for each in lines:
        units[each.line] = units.get(each.line, 0) + each.quantity
    return tuple(
        _charged(order, number, before.get(number, 0), quantity)
        for number, quantity in units.items()
    )


def shipping_charges(order: PlacedOrder) -> tuple[ChargedLine, ...]:
    """One line, or none where shipping is free."""
    return goods_charges(order, {}, SHIPPING) if order.shipping else ()


def total(charges: Iterable[ChargedLine]) -> Charge:
    return sum((each.charge for each in charges), NOTHING)


class TenderParts(NamedTuple):
    """What pays a part of an order beside money: loyalty points and what they are worth, and store
    credit; in minor units but for the points.
    """

    points: int = 0
    points_worth: int = 0
    store_credit: int = 0

    @property
    def worth(self) -> int:
        return self.points_worth + self.store_credit


def tender_parts(order: PlacedOrder, before: int, amount: int) -> TenderParts:
    """What pays of `amount` beside money, when `before` of the order's total has gone. Each takes
    its share of what those before it leave: so any partials add up exactly, tender by tender, and
    what is left to pay in money is never below zero.
    """
    if not (order.points_worth or order.store_credit):
        return TenderParts()
    span = (before, before + amount, order.total, order.rounding)
    points, worth = portion(order.points, *span), portion(order.points_worth, *span)
    left = order.total - order.points_worth
    first = before - portion(order.points_worth, 0, before, order.total, order.rounding)
    rest = (first, first + amount - worth, left, order.rounding)
    return TenderParts(points, worth, portion(order.store_credit, *rest) if left else 0)


def tenders_beside(order: PlacedOrder) -> int:
    """How many there are beside money; each is rounded by its place, like the parts of a line."""
    return bool(order.points_worth) + bool(order.store_credit)


def shipment_tenders(view: OrderView, lines: Iterable[LineUnits]) -> TenderParts:
    """What pays of units shipped now, beside money."""
    due = total(shipment_charges(view, lines)).gross
    return tender_parts(view.order, _gone(view), due)


def refund_tenders(
    order: PlacedOrder, returned_before: Mapping[int, int], lines: Iterable[LineUnits]
) -> TenderParts:
    """What had paid for units returned now, beside money."""
    back = total(goods_charges(order, returned_before, lines))
    return tender_parts(order, goods_upto(order, returned_before).gross, back.gross)


def tenders_to_come(view: OrderView, canceled: Mapping[int, int]) -> TenderParts:
    """What will pay, beside money, for all that is still to be shipped when so many units by line
    are canceled; what more the order holds is not needed.
    """
    gone = _gone(view)
    return tender_parts(view.order, gone, total(order_charges(view.order, canceled)).gross - gone)


def credit_kept(view: OrderView, refunded: Mapping[int, int]) -> int:
    """Store credit that has paid for what was shipped, less that of the units by line that were
    refunded.
    """
    order = view.order
    shipped = tender_parts(order, 0, _gone(view))
    back = tender_parts(order, 0, goods_upto(order, refunded).gross)
    return shipped.store_credit - back.store_credit


def _gone(view: OrderView) -> int:
    """What of the order's total was shipped."""
    units = {line.line: view.shipped_units(line.line) for line in view.order.lines}
    if any(units.values()):
        units[SHIPPING_LINE] = 1
    return goods_upto(view.order, units).gross


def shipment_amount(view: OrderView, lines: Iterable[LineUnits]) -> tuple[int, int]:
    """(amount of money, the tax of it all) due for units shipped now: points and store credit pay
    the rest.
    """
    units = tuple(lines)
    due = total(shipment_charges(view, units))
    return due.gross - shipment_tenders(view, units).worth, due.tax


def parcel_ceiling(view: OrderView, lines: Iterable[LineUnits]) -> int:
    """Minor units that units can cost at most, whichever parcel is shipped first: what a line
    splits into may be rounded by its place, and shipping is due with the first shipment.
    """
    units = tuple(lines)
    amount, _ = shipment_amount(view, units)
    if not view.order.due:
        return 0
    rounded = [unit for unit in units if _is_rounded(view.order, unit)]
    return amount + ROUNDED_PARTS * len(rounded) + tenders_beside(view.order)


def _is_rounded(order: PlacedOrder, units: LineUnits) -> bool:
    """Whether other units of the line may cost less or more. Where each costs the same, nothing is
    promised beyond that: there are providers that know no third decimal of a currency.
    """
    line = order.line(units.line)
    each, rest = divmod(line.amount, line.quantity)
    taxed = 0 if order.tax_included else each * line.tax_rate_bp % WHOLE_BP
    return units.quantity < line.quantity and bool(rest or taxed)


def refund_amount(
    order: PlacedOrder, returned_before: Mapping[int, int], lines: Iterable[LineUnits]
) -> tuple[int, int]:
    """(amount, the tax of it all) to give back for units returned now, in money and as store
    credit: what points had paid comes back as points.
    """
    units = tuple(lines)
    back = total(goods_charges(order, returned_before, units))
    return back.gross - refund_tenders(order, returned_before, units).points_worth, back.tax


def goods_upto(order: PlacedOrder, units: Mapping[int, int]) -> Charge:
    """What the first units of each line cost, by line."""
    return sum((_upto(order, number, count) for number, count in units.items()), NOTHING)


def _charged(order: PlacedOrder, number: int, before: int, quantity: int) -> ChargedLine:
    charge = _upto(order, number, before + quantity) - _upto(order, number, before)
    if number == SHIPPING_LINE:
        return ChargedLine(number, "", quantity, order.shipping_tax_rate_bp, charge)
    line = order.line(number)
    return ChargedLine(number, line.sku, quantity, line.tax_rate_bp, charge)


def _upto(order: PlacedOrder, number: int, units: int) -> Charge:
    """What the first `units` of the line cost."""
    if number == SHIPPING_LINE:
        return order.shipping_charge if units else NOTHING
    line = order.line(number)
    amount = portion(line.amount, 0, units, line.quantity, order.rounding)
    return order.tax_rule.charge(amount, line.tax_rate_bp)
