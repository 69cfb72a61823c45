"""Orders with their journals, facts and projections, folded again, in batches."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.codec import Json, from_json
from domain.errors import StepRefused
from domain.facts import Fact
from domain.fold import fold
from domain.journal import Entry, EntryRecord
from domain.order import PlacedOrder
from domain.process import ProcessDefinition
from domain.returns import ReturnView, fold_return
from domain.view import OrderView

BATCH = 200

_BATCH = text(
    """
    SELECT o.number, o.placed, o.process, to_json(v) AS projection,
      (SELECT json_agg(json_build_array(subject, seq, at, by, kind, data) ORDER BY seq)
       FROM journal WHERE order_number = o.number) AS journal,
      (SELECT json_agg(data) FROM fact
       WHERE order_number = o.number AND quarantined IS NULL) AS facts,
      (SELECT json_agg(to_json(r) ORDER BY r.number) FROM return_order r
       WHERE r.order_number = o.number) AS returns
    FROM customer_order o LEFT JOIN order_view v ON v.number = o.number
    WHERE o.number > :after ORDER BY o.number LIMIT :limit
    """
)


@dataclass(slots=True)
class Folded:
    """An order or a return: its journal, what it folds to, and its projection's row. `view` is
    None, and `trouble` says why, when the journal is no gapless path in the declared graph.
    """

    subject: str
    order: PlacedOrder
    process: ProcessDefinition
    projection: Json | None
    journal: Sequence[Entry]
    facts: Sequence[Fact] = ()
    view: OrderView | ReturnView | None = None
    trouble: str = ""
    returns: list["Folded"] = field(default_factory=list)


async def folded_orders(connection: AsyncConnection) -> AsyncIterator[Folded]:
    after = ""
    while True:
        found = await connection.execute(_BATCH, {"after": after, "limit": BATCH})
        rows = found.all()
        for row in rows:
            yield _order(row)
        if len(rows) < BATCH:
            return
        after = rows[-1].number


def _order(row: Row[*tuple[Any, ...]]) -> Folded:
    journals: dict[str, list[Entry]] = {}
    for subject, seq, at, by, kind, data in row.journal or ():
        entry = EntryRecord(seq, datetime.fromisoformat(at), by, kind, data).entry()
        journals.setdefault(subject, []).append(entry)
    order = from_json(PlacedOrder, row.placed)
    process = from_json(ProcessDefinition, row.process)
    facts = [from_json(Fact, data) for data in row.facts or ()]
    projections = {projection["number"]: projection for projection in row.returns or ()}
    folded = Folded(row.number, order, process, row.projection, journals.pop(row.number, []), facts)
    _fold(folded)
    for rma in sorted(projections.keys() | journals.keys()):
        of_return = Folded(rma, order, process, projections.get(rma), journals.get(rma, []))
        _fold(of_return)
        folded.returns.append(of_return)
    return folded


def _fold(folded: Folded) -> None:
    seqs = [entry.seq for entry in folded.journal]
    if seqs != list(range(1, len(seqs) + 1)):
        folded.trouble = f"its entries count {', '.join(map(str, seqs))}"
        return
    try:
        if folded.subject == folded.order.number:
            folded.view = fold(folded.order, folded.journal, folded.facts)
        else:
            folded.view = fold_return(folded.subject, folded.order.number, folded.journal)
    except StepRefused as refusal:
        folded.trouble = refusal.message
