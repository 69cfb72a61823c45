"""The cost of a workflow that ran, from the engine's own record of it."""

from typing import TYPE_CHECKING

from adapters.temporal.connect import connect
from adapters.temporal.histories import fetch_runs
from orderloom.cost.counting import Cost, count
from orderloom.errors import Refused
from orderloom.temporal_config import configured_address

if TYPE_CHECKING:
    from temporalio.client import Client

    from orderloom.settings import Settings


async def cost_of(client: "Client", workflow_id: str) -> Cost:
    """Of all its runs. Raises `NoSuchProcess`."""
    return sum((count(run) for run in await fetch_runs(client, workflow_id)), start=Cost())


async def connect_for(settings: "Settings") -> "Client":
    """Refuses when no Temporal server is known, or it does not answer."""
    address = settings.temporal_address or configured_address()
    if not address:
        raise Refused(
            f"No Temporal server is known in {settings.home}. Start `orderloom up`, or set "
            "TEMPORAL_ADDRESS."
        )
    try:
        return await connect(address, settings.temporal_namespace)
    except RuntimeError as error:
        raise Refused(f"The Temporal server at {address} does not answer: {error}") from error
