"""Reconciliation with providers, carriers, channels and banks: one run, started by a schedule."""

from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy

from activities.reconciling import ReconciliationActivities, ReconciliationRun

RECONCILIATION = "reconciliation"  # the workflow, its schedule, and what its runs' ids begin with
TRIES = 5  # then the next run of the schedule does what this one left


@workflow.defn(name=RECONCILIATION)
class ReconciliationWorkflow:
    @workflow.run
    async def run(self) -> ReconciliationRun:
        return await workflow.execute_activity_method(
            ReconciliationActivities.reconcile,
            start_to_close_timeout=timedelta(minutes=10),  # 20,000 lines take 10 s
            retry_policy=RetryPolicy(initial_interval=timedelta(seconds=1), maximum_attempts=TRIES),
        )
