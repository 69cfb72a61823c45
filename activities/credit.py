"""Goods on credit: within the customer's limit at once, over it when finance says so."""

from activities.effects import Decision, OrderTurn
from domain.access import Role
from domain.journal import Body, CreditGranted, HoldPlaced, HoldReleased
from domain.money import Money
from domain.securing import order_value
from ports.customer_money import CreditLine


async def decide_credit(turn: OrderTurn) -> Decision:
    """Under lock on the customer's row: of two orders that race for the rest of a limit, one gets
    it. An order over the limit is well-formed: it is held, not refused.
    """
    line, amount = await _line(turn), order_value(turn.view)
    if line is not None and line.exposure + amount <= line.limit:
        return Decision([_granted(line, amount, "")], "granted")
    why = _why_not(turn, line, amount)
    return Decision([HoldPlaced("credit", why, Role.FINANCE)], "held")


async def grant_over_limit(turn: OrderTurn, reason: str) -> list[Body]:
    line = await _line(turn) or CreditLine(0, 0, 0)
    granted = _granted(line, order_value(turn.view), reason)
    return [granted, HoldReleased("credit", reason)]


async def _line(turn: OrderTurn) -> CreditLine | None:
    return await turn.uow.credit.lock(turn.order.customer_ref, turn.order.currency)


def _granted(line: CreditLine, amount: int, reason: str) -> CreditGranted:
    return CreditGranted(amount, line.terms_days, line.exposure, line.limit, reason)


def _why_not(turn: OrderTurn, line: CreditLine | None, amount: int) -> str:
    currency = turn.order.currency
    if line is None:
        return f"the customer has no credit in {currency}"
    open_now, limit = Money(line.exposure, currency), Money(line.limit, currency)
    return f"{Money(amount, currency)} more than {open_now} open exceeds the limit of {limit}"
