"""What happens to a return in our own books."""

from temporalio import activity

from activities.effects import (
    Decision,
    Effects,
    ReturnTurn,
    intents,
    what_was_decided,
)
from activities.locations import check_location
from activities.messages import CommandCall, Opened, RecordCall, Start, Step, StepResult
from domain import journal as j
from domain.amounts import credit_kept, refund_amount, refund_tenders
from domain.codec import Json
from domain.commands import CommandKind
from domain.errors import Malformed, StepRefused
from domain.journal import EntryRecord
from domain.ledger import Account
from domain.order import LineUnits
from domain.quantity import Quantity
from domain.receivables import check_decided, is_undecided, never_collected
from domain.refunds import (
    after_goodwill,
    by_hand,
    granted_alone,
    needs_second_person,
    refund_failed,
    refund_plan,
    replanned,
)
from domain.return_commands import check_return_command
from domain.returns import (
    OVERPAID,
    Disposition,
    ReturnView,
    check_inspected,
    check_received,
    not_delivered,
    refunded_lines,
)
from domain.tenders import Tender
from domain.transfers import bank_reference
from domain.view import OrderView
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
            begun = await intents(uow, start.subject)
            return Opened(locked.order, locked.process, entries, intents=begun)

        return await self._effects.database.look(work)

    @activity.defn(name="return.record")
    async def record(self, call: RecordCall) -> StepResult:
        """Journals what the workflow decided, with its consequences."""

        async def decide(turn: ReturnTurn) -> Decision:
            return await what_was_decided(turn, call)

        return await self._effects.on_return(call.step, decide)

    @activity.defn(name="return.write_off")
    async def write_off(self, step: Step) -> StepResult:
        """What is lost is refunded, in the name of whoever said that it is."""

        async def decide(turn: ReturnTurn) -> Decision:
            return Decision([await _granted(turn, (), 0)], by=turn.view.requested_by)

        return await self._effects.on_return(step, decide)

    @activity.defn(name="return.command")
    async def command(self, call: CommandCall) -> StepResult:
        """Decides a command again, by the state it is applied to, and settles it."""

        async def decide(turn: ReturnTurn) -> Decision:
            settled = await self._effects.settled(turn, call.command.id)
            if settled is not None:
                return settled
            check_return_command(turn.view, call.command)
            asked = await turn.uow.commands.body(call.command.id)
            bodies = await _entries_for(turn, call, asked)
            return Decision(bodies, "done", call.command.by, call.command.id)

        return await self._effects.on_return(call.step, decide, command=call.command.id)


async def _entries_for(turn: ReturnTurn, call: CommandCall, asked: Json) -> list[j.Body]:
    if call.command.kind is CommandKind.RETURN_WRITE_OFF:
        return [j.ReturnReceived((), ""), await _granted(turn, (), 0)]
    return [await _entry_for(turn, call, asked)]


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
            plan = await _replanned(turn, asked.get("store_credit") or 0)
            return j.RefundRetried(reason, plan)
        case CommandKind.RETURN_RECEIVE:
            lines = _received(turn.view, asked)
            location = asked.get("location") or call.command.location
            await check_location(turn.uow, location)
            return j.ReturnReceived(lines, location)
        case CommandKind.RETURN_APPROVE_REFUND:
            return await _approved(turn, reason)
        case CommandKind.RETURN_TRANSFER_REFUND:
            await _check_nothing_owed(turn)
            return j.RefundTransferred(by_hand(turn.view), bank_reference(asked["reference"]))
        case CommandKind.RETURN_CANCEL_REFUND:
            return await _goodwill_canceled(turn, reason)
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
    return await _granted(turn, units, asked.get("store_credit") or 0)


async def _granted(
    turn: ReturnTurn, inspected: tuple[j.InspectedUnits, ...], credit: int
) -> j.ReturnInspected:
    """What the units give back. Cash that was never collected takes no second person; what has to
    be taken off first, as by a capture that failed and that nobody has decided yet, does.
    """
    units = (*inspected, *not_delivered(turn.view))
    before = await turn.uow.orders.refunded_units(turn.order.number)
    amount, _ = refund_amount(turn.order, before, refunded_lines(units))
    balances = await turn.uow.ledger.balances(turn.order.number)
    order, parcel = await _order_view(turn), turn.view.parcel
    back = refund_tenders(turn.order, before, refunded_lines(units)).store_credit
    kept = credit_kept(order, before)
    refund = back + after_goodwill(order, balances, amount - back, kept, parcel)
    paid_out = refund - never_collected(order, parcel)
    alone = granted_alone(order, await turn.uow.orders.returns(turn.order.number))
    second = needs_second_person(turn.locked.process, paid_out, alone) or is_undecided(order)
    plan = refund_plan(order, balances, refund, credit, parcel=parcel, credit_back=back)
    return j.ReturnInspected(units, refund, () if second else plan, credit, back)


async def _replanned(turn: ReturnTurn, store_credit: int = 0) -> tuple[j.Share, ...]:
    balances = await turn.uow.ledger.balances(turn.order.number)
    return replanned(turn.view, await _order_view(turn), balances, store_credit)


async def _check_nothing_owed(turn: ReturnTurn) -> None:
    """What the provider refuses because a bank took it back, or because it was never paid, is not
    to be paid by transfer.
    """
    if not refund_failed(turn.view):
        return
    check_decided(await _order_view(turn))
    if await _replanned(turn):
        why = "the customer owes a part of it, as after a chargeback; retry the refund to net it"
        raise StepRefused(why)


async def _goodwill_canceled(turn: ReturnTurn, reason: str) -> j.ReturnCanceled:
    """Refuses (`StepRefused`) what goods that came back since have given back less for."""
    balances = await turn.uow.ledger.balances(turn.order.number)
    if balances.get(Account.GOODWILL, 0) < turn.view.refund:
        raise StepRefused("goods have come back since, and gave back less because of it")
    return j.ReturnCanceled(reason)


async def _order_view(turn: ReturnTurn) -> OrderView:
    """The return's turn has the order locked already."""
    return (await turn.uow.orders.lock(turn.order.number)).view()


async def _approved(turn: ReturnTurn, reason: str) -> j.RefundApproved:
    view, balances = turn.view, await turn.uow.ledger.balances(turn.order.number)
    if view.kind == OVERPAID:
        return j.RefundApproved((j.Share(Tender.BANK, view.refund),), reason)
    order = await _order_view(turn)
    check_decided(order)
    credit, back = view.store_credit, view.credit_back
    plan = refund_plan(order, balances, view.refund, credit, parcel=view.parcel, credit_back=back)
    return j.RefundApproved(plan, reason)
