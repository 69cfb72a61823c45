"""The histories of a workflow, run by run, as the engine keeps them."""

from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from ports.desk import NoSuchProcess

Run = list[HistoryEvent]


async def fetch_runs(client: Client, workflow_id: str) -> list[Run]:
    """Oldest first: a run that continued as new is followed by its successor. Raises
    `NoSuchProcess` when there is none, or none any more.
    """
    runs: list[Run] = []
    run_id: str | None = None  # the newest
    while run_id != "":
        run = await _fetch(client, workflow_id, run_id)
        runs.insert(0, run)
        run_id = run[0].workflow_execution_started_event_attributes.continued_execution_run_id
    return runs


async def _fetch(client: Client, workflow_id: str, run_id: str | None) -> Run:
    handle = client.get_workflow_handle(workflow_id, run_id=run_id)
    try:
        return list((await handle.fetch_history()).events)
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            raise NoSuchProcess(f"No history of {workflow_id} is kept") from error
        raise
