"""Facts: stored once, folded into the order's projection, and told until the order has used them.

The order's row is locked before the fact's, as every effect does it.
"""

from collections.abc import Sequence
from functools import partial
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from adapters.postgres.dispute_inbox import look_at_dispute, store_dispute
from adapters.postgres.fact_match import (
    TELL_GRACE_SECONDS,
    Match,
    match_payment,
    standing,
)
from adapters.postgres.fact_rows import (
    INSERT,
    STANDS,
    fact_values,
    standing_values,
    stored_before,
)
from adapters.postgres.keys import storable
from adapters.postgres.orders import PostgresOrders
from adapters.postgres.projections import order_values, save_view_if
from adapters.postgres.tables import order_view
from adapters.postgres.tasks import NewTask, raise_task
from adapters.postgres.transactions import each_alone, in_transaction
from domain.access import Role
from domain.codec import Json, from_json, to_json
from domain.facts import Fact
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
    RETURNING id, data, order_number, due_at, quarantined,
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
_INSERT_AND_PROJECT = save_view_if(INSERT.cte("written")).returning(order_view.c.number)
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
            plain = [row for row in claimed if row.quarantined is None]
            found = [await _look_again(connection, row) for row in plain]
        for row in claimed:
            if row.quarantined is not None:  # a dispute that may be booked now, under lock
                work = partial(look_at_dispute, fact_id=row.id)
                found += [await in_transaction(self._engine, work)]
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
    if fact.kind.is_dispute:
        return await store_dispute(connection, source, event_id, fact, raw)
    matched, locked = await _match(connection, fact)
    view = fold(locked.order, locked.journal, (*locked.facts, fact)) if locked else None
    stands = standing(
        fact,
        matched,
        final=bool(view and view.status.final),
        again=False,
        grace_seconds=grace_seconds,
    )
    told = {"source": source, "event_id": event_id, "raw": raw}
    row = {**told, **fact_values(fact, matched.order, stands)}
    if locked and view:
        row |= order_values(view, waits(view, locked.process))
        written = await connection.execute(_INSERT_AND_PROJECT, row)
    else:
        written = await connection.execute(INSERT, row)
    if written.one_or_none() is None:
        return await stored_before(connection, fact.id, matched)
    if view and left_after_the_end(view, fact):
        await raise_task(connection, _left_after_the_end(view, fact))
    return StoredFact(fact, matched.order, repeated=False, signal=stands.signal)


async def _match(connection: AsyncConnection, fact: Fact) -> tuple[Match, LockedOrder | None]:
    """Payment facts are about the books: they change nothing that is folded."""
    if fact.kind.is_payment:
        return await match_payment(connection, fact.subject), None
    if fact.kind.is_of_order:  # whoever stores it has matched it
        return Match(fact.subject), await PostgresOrders(connection).lock(fact.subject)
    locked = await PostgresOrders(connection).lock_by_parcel(fact.subject)
    return Match(locked.order.number if locked else ""), locked


def _left_after_the_end(view: OrderView, fact: Fact) -> NewTask:
    parcel, order = fact.subject, view.order.number
    why = f"parcel {parcel} was shipped, but its order had ended: {view.status}"
    name = f"shipped-after-the-end/{parcel}"
    return NewTask(name, "shipped_after_the_end", parcel, why, Role.SUPERVISOR, order)


async def _look_again(connection: AsyncConnection, row: Row[Any]) -> StoredFact:
    """What stands now of a fact that is due: the books may have settled, the order ended."""
    fact = from_json(Fact, row.data)
    payment = PaymentStatus(row.payment) if row.payment else None
    matched = Match(row.order_number, payment)
    stands = standing(fact, matched, final=row.status in _FINAL, again=True)
    if not stands.signal:
        await connection.execute(STANDS, {"fact": fact.id, **standing_values(stands)})
    return StoredFact(fact, matched.order, repeated=False, signal=stands.signal)
