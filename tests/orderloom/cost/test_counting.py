"""Billable Actions, on histories written by hand."""

import pytest
from temporalio.api.common.v1 import Payload, WorkflowExecution
from temporalio.api.enums.v1 import EventType as E
from temporalio.api.enums.v1 import WorkflowTaskFailedCause as Cause
from temporalio.api.history.v1 import HistoryEvent

from orderloom.cost import Cost, count


def event(kind, **attributes):
    name = f"{kind.lower()}_event_attributes"
    return HistoryEvent(
        event_type=E.Value(f"EVENT_TYPE_{kind}"), **({name: attributes} if attributes else {})
    )


def marker(task, name="core_local_activity"):
    return event("MARKER_RECORDED", marker_name=name, workflow_task_completed_event_id=task)


def upsert(*names):
    fields = {name: Payload() for name in names}
    return event("UPSERT_WORKFLOW_SEARCH_ATTRIBUTES", search_attributes={"indexed_fields": fields})


def by_kind(*events):
    return count(events).by_kind


@pytest.mark.parametrize(
    ("kind", "metered_as", "actions"),
    [
        ("WORKFLOW_EXECUTION_STARTED", "start_workflow", 1),
        ("ACTIVITY_TASK_SCHEDULED", "schedule_activity", 1),
        ("TIMER_STARTED", "start_timer", 1),
        ("WORKFLOW_EXECUTION_SIGNALED", "signal_workflow", 1),
        ("WORKFLOW_EXECUTION_UPDATE_ACCEPTED", "accept_workflow_update", 1),
        ("START_CHILD_WORKFLOW_EXECUTION_INITIATED", "start_child_workflow", 2),
        ("WORKFLOW_EXECUTION_OPTIONS_UPDATED", "update_workflow_options", 1),
    ],
)
def test_what_is_billed_once_an_event(kind, metered_as, actions):
    assert by_kind(event(kind), event(kind)) == {metered_as: 2 * actions}


@pytest.mark.parametrize(
    "kind",
    [
        "WORKFLOW_TASK_SCHEDULED",
        "WORKFLOW_TASK_STARTED",
        "WORKFLOW_TASK_COMPLETED",
        "WORKFLOW_TASK_TIMED_OUT",
        "ACTIVITY_TASK_STARTED",
        "ACTIVITY_TASK_COMPLETED",
        "TIMER_FIRED",
        "TIMER_CANCELED",
        "WORKFLOW_EXECUTION_UPDATE_COMPLETED",
        "WORKFLOW_EXECUTION_COMPLETED",
        "WORKFLOW_EXECUTION_CONTINUED_AS_NEW",
        "SIGNAL_EXTERNAL_WORKFLOW_EXECUTION_INITIATED",
        "CHILD_WORKFLOW_EXECUTION_STARTED",
    ],
)
def test_what_is_an_event_but_not_billed(kind):
    cost = count([event(kind)])
    assert (cost.events, cost.actions, cost.by_kind) == (1, 0, {})


def test_all_markers_of_one_workflow_task_are_one_action():
    assert by_kind(marker(4), marker(4), marker(4, "core_patch"), marker(9)) == {
        "record_activity_markers": 2
    }


def test_each_attempt_of_an_activity_after_the_first_is_a_retry():
    assert by_kind(
        event("ACTIVITY_TASK_SCHEDULED", activity_id="1"),
        event("ACTIVITY_TASK_STARTED", attempt=3),
        event("ACTIVITY_TASK_SCHEDULED", activity_id="2"),
        event("ACTIVITY_TASK_STARTED", attempt=1),
    ) == {"schedule_activity": 2, "retry_activity": 2}


@pytest.mark.parametrize(("retries", "charged"), [(2, 2), (100, 100), (3_000, 100)])
def test_retried_local_activities_are_charged_up_to_a_hundred_a_task(retries, charged):
    metering = {"nonfirst_local_activity_execution_attempts": retries}
    completed = event("WORKFLOW_TASK_COMPLETED", metering_metadata=metering)
    assert by_kind(completed) == {"retry_activity_local": charged}


def test_one_upsert_is_one_action_however_many_attributes_it_has():
    assert by_kind(upsert("OrderStatus", "Channel")) == {"upsert_workflow_search_attributes": 1}


def test_the_engines_own_search_attribute_is_exempt():
    assert by_kind(upsert("TemporalChangeVersion")) == {}


def test_a_run_that_continues_another_is_charged_by_its_own_name():
    started = event("WORKFLOW_EXECUTION_STARTED", continued_execution_run_id="r-1")
    assert by_kind(started) == {"continue_as_new_workflow": 1}


def test_a_childs_start_is_charged_with_its_parent_only():
    parent = WorkflowExecution(workflow_id="order/1")
    assert by_kind(event("WORKFLOW_EXECUTION_STARTED", parent_workflow_execution=parent)) == {}


def test_a_failed_workflow_task_is_charged_when_it_was_a_reset():
    reset = event("WORKFLOW_TASK_FAILED", cause=Cause.WORKFLOW_TASK_FAILED_CAUSE_RESET_WORKFLOW)
    failed = event(
        "WORKFLOW_TASK_FAILED", cause=Cause.WORKFLOW_TASK_FAILED_CAUSE_NON_DETERMINISTIC_ERROR
    )
    assert by_kind(reset, failed) == {"reset_workflow": 1}


def test_the_bytes_are_those_of_the_events():
    events = [event("TIMER_STARTED", timer_id="1"), event("TIMER_FIRED", timer_id="1")]
    assert count(events).bytes == sum(len(each.SerializeToString()) for each in events)


def test_costs_of_several_runs_add_up():
    assert Cost(3, 100, {"start_timer": 1}) + Cost(
        2, 50, {"start_timer": 2, "signal_workflow": 1}
    ) == Cost(5, 150, {"start_timer": 3, "signal_workflow": 1})
