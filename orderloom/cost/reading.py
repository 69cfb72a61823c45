"""The cost of a workflow that ran, from the engine's own record of it."""

from typing import TYPE_CHECKING

from adapters.temporal.histories import fetch_runs
from orderloom.cost.counting import Cost, count
from orderloom.errors import Refused

if TYPE_CHECKING:
    from temporalio.client import Client

    from orderloom.settings import Settings


async def cost_of(client: "Client", workflow_id: str) -> Cost:
    """Of all its runs. Raises `NoSuchProcess`."""
    return sum((count(run) for run in await fetch_runs(client, workflow_id)), start=Cost())


async def connect(settings: "Settings") -> "Client":
    """Refuses when no Temporal server is known or it does not answer."""
    from temporalio.client import Client
    from temporalio.envconfig import ClientConfig

    config = ClientConfig.load_client_connect_config()
    address = settings.temporal_address or config.get("target_host")
    if not address:
        raise Refused(
            f"No Temporal server is known in {settings.home}. Start `orderloom up`, or set "
            "TEMPORAL_ADDRESS."
        )
    config["target_host"], config["namespace"] = address, settings.temporal_namespace
    try:
        return await Client.connect(**config)
    except RuntimeError as error:
        raise Refused(f"The Temporal server at {address} does not answer: {error}") from error
