"""Bank transfers as rows, in and out: each is written by the bank's reference, and stands once."""

from typing import Any

from sqlalchemy import Row, bindparam, func, null, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.postgres.clock import now
from adapters.postgres.keys import can_hold
from adapters.postgres.tables import bank_transfer
from adapters.postgres.tasks import NewTask
from domain.access import Role
from domain.errors import NotFound, StepRefused
from domain.money import Money
from domain.order import PlacedOrder
from domain.transfers import booked, numbered, unmatched
from domain.withdrawals import Transfer

TASK = "transfer"  # its kind, while the transfer stands unmatched
_t = bank_transfer.c
_NTH = select(func.coalesce(func.max(_t.ordinal), 0) + 1).where(_t.reference == bindparam("of"))
_LOCK = (
    select(bank_transfer)
    .where(_t.reference == bindparam("of"), _t.withdrawn_at.is_(None), _t.amount > 0)
    .with_for_update()
)
_THIS = (_t.reference == bindparam("of"), _t.ordinal == bindparam("nth"))
_ASSIGN = update(bank_transfer).where(*_THIS).values(order_number=bindparam("to"))
_WITHDRAW = update(bank_transfer).where(*_THIS).values(withdrawn_at=now())
_ENDED = text("SELECT EXISTS (SELECT FROM ledger_transaction WHERE operation = :operation)")


def task_of(transfer: Transfer) -> str:
    return f"{numbered(TASK, transfer.ordinal)}/{transfer.reference}"


class PostgresTransfers:
    """See `ports.customer_money.Transfers`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def sent(self, reference: str, order: PlacedOrder, amount: int) -> None:
        await write_transfer(self._connection, reference, order.number, -amount, order.currency)


async def write_transfer(
    connection: AsyncConnection,
    reference: str,
    order: str,
    amount: int,
    currency: str,
    item: str = "",
) -> Transfer:
    """`order` is empty for one that is about none; `amount` as the table has it; `item` is empty
    for what comes to the bank, or leaves it, by this. Refuses (`StepRefused`) a reference that
    stands already.
    """
    money = Money(abs(amount), currency)
    nth = await connection.scalar(_NTH, {"of": reference}) or 1
    transfer = Transfer(reference, nth, order, money, item or booked(reference, order, nth))
    values = {"reference": reference, "ordinal": nth, "amount": amount, "currency": currency}
    written = await connection.execute(
        insert(bank_transfer)
        .values(**values, item=transfer.item, order_number=order or null())
        .on_conflict_do_nothing()
        .returning(_t.reference)
    )
    if written.one_or_none() is None:
        raise StepRefused(f"the transfer {reference} was registered before")
    return transfer


async def lock_transfer(connection: AsyncConnection, reference: str) -> Transfer | None:
    """One that came in and stands, until the transaction ends."""
    found = can_hold(reference) and await connection.execute(_LOCK, {"of": reference})
    row = found.one_or_none() if found else None
    return None if row is None else _transfer(row)


async def lock_unmatched(connection: AsyncConnection, reference: str) -> Transfer:
    """As above. Refuses (`NotFound`) what does not stand unmatched."""
    found = await lock_transfer(connection, reference)
    if found is None or found.order or await has_ended(connection, found):
        raise NotFound(f"no transfer {reference!r} stands unmatched")
    return found


async def has_ended(connection: AsyncConnection, transfer: Transfer) -> bool:
    """Whether what stood unmatched was sent back, or kept."""
    ending = unmatched(transfer.reference, transfer.ordinal)
    return bool(await connection.scalar(_ENDED, {"operation": ending}))


async def assign(connection: AsyncConnection, transfer: Transfer, order: str) -> None:
    await connection.execute(_ASSIGN, {**_key(transfer), "to": order})


async def mark_withdrawn(connection: AsyncConnection, transfer: Transfer) -> None:
    """Its reference is free again."""
    await connection.execute(_WITHDRAW, _key(transfer))


def _key(transfer: Transfer) -> dict[str, str | int]:
    return {"of": transfer.reference, "nth": transfer.ordinal}


def _transfer(row: Row[Any]) -> Transfer:
    amount = Money(row.amount, row.currency)
    return Transfer(row.reference, row.ordinal, row.order_number or "", amount, row.item)


def new_task(transfer: Transfer, why: str) -> NewTask:
    """For finance, as long as it stands unmatched."""
    reason = f"a transfer of {transfer.amount} is to be assigned: {why}"
    return NewTask(task_of(transfer), TASK, transfer.reference, reason, Role.FINANCE)
