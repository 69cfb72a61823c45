"""Customers' store credit, by the ledger. Whoever takes of it is alone with the customer until the
transaction ends, so that two orders never spend the same; whoever gives needs not wait.
"""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.postgres.ledger import PostgresLedger
from domain.ledger import credit_reserved
from domain.order import PlacedOrder
from domain.store_credit import check_available

_ALONE = text(
    "SELECT pg_advisory_xact_lock(hashtextextended('orderloom/store-credit/' || :customer, 0))"
)
# After the lock, as a statement of its own: it sees what the one before has committed.
_AVAILABLE = text(
    """
    SELECT COALESCE(-sum(amount), 0)::bigint
    FROM ledger_entry JOIN ledger_transaction ON transaction_id = id
    WHERE party = :customer AND party <> '' AND account = 'store_credit' AND currency = :currency
    """
)


async def reserve_credit(connection: AsyncConnection, order: PlacedOrder) -> None:
    """Refuses (`LimitExceeded`) more than the customer has in the order's currency."""
    asked = {"customer": order.customer_ref, "currency": order.currency}
    await connection.execute(_ALONE, {"customer": order.customer_ref})
    available = await connection.scalar(_AVAILABLE, asked)
    check_available(order.store_credit, available or 0, order.currency)
    await PostgresLedger(connection).post(credit_reserved(order))
