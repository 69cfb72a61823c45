"""What shipments and returns are worth: cumulative differences, so that partials add up exactly."""

from collections.abc import Iterable

from domain.ledger import included_tax
from domain.order import LineUnits, PlacedOrder
from domain.view import OrderView


def shipment_amount(view: OrderView, lines: Iterable[LineUnits]) -> tuple[int, int]:
    """(amount, included tax) due for units shipped now; shipping is due with the first shipment."""
    order = view.order
    before = {line.line: view.shipped_units(line.line) for line in order.lines}
    amount, tax = _portions(order, before, lines)
    if not any(before.values()):
        amount += order.shipping
    return amount, tax


def refund_amount(
    order: PlacedOrder, returned_before: dict[int, int], lines: Iterable[LineUnits]
) -> tuple[int, int]:
    """(amount, included tax) to give back for units returned now; shipping is not refunded."""
    return _portions(order, returned_before, lines)


def _portions(
    order: PlacedOrder, before: dict[int, int], lines: Iterable[LineUnits]
) -> tuple[int, int]:
    so_far = dict(before)
    amount = tax = 0
    for unit in lines:
        line = order.line(unit.line)
        start = so_far.get(unit.line, 0)
        so_far[unit.line] = start + unit.quantity
        amount += line.portion(start, so_far[unit.line])
        upto = included_tax(line.portion(0, so_far[unit.line]), line.tax_rate_bp)
        tax += upto - included_tax(line.portion(0, start), line.tax_rate_bp)
    return amount, tax
