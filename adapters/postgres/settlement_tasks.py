"""What finance has to look at after a settlement: lines that are open, and items that it lacks.

Each has one task, which says what is known now, and which ends with the line or the item.
"""

import json
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import bindparam, text
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.postgres.tasks import WITHIN_SECONDS
from domain.access import Role
from domain.matching import Match
from domain.settlement import Item, PartyKind

LINE, MISSING = "settlement_line", "settlement_missing"
_TELL = text(
    """
    INSERT INTO task (id, kind, subject, order_number, reason, owner, data, deadline)
    VALUES (:id, :kind, :subject, :order, :reason, :owner, CAST(:data AS jsonb),
            clock_timestamp() + make_interval(secs => :within))
    ON CONFLICT (id) DO UPDATE
    SET reason = excluded.reason, data = excluded.data, order_number = excluded.order_number
    WHERE task.closed_at IS NULL
    """
)
_KNOWN = text("SELECT id FROM task WHERE id = ANY(:ids)")
_PERIODS = text(
    """
    SELECT lower(party) AS party, min(period_from) AS since, max(period_to) AS until
    FROM settlement WHERE kind = :kind GROUP BY lower(party)
    """
)
_CLOSE = text(
    """
    UPDATE task SET closed_at = clock_timestamp(), closed_by = :by,
           closed_why = 'it is settled, or withdrawn'
    WHERE closed_at IS NULL AND (
        (kind = :line AND EXISTS (
            SELECT FROM settlement_line AS of
            WHERE of.id = CASE task.kind WHEN :line THEN CAST(task.subject AS bigint) END
              AND resolved_at IS NOT NULL))
        OR (kind = :missing AND EXISTS (
            SELECT FROM ledger_transaction
            WHERE operation IN ('settle/' || task.subject, 'withdrawn/' || task.subject))))
    """
).bindparams(bindparam("line", LINE), bindparam("missing", MISSING))


async def tell_open(connection: AsyncConnection, kind: PartyKind, matches: Sequence[Match]) -> None:
    tasks = [
        _task(
            f"settlement-line/{each.claim.id}",
            LINE,
            str(each.claim.id),
            each.item.order if each.item else "",
            f"{each.verdict.value.lower()}: {each.claim.line.kind} {each.claim.line.reference!r} "
            f"of {kind} {each.claim.party}: {'; '.join(each.reasons)}",
            {
                "verdict": each.verdict.value,
                "gross": each.claim.line.gross,
                "currency": each.claim.currency,
                "item": each.item.operation if each.item else "",
                "reasons": list(each.reasons),
                "score": each.score,
            },
        )
        for each in matches
    ]
    if tasks:
        await connection.execute(_TELL, tasks)


async def tell_missing(connection: AsyncConnection, kind: PartyKind, items: Sequence[Item]) -> int:
    """Of `items`, those that a settlement should have had: how many are new."""
    periods = {
        row.party: (row.since, row.until)
        for row in await connection.execute(_PERIODS, {"kind": kind.value})
    }
    late = {f"settlement-missing/{each.operation}": each for each in items if _due(each, periods)}
    known = set(await connection.scalars(_KNOWN, {"ids": list(late)}))
    tasks = [
        _task(
            name,
            MISSING,
            item.operation,
            item.order,
            f"missing: no settlement of {kind} {item.party}".rstrip()
            + f" has {item.operation}, {item.amount} {item.currency} in minor units",
            {"item": item.operation, "amount": item.amount, "currency": item.currency},
        )
        for name, item in late.items()
        if name not in known
    ]
    if tasks:
        await connection.execute(_TELL, tasks)
    return len(tasks)


async def close_ended(connection: AsyncConnection, by: str) -> None:
    await connection.execute(_CLOSE, {"by": by})


def _due(item: Item, periods: dict[str, tuple[datetime, datetime]]) -> bool:
    party = item.party.casefold()
    covering = [periods[party]] if party in periods else []
    if not party:
        covering = list(periods.values())
    return any(since <= item.at and item.expected_by <= until for since, until in covering)


def _task(
    name: str, kind: str, subject: str, order: str, reason: str, data: object
) -> dict[str, object]:
    return {
        "id": name,
        "kind": kind,
        "subject": subject,
        "order": order,
        "reason": reason,
        "owner": Role.FINANCE.value,
        "data": json.dumps(data),
        "within": WITHIN_SECONDS,
    }
