"""What happens to an order in our own books: review, sourcing, shipments, commands."""

from collections.abc import Iterable
from dataclasses import replace

from temporalio import activity
from tenacity import AsyncRetrying, retry_if_exception_type, stop_after_attempt

from activities.credit import decide_credit, grant_over_limit
from activities.effects import (
    OUTDATED,
    Decision,
    Effects,
    OrderTurn,
    intents,
    what_was_decided,
)
from activities.locations import check_location
from activities.messages import (
    CommandCall,
    Opened,
    ParcelCall,
    RecordCall,
    SourceCall,
    Start,
    Step,
    StepResult,
)
from domain import journal as j
from domain.amounts import shipment_amount
from domain.backorder import plan_parcels
from domain.calling_off import called_off, canceling
from domain.commands import CommandKind, check, has_to_wait
from domain.decisions import entries_for, next_parcel, override_entries
from domain.errors import OutOfStock
from domain.journal import EntryRecord
from domain.order import LineUnits, subtract
from domain.remedies import Remedy, refusing_locations, remedies, short_pick, unsure_of
from domain.review import (
    ReviewInputs,
    Verdict,
    cash_decision,
    price_deviation_bp,
    total_deviation,
)
from domain.sourcing import RULE_VERSION
from domain.submissions import on_their_way
from domain.view import OrderView, ParcelStatus
from domain.waits import STOCK_WAIT
from ports.outside import ReviewRules
from ports.unit_of_work import Database, UnitOfWork

SOURCED, SHORT = "sourced", "short"
UNSETTLED = "unsettled"  # the command has to wait for the outcome of a payment
SOURCING_TRIES = 10  # stock that was there when planned may be gone when reserved


class OrderActivities:
    def __init__(self, database: Database, rules: ReviewRules) -> None:
        self._effects = Effects(database)
        self._rules = rules

    @activity.defn(name="order.open")
    async def open(self, start: Start) -> Opened:
        """The order and its history so far."""

        async def work(uow: UnitOfWork) -> Opened:
            locked = await uow.orders.lock(start.subject)
            entries = tuple(map(EntryRecord.of, locked.journal))
            unsettled = await intents(uow, start.subject)
            begun = on_their_way(locked.view(), await uow.submissions.begun(start.subject))
            return Opened(locked.order, locked.process, entries, locked.facts, unsettled, begun)

        return await self._effects.database.look(work)

    @activity.defn(name="order.review")
    async def review(self, step: Step) -> StepResult:
        """Outcome: approve, hold or reject."""
        return await self._effects.on_order(step, self._review)

    async def _review(self, turn: OrderTurn) -> Decision:
        order, known = turn.order, await turn.uow.catalog.known(turn.order)
        inputs = ReviewInputs(
            channel=order.channel,
            currency=order.currency,
            total=order.total,
            units=sum(line.quantity for line in order.lines),
            price_deviation_bp=price_deviation_bp(order),
            total_deviation=total_deviation(order),
            address_complete=known.address_complete,
            customer_blocked=known.customer_blocked,
        )
        ruled = await self._rules.review(inputs)
        found = cash_decision(order, turn.locked.process, ruled)
        body = j.Reviewed(
            found.verdict.value,
            found.rule_version,
            found.rule,
            found.reason,
            found.owner,
            found.inputs,
        )
        assert Verdict(body.decision) is found.verdict  # noqa: S101  # transitions read the word
        return Decision([body], outcome=found.verdict.value)

    @activity.defn(name="order.source")
    async def source(self, call: SourceCall) -> StepResult:
        """Gives back what a warehouse refused, and chooses sources for every unit without one.
        Outcome: sourced or short.
        """

        async def decide(turn: OrderTurn) -> Decision:
            _hand_over(turn, (*call.handing_over, *await turn.begun()))
            return await _source(turn)

        async for attempt in AsyncRetrying(
            retry=retry_if_exception_type(OutOfStock),
            stop=stop_after_attempt(SOURCING_TRIES),
            reraise=True,
        ):
            with attempt:
                return await self._effects.on_order(call.step, decide)
        raise AssertionError("the retry loop either returns or raises")

    @activity.defn(name="order.extend_credit")
    async def extend_credit(self, step: Step) -> StepResult:
        """Outcome: granted or held."""
        return await self._effects.on_order(step, decide_credit)

    @activity.defn(name="order.record")
    async def record(self, call: RecordCall) -> StepResult:
        """Journals what the workflow decided, with its consequences. Before an order gives up
        waiting for stock, it is sourced once more.
        """

        async def decide(turn: OrderTurn) -> Decision:
            decided = await what_was_decided(turn, call)
            if call.deadline and call.deadline.wait == STOCK_WAIT and decided.bodies:
                _hand_over(turn, (*call.deadline.handing_over, *await turn.begun()))
                sourced = await _source(turn)
                return decided if sourced.outcome == SHORT else sourced
            return decided

        return await self._effects.on_order(call.step, decide)

    @activity.defn(name="order.ship")
    async def ship(self, call: ParcelCall) -> StepResult:
        """Books a shipment that the warehouse reported: stock is consumed and the sale owed."""

        async def decide(turn: OrderTurn) -> Decision:
            return Decision(_shipment(turn, call.fulfillment_order))

        return await self._effects.on_order(call.step, decide)

    @activity.defn(name="order.command")
    async def command(self, call: CommandCall) -> StepResult:
        """Decides a command again, by the state it is applied to, and settles it; or not yet:
        `UNSETTLED`.
        """

        async def decide(turn: OrderTurn) -> Decision:
            settled = await self._effects.settled(turn, call.command.id)
            if settled is not None:
                return settled
            if has_to_wait(turn.view, call.command):
                return Decision(outcome=UNSETTLED)
            _hand_over(turn, (*call.handing_over, *await turn.begun()))
            check(turn.view, call.command)
            if call.command.kind is CommandKind.OVERRIDE_SOURCE:
                await check_location(turn.uow, call.command.location)
                bodies = override_entries(turn.view, call.command)
            elif call.command.kind is CommandKind.GRANT_CREDIT:
                bodies = await grant_over_limit(turn, call.command.reason)
            else:
                bodies = entries_for(turn.view, call.command)
            return Decision(bodies, "done", call.command.by, call.command.id)

        return await self._effects.on_order(call.step, decide, command=call.command.id)


def _hand_over(turn: OrderTurn, parcels: Iterable[str]) -> None:
    """On their way to the warehouse, which may have them already: those that the process knows of,
    and those that were begun, by whomever.
    """
    for parcel in (turn.view.parcels[name] for name in parcels):
        if parcel.status is ParcelStatus.OPEN:
            parcel.status = ParcelStatus.SUBMITTED


async def _source(turn: OrderTurn) -> Decision:
    if canceling(turn.view):
        ends = called_off(turn.view)
        return Decision(ends, outcome=SOURCED if ends else OUTDATED)
    due = remedies(turn.view)
    demand = _demand_after(turn, due)
    if not demand:  # and nothing due: whoever asked has not heard of a fact that we have
        return Decision(due, outcome=SOURCED if due else OUTDATED)
    inventory, skus = turn.uow.inventory, {unit.sku for unit in demand}
    days = turn.locked.process.backorder_days
    sources = await inventory.sources(turn.order.number, skus, days)
    closed_to_us = refusing_locations(turn.view) | unsure_of(
        turn.view, due, demand, sources.recipes
    )
    if sources.recipes:
        closed_to_us |= await inventory.uncounted(turn.order.number, skus)
    places = [p for p in await inventory.locations() if p.id not in closed_to_us]
    try:
        plan = plan_parcels(demand, sources, places, turn.order.destination)
    except OutOfStock as short:
        return Decision([*due, *_held(turn.view, short.message)], outcome=SHORT)
    parcels = tuple(
        replace(parcel, fulfillment_order=next_parcel(turn.view, ahead))
        for ahead, parcel in enumerate(plan.parcels)
    )
    there = [j.HoldReleased("stock", "stock came")] if "stock" in turn.view.holds else []
    sourced = j.Sourced(parcels, RULE_VERSION, plan.candidates)
    return Decision([*due, *there, sourced], outcome=SOURCED)


def _held(view: OrderView, why: str) -> list[j.Body]:
    """An order that waits for stock already says only that it has looked again."""
    if "stock" in view.holds and not view.looks_again:
        return []
    reason, owner = "units are out of stock", "agent"
    return [j.HoldPlaced("stock", reason, owner, why, view.stock_news)]


def _demand_after(turn: OrderTurn, due: list[Remedy]) -> tuple[LineUnits, ...]:
    """Unallocated units, and those that active parcels are giving back now. Units of a parcel
    that is superseded, or no longer active, count as unallocated already.
    """
    view = turn.view
    units = {unit.line: unit for unit in view.unallocated}
    for release in due:
        parcel = view.parcels[release.fulfillment_order]
        if (
            isinstance(release, j.CancelRequested)
            or not parcel.status.active
            or parcel.replaces
            or _superseded(turn, parcel.fulfillment_order)
        ):
            continue
        for unit in release.lines:
            held = units.get(unit.line)
            more = unit.quantity + (held.quantity if held else 0)
            units[unit.line] = LineUnits(unit.line, unit.sku, more)
    return tuple(units[line] for line in sorted(units))


def _superseded(turn: OrderTurn, parcel: str) -> bool:
    return any(other.replaces == parcel for other in turn.view.active_parcels)


def _shipment(turn: OrderTurn, fulfillment_order: str) -> list[j.Body]:
    """Of a parcel of which nothing was sent nothing is sold either, and no shipping: its units are
    missing, and that is all.
    """
    parcel = turn.view.parcels[fulfillment_order]
    if parcel.booked:
        return []
    sent = [unit for package in parcel.packages for unit in package.lines]
    left = subtract(parcel.lines, tuple(sent))
    lines = subtract(parcel.lines, left)
    if not lines:
        return [*short_pick(parcel, left)]
    amount, _ = shipment_amount(turn.view, lines)
    shipped = j.Shipped(fulfillment_order, parcel.packages, lines, amount)
    return [*short_pick(parcel, left), shipped]
