"""Refunds that failed after they had succeeded, in the books: a payment row beside the refund, its
posting, and another refund, which stands in finance's queue.

The caller has locked the order. Nothing is booked twice: row and posting are keyed by the refund.
"""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.postgres.ledger import PostgresLedger
from adapters.postgres.orders import PostgresOrders
from adapters.postgres.unasked_rows import amount_of, write_unasked
from domain.chargebacks import Unbooked
from domain.facts import Fact
from domain.failed_refunds import Executed, came_back, check_failure, owed_again
from domain.journal import SYSTEM
from domain.payments import PaymentStatus, Unasked, unasked_key
from domain.refunds import in_our_books
from domain.view import OrderView
from ports.unit_of_work import LockedOrder

_REFUND = text(
    """
    SELECT key, status, amount, currency FROM payment_transaction
    WHERE operation = 'refund' AND key = :key
    """
)


async def book_failed_refund(
    connection: AsyncConnection,
    orders: PostgresOrders,
    locked: LockedOrder,
    view: OrderView,
    fact: Fact,
) -> Unbooked | None:
    """None when the books have it, now or from before, or have never counted the refund;
    `fact.subject` is its key, `view` the order's.
    """
    row = (await connection.execute(_REFUND, {"key": fact.subject})).one()
    refund = Executed(row.key, PaymentStatus(row.status), row.amount, row.currency)
    odd = check_failure(refund, fact)
    key = unasked_key(refund.key, Unasked.REFUND_FAILURE)
    if odd or not refund.counted or await amount_of(connection, key):
        return odd
    order, ledger = locked.order, PostgresLedger(connection)
    balances = await ledger.balances(order.number)
    entry = owed_again(view, balances, refund, fact.code)
    what = Unasked.REFUND_FAILURE
    await write_unasked(connection, key, what, refund.key, refund.amount, fact.code)
    rma = await orders.open_return(order, locked.process, entry, SYSTEM)
    here = in_our_books(order, rma, entry.plan)
    await ledger.post(came_back(order, key, refund.amount), *here)
    return None
