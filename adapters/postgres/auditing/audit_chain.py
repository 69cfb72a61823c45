"""A1: every act of a person has one audit row, and nobody has changed the rows since."""

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.postgres.auditing.check import Violation
from adapters.postgres.outcomes import FIRST_HASH, WITHOUT_AUDIT, Trace, chain
from adapters.postgres.tables import audit

TITLE = "every staff command has exactly one audit row; the hash chain verifies"

_UNMATCHED = text(
    """
    SELECT command.id AS command, command.kind AS act, command.subject,
           count(audit.id) || ' audit rows for an outcome ' || command.status AS why
    FROM command LEFT JOIN audit
      ON audit.command = command.id AND audit.outcome = command.status
     AND audit.principal = command.principal AND audit.act = command.kind
    WHERE command.status IN ('DONE', 'REFUSED')
      AND NOT string_to_array(command.roles, ',') <@ CAST(:machines AS text[])
    GROUP BY command.id HAVING count(audit.id) <> 1
    UNION ALL
    SELECT audit.command, audit.act, audit.subject, 'an audit row without its command'
    FROM audit LEFT JOIN command ON command.id = audit.command
    WHERE command.id IS NULL
    ORDER BY 1
    """
)
_FIELDS = tuple(Trace.__dataclass_fields__)


class AuditChain:
    """See `SqlCheck`; the chain is recomputed row by row."""

    id = "A1"
    title = TITLE

    async def find(self, connection: AsyncConnection, _grace_seconds: float) -> list[Violation]:
        unmatched = await connection.execute(_UNMATCHED, {"machines": list(WITHOUT_AUDIT)})
        return [dict(row) for row in unmatched.mappings()] + await _breaks(connection)


async def _breaks(connection: AsyncConnection) -> list[Violation]:
    found: list[Violation] = []
    number, before = 0, FIRST_HASH
    async with connection.stream(select(audit).order_by(audit.c.id)) as rows:
        async for row in rows:
            number += 1
            trace = Trace(**{name: getattr(row, name) for name in _FIELDS})
            if row.id != number:
                why = f"row {number} is missing before it" if row.id > number else "a doubled id"
                found.append({"audit": row.id, "command": row.command, "why": why})
            elif row.hash != chain(before, row.id, row.at, trace):
                why = "its hash is not that of its content and the row before"
                found.append({"audit": row.id, "command": row.command, "why": why})
            number, before = row.id, row.hash
    return found
