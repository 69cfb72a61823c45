"""The schedule that starts reconciliation, kept as the settings say."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from temporalio.client import (
    Client,
    Schedule,
    ScheduleActionStartWorkflow,
    ScheduleAlreadyRunningError,
    ScheduleIntervalSpec,
    ScheduleOverlapPolicy,
    SchedulePolicy,
    ScheduleSpec,
    ScheduleUpdate,
    ScheduleUpdateInput,
)
from temporalio.service import RPCError, RPCStatusCode

from workflows.reconciliation import RECONCILIATION

CATCH_UP = timedelta(minutes=1)  # runs that an outage missed are not made up for: one does all


@dataclass(frozen=True, slots=True)
class ScheduleState:
    every: timedelta | None
    paused: bool
    last: datetime | None
    next: datetime | None


async def keep_reconciling(client: Client, task_queue: str, every: timedelta) -> None:
    """Creates the schedule, or gives the one that is there the interval and queue of the settings;
    one that an operator has paused stays so.
    """
    schedule = Schedule(
        ScheduleActionStartWorkflow(
            RECONCILIATION,
            id=RECONCILIATION,
            task_queue=task_queue,
            static_summary="match settlements",
        ),
        ScheduleSpec(intervals=[ScheduleIntervalSpec(every)]),
        SchedulePolicy(overlap=ScheduleOverlapPolicy.SKIP, catchup_window=CATCH_UP),
    )
    try:
        await client.create_schedule(RECONCILIATION, schedule)
    except ScheduleAlreadyRunningError:
        await client.get_schedule_handle(RECONCILIATION).update(_to(schedule))


async def reconciliation_state(client: Client) -> ScheduleState | None:
    """None when there is no such schedule."""
    try:
        found = await client.get_schedule_handle(RECONCILIATION).describe()
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            return None
        raise
    intervals = found.schedule.spec.intervals
    actions, following = found.info.recent_actions, found.info.next_action_times
    return ScheduleState(
        intervals[0].every if intervals else None,
        found.schedule.state.paused,
        actions[-1].started_at if actions else None,
        following[0] if following else None,
    )


def _to(schedule: Schedule) -> Callable[[ScheduleUpdateInput], ScheduleUpdate]:
    def update(given: ScheduleUpdateInput) -> ScheduleUpdate:
        known = given.description.schedule
        known.action, known.spec, known.policy = schedule.action, schedule.spec, schedule.policy
        return ScheduleUpdate(known)

    return update
