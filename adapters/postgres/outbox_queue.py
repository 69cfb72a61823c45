"""The outbox: what the world is to be told or started, claimed by one relay at a time."""

from typing import Any

from sqlalchemy import ColumnElement, text, update
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.postgres.clock import after, now
from adapters.postgres.tables import outbox
from adapters.postgres.transactions import each_alone
from ports.front_office import OutboxEvent, ProcessStart

ATTEMPTS_MAX = 12
BACKOFF_MAX_SECONDS = 300  # 1, 2, 4 … seconds until then
POSTPONED_SECONDS = 1

_PROCESS_STARTS = [kind.value for kind in ProcessStart]

# A relay that dies lets its claims go after a while. What is due is found by its index, oldest
# first, and looked through for the kind.
_CLAIM = text(
    """
    UPDATE outbox SET due_at = clock_timestamp() + interval '10 seconds'
    WHERE id IN (SELECT id FROM outbox WHERE due_at <= clock_timestamp()
                   AND (kind = ANY(:process_starts)) = :starts
                 ORDER BY due_at LIMIT :limit FOR UPDATE SKIP LOCKED)
    RETURNING id, event_id, kind, subject, payload, attempts
    """
)

_FAILED = text(
    """
    UPDATE outbox SET attempts = attempts + 1, last_error = :error,
      dead_at = CASE WHEN attempts + 1 >= :max THEN clock_timestamp() END,
      due_at = CASE WHEN attempts + 1 < :max THEN clock_timestamp()
               + interval '1 second' * least(power(2, attempts), :longest) END
    WHERE id = :event AND delivered_at IS NULL
    RETURNING dead_at IS NOT NULL
    """
)


class PostgresOutboxQueue:
    """See `ports.front_office.OutboxQueue`."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._alone = each_alone(engine)

    async def claim(self, limit: int, *, starts: bool) -> list[OutboxEvent]:
        wanted = {"limit": limit, "starts": starts, "process_starts": _PROCESS_STARTS}
        async with self._alone.connect() as connection:
            claimed = await connection.execute(_CLAIM, wanted)
            return sorted((OutboxEvent(*row) for row in claimed), key=lambda event: event.id)

    async def delivered(self, event: int) -> None:
        await self._update(outbox.c.id == event, delivered_at=now(), due_at=None)

    async def started(self, event_id: str) -> None:
        undelivered = outbox.c.delivered_at.is_(None)
        await self._update(
            outbox.c.event_id == event_id, undelivered, delivered_at=now(), due_at=None
        )

    async def postponed(self, event: int) -> None:
        await self._update(outbox.c.id == event, due_at=after(POSTPONED_SECONDS))

    async def failed(self, event: int, error: str) -> bool:
        async with self._alone.connect() as connection:
            dead = await connection.scalar(
                _FAILED,
                {
                    "event": event,
                    "error": error,
                    "max": ATTEMPTS_MAX,
                    "longest": BACKOFF_MAX_SECONDS,
                },
            )
        return bool(dead)  # none when it was delivered meanwhile

    async def _update(self, *where: ColumnElement[bool], **values: Any) -> None:
        async with self._alone.connect() as connection:
            await connection.execute(update(outbox).where(*where).values(**values))
