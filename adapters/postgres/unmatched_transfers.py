"""Transfers that stand unmatched and are about no order: sent back, or taken as written off."""

from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.postgres.bank_transfers import lock_unmatched, task_of, write_transfer
from adapters.postgres.four_eyes import count_money
from adapters.postgres.ledger import PostgresLedger
from adapters.postgres.tasks import close_task
from domain.acts import Act
from domain.codec import Json
from domain.money import Money
from domain.transfers import SendBackTransfer, bank_reference, kept, sent_back


async def send_back_transfer(connection: AsyncConnection, act: Act) -> dict[str, Json]:
    """Finance has sent it back. Refuses (`StepRefused`) a bank's reference that was used before."""
    wanted: SendBackTransfer = act.wanted
    out = bank_reference(wanted.reference)
    amount = await _lock(connection, act)
    await write_transfer(connection, out, None, -amount.amount, amount.currency)
    await PostgresLedger(connection).post(*sent_back(act.subject.strip(), out, amount))
    return await _ended(connection, act, sent_back=amount.amount)


async def write_off_transfer(connection: AsyncConnection, act: Act) -> dict[str, Json]:
    """Nobody knows whose it is, and nobody asks for it."""
    amount = await _lock(connection, act)
    await PostgresLedger(connection).post(kept(act.subject.strip(), amount))
    return await _ended(connection, act, written_off=amount.amount)


async def _lock(connection: AsyncConnection, act: Act) -> Money:
    amount = await lock_unmatched(connection, act.subject.strip())
    await count_money(connection, act, amount, "it ends a transfer of {}")
    return amount


async def _ended(connection: AsyncConnection, act: Act, **result: int) -> dict[str, Json]:
    await close_task(connection, task_of(act.subject.strip()), act.by.name, act.reason)
    return dict(result)
