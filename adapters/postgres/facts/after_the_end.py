"""What a warehouse sends of an order that has ended: no process hears of it any more, so that it is
booked where it is taken in.
"""

from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.postgres.facts.standing import TELL_GRACE_SECONDS
from adapters.postgres.facts.storing import store_fact
from adapters.postgres.orders import PostgresOrders
from adapters.postgres.stock.unasked import ship_unasked
from domain.codec import Json
from domain.facts import Fact, FactKind
from domain.journal import SYSTEM
from domain.remedies import unasked
from domain.waits import waits
from ports.front_office import StoredFact


async def take_in(
    connection: AsyncConnection,
    source: str,
    event_id: str,
    fact: Fact,
    raw: Json,
    *,
    grace_seconds: float = TELL_GRACE_SECONDS,
) -> StoredFact:
    """A fact of an outside party, stored within a transaction of the caller's, as `store_fact`."""
    stored = await store_fact(connection, source, event_id, fact, raw, grace_seconds=grace_seconds)
    nobody_hears = stored.order and not (stored.signal or stored.repeated)
    if fact.kind is FactKind.SHIPPED and nobody_hears:
        await book_after_the_end(connection, stored.order)
    return stored


async def book_after_the_end(connection: AsyncConnection, order: str) -> None:
    """Twice is once: what is journaled is no surplus any more."""
    orders = PostgresOrders(connection)
    locked = await orders.lock(order)
    view = locked.view()
    sent = unasked(view)
    if not (view.status.final and sent):
        return
    for each in sent:
        await ship_unasked(connection, order, each.fulfillment_order, each.lines)
    entries = await orders.append(order, order, view.seq, sent, SYSTEM)
    after = locked.view(entries)
    await orders.project(after, waits(after, locked.process))
    await orders.closing.write(connection)
