"""Which workflows run, as Temporal's visibility knows them."""

from temporalio.client import Client
from temporalio.service import RPCError

from ports.desk import DeskUnavailable

RUNNING = "ExecutionStatus = 'Running'"
TROUBLED = f"{RUNNING} AND TemporalReportedProblems IS NOT NULL"


class TemporalCensus:
    """See `ports.census.WorkflowCensus`."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def running(self) -> set[str]:
        return set(await self._names(RUNNING))

    async def troubled(self) -> list[str]:
        return sorted(await self._names(TROUBLED))

    async def _names(self, query: str) -> list[str]:
        try:
            return [found.id async for found in self._client.list_workflows(query)]
        except (RPCError, RuntimeError) as error:  # a lazy client raises the second
            raise DeskUnavailable(f"the engine was not heard: {error}") from error
