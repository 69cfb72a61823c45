"""What nobody asked for as facts (chargebacks, their reversals, refunds that failed after all):
stored with what they do to the books, in one transaction, whatever has become of the order.

What does not fit the books is quarantined and a task of finance; what may fit once something else
has ended, or been told, is looked at again.
"""

from dataclasses import dataclass, replace
from datetime import timedelta

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.postgres.disputes import Disputes
from adapters.postgres.facts.rows import (
    INSERT,
    STANDS,
    fact_values,
    standing_values,
    stored_before,
)
from adapters.postgres.facts.standing import (
    LOOK_AGAIN_SECONDS,
    TELL_GRACE_SECONDS,
    Match,
    Standing,
    standing,
)
from adapters.postgres.failed_refunds import book_failed_refund
from adapters.postgres.orders import PostgresOrders
from adapters.postgres.tables import fact as fact_table
from adapters.postgres.tasks import NewTask, close_task, raise_task
from adapters.postgres.unasked_rows import find_operation
from domain.access import Role
from domain.chargebacks import Unbooked
from domain.codec import Json, from_json
from domain.facts import Fact, FactKind
from domain.journal import SYSTEM
from domain.transitions import OrderStatus
from domain.view import OrderView
from domain.waits import waits
from ports.front_office import StoredFact
from ports.unit_of_work import LockedOrder

_PAUSE_MAX_SECONDS = 3_600.0
_LOOKED_AT_FOR = timedelta(days=3)
_STORED = select(fact_table.c.id).where(fact_table.c.id == text(":fact"))
# What is booked may be what others of the order lacked, however long they have waited.
_WAKE = text(
    """
    UPDATE fact SET due_at = clock_timestamp()
    WHERE order_number = :order AND quarantined IS NOT NULL AND kind = ANY(:kinds) AND id <> :fact
    """
)
_KINDS = [kind.value for kind in FactKind if kind.is_unasked]
_AGE = text("SELECT data, clock_timestamp() - received_at AS age FROM fact WHERE id = :fact")


@dataclass(frozen=True, slots=True)
class _Looked:
    """The fact as our books call it, the order that it is about if any, and what is to be done."""

    fact: Fact
    order: str
    stands: Standing


async def store_unasked(
    connection: AsyncConnection, source: str, event_id: str, fact: Fact, raw: Json
) -> StoredFact:
    orders = PostgresOrders(connection)
    looked = await _look(connection, orders, fact, None)
    if looked is None:
        return await stored_before(connection, fact.id, Match(""))
    told = {"source": source, "event_id": event_id, "raw": raw}
    row = {**told, **fact_values(looked.fact, looked.order, looked.stands)}
    if (await connection.execute(INSERT, row)).one_or_none() is None:
        return await stored_before(connection, fact.id, Match(""))  # told twice at once, of nobody
    await orders.closing.write(connection)
    return StoredFact(looked.fact, looked.order, repeated=False, signal=looked.stands.signal)


async def look_at_unasked(connection: AsyncConnection, fact_id: str) -> StoredFact:
    """One that could not be booked yet."""
    row = (await connection.execute(_AGE, {"fact": fact_id})).one()
    orders = PostgresOrders(connection)
    looked = await _look(connection, orders, from_json(Fact, row.data), row.age)
    assert looked is not None, "only one that is new is looked up first"  # noqa: S101
    values = standing_values(looked.stands)
    await connection.execute(STANDS, {"fact": fact_id, **values})
    await orders.closing.write(connection)
    return StoredFact(looked.fact, looked.order, repeated=False, signal=looked.stands.signal)


async def _look(
    connection: AsyncConnection, orders: PostgresOrders, told: Fact, age: timedelta | None
) -> _Looked | None:
    """`age` is None for one that has just been told: then None is the answer when it was stored
    before, which is seen under the order's lock.
    """
    about = await find_operation(connection, told)
    locked = await orders.lock(about.order) if about else None
    if age is None and await connection.scalar(_STORED, {"fact": told.id}):
        return None
    if about is None or locked is None:
        return _Looked(told, "", standing(told, Match(""), final=False, again=False))
    fact = replace(told, subject=about.key)
    after = locked.view(facts=(fact,))
    odd = await _book(connection, orders, locked, after, fact)
    if odd is not None:
        return await _kept_apart(connection, fact, about.order, odd, age or timedelta())
    await close_task(connection, _task(fact), SYSTEM, "it is booked now")
    others = {"order": about.order, "kinds": _KINDS, "fact": fact.id}
    await connection.execute(_WAKE, others)
    await orders.project(after, waits(after, locked.process))
    closed = after.status is OrderStatus.CLOSED
    stands = standing(
        fact, Match(about.order), final=closed, again=False, grace_seconds=TELL_GRACE_SECONDS
    )
    return _Looked(fact, about.order, stands)


async def _book(
    connection: AsyncConnection,
    orders: PostgresOrders,
    locked: LockedOrder,
    after: OrderView,
    fact: Fact,
) -> Unbooked | None:
    if fact.kind is FactKind.REFUND_FAILED:
        return await book_failed_refund(connection, orders, locked, after, fact)
    return await Disputes(connection, orders, locked, locked.view(), after).book(fact)


async def _kept_apart(
    connection: AsyncConnection, fact: Fact, order: str, odd: Unbooked, age: timedelta
) -> _Looked:
    again = odd.later and age < _LOOKED_AT_FOR
    if not (again and odd.quiet):
        await raise_task(connection, _odd_task(fact, order, odd.why))
    pause = min(max(LOOK_AGAIN_SECONDS, age.total_seconds()), _PAUSE_MAX_SECONDS)
    stands = Standing(due_seconds=pause if again else None, quarantined=odd.why)
    return _Looked(fact, order, stands)


def _task(fact: Fact) -> str:
    return f"{_kind(fact)}/{fact.id}"


def _kind(fact: Fact) -> str:
    return "failed_refund" if fact.kind is FactKind.REFUND_FAILED else "dispute"


def _odd_task(fact: Fact, order: str, why: str) -> NewTask:
    told = fact.kind.value.removeprefix("payment.").replace("_", " ")
    about = f"dispute {fact.dispute}" if fact.dispute else fact.subject
    reason = f"{told}, {about}, is not booked: {why}; ask the provider"
    return NewTask(_task(fact), _kind(fact), fact.subject, reason, Role.FINANCE, order)
