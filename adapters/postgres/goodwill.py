"""A refund without goods, granted by finance: within what is left of the price of what was sold."""

from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.postgres.ledger import PostgresLedger
from adapters.postgres.orders import PostgresOrders
from domain.acts import Act
from domain.amounts import credit_kept
from domain.codec import Json
from domain.errors import BadAmount
from domain.journal import ReturnRequested
from domain.ledger import Account, moved
from domain.money import Money
from domain.receivables import check_decided
from domain.refunds import (
    Goodwill,
    check_refundable,
    granted_alone,
    in_our_books,
    needs_second_person,
    refund_plan,
)
from domain.returns import GOODWILL


async def grant_goodwill(connection: AsyncConnection, act: Act) -> dict[str, Json]:
    """The cumulative limit is checked under the order's lock, by what the ledger has left."""
    wanted: Goodwill = act.wanted
    if wanted.amount <= 0 or wanted.store_credit < 0:
        raise BadAmount("a refund is of 1 minor unit or more")
    orders, ledger = PostgresOrders(connection), PostgresLedger(connection)
    order, amount = act.subject.strip().upper(), wanted.amount
    locked = await orders.lock(order)
    balances = await ledger.balances(order)
    view = locked.view()
    credit = credit_kept(view, await orders.refunded_units(order))
    check_refundable(view, balances, amount, credit)
    check_decided(view)
    plan = refund_plan(view, balances, amount, wanted.store_credit)
    alone = granted_alone(view, await orders.returns(order))
    if needs_second_person(locked.process, amount, alone):
        act.needs_second_person(_why(amount, alone, locked.order.currency))
    entry = ReturnRequested(
        (),
        act.reason,
        amount,
        GOODWILL,
        plan,
        wanted.store_credit,
        approved_by=act.approved_by,
    )
    rma = await orders.open_return(locked.order, locked.process, entry, act.by.name)
    owed = Account.REFUNDS_PAYABLE
    operation = f"{rma}/refund-granted"
    given = moved(locked.order, operation, amount, debit=Account.GOODWILL, credit=owed)
    for posting in (given, *in_our_books(locked.order, rma, plan)):
        await ledger.post(posting)
    return {"return": rma}


def _why(amount: int, alone: int, currency: str) -> str:
    before = f", with {Money(alone, currency)} that nobody else has looked at" if alone else ""
    return f"{Money(amount, currency)} is a large refund{before}"
