"""Four eyes: acts that wait for a second person, and what became of them."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import String, bindparam, cast, insert, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from adapters.postgres.clock import after, now
from adapters.postgres.command_rows import store, wish
from adapters.postgres.cursors import Cursor
from adapters.postgres.keys import row_number
from adapters.postgres.outcomes import Trace, append_audit, settle
from adapters.postgres.tables import approval
from adapters.postgres.transactions import in_transaction
from domain.access import SYSTEM, Principal, Role
from domain.acts import Act, ActKind, wanted_of
from domain.codec import Json
from domain.errors import NotFound, StepRefused
from ports.back_office import ApprovalRead
from ports.reads import Page

DECIDE_WITHIN_SECONDS = 86_400.0
EXPIRE = "approval_expire"  # what the audit trail calls it
_TOO_LATE = approval.c.deadline <= now()

_LOCK = (
    select(approval, _TOO_LATE.label("too_late"))
    .where(approval.c.id == bindparam("approval"))
    .with_for_update()
)
_DUE = (
    select(approval.c.id)
    .where(approval.c.status == "PENDING", _TOO_LATE)
    .order_by(approval.c.deadline, approval.c.id)
    .limit(bindparam("limit"))
    .with_for_update(skip_locked=True)
)
_DECIDED = (
    update(approval)
    .where(approval.c.id == bindparam("of"))
    .values(
        status=bindparam("becomes"),
        decided_by=bindparam("by"),
        decided_roles=bindparam("roles"),
        decided_at=now(),
    )
)
_READ = select(
    cast(approval.c.id, String).label("id"),
    *(approval.c[name] for name in ApprovalRead.__dataclass_fields__ if name != "id"),
)


@dataclass(frozen=True, slots=True)
class Waiting:
    """An act under lock that waits for a second person."""

    id: int
    act: Act


async def ask_second_person(
    connection: AsyncConnection, act: Act, body: Mapping[str, Json], why: str
) -> str:
    """The id of the approval that the act now waits for."""
    written = await connection.execute(
        insert(approval)
        .values(
            command=act.id,
            act=act.kind.value,
            subject=act.subject,
            body=dict(body),
            reason=act.reason,
            why=why,
            asked_by=act.by.name,
            asked_roles=_roles(act.by),
            deadline=after(DECIDE_WITHIN_SECONDS),
        )
        .returning(approval.c.id)
    )
    return str(written.scalar_one())


async def lock_approval(connection: AsyncConnection, wanted: str) -> Waiting:
    """Refuses `NotFound`, and (`StepRefused`) what is decided already or has waited too long."""
    row = (await connection.execute(_LOCK, {"approval": row_number(wanted)})).one_or_none()
    if row is None or str(row.id) != wanted:  # 007 is not 7: the audit trail knows it by one name
        raise NotFound(f"there is no approval {wanted}")
    if row.status == "EXPIRED" or (row.status == "PENDING" and row.too_late):
        raise StepRefused(f"approval {wanted} expired at {row.deadline}: ask for it again")
    if row.status != "PENDING":
        raise StepRefused(f"approval {wanted} is {row.status} already, by {row.decided_by}")
    kind = ActKind(row.act)
    asked_by = Principal(row.asked_by, frozenset(map(Role, row.asked_roles.split(","))))
    act = Act(row.command, kind, row.subject, wanted_of(kind, row.body), row.reason, asked_by)
    return Waiting(row.id, act)


async def decided(connection: AsyncConnection, number: int, by: Principal, status: str) -> None:
    values = {"of": number, "becomes": status, "by": by.name, "roles": _roles(by)}
    await connection.execute(_DECIDED, values)


class PostgresApprovalExpiry:
    """See `ports.front_office.Expiring`: what nobody has decided in time, nobody decides any more,
    and the audit trail has it.
    """

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def expire(self, limit: int) -> int:
        return await in_transaction(self._engine, lambda each: _expire(each, limit))


async def _expire(connection: AsyncConnection, limit: int) -> int:
    due = (await connection.execute(_DUE, {"limit": limit})).all()
    for row in due:
        await decided(connection, row.id, SYSTEM, "EXPIRED")
        await _leave_a_trace(connection, str(row.id))
    return len(due)


async def _leave_a_trace(connection: AsyncConnection, number: str) -> None:
    """As a person's act does: a command and its row in the audit trail."""
    reason = "nobody has decided it in time"
    wished = wish(SYSTEM, f"approval/{number}/expired", EXPIRE, number, {"reason": reason})
    assert await store(connection, wished, expires_seconds=None), "it expires once"  # noqa: S101
    await settle(connection, wished.id, refusal=None, result={})
    await append_audit(connection, Trace(SYSTEM.name, EXPIRE, number, reason, wished.id, "DONE"))


async def approval_page(
    connection: AsyncConnection, status: str, first: int, cursor: Cursor | None
) -> Page:
    query = _READ.order_by(approval.c.asked_at, approval.c.id).limit(first + 1)
    if status:
        query = query.where(approval.c.status == status)
    if cursor is not None:
        place = (cursor.at, cursor.number)
        query = query.where(tuple_(approval.c.asked_at, approval.c.id) > place)
    rows = (await connection.execute(query)).all()
    items = [ApprovalRead(*row) for row in rows[:first]]
    cursors = [Cursor(item.asked_at, item.id).write() for item in items]
    return Page(items, cursors, more=len(rows) > first)


def _roles(principal: Principal) -> str:
    return ",".join(sorted(principal.roles))
