"""Settlements in our books: taken in whole, matched as often as there is something open."""

import json
from collections import Counter
from collections.abc import Sequence
from datetime import date
from functools import partial
from typing import Any

from sqlalchemy import insert, select, text
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from adapters.postgres.cursors import check_page, read_cursor
from adapters.postgres.ledger import PostgresLedger
from adapters.postgres.open_items import open_items
from adapters.postgres.settlement_lines import POLICY, claim_of, keep_apart, lines_of
from adapters.postgres.settlement_reads import line_page, report_rows
from adapters.postgres.settlement_tasks import close_ended, tell_missing, tell_open
from adapters.postgres.tables import settlement, settlement_line
from adapters.postgres.tasks import NewTask, raise_task
from adapters.postgres.transactions import in_transaction
from domain.access import Principal, Role
from domain.errors import StepRefused
from domain.ledger import Posting
from domain.matching import Claim, Match, match
from domain.settlement import (
    Item,
    PartyKind,
    Settlement,
    Verdict,
    book_alone,
    settle,
)
from ports.reads import Page
from ports.settlements import READERS, DayReport, Reconciled

MATCHING = "matching"  # who resolved a line that nobody had to look at
_OPEN = lines_of("settlement.kind = :kind AND resolved_at IS NULL ORDER BY line.id")
_SAVE = text(
    """
    UPDATE settlement_line
    SET verdict = :verdict, item = :item, reasons = CAST(:reasons AS jsonb), score = :score,
        resolved_by = CAST(:by AS text),
        resolved_at = CASE WHEN CAST(:by AS text) = '' THEN NULL ELSE clock_timestamp() END
    WHERE id = :id AND resolved_at IS NULL
    """
)


class PostgresSettlements:
    """See `ports.settlements.Settlements`."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def take_in(self, settlement: Settlement, file: str, sha256: str) -> bool:
        return await in_transaction(
            self._engine, lambda connection: _take_in(connection, settlement, file, sha256)
        )

    async def tell_refused(self, file: str, sha256: str, why: str) -> None:
        name = f"settlement-file/{sha256}"
        new = NewTask(name, "settlement_file", file, f"not taken in: {why}", Role.FINANCE)
        await in_transaction(self._engine, lambda connection: raise_task(connection, new))

    async def match_open(self) -> Reconciled:
        found = Reconciled()
        for kind in PartyKind:
            work = partial(_reconcile, kind=kind)
            found += await in_transaction(self._engine, work)
        return found

    async def report(
        self, principal: Principal, since: date | None, until: date | None
    ) -> Sequence[DayReport]:
        principal.require(*READERS)
        async with self._engine.connect() as connection:
            return await report_rows(connection, since, until)

    async def lines(
        self, principal: Principal, verdict: str, first: int, after: str | None
    ) -> Page:
        principal.require(*READERS)
        check_page(first)
        cursor = None if after is None else read_cursor(after)
        async with self._engine.connect() as connection:
            return await line_page(connection, verdict, first, cursor)


async def _take_in(connection: AsyncConnection, given: Settlement, file: str, sha256: str) -> bool:
    since, until = given.period
    values = {
        "kind": given.kind.value,
        "party": given.party,
        "reference": given.reference,
        "currency": given.currency,
        "period_from": since,
        "period_to": until,
        "sha256": sha256,
        "file": file,
    }
    written = await connection.execute(
        upsert(settlement).values(values).on_conflict_do_nothing().returning(settlement.c.id)
    )
    number = written.scalar_one_or_none()
    if number is None:
        await _refuse_another(connection, given, sha256)
        return False
    rows = [
        {
            "settlement_id": number,
            "line": line.line,
            "kind": line.kind.value,
            "reference": line.reference,
            "gross": line.gross,
            "fee": line.fee,
            "original_amount": line.original_amount,
            "original_currency": line.original_currency,
            "occurred_at": line.occurred_at,
            "orders": list(line.orders),
        }
        for line in given.lines
    ]
    await connection.execute(insert(settlement_line), rows)
    return True


async def _refuse_another(connection: AsyncConnection, given: Settlement, sha256: str) -> None:
    """The same file is no news; the same payout with another content is a mistake."""
    known = await connection.scalar(
        select(settlement.c.file).where(
            settlement.c.kind == given.kind.value,
            settlement.c.party == given.party,
            settlement.c.reference == given.reference,
            settlement.c.sha256 != sha256,
        )
    )
    if known is not None:
        raise StepRefused(
            f"payout {given.reference} of {given.party} was taken in before, with other content, "
            f"from {known}: what is new has to be a payout of its own, without what was in that one"
        )


async def _reconcile(connection: AsyncConnection, kind: PartyKind) -> Reconciled:
    """One kind of party, as one transaction."""
    await keep_apart(connection)
    rows = (await connection.execute(_OPEN, {"kind": kind.value})).all()
    claims = [claim_of(row) for row in rows]
    references = sorted({claim.line.reference for claim in claims} - {""})
    items = await open_items(connection, kind, references)
    found = match(claims, items, POLICY)
    before = {row.id: (row.verdict, row.item, tuple(row.reasons)) for row in rows}
    changed = [each for each in found if before[each.claim.id] != _became(each)]
    if changed:
        await connection.execute(_SAVE, [_values(each) for each in changed])
    await PostgresLedger(connection).post(*_postings(found))
    await tell_open(connection, kind, [m for m in changed if m.verdict is not Verdict.MATCHED])
    missing = await tell_missing(connection, kind, _unclaimed(items, found))
    await close_ended(connection, MATCHING)
    counts = Counter(each.verdict for each in found)
    return Reconciled(
        counts[Verdict.MATCHED],
        counts[Verdict.DIFFERING],
        counts[Verdict.PROPOSED],
        counts[Verdict.UNMATCHED],
        missing,
    )


def _unclaimed(items: Sequence[Item], found: Sequence[Match]) -> list[Item]:
    claimed = {each.item.operation for each in found if each.item}
    return [each for each in items if not each.settled and each.operation not in claimed]


def _became(found: Match) -> tuple[str, str, tuple[str, ...]]:
    return found.verdict.value, found.item.operation if found.item else "", found.reasons


def _values(found: Match) -> dict[str, Any]:
    verdict, item, reasons = _became(found)
    return {
        "id": found.claim.id,
        "verdict": verdict,
        "item": item,
        "reasons": json.dumps(reasons),
        "score": found.score,
        "by": MATCHING if found.verdict is Verdict.MATCHED else "",
    }


def _postings(found: Sequence[Match]) -> list[Posting]:
    return [
        posting
        for each in found
        if each.verdict is Verdict.MATCHED
        for posting in _posting(each.claim, each.item)
    ]


def _posting(claim: Claim, item: Item | None) -> tuple[Posting, ...]:
    if item is None:
        return (book_alone(claim.line, claim.currency, f"line/{claim.id}"),)
    return settle(item, claim.line, claim.currency, POLICY)
