"""The clerk of an order workflow: keeps its book, runs its steps one turn at a time, and watches
its deadlines. What the steps are is the workflow's affair.
"""

import asyncio
import json
import zlib
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from datetime import timedelta
from typing import Any

from temporalio import workflow

from activities.messages import (
    CommandCall,
    Deadline,
    HandOverCall,
    ParcelCall,
    RecordCall,
    SourceCall,
    Start,
    Step,
    StepResult,
)
from activities.orders import UNSETTLED, OrderActivities
from activities.warehouse import WarehouseActivities
from domain import journal as j
from domain.codec import to_json
from domain.commands import Command, has_to_wait
from domain.decisions import applies, entries_at_deadline
from domain.derived import doing
from domain.journal import BodyRecord
from domain.submissions import on_their_way
from domain.transitions import OrderStatus
from domain.view import OrderView, ParcelStatus
from domain.waits import Wait
from workflows.alarm import Alarm
from workflows.book import Book
from workflows.steps import BOOK_STEP, OPENING, OUTSIDE_STEP, in_turn


class OrderStopped(Exception):  # a way out, not an error
    """The order was rejected, canceled or has expired: what was done is to be undone."""


class Clerk:
    def __init__(self, number: str) -> None:
        self.book = Book()
        self.handing_over: set[str] = set()
        self.undecided: set[str] = set()  # commands
        self._number = number
        self._turn = asyncio.Lock()  # effects in our books happen one after the other
        self._alarm = Alarm()
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def view(self) -> OrderView:
        return self.book.view

    # Waiting

    async def until(self, met: Callable[[OrderView], bool]) -> None:
        """Waits until the view meets a condition. Raises `OrderStopped` when the order stops first,
        and whatever a parallel task died of.
        """
        await self.outlast(lambda view: view.status.stopped or met(view))
        self.check()

    async def outlast(
        self, met: Callable[[OrderView], bool], *, at_most: timedelta | None = None
    ) -> None:
        """As `until`, for an order that may have stopped; or for `at_most` so long."""
        with suppress(TimeoutError):
            await workflow.wait_condition(
                lambda: self._broken() is not None or met(self.view), timeout=at_most
            )
        self._raise_broken()

    def check(self) -> None:
        self._raise_broken()
        if self.view.status.stopped:
            raise OrderStopped

    def spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks.append(task)
        return task

    def _raise_broken(self) -> None:
        broken = self._broken()
        if broken is not None:
            raise broken

    def _broken(self) -> BaseException | None:
        """A coding bug in a parallel task must stop the workflow task, not vanish."""
        for task in self._tasks:
            if task.done() and not task.cancelled() and task.exception() is not None:
                return task.exception()
        return None

    async def watch_deadlines(self) -> None:
        """At each deadline, what the process definition says: escalate, expire, cancel, close."""
        while True:
            seen, rings = self.book.version, self._alarm.rings
            waits = self.book.waits
            workflow.set_current_details(doing(self.view, waits))
            if waits and waits[0].deadline <= workflow.now():
                await self._meet(waits[0], seen)
                continue
            if waits:
                self._alarm.set(waits[0].deadline)
            await workflow.wait_condition(
                lambda: self.book.version != seen or self._alarm.rings != rings  # noqa: B023
            )

    def rest(self) -> None:
        self._alarm.stop()
        for task in self._tasks:
            task.cancel()

    # Steps in our own books

    async def open(self) -> None:
        self.book.open(
            await workflow.execute_local_activity_method(
                OrderActivities.open, Start(self._number), **OPENING
            )
        )

    async def review(self) -> None:
        await self._book_step(
            "review",
            lambda step: workflow.execute_local_activity_method(
                OrderActivities.review, step, **BOOK_STEP
            ),
            due=lambda: self.view.status is OrderStatus.RECEIVED,
        )

    async def source(self) -> None:
        await self._book_step(
            "source",
            lambda step: workflow.execute_local_activity_method(
                OrderActivities.source,
                SourceCall(step, self._on_their_way()),
                **BOOK_STEP,
            ),
            due=lambda: not self.view.status.stopped,
        )

    async def extend_credit(self) -> None:
        await self._book_step(
            "extend_credit",
            lambda step: workflow.execute_local_activity_method(
                OrderActivities.extend_credit, step, **BOOK_STEP
            ),
            due=lambda: self.view.status is OrderStatus.PROCESSING and not self.view.on_credit,
        )

    async def ship(self, parcel: str) -> None:
        await self._book_step(
            f"ship/{parcel}",
            lambda step: workflow.execute_local_activity_method(
                OrderActivities.ship, ParcelCall(step, parcel), **BOOK_STEP
            ),
            due=lambda: not self.view.parcels[parcel].booked,
        )

    async def record(self, *bodies: j.Body) -> None:
        """Journals a decision, if it still applies when its turn comes."""
        records = tuple(BodyRecord.of(body) for body in bodies)
        await self._book_step(
            _name_of(records),
            lambda step: workflow.execute_local_activity_method(
                OrderActivities.record, RecordCall(step, records), **BOOK_STEP
            ),
            due=lambda: applies(self.view, bodies),
        )

    async def _meet(self, wait: Wait, seen: int) -> None:
        """What happens at a deadline, if the book is at version `seen` still when the step's turn
        comes. The books may know better: then nothing happens, and they tell what it is.
        """
        at = workflow.now()

        def call(step: Step) -> RecordCall:
            handing_over = self._on_their_way()
            entries = entries_at_deadline(self.view, wait, handing_over)
            deadline = Deadline(wait.key, at, handing_over)
            return RecordCall(step, tuple(map(BodyRecord.of, entries)), deadline)

        await self._book_step(
            f"deadline/{wait.key}/{at.isoformat()}",
            lambda step: workflow.execute_local_activity_method(
                OrderActivities.record, call(step), **BOOK_STEP
            ),
            due=lambda: self.book.version == seen,
        )

    async def apply(self, command: Command) -> StepResult:
        """Decides a command in its turn, and commits its outcome. The books may know of a payment
        whose outcome has to be awaited first, and tell of it.
        """
        self.undecided.add(command.id)
        while True:
            await workflow.wait_condition(lambda: not has_to_wait(self.view, command))
            result = await self._book_step(
                f"command/{command.id}",
                lambda step: workflow.execute_local_activity_method(
                    OrderActivities.command,
                    CommandCall(step, command, self._on_their_way()),
                    **BOOK_STEP,
                ),
            )
            assert result is not None, "a command is always decided"  # noqa: S101
            if result.outcome != UNSETTLED:
                self.undecided.discard(command.id)
                return result

    async def _book_step(
        self,
        name: str,
        run: Callable[[Step], Awaitable[StepResult]],
        *,
        due: Callable[[], bool] = lambda: True,
    ) -> StepResult | None:
        """`due` is asked when the step's turn has come: much may have happened meanwhile."""

        async def take() -> StepResult | None:
            if not due():
                return None
            step = self._step(name)
            result = await run(step)
            self._learn(step, result)
            return result

        return await in_turn(self._turn, take)

    # Steps at outside parties

    async def hand_over(self, name: str, attempt: int = 1) -> None:
        """From here on the parcel has to be asked back before the order can be canceled: begun in a
        turn of its own, so that no cancel is being decided meanwhile. What came to nothing is a
        step of its own, and so is the next `attempt`.
        """
        async with self._turn:
            self.check()
            parcel = self.view.parcels[name]
            if parcel.status is not ParcelStatus.OPEN or not parcel.lines:
                return
            self.handing_over.add(name)
        await self.outside_step(
            f"hand_over/{name}" if attempt == 1 else f"hand_over/{name}/{attempt}",
            lambda step: workflow.execute_activity_method(
                WarehouseActivities.hand_over,
                HandOverCall(step, name, parcel.location, parcel.lines),
                **OUTSIDE_STEP,
            ),
        )
        self.handing_over.remove(name)

    def _on_their_way(self) -> tuple[str, ...]:
        """To their warehouses, by this process or as the books told it."""
        return tuple(sorted({*self.handing_over, *on_their_way(self.view, self.book.begun)}))

    async def request_cancel(self, parcel: str) -> None:
        step = self._step(f"request_cancel/{parcel}")
        result = await workflow.execute_activity_method(
            WarehouseActivities.request_cancel, ParcelCall(step, parcel), **OUTSIDE_STEP
        )
        if result is not None:
            self._learn(step, result)

    async def outside_step(
        self, name: str, run: Callable[[Step], Awaitable[StepResult]]
    ) -> StepResult:
        step = self._step(name)
        result = await run(step)
        self._learn(step, result)
        return result

    def _step(self, name: str) -> Step:
        return Step(self._number, name, self.book.seq, tuple(self.book.unnamed))

    def _learn(self, step: Step, result: StepResult) -> None:
        self.book.named(step.facts)
        for fact in result.facts:
            self.book.hear(fact)
        self.book.remember(result.intents)
        self.book.begun.update(result.begun)
        self.book.learn(result.entries)


def _name_of(records: tuple[BodyRecord, ...]) -> str:
    """Another content is another step: two parcels may arrive at the same journal entry."""
    kinds = "+".join(record.kind for record in records)
    content = json.dumps(to_json(records), sort_keys=True).encode()
    return f"record/{kinds}/{zlib.crc32(content):08x}"
