"""What a unit of work writes at its end: journal, step, events, facts and projection, in one
statement; each by itself would cost a round trip, which is most of what an effect costs. And then,
since everybody wants the same rows, the stock that it reserves.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import bindparam, column, literal_column, select, text
from sqlalchemy.dialects.postgresql import JSONB, Insert
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.postgres.for_driver import ForDriver
from adapters.postgres.projections import SAVE_RETURN, SAVE_VIEW
from adapters.postgres.stock.reserving import Claim, reserve
from adapters.postgres.transactions import Driver, driver_of
from domain.codec import Json

_ROWS = {
    "entries": """
        INSERT INTO journal (subject, seq, order_number, at, by, kind, data)
        SELECT subject, seq, order_number, at, by, kind, data
        FROM jsonb_populate_recordset(NULL::journal, :entries) RETURNING 1 AS done
        """,
    "steps": """
        INSERT INTO step (subject, name, ordinal, result)
        SELECT subject, name, ordinal, result
        FROM jsonb_populate_recordset(NULL::step, :steps) RETURNING 1 AS done
        """,
    "events": """
        INSERT INTO outbox (event_id, kind, subject, payload)
        SELECT event_id, kind, subject, payload
        FROM jsonb_populate_recordset(NULL::outbox, :events)
        ON CONFLICT (event_id) DO NOTHING RETURNING 1 AS done
        """,
}
_HANDLED = """
    UPDATE fact SET handled_by = :handled_by, due_at = NULL
    WHERE id = ANY(:handled) AND handled_by IS NULL RETURNING 1 AS done
    """
_CTES = [
    *(
        text(statement).bindparams(bindparam(name, type_=JSONB)).columns(column("done")).cte(name)
        for name, statement in _ROWS.items()
    ),
    text(_HANDLED).columns(column("done")).cte("used"),
]
_WITHOUT_PROJECTION = ForDriver(select(literal_column("1")).add_cte(*_CTES))
_WITH: dict[Insert, ForDriver] = {
    projection: ForDriver(projection.add_cte(*_CTES)) for projection in (SAVE_VIEW, SAVE_RETURN)
}


@dataclass(slots=True)
class Closing:
    """Rows as their tables have them, in plain form. Of the projections the last one counts, and
    all facts are handled by one step.
    """

    entries: list[Json] = field(default_factory=list)
    steps: list[Json] = field(default_factory=list)
    events: list[Json] = field(default_factory=list)
    handled: list[str] = field(default_factory=list)  # facts
    handled_by: str = ""
    reservations: list[tuple[str, Sequence[Claim]]] = field(default_factory=list)  # by order
    _statement: ForDriver = _WITHOUT_PROJECTION
    _projection: Mapping[str, Json] = field(default_factory=dict)

    def project(self, projection: Insert, values: Mapping[str, Json]) -> None:
        """`projection` is one of `adapters.postgres.projections`."""
        self._statement, self._projection = _WITH[projection], values

    async def reserve(self, driver: Driver) -> None:
        """Locks the stock."""
        for order, claims in self.reservations:
            await reserve(driver, order, claims)
        self.reservations.clear()

    async def write(self, connection: AsyncConnection) -> None:
        """All but reservations. What has been written is not written again."""
        parts = {name: getattr(self, name) for name in (*_ROWS, "handled")}
        if self._projection or any(parts.values()):
            values = {**parts, "handled_by": self.handled_by, **self._projection}
            await self._statement.execute(driver_of(connection), values)
        for written in parts.values():
            written.clear()
        self._statement, self._projection = _WITHOUT_PROJECTION, {}
