"""The bare engine's share of an order: a workflow with as many activities, timers and messages as
an undisturbed order has, of the same kinds and in the same places, that does nothing in them.

`benchmarks.shape` holds the histories of both side by side.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

from temporalio import activity, workflow

from benchmarks.pace import FACTS, RETURN_WINDOW_SECONDS, SHIPPED
from workflows.steps import BOOK_STEP, OUTSIDE_STEP

CHECKS_WITHIN, ACCEPT_WITHIN = timedelta(days=1), timedelta(hours=4)


class NoopActivities:
    """`announce` tells the driver of each parcel, as the warehouse's stand-in does."""

    def __init__(self, announce: Callable[[dict[str, Any]], None]) -> None:
        self._announce = announce

    @activity.defn
    async def book(self, _: str) -> None:
        """In the place of a transaction in our books."""

    @activity.defn
    async def call(self, _: str) -> None:
        """In the place of a call to an outside party."""

    @activity.defn
    async def hand_over(self, order: str) -> None:
        self._announce({"order": order})


@workflow.defn(name="noop")
class NoopWorkflow:
    @workflow.init
    def __init__(self, order: str) -> None:
        self._order = order
        self._facts = 0

    @workflow.run
    async def run(self, _: str) -> None:
        await self._book()  # opened
        deadline = asyncio.create_task(asyncio.sleep(CHECKS_WITHIN.total_seconds()))
        await self._book()  # reviewed
        await self._book()  # sourced
        deadline.cancel()
        deadline = asyncio.create_task(asyncio.sleep(ACCEPT_WITHIN.total_seconds()))
        await self._outside(NoopActivities.call)  # authorized
        await self._outside(NoopActivities.hand_over)
        await workflow.wait_condition(lambda: self._facts >= SHIPPED)
        await self._book()  # shipped
        await self._outside(NoopActivities.call)  # captured
        await workflow.wait_condition(lambda: self._facts == len(FACTS))
        await self._book()  # delivered
        await self._book()  # completed
        deadline.cancel()
        await asyncio.sleep(RETURN_WINDOW_SECONDS)
        await self._book()  # closed

    @workflow.signal
    def fact(self, _: str) -> None:
        self._facts += 1

    async def _book(self) -> None:
        await workflow.execute_local_activity_method(NoopActivities.book, self._order, **BOOK_STEP)

    async def _outside(self, step: Callable[[NoopActivities, str], Awaitable[None]]) -> None:
        await workflow.execute_activity_method(step, self._order, **OUTSIDE_STEP)
