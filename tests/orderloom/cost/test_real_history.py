"""Billable Actions of a workflow that really ran."""

from datetime import timedelta
from uuid import uuid4

import pytest
from temporalio import activity, workflow
from temporalio.client import WorkflowUpdateFailedError
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from adapters.temporal.histories import fetch_runs
from orderloom.cost.reading import cost_of
from ports.desk import NoSuchProcess

SOON = timedelta(seconds=5)


@activity.defn
async def greet() -> str:
    if activity.info().attempt == 1:
        raise RuntimeError("not yet")
    return "hello"


@activity.defn
async def note() -> None:
    """Does nothing, at home."""


@workflow.defn
class Tiny:
    """Two local activities in one task, a retried activity, a signal, an update, a timer; then
    once more as a new run.
    """

    def __init__(self) -> None:
        self._waved = False
        self._answered = False

    @workflow.run
    async def run(self, again: bool) -> None:
        for _ in range(2):
            await workflow.execute_local_activity(note, start_to_close_timeout=SOON)
        if again:
            await workflow.execute_activity(greet, start_to_close_timeout=SOON)
            await workflow.wait_condition(lambda: self._waved and self._answered)
            await workflow.sleep(0.01)
            workflow.continue_as_new(False)

    @workflow.signal
    def wave(self) -> None:
        self._waved = True

    @workflow.update
    def answer(self, accepted: bool) -> None:
        self._answered = True

    @answer.validator
    def _answer(self, accepted: bool) -> None:
        if not accepted:
            raise ValueError("rejected")


async def test_a_real_run_is_counted_over_all_its_runs(temporal_client):
    queue = f"cost-{uuid4().hex}"
    worker = Worker(
        temporal_client,
        task_queue=queue,
        workflows=[Tiny],
        activities=[greet, note],
        workflow_runner=UnsandboxedWorkflowRunner(),
    )
    async with worker:
        started = await temporal_client.start_workflow(Tiny.run, True, id=queue, task_queue=queue)
        with pytest.raises(WorkflowUpdateFailedError):
            await started.execute_update(Tiny.answer, False)
        await started.signal(Tiny.wave)
        await started.execute_update(Tiny.answer, True)
        await started.result()

    cost = await cost_of(temporal_client, queue)
    runs = await fetch_runs(temporal_client, queue)
    assert cost.by_kind == {
        "start_workflow": 1,
        "record_activity_markers": 2,
        "schedule_activity": 1,
        "retry_activity": 1,
        "signal_workflow": 1,
        "accept_workflow_update": 1,
        "start_timer": 1,
        "continue_as_new_workflow": 1,
    }
    assert len(runs) == 2
    assert cost.events == sum(len(run) for run in runs)
    described = [
        await temporal_client.get_workflow_handle(queue, run_id=run_id).describe()
        for run_id in (started.first_execution_run_id, None)
    ]
    stored = sum(
        each.raw_description.workflow_execution_info.history_size_bytes for each in described
    )
    assert cost.bytes == pytest.approx(stored, rel=0.05)


async def test_a_workflow_that_never_was_has_no_history(temporal_client):
    with pytest.raises(NoSuchProcess):
        await cost_of(temporal_client, "order/NONE")
