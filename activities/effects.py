"""One effect on an order or a return, as one unit of work.

The step row fences it: a retry, or a second live attempt, finds the first one's result. What was
decided goes to the journal, its consequences to stock and ledger, and the projection with them.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import reduce

from activities.consequences import enact
from activities.messages import Deadline, Intent, RecordCall, Step, StepResult
from activities.publishing import events_of
from domain.codec import from_json, to_json
from domain.decisions import applies, entries_at_deadline, return_entries_at_deadline
from domain.errors import Refusal, refusal_of
from domain.facts import Fact
from domain.journal import SYSTEM, Body, Entry, EntryRecord, Shipped, ShippedUnasked
from domain.order import PlacedOrder
from domain.return_waits import return_waits
from domain.returns import ReturnView, fold_return, return_applies
from domain.submissions import on_their_way
from domain.transitions import OrderStatus, transition
from domain.view import OrderView, ParcelStatus
from domain.waits import waits
from ports.unit_of_work import Database, LockedOrder, LockedReturn, StepName, UnitOfWork

# A step that was decided on without knowing entries or facts which forbid it: its process learns
# them, and decides anew.
OUTDATED = "outdated"


@dataclass(slots=True)
class Decision:
    """What a step decided: the entries to journal, in whose name, and a word on the outcome.
    `command` is settled in the same transaction.
    """

    bodies: Sequence[Body] = ()
    outcome: str = ""
    by: str = SYSTEM
    command: str = ""
    refusal: tuple[str, str] | None = None


@dataclass(slots=True)
class OrderTurn:
    """An order under lock, and what it is like now."""

    uow: UnitOfWork
    locked: LockedOrder
    view: OrderView = field(init=False)

    def __post_init__(self) -> None:
        self.view = self.locked.view()

    @property
    def order(self) -> PlacedOrder:
        return self.locked.order

    @property
    def seq(self) -> int:
        return self.view.seq

    @property
    def facts(self) -> tuple[Fact, ...]:
        return self.locked.facts

    def applies(self, bodies: Sequence[Body]) -> bool:
        return applies(self.view, bodies)

    async def begun(self) -> tuple[str, ...]:
        """Parcels that are on their way to a warehouse, whoever has begun that."""
        if not any(parcel.status is ParcelStatus.OPEN for parcel in self.view.active_parcels):
            return ()
        return on_their_way(self.view, await self.uow.submissions.begun(self.order.number))

    async def entries_at(self, deadline: Deadline) -> list[Body]:
        """What a deadline leads to by the books; nothing, where they do not wait for that."""
        for wait in waits(self.view, self.locked.process):
            if wait.key == deadline.wait and wait.deadline <= deadline.at:
                handing_over = (*deadline.handing_over, *await self.begun())
                return entries_at_deadline(self.view, wait, handing_over)
        return []

    async def project(self, entries: Sequence[Entry]) -> None:
        locked = self.locked
        if any(self._made_others_give_way(entry.body) for entry in entries):
            facts = (await self.uow.orders.lock(self.order.number)).facts
            locked = replace(locked, facts=facts)
        view = locked.view(entries) if entries else self.view
        await self.uow.orders.project(view, waits(view, self.locked.process))

    def _made_others_give_way(self, body: Body) -> bool:
        """Units that were promised to others may have left: to other parcels of the order, too,
        which hears of it by facts that are new.
        """
        match body:
            case ShippedUnasked():
                return True
            case Shipped(fulfillment_order=parcel):
                return bool(self.view.parcels[parcel].broken)
            case _:
                return False


@dataclass(slots=True)
class ReturnTurn:
    """A return under lock, its order as placed, and what the return is like now."""

    uow: UnitOfWork
    number: str
    locked: LockedReturn
    view: ReturnView = field(init=False)

    def __post_init__(self) -> None:
        self.view = fold_return(self.number, self.order.number, self.locked.journal)

    @property
    def order(self) -> PlacedOrder:
        return self.locked.order

    @property
    def seq(self) -> int:
        return self.view.seq

    @property
    def facts(self) -> tuple[Fact, ...]:
        return ()  # nobody outside tells of returns

    def applies(self, bodies: Sequence[Body]) -> bool:
        return return_applies(self.view, bodies)

    async def begun(self) -> tuple[str, ...]:
        return ()  # a return is handed to no warehouse

    async def entries_at(self, deadline: Deadline) -> list[Body]:
        """As an order's."""
        for wait in return_waits(self.view, self.locked.process):
            if wait.key == deadline.wait and wait.deadline <= deadline.at:
                return return_entries_at_deadline(wait)
        return []

    async def project(self, entries: Sequence[Entry]) -> None:
        journal = (*self.locked.journal, *entries)
        view = fold_return(self.number, self.order.number, journal)
        await self.uow.orders.project_return(view, return_waits(view, self.locked.process))


Turn = OrderTurn | ReturnTurn
DecideOrder = Callable[[OrderTurn], Awaitable[Decision]]
DecideReturn = Callable[[ReturnTurn], Awaitable[Decision]]


class Effects:
    """Runs steps. A Refusal of a step that settles a command becomes the command's outcome;
    any other passes through, and nothing has happened.
    """

    def __init__(self, database: Database) -> None:
        self.database = database

    async def settled(self, turn: Turn, command: str) -> Decision | None:
        """A command whose outcome is committed is not decided again: its process, which has not
        heard of it, learns what was done.
        """
        outcome = await turn.uow.commands.outcome(command)
        if outcome is None:
            return None
        if outcome.refusal:
            raise refusal_of(*outcome.refusal)
        return Decision(outcome="done")

    async def on_order(self, step: Step, decide: DecideOrder, *, command: str = "") -> StepResult:
        async def work(uow: UnitOfWork) -> StepResult:
            turn = OrderTurn(uow, await uow.orders.lock(step.subject, _name(step)))
            return await _take(turn, step, lambda: decide(turn))

        return await self._run(work, command)

    async def on_return(self, step: Step, decide: DecideReturn, *, command: str = "") -> StepResult:
        async def work(uow: UnitOfWork) -> StepResult:
            turn = ReturnTurn(
                uow, step.subject, await uow.orders.lock_return(step.subject, _name(step))
            )
            return await _take(turn, step, lambda: decide(turn))

        return await self._run(work, command)

    async def _run(
        self, work: Callable[[UnitOfWork], Awaitable[StepResult]], command: str
    ) -> StepResult:
        try:
            return await self.database.run(work)
        except Refusal as refusal:
            if not command:
                raise
            refused = (refusal.code, refusal.message)
            await self.database.run(lambda uow: _refuse(uow, command, refused))
            return StepResult(refusal=refused)


async def _refuse(uow: UnitOfWork, command: str, refusal: tuple[str, str]) -> None:
    await uow.commands.settle(command, refusal=refusal, result=None)


async def _take(turn: Turn, step: Step, decide: Callable[[], Awaitable[Decision]]) -> StepResult:
    if turn.locked.done is not None:
        return await _answer(turn, step, from_json(StepResult, turn.locked.done))
    decision = await decide()
    if turn.seq > step.seq and not decision.command and not turn.applies(decision.bodies):
        decision = Decision(outcome=OUTDATED)
    entries = await journal(turn, decision.bodies, decision.by)
    result = StepResult(outcome=decision.outcome)
    await turn.uow.steps.save(step.subject, _name(step), to_json(result))
    await turn.uow.facts.handled(step.facts, by=f"{step.subject}/{step.name}/{step.seq}")
    if decision.command:
        await turn.uow.commands.settle(
            decision.command, refusal=decision.refusal, result={"seq": turn.seq + len(entries)}
        )
    return await _answer(turn, step, result, entries)


async def _answer(
    turn: Turn, step: Step, said: StepResult, entries: Sequence[Entry] = ()
) -> StepResult:
    """Who decided without knowing enough hears all that there is."""
    outdated = said.outcome == OUTDATED
    return StepResult(
        (*unknown_entries(turn, step.seq), *map(EntryRecord.of, entries)),
        said.outcome,
        said.refusal,
        facts=turn.facts if outdated else (),
        intents=await _to_settle(turn, entries),
        begun=await turn.begun() if outdated else (),
    )


async def _to_settle(turn: Turn, entries: Sequence[Entry] = ()) -> tuple[Intent, ...]:
    """When an order is over: what was begun at the provider, which the process need not know of."""
    if not isinstance(turn, OrderTurn):
        return ()
    status = reduce(transition, (entry.body for entry in entries), turn.view.status)
    if not (status.stopped or status is OrderStatus.COMPLETED):
        return ()
    return await intents(turn.uow, turn.order.number)


async def intents(uow: UnitOfWork, subject: str) -> tuple[Intent, ...]:
    """Of an order, or a return."""
    return tuple(
        Intent(
            row.key,
            row.operation,
            row.ordinal,
            row.amount,
            row.fulfillment_order,
            row.authorization,
        )
        for row in await uow.payments.unsettled(subject)
    )


async def what_was_decided(turn: Turn, call: RecordCall) -> Decision:
    """By the process, which may know less than the books: what has been told has not always been
    heard when a deadline passes.
    """
    bodies = [body.body() for body in call.bodies]
    if call.deadline is not None and await turn.entries_at(call.deadline) != bodies:
        return Decision(outcome=OUTDATED)
    return Decision(bodies)


def _name(step: Step) -> StepName:
    return StepName(step.name, step.seq)


async def journal(turn: Turn, bodies: Sequence[Body], by: str) -> tuple[Entry, ...]:
    """Writes entries, their consequences and the projection: always these three together."""
    if not bodies:
        return ()
    for body in bodies:
        await enact(turn.uow, turn.order, turn.locked.process, turn.view, body, by)
    subject = turn.view.number if isinstance(turn, ReturnTurn) else turn.order.number
    entries = await turn.uow.orders.append(subject, turn.order.number, turn.seq, bodies, by)
    await turn.project(entries)
    for event in events_of(subject, turn.order.number, entries):
        await turn.uow.outbox.put(*event)
    return entries


def unknown_entries(turn: Turn, seq: int) -> tuple[EntryRecord, ...]:
    """What the asker has not heard of yet."""
    return tuple(EntryRecord.of(entry) for entry in turn.locked.journal if entry.seq > seq)
