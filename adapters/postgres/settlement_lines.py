"""Lines of settlements as rows, and what keeps two who work on them apart."""

from typing import Any

from sqlalchemy import Row, TextClause, text
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.matching import Claim
from domain.settlement import Line, LineKind, Policy

POLICY = Policy()
_APART = text("SELECT pg_advisory_xact_lock(hashtext('orderloom/settlements'))")


async def keep_apart(connection: AsyncConnection) -> None:
    """Whoever matches or resolves lines does so alone, until the transaction ends."""
    await connection.execute(_APART)


def lines_of(condition: str) -> TextClause:
    return text(
        f"""
        SELECT line.*, settlement.kind AS party_kind, settlement.party, settlement.currency
        FROM settlement_line AS line JOIN settlement ON settlement.id = settlement_id
        WHERE {condition}
        """  # noqa: S608 - our own words
    )


def claim_of(row: Row[Any]) -> Claim:
    line = Line(
        row.line,
        LineKind(row.kind),
        row.reference,
        row.gross,
        row.fee,
        row.occurred_at,
        row.original_amount,
        row.original_currency,
        tuple(row.orders),
    )
    return Claim(row.id, row.party, row.currency, line)
