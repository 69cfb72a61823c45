"""What both jobs ask of the engine, from its own histories: a ratio of unlike jobs says nothing."""

from collections import Counter
from collections.abc import Iterable

from temporalio.api.enums.v1 import EventType as E
from temporalio.client import Client

from adapters.temporal.histories import fetch_runs

# What a history is made of, but for workflow tasks: their number depends on how busy it was.
_COUNTED = {
    E.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED: "activities",
    E.EVENT_TYPE_MARKER_RECORDED: "local activities",
    E.EVENT_TYPE_TIMER_STARTED: "timers started",
    E.EVENT_TYPE_TIMER_FIRED: "timers fired",
    E.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED: "signals",
    E.EVENT_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES: "search attributes",
}
TASKS = "workflow tasks"

Shape = dict[str, int]


async def shape_of(client: Client, workflow_id: str) -> Shape:
    counts: Counter[str] = Counter()
    for run in await fetch_runs(client, workflow_id):
        for event in run:
            if event.event_type in _COUNTED:
                counts[_COUNTED[event.event_type]] += 1
            if event.event_type == E.EVENT_TYPE_WORKFLOW_TASK_COMPLETED:
                counts[TASKS] += 1
    return dict(counts)


def common_shape(shapes: Iterable[Shape]) -> Shape:
    """Without workflow tasks. Raises `RuntimeError` when the jobs are not alike."""
    found = [{name: n for name, n in shape.items() if name != TASKS} for shape in shapes]
    if any(shape != found[0] for shape in found):
        raise RuntimeError(f"an order and its no-op ask different things of the engine: {found}")
    return found[0]
