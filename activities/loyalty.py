"""Which journal entries move a customer's loyalty points, by the program that the order was placed
under. What an order reserves at its placement is reserved there.
"""

from collections.abc import Iterable
from datetime import date
from functools import partial

from activities.reserved import needed_after
from domain import journal as j
from domain.amounts import refund_tenders, shipment_tenders
from domain.order import LineUnits, PlacedOrder
from domain.points import PointsAccount
from domain.points_program import earned_until, grace_until, more_points
from domain.points_rules import PointsProgram
from domain.process import ProcessDefinition
from domain.returns import ReturnView, refunded_lines
from domain.view import OrderView
from ports.unit_of_work import UnitOfWork


async def move_points(
    uow: UnitOfWork,
    order: PlacedOrder,
    process: ProcessDefinition,
    view: OrderView | ReturnView,
    body: j.Body,
) -> None:
    """`view` is as it was before `body`."""
    program = process.points
    if not order.customer_ref or not (order.points or program.rates):
        return
    change = partial(uow.points.change, order.customer_ref, order.number)
    match view, body:
        case OrderView(), j.Shipped() if order.points:
            points = shipment_tenders(view, body.lines).points
            operation = f"{body.fulfillment_order}/points-spent"
            await change(operation, lambda account: account.spend(points))
        case OrderView(), j.Delivered() | j.Undelivered():
            points = _earned(order, program, view, body)
            operation = f"{body.fulfillment_order}/points-earned"
            if points:
                await change(operation, partial(_earn, program, points))
        case OrderView(), _ if order.points and (needed := needed_after(view, body)):
            operation, keep = f"{order.number}/points-released{needed.suffix}", needed.parts.points
            await change(operation, lambda each: each.release(_grace(program, each), keep))
        case ReturnView(), j.ReturnInspected():
            before = await uow.orders.refunded_units(order.number)
            back = refunded_lines(body.units)
            restore = refund_tenders(order, before, back).points
            reverse = await _to_reverse(uow, order, program, view, back)
            operation = f"{view.number}/points-returned"
            if reverse or restore:
                await change(operation, partial(_return, program, reverse, restore))
        case _:
            return


def _earned(
    order: PlacedOrder, program: PointsProgram, view: OrderView, body: j.Delivered | j.Undelivered
) -> int:
    """Parcels count once their arrival is booked, in whichever order they arrive; of one that is
    given up, what had arrived.
    """
    parcels = view.parcels.values()
    arrived = (p.lines if p.arrival_booked and p.booked else p.kept for p in parcels)
    before = _by_line(unit for lines in arrived for unit in lines)
    lines = view.parcels[body.fulfillment_order].lines
    now = body.arrived if isinstance(body, j.Undelivered) else lines
    return more_points(order, program, before, _by_line(now))


async def _to_reverse(
    uow: UnitOfWork,
    order: PlacedOrder,
    program: PointsProgram,
    view: ReturnView,
    back: Iterable[LineUnits],
) -> int:
    """What was never delivered has earned nothing."""
    if view.parcel:
        return 0
    before = await uow.orders.refunded_units(order.number, delivered_only=True)
    return more_points(order, program, before, _by_line(back))


def _earn(program: PointsProgram, points: int, account: PointsAccount) -> None:
    account.earn(points, earned_until(program, account.day))


def _return(program: PointsProgram, reverse: int, restore: int, account: PointsAccount) -> None:
    """What comes back first, so that it may cover what is taken."""
    account.restore(restore, _grace(program, account))
    account.reverse(reverse)


def _grace(program: PointsProgram, account: PointsAccount) -> date:
    return grace_until(program, account.day)


def _by_line(units: Iterable[LineUnits]) -> dict[int, int]:
    sums: dict[int, int] = {}
    for unit in units:
        sums[unit.line] = sums.get(unit.line, 0) + unit.quantity
    return sums
