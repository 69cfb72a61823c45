"""Finance gives up a receivable that nobody will pay."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.postgres.four_eyes import count_receivable
from adapters.postgres.keys import can_hold
from adapters.postgres.ledger import PostgresLedger
from adapters.postgres.orders import PostgresOrders
from adapters.postgres.overdue import close_paid
from adapters.postgres.receivables import items_of_order
from adapters.postgres.tables import invoice
from domain.acts import Act
from domain.codec import Json
from domain.errors import NotFound
from domain.money import Money
from domain.receivables import owed_directly
from domain.write_offs import WriteOffReceivable, check_write_off, lost, written_off


async def write_off_receivable(connection: AsyncConnection, act: Act) -> dict[str, Json]:
    """Refuses (`NotFound`, `BadAmount`, `LimitExceeded`) what is neither an invoice nor an order,
    nothing, and more than is owed of it now.
    """
    wanted: WriteOffReceivable = act.wanted
    order, subject, number = await _about(connection, act.subject.strip().upper())
    orders, ledger = PostgresOrders(connection), PostgresLedger(connection)
    locked = await orders.lock(order)
    view = locked.view()
    balances = await ledger.balances(order)
    owed = owed_directly(view, balances)
    if number:
        items = await items_of_order(connection, order)
        owed = min(owed, sum(item.amount for item in items if item.invoice == number))
    check_write_off(wanted, owed, locked.order.currency)
    amount = Money(wanted.amount, locked.order.currency)
    await count_receivable(connection, act, amount, lost(balances))
    operation = f"{subject}/written-off/{act.id}"
    await ledger.post(written_off(locked.order, operation, wanted.amount))
    await close_paid(connection, order, act.by.name)
    return {"order": order, "written_off": wanted.amount, "still_owed": owed - wanted.amount}


async def _about(connection: AsyncConnection, name: str) -> tuple[str, str, str]:
    """(order, what of it, invoice). Refuses (`NotFound`) what is neither."""
    if not can_hold(name):
        raise NotFound("there is no such invoice or order")
    found = await connection.execute(
        select(invoice.c.order_number, invoice.c.subject).where(invoice.c.number == name)
    )
    row = found.one_or_none()
    return (row.order_number, row.subject, name) if row else (name, name, "")
