"""What the outbox holds, for ops: how much of it there is, and what could not be delivered."""

from sqlalchemy import and_, func, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.postgres.clock import now
from adapters.postgres.keys import can_hold
from adapters.postgres.tables import outbox
from adapters.postgres.transactions import each_alone
from domain.errors import NotFound
from ports.front_office import DeadLetter, OutboxCounts

# What was delivered after all, by whoever committed it, is no dead letter any more.
_IS_DEAD = and_(outbox.c.dead_at.is_not(None), outbox.c.delivered_at.is_(None))


class PostgresDeadLetterOffice:
    """See `ports.front_office.DeadLetterOffice`."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._alone = each_alone(engine)

    async def counts(self) -> OutboxCounts:
        counts = {
            "due": outbox.c.due_at <= now(),
            "waiting": outbox.c.due_at > now(),
            "delivered": outbox.c.delivered_at.is_not(None),
            "dead": _IS_DEAD,
        }
        columns = (func.count().filter(which).label(name) for name, which in counts.items())
        async with self._alone.connect() as connection:
            found = await connection.execute(select(*columns).select_from(outbox))
            return OutboxCounts(**found.mappings().one())

    async def letters(self, limit: int) -> list[DeadLetter]:
        columns = outbox.c["event_id", "kind", "subject", "attempts", "last_error", "dead_at"]
        dead = select(*columns).where(_IS_DEAD).order_by(outbox.c.dead_at, outbox.c.id)
        async with self._alone.connect() as connection:
            return [DeadLetter(*row) for row in await connection.execute(dead.limit(limit))]

    async def redeliver(self, event_id: str) -> None:
        if not can_hold(event_id):
            raise NotFound("there is no such dead letter")
        async with self._alone.connect() as connection:
            changed = await connection.execute(
                update(outbox)
                .where(outbox.c.event_id == event_id, _IS_DEAD)
                .values(attempts=0, dead_at=None, due_at=now())
            )
        if not changed.rowcount:
            raise NotFound(f"there is no dead letter {event_id}")
