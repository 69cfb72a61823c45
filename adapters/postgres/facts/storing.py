"""Storing a fact: once, with the projection of the order that it is about.

The order's row is locked before the fact's, as every effect does it.
"""

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.postgres.facts.rows import INSERT, fact_values, stored_before
from adapters.postgres.facts.standing import TELL_GRACE_SECONDS, Match, match_payment, standing
from adapters.postgres.orders import PostgresOrders
from adapters.postgres.projections import order_values, save_view_if
from adapters.postgres.tables import order_view, outbox
from adapters.postgres.unasked_inbox import store_unasked
from domain.codec import Json, to_json
from domain.facts import Fact, FactKind
from domain.parcel_news import RELABELED, Relabeled
from domain.view import OrderView
from domain.waits import waits
from ports.front_office import StoredFact
from ports.unit_of_work import LockedOrder

_INSERT_AND_PROJECT = save_view_if(INSERT.cte("written")).returning(order_view.c.number)


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
    if fact.kind.is_unasked:
        return await store_unasked(connection, source, event_id, fact, raw)
    matched, locked = await _match(connection, fact)
    view = locked.view(facts=(fact,)) if locked else None
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
    if locked and view and fact.kind is FactKind.SHIPPED:
        await _tell_labels(connection, locked, view, fact)
    return StoredFact(fact, matched.order, repeated=False, signal=stands.signal)


async def _tell_labels(
    connection: AsyncConnection, locked: LockedOrder, view: OrderView, fact: Fact
) -> None:
    """Of a parcel whose shipment was published already, with labels that were wrong."""
    before = locked.view().parcels[fact.subject]
    parcel = view.parcels[fact.subject]
    if not parcel.booked or parcel.packages == before.packages:
        return
    payload = {
        "order": view.order.number,
        "at": to_json(fact.occurred_at),
        "data": to_json(Relabeled(parcel.fulfillment_order, parcel.packages)),
    }
    event = {"event_id": f"{fact.subject}/{fact.id}", "kind": RELABELED, "payload": payload}
    await connection.execute(insert(outbox).values(subject=view.order.number, **event))


async def _match(connection: AsyncConnection, fact: Fact) -> tuple[Match, LockedOrder | None]:
    """Payment facts are about the books: they change nothing that is folded."""
    if fact.kind.is_payment:
        return await match_payment(connection, fact.subject), None
    if fact.kind.is_of_order:  # whoever stores it has matched it
        return Match(fact.subject), await PostgresOrders(connection).lock(fact.subject)
    locked = await PostgresOrders(connection).lock_by_parcel(fact.subject)
    return Match(locked.order.number if locked else ""), locked
