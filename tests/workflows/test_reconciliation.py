"""The schedule of reconciliation on a real engine: made once, kept as the settings say, and run."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio
from temporalio.client import Client, ScheduleOverlapPolicy
from temporalio.worker import Worker

from activities.reconciling import ReconciliationActivities, ReconciliationRun
from adapters.temporal.connect import connect
from adapters.temporal.schedules import keep_reconciling, reconciliation_state
from ports.settlements import Collected, Reconciled
from workflows.reconciliation import RECONCILIATION, ReconciliationWorkflow

HOUR = timedelta(hours=1)
QUEUE = "reconciliation-tests"


class Desk:
    """Inbox and settlements in one; `fails` so many runs begin in vain."""

    def __init__(self) -> None:
        self.fails = 0
        self.runs = 0
        self.ran_twice = asyncio.Event()

    async def collect(self) -> Collected:
        if self.fails:
            self.fails -= 1
            raise ConnectionError("the database is away")
        return Collected(taken=2)

    async def match_open(self) -> Reconciled:
        self.runs += 1
        if self.runs == 2:
            self.ran_twice.set()
        return Reconciled(matched=3, differing=1)


@pytest_asyncio.fixture(loop_scope="session")
async def client(temporal_address: str) -> AsyncIterator[Client]:
    client = await connect(temporal_address)
    yield client
    if await reconciliation_state(client):
        await client.get_schedule_handle(RECONCILIATION).delete()


async def running(client: Client, desk: Any) -> Worker:
    return Worker(
        client,
        task_queue=QUEUE,
        workflows=[ReconciliationWorkflow],
        activities=[ReconciliationActivities(desk, desk).reconcile],
    )


async def test_a_run_takes_files_in_and_matches_what_is_open_however_often_it_has_to_try(client):
    desk = Desk()
    desk.fails = 2
    async with await running(client, desk):
        found = await client.execute_workflow(
            ReconciliationWorkflow.run, id="reconciliation-once", task_queue=QUEUE
        )
    assert found == ReconciliationRun(Collected(taken=2), Reconciled(matched=3, differing=1))
    assert desk.runs == 1


async def test_the_schedule_is_made_once_follows_the_settings_and_stays_paused(client):
    assert await reconciliation_state(client) is None
    await keep_reconciling(client, QUEUE, HOUR)
    await keep_reconciling(client, QUEUE, 2 * HOUR)
    handle = client.get_schedule_handle(RECONCILIATION)
    found = await handle.describe()
    assert found.schedule.policy.overlap is ScheduleOverlapPolicy.SKIP
    assert [each.every for each in found.schedule.spec.intervals] == [2 * HOUR]
    await handle.pause()
    await keep_reconciling(client, QUEUE, HOUR)
    state = await reconciliation_state(client)
    assert state is not None
    assert (state.every, state.paused) == (HOUR, True)


async def test_the_schedule_starts_runs(client):
    desk = Desk()
    async with await running(client, desk):
        await keep_reconciling(client, QUEUE, timedelta(seconds=1))
        async with asyncio.timeout(30):
            await desk.ran_twice.wait()
    state = await reconciliation_state(client)
    assert state is not None
    assert state.last is not None


async def test_a_run_that_never_succeeds_ends_and_leaves_its_work_to_the_next(client):
    desk = Desk()
    desk.fails = 100
    async with await running(client, desk):
        with pytest.raises(Exception, match="Workflow execution failed"):
            await client.execute_workflow(
                ReconciliationWorkflow.run, id="reconciliation-vain", task_queue=QUEUE
            )
    assert desk.fails == 95
