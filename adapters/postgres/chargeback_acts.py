"""Finance accepts a chargeback: the loss is written off."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.postgres.disputes import ACCEPTED, TASK, accepted_of
from adapters.postgres.four_eyes import count_receivable
from adapters.postgres.ledger import PostgresLedger
from adapters.postgres.orders import PostgresOrders
from adapters.postgres.overdue import close_paid
from adapters.postgres.tasks import close_task
from domain.acts import Act
from domain.codec import Json
from domain.errors import NotFound, StepRefused
from domain.money import Money
from domain.receivables import owed_directly
from domain.write_offs import lost, written_off

_ORDER = text(
    "SELECT order_number FROM payment_transaction WHERE key = :key AND operation = 'chargeback'"
)


async def accept_chargeback(connection: AsyncConnection, act: Act) -> dict[str, Json]:
    """The subject is the chargeback's key. What is still open of it is written off, and counts
    towards the thresholds as any receivable that is. Refuses (`NotFound`, `StepRefused`) one that
    is not there, or of which nothing is open.
    """
    key = act.subject.strip()
    order = await connection.scalar(_ORDER, {"key": key})
    if not order:
        raise NotFound(f"there is no chargeback {key}")
    orders, ledger = PostgresOrders(connection), PostgresLedger(connection)
    locked = await orders.lock(order)
    view, balances = locked.view(), await ledger.balances(order)
    dispute = view.disputes[key]
    accepted = await accepted_of(connection, order, key)
    of_this = dispute.amount - dispute.reversed - accepted
    amount = min(of_this, owed_directly(view, balances))
    if amount <= 0:
        raise StepRefused(f"nothing of {key} is open: it was won, paid, given back or accepted")
    given_up = Money(amount, locked.order.currency)
    await count_receivable(connection, act, given_up, lost(balances))
    await ledger.post(written_off(locked.order, f"{key}{ACCEPTED}{act.id}", amount))
    await close_task(connection, f"{TASK}/{key}", act.by.name, act.reason)
    await close_paid(connection, order, act.by.name)
    return {"order": order, "written_off": amount}
