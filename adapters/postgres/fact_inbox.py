"""Facts: stored once, folded into the order's projection, and told until the order has used them.

The order's row is locked before the fact's, as every effect does it.
"""

from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from typing import Any

from sqlalchemy import Interval, Row, bindparam, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from adapters.postgres.clock import now
from adapters.postgres.fact_match import (
    TELL_GRACE_SECONDS,
    Match,
    Standing,
    match_payment,
    standing,
)
from adapters.postgres.keys import storable
from adapters.postgres.orders import PostgresOrders
from adapters.postgres.projections import order_values, save_view_if
from adapters.postgres.tables import fact as fact_table
from adapters.postgres.tables import order_view
from adapters.postgres.tasks import NewTask, raise_task
from adapters.postgres.transactions import each_alone, in_transaction
from domain.access import Role
from domain.codec import Json, from_json, to_json
from domain.facts import Fact, FactKind
from domain.fold import fold, left_after_the_end
from domain.payments import PaymentStatus
from domain.transitions import OrderStatus
from domain.view import OrderView
from domain.waits import waits
from ports.front_office import StoredFact
from ports.unit_of_work import LockedOrder

# A fact that was told is handled by the step that uses it. Should the order have missed it after
# all, it is told again: after a day, then twice as long each time.
_TOLD = text(
    """
    UPDATE fact SET told = told + 1,
      due_at = CASE WHEN handled_by IS NULL AND quarantined IS NULL AND told + 1 < :times
                    THEN clock_timestamp() + interval '24 hours' * power(2, told) END
    WHERE id = ANY(:facts)
    """
)
TOLD_MAX = 6

# Claimed for a while: another relay passes over them, and a relay that dies lets them go.
_CLAIM = text(
    """
    UPDATE fact SET due_at = clock_timestamp() + interval '10 seconds'
    WHERE id IN (SELECT id FROM fact WHERE due_at <= clock_timestamp()
                 ORDER BY due_at LIMIT :limit FOR UPDATE SKIP LOCKED)
    RETURNING id, data, order_number, due_at,
      (SELECT status FROM payment_transaction WHERE key = fact.subject) AS payment,
      (SELECT status FROM order_view WHERE number = fact.order_number) AS status
    """
)

# The older, the longer until the next try, between a second and five minutes.
_NOBODY_THERE = text(
    """
    UPDATE fact SET
      handled_by = CASE WHEN order_view.status = ANY(:final) THEN 'closed' END,
      due_at = CASE WHEN order_view.status = ANY(:final) THEN NULL
                    ELSE clock_timestamp() + greatest(interval '1 second', least(
                      interval '5 minutes', clock_timestamp() - received_at)) END
    FROM order_view
    WHERE order_view.number = order_number AND id = :fact AND handled_by IS NULL
    """
)
_DUE = now() + bindparam("due_in", type_=Interval)
_GIVEN = ("id", "source", "event_id", "kind", "subject", "order_number", "occurred_at", "data",
          "raw", "handled_by", "quarantined")  # fmt: skip
_INSERT = (
    insert(fact_table)
    .values(due_at=_DUE, **{c: bindparam(c, type_=fact_table.c[c].type) for c in _GIVEN})
    .on_conflict_do_nothing()
    .returning(fact_table.c.id)
)
_INSERT_AND_PROJECT = save_view_if(_INSERT.cte("written")).returning(order_view.c.number)
_STANDS = update(fact_table).where(fact_table.c.id == bindparam("fact")).values(due_at=_DUE)
_FINAL = [status.value for status in OrderStatus if status.final]


class PostgresFactInbox:
    """See `ports.front_office.FactInbox`."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._alone = each_alone(engine)

    async def store(self, source: str, event_id: str, fact: Fact, raw: Json) -> StoredFact:
        storable([source, event_id, to_json(fact), raw])
        work = partial(store_fact, source=source, event_id=event_id, fact=fact, raw=raw)
        return await in_transaction(self._engine, work)

    async def told(self, facts: Sequence[str]) -> None:
        async with self._alone.connect() as connection:
            await connection.execute(_TOLD, {"facts": list(facts), "times": TOLD_MAX})

    async def untold(self, limit: int) -> list[StoredFact]:
        async with self._engine.begin() as connection:
            claimed = (await connection.execute(_CLAIM, {"limit": limit})).all()
            found = [await _look_again(connection, row) for row in claimed]
        return [stored for stored in found if stored.signal]

    async def nobody_there(self, fact: str) -> None:
        async with self._alone.connect() as connection:
            await connection.execute(_NOBODY_THERE, {"fact": fact, "final": _FINAL})


async def store_fact(
    connection: AsyncConnection,
    source: str,
    event_id: str,
    fact: Fact,
    raw: Json,
    *,
    grace_seconds: float = TELL_GRACE_SECONDS,
) -> StoredFact:
    """Within a transaction of the caller's, which locks the order here at the latest. After the
    grace the relay tells the order: none for a caller that leaves all telling to it.
    """
    matched, locked = await _match(connection, fact)
    view = fold(locked.order, locked.journal, (*locked.facts, fact)) if locked else None
    stands = standing(
        fact,
        matched,
        final=bool(view and view.status.final),
        again=False,
        grace_seconds=grace_seconds,
    )
    row = {"source": source, "event_id": event_id, "raw": raw, **_row(fact, matched, stands)}
    if locked and view:
        row |= order_values(view, waits(view, locked.process))
        written = await connection.execute(_INSERT_AND_PROJECT, row)
    else:
        written = await connection.execute(_INSERT, row)
    if written.one_or_none() is None:
        return await _stored_before(connection, fact.id, matched)
    if view and left_after_the_end(view, fact):
        await raise_task(connection, _left_after_the_end(view, fact))
    return StoredFact(fact, matched.order, repeated=False, signal=stands.signal)


async def _match(connection: AsyncConnection, fact: Fact) -> tuple[Match, LockedOrder | None]:
    """Payment facts are about the books: they change nothing that is folded."""
    if fact.kind.is_payment:
        return await match_payment(connection, fact.subject), None
    if fact.kind is FactKind.TRANSFER_RECEIVED:  # whoever stores it has matched it
        return Match(fact.subject), await PostgresOrders(connection).lock(fact.subject)
    locked = await PostgresOrders(connection).lock_by_parcel(fact.subject)
    return Match(locked.order.number if locked else ""), locked


def _left_after_the_end(view: OrderView, fact: Fact) -> NewTask:
    parcel, order = fact.subject, view.order.number
    why = f"parcel {parcel} was shipped, but its order had ended: {view.status}"
    name = f"shipped-after-the-end/{parcel}"
    return NewTask(name, "shipped_after_the_end", parcel, why, Role.SUPERVISOR, order)


def _row(fact: Fact, matched: Match, stands: Standing) -> dict[str, Json]:
    return {
        "id": fact.id,
        "kind": fact.kind.value,
        "subject": fact.subject,
        "order_number": matched.order or None,
        "occurred_at": fact.occurred_at,
        "data": to_json(fact),
        **_standing_values(stands),
    }


def _standing_values(stands: Standing) -> dict[str, Json]:
    return {
        "due_in": None if stands.due_seconds is None else timedelta(seconds=stands.due_seconds),
        "handled_by": stands.handled_by,
        "quarantined": stands.quarantined,
    }


async def _stored_before(connection: AsyncConnection, fact_id: str, matched: Match) -> StoredFact:
    found = await connection.execute(select(fact_table).where(fact_table.c.id == fact_id))
    row = found.one()
    fact = from_json(Fact, row.data)
    waiting = row.due_at is not None and row.told == 0
    news = not fact.kind.is_payment or matched.payment is PaymentStatus.REQUIRES_ACTION
    return StoredFact(fact, row.order_number or "", repeated=True, signal=waiting and news)


async def _look_again(connection: AsyncConnection, row: Row[Any]) -> StoredFact:
    """What stands now of a fact that is due: the books may have settled, the order ended."""
    fact = from_json(Fact, row.data)
    payment = PaymentStatus(row.payment) if row.payment else None
    matched = Match(row.order_number, payment)
    stands = standing(fact, matched, final=row.status in _FINAL, again=True)
    if not stands.signal:
        await connection.execute(_STANDS, {"fact": fact.id, **_standing_values(stands)})
    return StoredFact(fact, matched.order, repeated=False, signal=stands.signal)
