"""What happens to a return in our own books."""

from temporalio import activity

from activities.effects import Decision, Effects, ReturnTurn, check_location
from activities.messages import CommandCall, Opened, RecordCall, Start, StepResult
from domain import journal as j
from domain.amounts import refund_amount
from domain.codec import Json
from domain.commands import CommandKind
from domain.errors import Malformed
from domain.journal import EntryRecord
from domain.order import LineUnits
from domain.quantity import Quantity
from domain.refunds import OVERPAID, by_hand, needs_second_person, refund_plan, refundable
from domain.return_commands import check_return_command
from domain.returns import (
    Disposition,
    ReturnView,
    check_inspected,
    check_received,
    refunded_lines,
)
from domain.tenders import Tender
from domain.transfers import bank_reference
from ports.unit_of_work import Database, UnitOfWork


class ReturnActivities:
    def __init__(self, database: Database) -> None:
        self._effects = Effects(database)

    @activity.defn(name="return.open")
    async def open(self, start: Start) -> Opened:
        """The order, and the return's history so far."""

        async def work(uow: UnitOfWork) -> Opened:
            locked = await uow.orders.lock_return(start.subject)
            entries = tuple(map(EntryRecord.of, locked.journal))
            return Opened(locked.order, locked.process, entries)

        return await self._effects.database.look(work)

    @activity.defn(name="return.record")
    async def record(self, call: RecordCall) -> StepResult:
        """Journals what the workflow decided, with its consequences."""

        async def decide(_: ReturnTurn) -> Decision:
            return Decision([body.body() for body in call.bodies])

        return await self._effects.on_return(call.step, decide)

    @activity.defn(name="return.command")
    async def command(self, call: CommandCall) -> StepResult:
        """Decides a command again, by the state it is applied to, and settles it."""

        async def decide(turn: ReturnTurn) -> Decision:
            settled = await self._effects.settled(turn, call.command.id)
            if settled is not None:
                return settled
            check_return_command(turn.view, call.command)
            asked = await turn.uow.commands.body(call.command.id)
            body = await _entry_for(turn, call, asked)
            return Decision([body], "done", call.command.by, call.command.id)

        return await self._effects.on_return(call.step, decide, command=call.command.id)


async def _entry_for(turn: ReturnTurn, call: CommandCall, asked: Json) -> j.Body:
    reason = call.command.reason
    match call.command.kind:
        case CommandKind.RETURN_APPROVE:
            return j.ReturnApproved(reason)
        case CommandKind.RETURN_DECLINE:
            return j.ReturnDeclined(reason)
        case CommandKind.RETURN_CANCEL:
            return j.ReturnCanceled(reason)
        case CommandKind.RETURN_RETRY_REFUND:
            return j.RefundRetried(reason)
        case CommandKind.RETURN_RECEIVE:
            lines = _received(turn.view, asked)
            location = asked.get("location") or call.command.location
            await check_location(turn.uow, location)
            return j.ReturnReceived(lines, location)
        case CommandKind.RETURN_APPROVE_REFUND:
            return await _approved(turn, reason)
        case CommandKind.RETURN_TRANSFER_REFUND:
            return j.RefundTransferred(by_hand(turn.view), bank_reference(asked["reference"]))
        case CommandKind.RETURN_INSPECT:
            return await _inspected(turn, asked)
        case _:
            raise Malformed(f"{call.command.kind} is about an order, not about a return")


def _received(view: ReturnView, asked: Json) -> tuple[LineUnits, ...]:
    """Nothing named means that all came."""
    if not asked.get("lines"):
        return view.lines
    skus = {unit.line: unit.sku for unit in view.lines}
    lines = tuple(
        LineUnits(unit["line"], skus.get(unit["line"], ""), Quantity(unit["quantity"]))
        for unit in asked["lines"]
    )
    check_received(view, lines)
    return lines


async def _inspected(turn: ReturnTurn, asked: Json) -> j.ReturnInspected:
    skus = {unit.line: unit.sku for unit in turn.view.received}
    pooled: dict[tuple[int, Disposition], int] = {}
    for unit in asked["units"]:
        key = (unit["line"], Disposition(unit["disposition"]))
        pooled[key] = pooled.get(key, 0) + Quantity(unit["quantity"])
    units = tuple(
        j.InspectedUnits(line, skus.get(line, ""), quantity, disposition.value)
        for (line, disposition), quantity in pooled.items()
    )
    check_inspected(turn.view, units)
    before = await turn.uow.orders.refunded_units(turn.order.number)
    amount, _ = refund_amount(turn.order, before, refunded_lines(units))
    balances = await turn.uow.ledger.balances(turn.order.number)
    refund, credit = min(amount, refundable(balances)), asked.get("store_credit") or 0
    second = needs_second_person(turn.locked.process, refund)
    plan = refund_plan(turn.order, balances, refund, credit)
    return j.ReturnInspected(units, refund, () if second else plan, credit)


async def _approved(turn: ReturnTurn, reason: str) -> j.RefundApproved:
    view, balances = turn.view, await turn.uow.ledger.balances(turn.order.number)
    if view.kind == OVERPAID:
        return j.RefundApproved((j.Share(Tender.BANK, view.refund),), reason)
    plan = refund_plan(turn.order, balances, view.refund, view.store_credit)
    return j.RefundApproved(plan, reason)
