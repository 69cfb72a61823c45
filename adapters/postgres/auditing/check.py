"""A check: an invariant's id, the sentence that must hold, and how to find what breaks it."""

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.codec import Json, to_json

Violation = dict[str, Json]  # names the offending row, and says what it holds

GRACE_SECONDS = 60.0  # what is moving may lag behind for so long


@dataclass(frozen=True, slots=True)
class SqlCheck:
    """`statement` selects the offending rows; it may use `:grace` (seconds)."""

    id: str
    title: str
    statement: str
    parameters: dict[str, Any] = field(default_factory=dict)

    async def find(self, connection: AsyncConnection, grace_seconds: float) -> list[Violation]:
        values = dict(self.parameters)
        if ":grace" in self.statement:
            values["grace"] = grace_seconds
        found = await connection.execute(text(self.statement), values)
        return [to_json(dict(row)) for row in found.mappings()]
