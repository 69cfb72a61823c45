"""Asking for a return: what may be asked, and what it would give back."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from domain.amounts import SHIPPING, refund_amount
from domain.errors import LimitExceeded, StepRefused
from domain.journal import ReturnRequested, Undelivered
from domain.order import LineUnits, subtract
from domain.process import ProcessDefinition
from domain.quantity import Quantity
from domain.returns import LOST, RETURNED_TO_SENDER, check_request
from domain.transitions import OrderStatus
from domain.view import OrderView


def return_requested(
    view: OrderView,
    process: ProcessDefinition,
    in_return: Mapping[int, int],
    lines: Iterable[LineUnits],
    reason: str,
    at: datetime,
) -> ReturnRequested:
    """The first entry of the return's journal; `in_return` are units by line that other returns
    hold. Refuses (`StepRefused`) outside the return window, (`BadQuantity`) less than one unit,
    (`LimitExceeded`) too many.
    """
    _check_window(view, process, at)
    asked = _by_line(view, lines)
    sent = {
        line.line: view.delivered_units(line.line) + view.undelivered_units(line.line)
        for line in view.order.lines
    }
    check_request(asked, sent, dict(in_return))
    amount, _ = refund_amount(view.order, dict(in_return), asked)
    return ReturnRequested(asked, reason, amount)


def undelivered(
    view: OrderView, in_return: Mapping[int, int], body: Undelivered
) -> ReturnRequested:
    """The first entry of the return of what will not arrive of a parcel. Nobody has to ask for it,
    and the shipping that was sold with it goes back, too, unless a part of it had arrived.
    """
    parcel = view.parcels[body.fulfillment_order]
    shipping = parcel.with_shipping and bool(view.order.shipping) and not body.arrived
    lost = subtract(parcel.lines, body.arrived)
    units = (*lost, *SHIPPING) if shipping else lost
    amount, _ = refund_amount(view.order, in_return, units)
    kind = RETURNED_TO_SENDER if body.returned else LOST
    return ReturnRequested(
        lost,
        body.reason,
        amount,
        kind,
        parcel=parcel.fulfillment_order,
        shipping=shipping,
    )


def _check_window(view: OrderView, process: ProcessDefinition, at: datetime) -> None:
    if view.status not in (OrderStatus.PROCESSING, OrderStatus.COMPLETED):
        raise StepRefused(f"an order that is {view.status} takes no return")
    closes = view.since and view.since + timedelta(seconds=process.return_window)
    if view.status is OrderStatus.COMPLETED and closes is not None and at >= closes:
        raise StepRefused(f"the return window closed on {closes.date()}")


def _by_line(view: OrderView, lines: Iterable[LineUnits]) -> tuple[LineUnits, ...]:
    """Each line once, with the SKU that was ordered."""
    skus = {line.line: line.sku for line in view.order.lines}
    units: dict[int, int] = {}
    for asked in lines:
        if asked.line not in skus:
            raise LimitExceeded(f"the order has no line {asked.line}")
        units[asked.line] = units.get(asked.line, 0) + Quantity(asked.quantity)
    return tuple(LineUnits(line, skus[line], quantity) for line, quantity in units.items())
