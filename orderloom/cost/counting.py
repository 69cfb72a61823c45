"""Counts the billable Actions of one run from its history, by Temporal's published rules.

Source: https://docs.temporal.io/cloud/actions (read in November 2026). Each kind below has the
name under which Temporal Cloud meters it. Two rules need more than one event: all markers of a
workflow task (local activities, patches) are one Action together; and of an activity's attempts
only the last leaves an event, which has their number.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from temporalio.api.enums.v1 import EventType as E
from temporalio.api.enums.v1 import WorkflowTaskFailedCause
from temporalio.api.history.v1 import HistoryEvent

LOCAL_RETRIES_MAX = 100  # more of them in one workflow task are not charged
EXEMPT_ATTRIBUTES = {"TemporalChangeVersion"}  # the engine's own, for versioning

# What a history does not show, although it may be billed.
LEFT_OUT = (
    "queries",
    "updates that a validator rejected",
    "heartbeats of activities and of workflow tasks",
    "retries of an activity whose workflow was terminated meanwhile",
    "the storage of the history",
)

_ONE_EACH = {
    E.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED: "schedule_activity",
    E.EVENT_TYPE_TIMER_STARTED: "start_timer",
    E.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED: "signal_workflow",
    E.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED: "accept_workflow_update",
    E.EVENT_TYPE_WORKFLOW_EXECUTION_OPTIONS_UPDATED: "update_workflow_options",
    E.EVENT_TYPE_NEXUS_OPERATION_SCHEDULED: "schedule_nexus_operation",
    E.EVENT_TYPE_NEXUS_OPERATION_CANCEL_REQUESTED: "request_nexus_operation_cancellation",
}


@dataclass(frozen=True)
class Cost:
    """`by_kind` has billable Actions by their metered names; `bytes` is the size of the events."""

    events: int = 0
    bytes: int = 0
    by_kind: dict[str, int] = field(default_factory=dict)

    @property
    def actions(self) -> int:
        return sum(self.by_kind.values())

    def __add__(self, other: "Cost") -> "Cost":
        by_kind = Counter(self.by_kind) + Counter(other.by_kind)
        return Cost(self.events + other.events, self.bytes + other.bytes, dict(by_kind))

    def as_json(self) -> dict[str, Any]:
        return {
            "events": self.events,
            "actions": self.actions,
            "bytes": self.bytes,
            "by_kind": self.by_kind,
        }


def count(history: Iterable[HistoryEvent]) -> Cost:
    """The cost of one run: event ids are unique in a run only."""
    actions: Counter[str] = Counter()
    tasks_with_markers = set()
    events = size = 0
    for event in history:
        events += 1
        size += event.ByteSize()
        actions.update(_actions(event))
        if event.event_type == E.EVENT_TYPE_MARKER_RECORDED:
            marker = event.marker_recorded_event_attributes
            tasks_with_markers.add(marker.workflow_task_completed_event_id)
    actions["record_activity_markers"] = len(tasks_with_markers)
    return Cost(events, size, {kind: number for kind, number in actions.items() if number})


def _actions(event: HistoryEvent) -> dict[str, int]:
    """The Actions that this event alone stands for, by kind."""
    match event.event_type:
        case E.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED:
            return _start(event)
        case E.EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_INITIATED:
            return {"start_child_workflow": 2}  # the intent and the attempt
        case E.EVENT_TYPE_ACTIVITY_TASK_STARTED:
            attempt = event.activity_task_started_event_attributes.attempt
            return {"retry_activity": max(0, attempt - 1)}
        case E.EVENT_TYPE_WORKFLOW_TASK_COMPLETED:
            metering = event.workflow_task_completed_event_attributes.metering_metadata
            retries = metering.nonfirst_local_activity_execution_attempts
            return {"retry_activity_local": min(retries, LOCAL_RETRIES_MAX)}
        case E.EVENT_TYPE_WORKFLOW_TASK_FAILED:
            cause = event.workflow_task_failed_event_attributes.cause
            reset = WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_RESET_WORKFLOW
            return {"reset_workflow": int(cause == reset)}
        case E.EVENT_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES:
            upsert = event.upsert_workflow_search_attributes_event_attributes
            charged = set(upsert.search_attributes.indexed_fields) - EXEMPT_ATTRIBUTES
            return {"upsert_workflow_search_attributes": int(bool(charged))}
        case kind if kind in _ONE_EACH:
            return {_ONE_EACH[kind]: 1}
        case _:
            return {}


def _start(event: HistoryEvent) -> dict[str, int]:
    """A child's start is charged with its parent's intent."""
    started = event.workflow_execution_started_event_attributes
    if started.HasField("parent_workflow_execution"):
        return {}
    continued = bool(started.continued_execution_run_id)
    return {"continue_as_new_workflow" if continued else "start_workflow": 1}
