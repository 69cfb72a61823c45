"""Commands: stored before they are delivered, decided once, never delivered after their time."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from sqlalchemy import and_, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from adapters.postgres.clock import after, now
from adapters.postgres.command_rows import STORED, Wish, accepted, find, store, wish
from adapters.postgres.command_subjects import quick_refusal, subject_view
from adapters.postgres.outcomes import outcome_json, settle
from adapters.postgres.return_requests import request_return
from adapters.postgres.tables import command, payment_source
from adapters.postgres.transactions import in_transaction
from domain.access import Principal
from domain.codec import Json
from domain.commands import CommandKind, authorize
from domain.errors import CommandExpired, StepRefused
from domain.order import LineUnits
from ports.front_office import AcceptedCommand

DELIVERY_GRACE_SECONDS = 3  # whoever accepts a command delivers it; then the sweeper does

_EXPIRE = (
    update(command)
    .where(command.c.status == "ACCEPTED", command.c.expires_at <= now())
    .values(
        status="EXPIRED",
        outcome=outcome_json((CommandExpired.code, "it could not be delivered in time"), None),
    )
)
# An outcome may be committed and its process not know: the engine keeps an update in memory until
# the task that ran it is reported. Told again, the process learns what was done.
_UNDELIVERED = (
    select(*STORED)
    .where(
        command.c.kind.in_([kind.value for kind in CommandKind]),
        command.c.heard_at.is_(None),
        or_(
            and_(command.c.status == "ACCEPTED", command.c.expires_at > now()),
            command.c.status == "DONE",
        ),
        command.c.created_at < after(-DELIVERY_GRACE_SECONDS),
    )
    .order_by(command.c.created_at)
)


class PostgresCommandBook:
    """See `ports.front_office.CommandBook`."""

    def __init__(self, engine: AsyncEngine, expires_seconds: float = 300) -> None:
        self._engine = engine
        self._expires_seconds = expires_seconds

    async def accept(
        self, principal: Principal, key: str, kind: CommandKind, subject: str, body: Json
    ) -> AcceptedCommand:
        wished = wish(principal, key, kind.value, subject, body)
        work = partial(self._accept, principal=principal, wished=wished, source=body.get("source"))
        stored, refusal = await in_transaction(self._engine, work)
        if refusal is not None:
            raise refusal
        return stored

    async def _accept(
        self, connection: AsyncConnection, principal: Principal, wished: Wish, source: str | None
    ) -> tuple[AcceptedCommand, StepRefused | None]:
        """With the refusal, if it became the command's outcome just now."""
        view = await subject_view(connection, principal, wished)
        before = await find(connection, wished)
        if before is not None:
            return accepted(before), None
        asked = accepted(wished)
        authorize(asked.command.kind, principal, asked.command.reason)
        if not await store(connection, wished, expires_seconds=self._expires_seconds):
            return await self._accept(connection, principal, wished, source)
        refusal = quick_refusal(view, asked.command)
        if refusal is not None:
            told = (refusal.code, refusal.message)
            await settle(connection, wished.id, refusal=told, result=None)
            return replace(asked, refusal=told), refusal
        if source and asked.command.kind is CommandKind.RETRY_PAYMENT:
            await _pay_with(connection, wished.subject, source)
        return asked, None

    async def request_return(
        self,
        principal: Principal,
        key: str,
        order: str,
        lines: Sequence[LineUnits],
        reason: str,
    ) -> str:
        return await request_return(self._engine, principal, key, order, lines, reason)

    async def refuse(self, command: str, code: str, message: str) -> None:
        work = partial(settle, command_id=command, refusal=(code, message), result=None)
        await in_transaction(self._engine, work)

    async def heard(self, command_id: str) -> None:
        async with self._engine.begin() as connection:
            await connection.execute(
                update(command).where(command.c.id == command_id).values(heard_at=now())
            )

    async def undelivered(self, limit: int) -> list[AcceptedCommand]:
        async with self._engine.begin() as connection:
            await connection.execute(_EXPIRE)
            found = await connection.execute(_UNDELIVERED.limit(limit))
            return [accepted(row) for row in found]


async def _pay_with(connection: AsyncConnection, order: str, source: str) -> None:
    """The order's means of payment from now on."""
    await connection.execute(
        insert(payment_source)
        .values(order_number=order, source=source)
        .on_conflict_do_update(
            index_elements=["order_number"],
            set_={"source": source, "updated_at": now()},
        )
    )
