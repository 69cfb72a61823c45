"""The rows of facts: written once; what is to be done with one may change."""

from datetime import timedelta

from sqlalchemy import Interval, bindparam, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.postgres.clock import now
from adapters.postgres.facts.standing import Match, Standing
from adapters.postgres.tables import fact as fact_table
from domain.codec import Json, from_json, to_json
from domain.facts import Fact
from domain.payments import PaymentStatus
from ports.front_office import StoredFact

DUE = now() + bindparam("due_in", type_=Interval)
_GIVEN = ("id", "source", "event_id", "kind", "subject", "order_number", "occurred_at", "data",
          "raw", "handled_by", "quarantined")  # fmt: skip
INSERT = (
    insert(fact_table)
    .values(due_at=DUE, **{c: bindparam(c, type_=fact_table.c[c].type) for c in _GIVEN})
    .on_conflict_do_nothing()
    .returning(fact_table.c.id)
)
STANDS = (
    update(fact_table)
    .where(fact_table.c.id == bindparam("fact"))
    .values(
        due_at=DUE,
        **{c: bindparam(c, type_=fact_table.c[c].type) for c in ("handled_by", "quarantined")},
    )
)


def fact_values(fact: Fact, order: str, stands: Standing) -> dict[str, Json]:
    return {
        "id": fact.id,
        "kind": fact.kind.value,
        "subject": fact.subject,
        "order_number": order or None,
        "occurred_at": fact.occurred_at,
        "data": to_json(fact),
        **standing_values(stands),
    }


def standing_values(stands: Standing) -> dict[str, Json]:
    return {
        "due_in": None if stands.due_seconds is None else timedelta(seconds=stands.due_seconds),
        "handled_by": stands.handled_by,
        "quarantined": stands.quarantined,
    }


async def stored_before(connection: AsyncConnection, fact_id: str, matched: Match) -> StoredFact:
    found = await connection.execute(select(fact_table).where(fact_table.c.id == fact_id))
    row = found.one()
    fact = from_json(Fact, row.data)
    waiting = row.due_at is not None and row.told == 0 and row.quarantined is None
    news = not fact.kind.is_payment or matched.payment is PaymentStatus.REQUIRES_ACTION
    return StoredFact(fact, row.order_number or "", repeated=True, signal=waiting and news)
