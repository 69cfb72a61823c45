"""Bank transfers as rows, in and out: each is written once by the bank's reference."""

from collections.abc import Mapping

from sqlalchemy import bindparam, null, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.postgres.keys import can_hold
from adapters.postgres.tables import bank_transfer
from domain.codec import Json
from domain.currency import exponent
from domain.errors import NotFound, StepRefused
from domain.money import Money
from domain.order import PlacedOrder
from domain.transfers import unmatched

TASK = "transfer"  # its kind, while the transfer stands unmatched
_LOCK = (
    select(bank_transfer.c.amount, bank_transfer.c.currency)
    .where(
        bank_transfer.c.reference == bindparam("of"),
        bank_transfer.c.order_number.is_(None),
        bank_transfer.c.amount > 0,
    )
    .with_for_update()
)
_ENDED = text("SELECT EXISTS (SELECT FROM ledger_transaction WHERE operation = :operation)")


def task_of(reference: str) -> str:
    return f"{TASK}/{reference}"


class PostgresTransfers:
    """See `ports.customer_money.Transfers`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def sent(self, reference: str, order: PlacedOrder, amount: int) -> None:
        await write_transfer(self._connection, reference, order.number, -amount, order.currency)


async def write_transfer(
    connection: AsyncConnection, reference: str, order: str | None, amount: int, currency: str
) -> None:
    """`amount` as the table has it. Refuses (`StepRefused`) a reference that is known."""
    exponent(currency)
    values: Mapping[str, Json] = {"reference": reference, "amount": amount, "currency": currency}
    written = await connection.execute(
        insert(bank_transfer)
        .values(**values, order_number=order or null())
        .on_conflict_do_nothing(index_elements=["reference"])
        .returning(bank_transfer.c.reference)
    )
    if written.one_or_none() is None:
        raise StepRefused(f"the transfer {reference} was registered before")


async def lock_unmatched(connection: AsyncConnection, reference: str) -> Money:
    """Until the transaction ends. Refuses (`NotFound`) what does not stand unmatched."""
    found = can_hold(reference) and await connection.execute(_LOCK, {"of": reference})
    row = found.one_or_none() if found else None
    if row is None or await connection.scalar(_ENDED, {"operation": unmatched(reference)}):
        raise NotFound(f"no transfer {reference!r} stands unmatched")
    return Money(row.amount, row.currency)
