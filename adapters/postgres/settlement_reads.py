"""What came of settlements: by day and party, and line by line."""

from datetime import date
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.postgres.cursors import Cursor
from ports.reads import Page
from ports.settlements import DayReport, LineRead

_REPORT = text(
    """
    SELECT (occurred_at AT TIME ZONE 'UTC')::date AS day, settlement.kind, party, currency, verdict,
           count(*) AS lines, sum(gross)::bigint AS gross, sum(fee)::bigint AS fee
    FROM settlement_line AS line JOIN settlement ON settlement.id = settlement_id
    WHERE (CAST(:since AS date) IS NULL OR (occurred_at AT TIME ZONE 'UTC')::date >= :since)
      AND (CAST(:until AS date) IS NULL OR (occurred_at AT TIME ZONE 'UTC')::date <= :until)
    GROUP BY day, settlement.kind, party, currency, verdict
    ORDER BY day, settlement.kind, party, currency, verdict
    """
)
_LINES = text(
    """
    SELECT line.id::text AS id, settlement.kind, party, settlement.reference AS settlement, line,
           line.kind AS line_kind, line.reference, settlement.currency, gross, fee, occurred_at,
           verdict, item, due.amount AS due, coalesce(due.currency, '') AS due_currency,
           reasons, score, resolved_by
    FROM settlement_line AS line JOIN settlement ON settlement.id = settlement_id
    LEFT JOIN LATERAL (
        SELECT sum(amount)::bigint AS amount, min(posted.currency) AS currency
        FROM ledger_transaction AS posted JOIN ledger_entry ON transaction_id = posted.id
        WHERE operation = line.item AND account = CASE settlement.kind
            WHEN 'provider' THEN 'provider_clearing' WHEN 'carrier' THEN 'cod_clearing'
            WHEN 'channel' THEN 'channel_clearing' ELSE 'bank' END
        HAVING count(*) > 0
        UNION ALL
        SELECT sum(gross - fee)::bigint, currency
        FROM settlement AS payout JOIN settlement_line ON settlement_id = payout.id
        WHERE line.item = 'payout/' || payout.kind || '/' || payout.party || '/' || payout.reference
        GROUP BY payout.id
    ) AS due ON line.item <> ''
    WHERE (:verdict = '' OR verdict = :verdict)
      AND (CAST(:at AS timestamptz) IS NULL OR (occurred_at, line.id) > (:at, :id))
    ORDER BY occurred_at, line.id LIMIT :limit
    """
)


async def report_rows(
    connection: AsyncConnection, since: date | None, until: date | None
) -> list[DayReport]:
    found = await connection.execute(_REPORT, {"since": since, "until": until})
    return [DayReport(*row) for row in found]


async def line_page(
    connection: AsyncConnection, verdict: str, first: int, cursor: Cursor | None
) -> Page:
    values: dict[str, Any] = {
        "verdict": verdict,
        "at": cursor and cursor.at,
        "id": cursor.number if cursor else 0,
        "limit": first + 1,
    }
    rows = (await connection.execute(_LINES, values)).all()
    items = [LineRead(*row) for row in rows[:first]]
    cursors = [Cursor(item.occurred_at, item.id).write() for item in items]
    return Page(items, cursors, more=len(rows) > first)
