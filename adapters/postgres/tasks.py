"""Tasks of staff that are no wait of an order: raised once under a derived id, closed once."""

from dataclasses import dataclass, field

from sqlalchemy import bindparam, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.postgres.clock import after, now
from adapters.postgres.tables import task
from domain.access import Role
from domain.codec import Json
from domain.errors import NotFound

WITHIN_SECONDS = 86_400.0

_CLOSE = (
    update(task)
    .where(task.c.id == bindparam("task_id"), task.c.closed_at.is_(None))
    .values(closed_at=now(), closed_by=bindparam("by"), closed_why=bindparam("why"))
)


@dataclass(frozen=True, slots=True)
class NewTask:
    """`id` is derived from what it is about: `<kind>/<subject>/…`. `owner` has it in its queue."""

    id: str
    kind: str
    subject: str
    reason: str
    owner: Role
    order: str = ""
    data: Json = field(default_factory=dict)
    within_seconds: float = WITHIN_SECONDS


async def raise_task(connection: AsyncConnection, new: NewTask) -> bool:
    """False when it was raised before, closed or not."""
    written = await connection.execute(
        insert(task)
        .values(
            id=new.id,
            kind=new.kind,
            subject=new.subject,
            order_number=new.order,
            reason=new.reason,
            owner=new.owner.value,
            data=new.data,
            deadline=after(new.within_seconds),
        )
        .on_conflict_do_nothing(index_elements=["id"])
        .returning(task.c.id)
    )
    return written.one_or_none() is not None


async def lock_task(connection: AsyncConnection, task_id: str) -> tuple[str, Role]:
    """Its kind and owner. Refuses (`NotFound`) a task that is not there, or not open."""
    found = await connection.execute(
        select(task.c.kind, task.c.owner)
        .where(task.c.id == task_id, task.c.closed_at.is_(None))
        .with_for_update()
    )
    row = found.one_or_none()
    if row is None:
        raise NotFound(f"there is no open task {task_id}")
    return row.kind, Role(row.owner)


async def close_task(connection: AsyncConnection, task_id: str, by: str, why: str) -> bool:
    """False when there is no such open task."""
    closed = await connection.execute(_CLOSE, {"task_id": task_id, "by": by, "why": why})
    return closed.rowcount == 1
