"""What finance does about bank transfers that came in: registered, they are matched to an order by
reference, or left as a task; what stands unmatched is assigned, sent back, or taken as written off.
"""

from sqlalchemy import bindparam, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.postgres.clock import now
from adapters.postgres.facts.storing import store_fact
from adapters.postgres.four_eyes import count_money
from adapters.postgres.ledger import PostgresLedger
from adapters.postgres.orders import PostgresOrders
from adapters.postgres.overdue import close_paid
from adapters.postgres.tables import bank_transfer, customer_order
from adapters.postgres.tasks import NewTask, close_task, raise_task
from adapters.postgres.transfers import TASK, lock_unmatched, task_of, write_transfer
from domain.access import Role
from domain.acts import Act
from domain.codec import Json
from domain.errors import BadAmount, NotFound, StepRefused
from domain.facts import Fact, FactKind
from domain.ledger import Account, Leg, Posting
from domain.money import Money
from domain.refunds import overpaid
from domain.transfers import (
    AssignTransfer,
    RegisterTransfer,
    SendBackTransfer,
    bank_reference,
    booked,
    kept,
    order_number_in,
    receipt,
    received,
    sent_back,
)

_SOURCE = "bank"
_CURRENCY_OF = select(customer_order.c.currency).where(
    customer_order.c.number == bindparam("order")
)
_ASSIGN = (
    update(bank_transfer)
    .where(bank_transfer.c.reference == bindparam("of"))
    .values(order_number=bindparam("to"))
)


async def register_transfer(connection: AsyncConnection, act: Act) -> dict[str, Json]:
    """Money that came in. Refuses a reference that was registered before."""
    wanted: RegisterTransfer = act.wanted
    reference = bank_reference(act.subject)
    if Money(wanted.amount, wanted.currency).amount <= 0:
        raise BadAmount(f"a transfer is of 1 minor unit or more, not {wanted.amount}")
    number = order_number_in(wanted.order)
    known = number and await connection.scalar(_CURRENCY_OF, {"order": number})
    if known == wanted.currency:
        await write_transfer(connection, reference, number, wanted.amount, wanted.currency)
        return await _receive(connection, act, number, wanted.amount, Account.BANK)
    await write_transfer(connection, reference, None, wanted.amount, wanted.currency)
    legs = (Leg(Account.BANK, wanted.amount), Leg(Account.UNMATCHED, -wanted.amount))
    posting = Posting(booked(reference), "", wanted.currency, legs)
    await PostgresLedger(connection).post(posting)
    why = f"the order is in {known}" if known else "it names no order of ours"
    amount = Money(wanted.amount, wanted.currency)
    reason = f"a transfer of {amount} is to be assigned: {why}"
    task = NewTask(task_of(reference), TASK, reference, reason, Role.FINANCE)
    await raise_task(connection, task)
    return {"order": None, "task": task.id}


async def assign_transfer(connection: AsyncConnection, act: Act) -> dict[str, Json]:
    """What stood unmatched is about this order after all."""
    wanted: AssignTransfer = act.wanted
    reference, number = act.subject.strip(), order_number_in(wanted.order)
    currency = await connection.scalar(_CURRENCY_OF, {"order": number})
    if currency is None:
        raise NotFound(f"there is no order {wanted.order!r}")
    found = await lock_unmatched(connection, reference)
    if found.currency != currency:
        raise StepRefused(f"the transfer is in {found.currency}, the order in {currency}")
    await connection.execute(_ASSIGN, {"of": reference, "to": number})
    await close_task(connection, task_of(reference), act.by.name, act.reason)
    return await _receive(connection, act, number, found.amount, Account.UNMATCHED)


async def send_back_transfer(connection: AsyncConnection, act: Act) -> dict[str, Json]:
    """Finance has sent it back. Refuses (`StepRefused`) a bank's reference that was used before."""
    wanted: SendBackTransfer = act.wanted
    out = bank_reference(wanted.reference)
    amount = await _lock_counted(connection, act)
    await write_transfer(connection, out, None, -amount.amount, amount.currency)
    await PostgresLedger(connection).post(*sent_back(act.subject.strip(), out, amount))
    return await _ended(connection, act, sent_back=amount.amount)


async def write_off_transfer(connection: AsyncConnection, act: Act) -> dict[str, Json]:
    """Nobody knows whose it is, and nobody asks for it."""
    amount = await _lock_counted(connection, act)
    await PostgresLedger(connection).post(kept(act.subject.strip(), amount))
    return await _ended(connection, act, written_off=amount.amount)


async def _lock_counted(connection: AsyncConnection, act: Act) -> Money:
    amount = await lock_unmatched(connection, act.subject.strip())
    await count_money(connection, act, amount, "it ends a transfer of {}")
    return amount


async def _ended(connection: AsyncConnection, act: Act, **result: int) -> dict[str, Json]:
    await close_task(connection, task_of(act.subject.strip()), act.by.name, act.reason)
    return dict(result)


async def _receive(
    connection: AsyncConnection, act: Act, number: str, amount: int, out_of: Account
) -> dict[str, Json]:
    """Under the order's lock: ledger, fact and projection; and a refund of what is too much, which
    whoever says that it came has thereby granted.
    """
    reference = act.subject.strip()
    orders, ledger = PostgresOrders(connection), PostgresLedger(connection)
    locked = await orders.lock(number)
    view = locked.view()
    found = receipt(view, await ledger.balances(number), amount)
    await ledger.post(received(locked.order, booked(reference, number), found, out_of=out_of))
    await close_paid(connection, number, act.by.name)
    at = (await connection.execute(select(now()))).scalar_one()
    kind = FactKind.TRANSFER_RECEIVED
    fact = Fact(f"{_SOURCE}:{reference}", kind, number, at, amount=amount)
    await store_fact(connection, _SOURCE, reference, fact, {"amount": amount}, grace_seconds=0)
    answer: dict[str, Json] = {"order": number, "used": amount - found.surplus, "refund": None}
    if found.surplus:
        entry = overpaid(view, locked.process, found.surplus, await orders.returns(number))
        refund = await orders.open_return(locked.order, locked.process, entry, act.by.name)
        answer["refund"] = refund
    return answer
