"""Facts: stored once, folded into their order's projection, and told until it has used them."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from adapters.postgres.facts.after_the_end import book_after_the_end, take_in
from adapters.postgres.facts.rows import STANDS, standing_values
from adapters.postgres.facts.standing import Match, standing
from adapters.postgres.keys import storable
from adapters.postgres.transactions import each_alone, in_transaction
from adapters.postgres.unasked_inbox import look_at_unasked
from domain.codec import Json, from_json, to_json
from domain.facts import Fact, FactKind
from domain.payments import PaymentStatus
from domain.transitions import OrderStatus
from ports.front_office import StoredFact

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

_SHIPMENT = text(
    "SELECT order_number FROM fact WHERE id = :fact AND kind = :kind AND handled_by IS NULL"
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
_FINAL = [status.value for status in OrderStatus if status.final]


class PostgresFactInbox:
    """See `ports.front_office.FactInbox`."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._alone = each_alone(engine)

    async def store(self, source: str, event_id: str, fact: Fact, raw: Json) -> StoredFact:
        storable([source, event_id, to_json(fact), raw])
        work = partial(take_in, source=source, event_id=event_id, fact=fact, raw=raw)
        return await in_transaction(self._engine, work)

    async def told(self, facts: Sequence[str]) -> None:
        async with self._alone.connect() as connection:
            await connection.execute(_TOLD, {"facts": list(facts), "times": TOLD_MAX})

    async def untold(self, limit: int) -> list[StoredFact]:
        async with self._engine.begin() as connection:
            claimed = (await connection.execute(_CLAIM, {"limit": limit})).all()
            plain = [row for row in claimed if row.quarantined is None and not _may_be_unasked(row)]
            found = [await _look_again(connection, row) for row in plain]
        for row in claimed:
            if row.quarantined is not None:  # it may be booked now, under lock
                work = partial(look_at_unasked, fact_id=row.id)
                found += [await in_transaction(self._engine, work)]
            elif _may_be_unasked(row):
                await self.nobody_there(row.id)
        return [stored for stored in found if stored.signal]

    async def nobody_there(self, fact: str) -> None:
        await in_transaction(self._engine, partial(_nobody_there, fact=fact))


async def _nobody_there(connection: AsyncConnection, fact: str) -> None:
    """What was shipped is booked with it, so that no crash comes in between."""
    shipment = {"fact": fact, "kind": FactKind.SHIPPED.value}
    order = await connection.scalar(_SHIPMENT, shipment)
    if order is not None:
        await book_after_the_end(connection, order)
    await connection.execute(_NOBODY_THERE, {"fact": fact, "final": _FINAL})


def _may_be_unasked(row: Row[Any]) -> bool:
    """Booked under the lock of its order, which is taken before the fact's."""
    return row.status in _FINAL and row.data["kind"] == FactKind.SHIPPED


async def _look_again(connection: AsyncConnection, row: Row[Any]) -> StoredFact:
    """What stands now of a fact that is due: the books may have settled, the order ended."""
    fact = from_json(Fact, row.data)
    asked = fact.kind.is_payment and row.payment  # nobody asked for what has become of it
    payment = PaymentStatus(row.payment) if asked else None
    matched = Match(row.order_number, payment)
    stands = standing(fact, matched, final=row.status in _FINAL, again=True)
    if not stands.signal:
        await connection.execute(STANDS, {"fact": fact.id, **standing_values(stands)})
    return StoredFact(fact, matched.order, repeated=False, signal=stands.signal)
