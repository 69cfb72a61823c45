"""What a loyalty program means for an order: how many points its goods earn, what a point is worth,
and how much of the order points may pay.
"""

from collections.abc import Mapping
from datetime import date, timedelta

from domain.amounts import goods_upto
from domain.currency import exponent
from domain.errors import LimitExceeded, Malformed
from domain.money import AMOUNT_MAX
from domain.order import PlacedOrder
from domain.points_rules import WHOLE_BP, PointsProgram, PointsRate


def rate_of(program: PointsProgram, currency: str) -> PointsRate:
    """A rate of zeros where the program has none: nothing is earned, and nothing can be spent."""
    return next((r for r in program.rates if r.currency == currency), PointsRate(currency))


def points_for(order: PlacedOrder, program: PointsProgram, units: Mapping[int, int]) -> int:
    """What so many units by line have earned when all of them are delivered: whole points, by net
    value after discounts, without shipping and without the share that points paid.
    """
    rate = rate_of(program, order.currency)
    if not (rate.per_unit and order.total):
        return 0
    net = goods_upto(order, units).net
    paid = order.total - order.points_worth
    whole = order.total * 10 ** exponent(order.currency)
    return net * rate.per_unit * paid // int(whole)


def more_points(
    order: PlacedOrder,
    program: PointsProgram,
    before: Mapping[int, int],
    more: Mapping[int, int],
) -> int:
    """What `more` units add to those that were delivered, or returned, `before`: any partials add
    up exactly.
    """
    after = dict(before)
    for line, units in more.items():
        after[line] = after.get(line, 0) + units
    return points_for(order, program, after) - points_for(order, program, before)


def worth_of(points: int, program: PointsProgram, currency: str, customer: str, total: int) -> int:
    """Minor units that `points` pay of an order's `total`. Refuses (`Malformed`) points without a
    customer, and (`LimitExceeded`) what the program does not allow.
    """
    if not points:
        return 0
    if points < 0 or points > AMOUNT_MAX:
        raise Malformed(f"points to spend are 0 or more, and no more than 2^53: {points}")
    if not customer:
        raise Malformed("points are a customer's: the order names none")
    worth = points * rate_of(program, currency).worth
    if not worth:
        raise LimitExceeded(f"points are worth nothing in {currency}")
    if points < program.spend_min:
        raise LimitExceeded(f"from {program.spend_min} points on they can be spent, not {points}")
    most = total * program.share_max_bp // WHOLE_BP
    if worth > most:
        raise LimitExceeded(f"points pay {most} minor units of this order at most, not {worth}")
    return worth


def earned_until(program: PointsProgram, today: date) -> date:
    """The last day of points that are earned today."""
    return _days_from(today, program.lifetime_days)


def grace_until(program: PointsProgram, today: date) -> date:
    """The last day of points that come back today, and had expired meanwhile."""
    return _days_from(today, program.grace_days)


def _days_from(today: date, days: int) -> date:
    return today + timedelta(days=min(days, (date.max - today).days))
