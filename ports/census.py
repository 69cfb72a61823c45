"""Which processes run, for the auditor."""

from typing import Protocol


class WorkflowCensus(Protocol):
    """Processes by name: `order/<number>`, `return/<rma>`."""

    async def running(self) -> set[str]:
        """Refuses nothing; raises `ports.desk.DeskUnavailable`."""

    async def troubled(self) -> list[str]:
        """Running ones whose code fails again and again. Raises as `running` does."""
