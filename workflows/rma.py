"""The life of one return, top-down. It may outlive its order."""

import asyncio
from collections.abc import Callable
from datetime import datetime

from temporalio import workflow

from activities.messages import (
    CommandCall,
    Deadline,
    Opened,
    PaymentCall,
    RecordCall,
    Start,
    Step,
    StepResult,
)
from activities.payments import PaymentActivities
from activities.returns import ReturnActivities
from domain import journal as j
from domain.attempts import run_of
from domain.commands import Command
from domain.decisions import return_entries_at_deadline
from domain.journal import BodyRecord, Entry
from domain.payments import PaymentOperation
from domain.refunds import by_hand, is_planned, refund_failed, to_provider
from domain.return_waits import return_waits
from domain.returns import (
    LOST,
    ReturnStatus,
    ReturnView,
    fold_return,
    return_applies,
)
from domain.waits import Wait
from workflows.alarm import Alarm
from workflows.order import End, Outcome
from workflows.steps import BOOK_STEP, OPENING, OUTSIDE_STEP, in_turn


@workflow.defn(name="return")
class ReturnWorkflow:
    @workflow.init
    def __init__(self, start: Start) -> None:
        self._number = start.subject
        self._opened: Opened | None = None
        self._entries: dict[int, Entry] = {}
        self._turn = asyncio.Lock()
        self._alarm = Alarm()

    @workflow.run
    async def run(self, _start: Start) -> End:
        self._opened = await workflow.execute_local_activity_method(
            ReturnActivities.open, Start(self._number), **OPENING
        )
        self._learn(self._opened.entries)
        await self._finish()
        await self._decide()
        await self._wait_for(ReturnStatus.RECEIVED)
        await self._inspect()
        await self._refund()
        await self._complete()
        await workflow.wait_condition(workflow.all_handlers_finished)
        self._alarm.stop()
        return End(self._view.status or "")

    async def _finish(self) -> None:
        """What a process before this one began at the provider comes to its end first."""
        for begun in self._known.intents:
            call = PaymentCall(
                self._step("confirm"), begun.operation, begun.ordinal, begun.amount, rma=True
            )
            result = await workflow.execute_activity_method(
                PaymentActivities.confirm, call, **OUTSIDE_STEP
            )
            self._learn(result.entries)

    async def _decide(self) -> None:
        """A small return is approved by policy; a larger one waits for an agent."""
        small = self._view.amount <= self._known.process.return_auto_approve_max
        if self._view.status is ReturnStatus.REQUESTED and small:
            await self._record(j.ReturnApproved("within the limit for automatic approval"))
        await self._wait_for(ReturnStatus.APPROVED)

    async def _inspect(self) -> None:
        """People look at what came back; of a lost parcel there is nothing to look at."""
        if self._view.kind == LOST and self._view.status is ReturnStatus.RECEIVED:
            await self._write_off()
        await self._wait_for(ReturnStatus.INSPECTED)

    async def _refund(self) -> None:
        """Granted before, executed here, by its plan: what the provider refuses waits for finance,
        and so does what has to be transferred.
        """
        await self._until(lambda: is_planned(self._view))
        while to_provider(self._view):
            if refund_failed(self._view):
                await self._until(lambda: self._view.retrying or not to_provider(self._view))
                continue
            await self._rest()
            await self._pay()
        await self._until(lambda: not by_hand(self._view))

    async def _rest(self) -> None:
        """A refund that has had no effect so far is asked for anew after a pause."""
        run = run_of(self._view.payments.values(), PaymentOperation.REFUND)
        again_at = run and run.again_at
        if again_at:
            await self._until(lambda: workflow.now() >= again_at, by=again_at)

    async def _complete(self) -> None:
        if self._view.status in (ReturnStatus.INSPECTED, ReturnStatus.GRANTED):
            await self._record(j.ReturnCompleted())

    # Waiting

    async def _wait_for(self, status: ReturnStatus) -> None:
        """Until the return has reached a status, or a later one, or has ended."""
        await self._until(lambda: _reached(self._view.status, status))

    async def _until(self, met: Callable[[], bool], by: datetime | None = None) -> None:
        """`by` is when at the latest it may be met, by the clock alone."""
        while not met():
            seen, rings = self._view.seq, self._alarm.rings
            waits = return_waits(self._view, self._known.process)
            workflow.set_current_details("; ".join(wait.reason for wait in waits))
            if waits and waits[0].deadline <= workflow.now():
                await self._meet(waits[0])
                continue
            if moments := [at for at in (by, *(wait.deadline for wait in waits)) if at]:
                self._alarm.set(min(moments))
            await workflow.wait_condition(
                lambda: met() or self._view.seq != seen or self._alarm.rings != rings  # noqa: B023
            )

    # Steps

    @property
    def _known(self) -> Opened:
        assert self._opened is not None, "the return is opened before anything else"  # noqa: S101
        return self._opened

    @property
    def _view(self) -> ReturnView:
        return fold_return(self._number, self._known.order.number, self._entries.values())

    def _learn(self, records: tuple[j.EntryRecord, ...]) -> None:
        for record in records:
            self._entries.setdefault(record.seq, record.entry())

    def _step(self, name: str) -> Step:
        return Step(self._number, name, self._view.seq)

    async def _record(self, *bodies: j.Body) -> None:
        records = tuple(BodyRecord.of(body) for body in bodies)

        async def take() -> None:
            if return_applies(self._view, bodies):
                step = self._step("record/" + records[0].kind)
                await self._journal(RecordCall(step, records))

        await in_turn(self._turn, take)

    async def _meet(self, wait: Wait) -> None:
        """What happens at a deadline, if nothing has happened when the step's turn comes."""
        seen, at = self._view.seq, workflow.now()
        records = tuple(BodyRecord.of(body) for body in return_entries_at_deadline(wait))

        async def take() -> None:
            if self._view.seq == seen:
                step = self._step(f"deadline/{wait.key}/{at.isoformat()}")
                await self._journal(RecordCall(step, records, Deadline(wait.key, at)))

        await in_turn(self._turn, take)

    async def _journal(self, call: RecordCall) -> None:
        result = await workflow.execute_local_activity_method(
            ReturnActivities.record, call, **BOOK_STEP
        )
        self._learn(result.entries)

    async def _write_off(self) -> None:
        async def take() -> None:
            result = await workflow.execute_local_activity_method(
                ReturnActivities.write_off, self._step("write_off"), **BOOK_STEP
            )
            self._learn(result.entries)

        await in_turn(self._turn, take)

    async def _pay(self) -> None:
        last = self._view.last_refund
        ordinal = 1 if last is None else last.ordinal + last.status.settled
        step = self._step(f"refund/{ordinal}")
        left = to_provider(self._view)
        call = PaymentCall(step, PaymentOperation.REFUND, ordinal, left, rma=True)
        result = await workflow.execute_activity_method(
            PaymentActivities.perform, call, **OUTSIDE_STEP
        )
        self._learn(result.entries)

    @workflow.update
    async def command(self, command: Command) -> Outcome:
        """Somebody wants something. The outcome is committed with the effect."""
        await workflow.wait_condition(lambda: self._opened is not None)

        async def take() -> StepResult:
            step = self._step(f"command/{command.id}")
            result = await workflow.execute_local_activity_method(
                ReturnActivities.command, CommandCall(step, command), **BOOK_STEP
            )
            self._learn(result.entries)
            return result

        return Outcome((await in_turn(self._turn, take)).refusal)

    @workflow.query
    def status(self) -> str:
        return self._view.status or ""


_WAY = (
    ReturnStatus.REQUESTED,
    ReturnStatus.APPROVED,
    ReturnStatus.RECEIVED,
    ReturnStatus.INSPECTED,
    ReturnStatus.COMPLETED,
)


def _reached(now: ReturnStatus | None, wanted: ReturnStatus) -> bool:
    if now is None or now.final:
        return now is not None
    if now is ReturnStatus.GRANTED:
        now = ReturnStatus.INSPECTED  # it has come as far
    return _WAY.index(now) >= _WAY.index(wanted)
