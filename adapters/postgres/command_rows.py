"""The rows of the command table: a wish is stored once, and what came of it is answered again."""

from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import ColumnElement, Row, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.postgres.clock import after
from adapters.postgres.keys import body_hash, command_id
from adapters.postgres.tables import command
from domain.access import Principal
from domain.codec import Json
from domain.commands import Command, CommandKind
from domain.errors import KeyConflict, Malformed
from ports.front_office import AcceptedCommand

REASON_MAX = 2_000  # characters
RETURN_REQUEST = "return_request"
_HIDDEN = ("source",)  # a means of payment has a table of its own

STORED: tuple[ColumnElement[Any], ...] = tuple(
    command.c[name]
    for name in ("id", "kind", "principal", "subject", "body", "body_hash", "outcome")
)
StoredRow = Row[*tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Wish:
    """`body` as the row keeps it: without the means of payment, which the hash does cover."""

    id: str
    principal: str
    roles: str
    key: str
    body_hash: str
    kind: str
    subject: str
    body: Json


def wish(principal: Principal, key: str, kind: str, subject: str, body: Json) -> Wish:
    """Refuses (`Malformed`) a key or a body that the database cannot hold."""
    if len(body.get("reason") or "") > REASON_MAX:
        raise Malformed(f"a reason has up to {REASON_MAX} characters")
    return Wish(
        id=command_id(principal.name, key),
        principal=principal.name,
        roles=",".join(sorted(principal.roles)),
        key=key,
        body_hash=body_hash([kind, subject, body]),
        kind=kind,
        subject=subject,
        body={name: value for name, value in body.items() if name not in _HIDDEN},
    )


async def store(
    connection: AsyncConnection, wished: Wish, *, expires_seconds: float | None
) -> bool:
    """ACCEPTED, to be settled. False when the key is taken."""
    written = await connection.execute(
        insert(command)
        .values(
            **asdict(wished),
            status="ACCEPTED",
            expires_at=None if expires_seconds is None else after(expires_seconds),
        )
        .on_conflict_do_nothing()
        .returning(command.c.id)
    )
    return written.one_or_none() is not None


async def find(connection: AsyncConnection, wished: Wish) -> StoredRow | None:
    """The command that came before under the same key. Refuses `KeyConflict`."""
    found = await connection.execute(
        select(*STORED).where(command.c.principal == wished.principal, command.c.key == wished.key)
    )
    row = found.one_or_none()
    if row is not None and row.body_hash != wished.body_hash:
        raise KeyConflict(wished.key)
    return row


def accepted(row: StoredRow | Wish) -> AcceptedCommand:
    """`row` of `STORED`, or a wish that was stored just now."""
    outcome = {} if isinstance(row, Wish) else row.outcome or {}
    refusal = outcome.get("refusal")
    return AcceptedCommand(
        command=Command(
            id=row.id,
            kind=CommandKind(row.kind),
            by=row.principal,
            reason=row.body.get("reason") or "",
            target=row.body.get("target") or "",
            location=row.body.get("location") or "",
            packages=tuple(row.body.get("packages") or ()),
        ),
        subject=row.subject,
        outcome=(outcome["result"] or {}) if "result" in outcome else None,
        refusal=refusal and (refusal[0], refusal[1]),
    )
