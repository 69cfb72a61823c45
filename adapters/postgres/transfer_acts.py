"""What finance does about bank transfers that came in: registered, they are matched to an order by
reference, or left as a task; what stands unmatched is assigned, sent back, or taken as written off.
What was registered by mistake is withdrawn, see `withdrawals`.
"""

from dataclasses import replace

from sqlalchemy import bindparam, select
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.postgres.clock import now
from adapters.postgres.facts.storing import store_fact
from adapters.postgres.four_eyes import count_money
from adapters.postgres.ledger import PostgresLedger
from adapters.postgres.orders import PostgresOrders
from adapters.postgres.overdue import close_paid
from adapters.postgres.tables import customer_order
from adapters.postgres.tasks import close_task, raise_task
from adapters.postgres.transfers import (
    assign,
    lock_unmatched,
    new_task,
    task_of,
    write_transfer,
)
from domain.acts import Act
from domain.codec import Json
from domain.errors import BadAmount, NotFound, StepRefused
from domain.facts import Fact, FactKind
from domain.ledger import Account
from domain.money import Money
from domain.refunds import overpaid
from domain.transfers import (
    AssignTransfer,
    RegisterTransfer,
    SendBackTransfer,
    bank_reference,
    kept,
    numbered,
    of_no_order,
    order_number_in,
    receipt,
    received,
    sent_back,
    unmatched,
)
from domain.withdrawals import Transfer

SOURCE = "bank"
_CURRENCY_OF = select(customer_order.c.currency).where(
    customer_order.c.number == bindparam("order")
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
        money = (wanted.amount, wanted.currency)
        transfer = await write_transfer(connection, reference, number, *money)
        return await _receive(connection, act, transfer, Account.BANK)
    transfer = await write_transfer(connection, reference, "", wanted.amount, wanted.currency)
    came = of_no_order(transfer.operation, transfer.amount, Account.BANK, Account.UNMATCHED)
    await PostgresLedger(connection).post(came)
    why = f"the order is in {known}" if known else "it names no order of ours"
    task = new_task(transfer, why)
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
    if found.amount.currency != currency:
        raise StepRefused(f"the transfer is in {found.amount.currency}, the order in {currency}")
    await assign(connection, found, number)
    await close_task(connection, task_of(found), act.by.name, act.reason)
    return await _receive(connection, act, replace(found, order=number), Account.UNMATCHED)


async def send_back_transfer(connection: AsyncConnection, act: Act) -> dict[str, Json]:
    """Finance has sent it back. Refuses (`StepRefused`) a bank's reference that was used before."""
    wanted: SendBackTransfer = act.wanted
    transfer = await _lock_counted(connection, act)
    amount, reference = transfer.amount, bank_reference(wanted.reference)
    out = await write_transfer(connection, reference, "", -amount.amount, amount.currency)
    ending = unmatched(transfer.reference, transfer.ordinal)
    await PostgresLedger(connection).post(*sent_back(ending, out.operation, amount))
    return await _ended(connection, act, transfer, sent_back=amount.amount)


async def write_off_transfer(connection: AsyncConnection, act: Act) -> dict[str, Json]:
    """Nobody knows whose it is, and nobody asks for it."""
    transfer = await _lock_counted(connection, act)
    ending = unmatched(transfer.reference, transfer.ordinal)
    await PostgresLedger(connection).post(kept(ending, transfer.amount))
    return await _ended(connection, act, transfer, written_off=transfer.amount.amount)


async def _lock_counted(connection: AsyncConnection, act: Act) -> Transfer:
    transfer = await lock_unmatched(connection, act.subject.strip())
    await count_money(connection, act, transfer.amount, "it ends a transfer of {}")
    return transfer


async def _ended(
    connection: AsyncConnection, act: Act, transfer: Transfer, **result: int
) -> dict[str, Json]:
    await close_task(connection, task_of(transfer), act.by.name, act.reason)
    return dict(result)


async def _receive(
    connection: AsyncConnection, act: Act, transfer: Transfer, out_of: Account
) -> dict[str, Json]:
    """Under the order's lock: ledger, fact and projection; and a refund of what is too much, which
    whoever says that it came has thereby granted.
    """
    number, amount = transfer.order, transfer.amount.amount
    orders, ledger = PostgresOrders(connection), PostgresLedger(connection)
    locked = await orders.lock(number)
    view = locked.view()
    found = receipt(view, await ledger.balances(number), amount)
    await ledger.post(received(locked.order, transfer.operation, found, out_of=out_of))
    await close_paid(connection, number, act.by.name)
    await tell_order(connection, transfer, FactKind.TRANSFER_RECEIVED, SOURCE)
    answer: dict[str, Json] = {"order": number, "used": amount - found.surplus, "refund": None}
    if found.surplus:
        entry = overpaid(view, locked.process, found.surplus, await orders.returns(number))
        refund = await orders.open_return(locked.order, locked.process, entry, act.by.name)
        answer["refund"] = refund
    return answer


async def tell_order(
    connection: AsyncConnection, transfer: Transfer, kind: FactKind, source: str
) -> None:
    """A fact of ours, under the order's lock; the relay signals it."""
    at = (await connection.execute(select(now()))).scalar_one()
    amount, source = transfer.amount.amount, numbered(source, transfer.ordinal)
    reference = transfer.reference
    fact = Fact(f"{source}:{reference}", kind, transfer.order, at, amount=amount)
    await store_fact(connection, source, reference, fact, {"amount": amount}, grace_seconds=0)
