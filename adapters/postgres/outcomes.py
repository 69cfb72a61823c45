"""The outcome of a command, and the audit row of the person who caused it: in one transaction with
the effect.

One command has one outcome. Whoever comes second with the same outcome changes nothing; an effect
whose command was refused or expired meanwhile is refused too, so that its transaction rolls back.
"""

import hashlib
import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from sqlalchemy import bindparam, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.postgres.clock import now
from adapters.postgres.stock.alerts import raise_alerts
from adapters.postgres.tables import audit, command
from adapters.postgres.transactions import driver_of
from domain.codec import Json
from domain.errors import CommandExpired, NotFound, StepRefused

FIRST_HASH = ""  # what the first row's hash covers as the one before
AUDIT_LOCK = 7_362_012  # advisory: rows of the chain are written one after the other
WITHOUT_AUDIT = ("channel", "system")  # machines; everybody else is a person

_SETTLE = (
    update(command)
    .where(command.c.id == bindparam("id_"), command.c.status == "ACCEPTED")
    .values(
        status=bindparam("status_"), outcome=bindparam("outcome_", type_=command.c.outcome.type)
    )
    .returning(
        command.c.principal,
        command.c.roles,
        command.c.kind,
        command.c.subject,
        command.c.body["reason"].astext.label("reason"),
    )
)
_LAST = select(audit.c.id, audit.c.hash).order_by(audit.c.id.desc()).limit(1)


@dataclass(frozen=True, slots=True)
class Trace:
    """What a person did, as the audit keeps it; `outcome` is DONE or REFUSED."""

    principal: str
    act: str
    subject: str
    reason: str
    command: str
    outcome: str


async def settle(
    connection: AsyncConnection, command_id: str, *, refusal: tuple[str, str] | None, result: Json
) -> None:
    """Call it last: it takes the lock that all audited transactions share. Refuses an effect
    (`refusal` None) whose command was refused (`StepRefused`) or expired (`CommandExpired`).
    """
    status = "REFUSED" if refusal else "DONE"
    found = await connection.execute(
        _SETTLE,
        {"id_": command_id, "status_": status, "outcome_": outcome_json(refusal, result)},
    )
    row = found.one_or_none()
    if row is None:
        await _check_settled(connection, command_id, status)
    elif audited(row.roles):
        trace = Trace(row.principal, row.kind, row.subject, row.reason or "", command_id, status)
        await append_audit(connection, trace)


def outcome_json(refusal: tuple[str, str] | None, result: Json) -> Json:
    """As the command row keeps it: `{"result": …}` or `{"refusal": [code, message]}`."""
    return {"refusal": list(refusal)} if refusal else {"result": result}


def audited(roles: str) -> bool:
    """Whether an act under these roles (as the command row keeps them) is a person's."""
    return any(role not in WITHOUT_AUDIT for role in roles.split(","))


async def _check_settled(connection: AsyncConnection, command_id: str, status: str) -> None:
    settled = await connection.scalar(select(command.c.status).where(command.c.id == command_id))
    if settled is None:
        raise NotFound(f"there is no command {command_id}")
    if status == "DONE" and settled == "REFUSED":
        raise StepRefused(f"command {command_id} was refused before")
    if status == "DONE" and settled == "EXPIRED":
        raise CommandExpired(f"command {command_id} could not be delivered in time")


async def append_audit(connection: AsyncConnection, trace: Trace) -> None:
    """The next row of the chain. Holds a lock until the transaction ends."""
    await raise_alerts(driver_of(connection))
    await connection.execute(text("SELECT pg_advisory_xact_lock(:id)"), {"id": AUDIT_LOCK})
    last = (await connection.execute(_LAST)).one_or_none()
    number, before = (last.id + 1, last.hash) if last else (1, FIRST_HASH)
    at = (await connection.execute(select(now()))).scalar_one()
    await connection.execute(
        insert(audit).values(
            id=number, at=at, hash=chain(before, number, at, trace), **asdict(trace)
        )
    )


def chain(before: str, number: int, at: datetime, trace: Trace) -> str:
    """The hash of an audit row: of the hash before it and of everything the row says."""
    row = {"id": number, "at": at.astimezone(UTC).isoformat(), **asdict(trace)}
    return hashlib.sha256((before + canonical_json(row)).encode()).hexdigest()


def canonical_json(value: Json) -> str:
    """The same text for the same content, whatever the order of its keys."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
