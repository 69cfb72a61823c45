"""Finance takes a bank transfer back that it had registered by mistake.

One transaction: the posting is reversed by another one, the order is told, refunds of what was too
much are canceled, and what a statement of the bank has confirmed stands unmatched again.
"""

from sqlalchemy import insert, text
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.postgres.ledger import PostgresLedger
from adapters.postgres.orders import PostgresOrders
from adapters.postgres.overdue import owed_again
from adapters.postgres.settlement_lines import keep_apart
from adapters.postgres.settlement_tasks import close_ended
from adapters.postgres.tables import outbox
from adapters.postgres.tasks import close_task, raise_task
from adapters.postgres.transfer_acts import tell_order
from adapters.postgres.transfers import (
    has_ended,
    lock_transfer,
    mark_withdrawn,
    new_task,
    task_of,
    write_transfer,
)
from domain.acts import Act
from domain.codec import Json, to_json
from domain.errors import NotFound, StepRefused
from domain.facts import FactKind
from domain.journal import RefundRetried, ReturnCanceled
from domain.ledger import Account
from domain.refunds import newly_in_our_books, overpaid
from domain.return_entries import Share
from domain.return_waits import return_waits
from domain.returns import ReturnView, fold_return
from domain.settlement import settling
from domain.transfers import Receipt, of_no_order, order_number_in
from domain.view import OrderView
from domain.withdrawals import (
    Transfer,
    WithdrawTransfer,
    check_named,
    check_not_given_back,
    missed,
    netted,
    taken_back,
    to_be_canceled,
    untouched,
    where_it_was,
    withdrawing,
)
from ports.unit_of_work import LockedOrder

_SOURCE = "bank-withdrawn"  # of the fact: the first event of a reference is that it came
_LEGS = text(
    """
    SELECT account, sum(amount)::bigint FROM ledger_transaction
    LEFT JOIN ledger_entry ON transaction_id = id WHERE operation = :operation GROUP BY account
    """
)


async def withdraw_transfer(connection: AsyncConnection, act: Act) -> dict[str, Json]:
    """Refuses (`NotFound`) a reference that does not stand registered, and (`StepRefused`) another
    order's, what has gone back to the customer, and what the bank has and is about no order.
    """
    wanted: WithdrawTransfer = act.wanted
    await keep_apart(connection)  # a statement may be about to confirm it
    transfer = await lock_transfer(connection, act.subject.strip())
    if transfer is None:
        raise NotFound(f"no transfer {act.subject.strip()!r} that came in is registered")
    check_named(transfer, order_number_in(wanted.order) or wanted.order.strip())
    if transfer.order:
        result = await _Withdrawal(connection, act, transfer).run()
    else:
        result = await _withdraw_unmatched(connection, act, transfer)
    await close_ended(connection, act.by.name)
    return result


async def _withdraw_unmatched(
    connection: AsyncConnection, act: Act, transfer: Transfer
) -> dict[str, Json]:
    """It has never come to the bank at all."""
    if await has_ended(connection, transfer):
        raise StepRefused(f"the transfer {transfer.reference} was sent back, or written off")
    if await _posted(connection, settling(transfer.item)) is not None:
        acts = "transfer_assign, transfer_send_back or transfer_write_off"
        raise StepRefused(f"the bank's statement has it, so that it is ended by {acts}")
    operation = withdrawing(transfer.item)
    bank, nobody_s = Account.BANK, Account.UNMATCHED
    await PostgresLedger(connection).post(of_no_order(operation, transfer.amount, nobody_s, bank))
    await mark_withdrawn(connection, transfer)
    await close_task(connection, task_of(transfer), act.by.name, act.reason)
    return _told(transfer, 0, None)


def _told(transfer: Transfer, owed: int, task: str | None) -> dict[str, Json]:
    """`owed` is what the customer owes now and had paid by it."""
    amount = transfer.amount.amount
    return {"order": transfer.order or None, "withdrawn": amount, "owed": owed, "task": task}


async def _posted(connection: AsyncConnection, operation: str) -> dict[Account, int] | None:
    """By account; what is posted without legs moved nothing. None when it is not."""
    found = (await connection.execute(_LEGS, {"operation": operation})).all()
    return {Account(account): amount for account, amount in found if account} if found else None


class _Withdrawal:
    """Of a transfer that is about an order; locked as the rows are, order after transfer."""

    def __init__(self, connection: AsyncConnection, act: Act, transfer: Transfer) -> None:
        self._connection, self._act, self._transfer = connection, act, transfer
        self._orders, self._ledger = PostgresOrders(connection), PostgresLedger(connection)

    async def run(self) -> dict[str, Json]:
        transfer, number = self._transfer, self._transfer.order
        locked = await self._orders.lock(number)
        view, returns = locked.view(), await self._orders.returns(number)
        check_not_given_back(view, returns, transfer.amount)
        missing = await self._missed(view, returns)
        settled = await _posted(self._connection, settling(transfer.item))
        gone = where_it_was(transfer, settled)
        await self._ledger.post(taken_back(transfer, missing, gone))
        await mark_withdrawn(self._connection, transfer)
        await tell_order(self._connection, transfer, FactKind.TRANSFER_WITHDRAWN, _SOURCE)
        await self._give_less_back(locked, view, returns, missing.surplus)
        await self._net(returns)
        await owed_again(self._connection, number)
        stands = -sum(leg.amount for leg in gone if leg.account is Account.UNMATCHED)
        task = await self._stands_unmatched(stands) if stands else None
        return _told(transfer, missing.receivable, task)

    async def _missed(self, view: OrderView, returns: list[ReturnView]) -> Receipt:
        was = await _posted(self._connection, self._transfer.operation) or {}
        paid_for = (Account.RECEIVABLE, Account.BAD_DEBT, Account.DEPOSITS, Account.REFUNDS_PAYABLE)
        received = Receipt(*(-was.get(account, 0) for account in paid_for))
        balances = await self._ledger.balances(self._transfer.order)
        surplus = sum(each.refund for each in untouched(returns))
        return missed(view, balances, received, self._transfer.amount.amount, surplus)

    async def _give_less_back(
        self, locked: LockedOrder, view: OrderView, returns: list[ReturnView], surplus: int
    ) -> None:
        """Whole refunds are canceled; what is still too much of them is one of its own."""
        canceled = to_be_canceled(untouched(returns), surplus)
        for each in canceled:
            await self._journal(each, ReturnCanceled(self._act.reason))
        rest = sum(each.refund for each in canceled) - surplus
        if rest:
            others = [each for each in returns if each not in canceled]
            entry = overpaid(view, locked.process, rest, others)
            by = self._act.by.name
            await self._orders.open_return(locked.order, locked.process, entry, by)

    async def _net(self, returns: list[ReturnView]) -> None:
        """What our bank is still to pay back for goods, of money that the customer owes now."""
        for each in returns:
            owed = (await self._ledger.balances(self._transfer.order)).get(Account.RECEIVABLE, 0)
            plan = () if each in untouched(returns) else netted(each, owed)
            if plan:
                await self._net_one(each, plan)

    async def _net_one(self, view: ReturnView, plan: tuple[Share, ...]) -> None:
        locked = await self._orders.lock_return(view.number)
        await self._ledger.post(*newly_in_our_books(locked.order, view, plan))
        await self._journal(view, RefundRetried(self._act.reason, plan))

    async def _journal(self, view: ReturnView, body: ReturnCanceled | RefundRetried) -> None:
        """The return's process learns it from the books, with its next step."""
        number, order, orders = view.number, view.order, self._orders
        locked = await orders.lock_return(number)
        entries = await orders.append(number, order, view.seq, [body], self._act.by.name)
        after = fold_return(number, order, (*locked.journal, *entries))
        await orders.project_return(after, return_waits(after, locked.process))
        await orders.closing.write(self._connection)
        if isinstance(body, ReturnCanceled):
            payload = {"order": order, "at": to_json(entries[0].at), "data": to_json(body)}
            event = {"event_id": f"{number}/{after.seq}", "kind": "return.canceled"}
            await self._connection.execute(
                insert(outbox).values(**event, subject=number, payload=payload)
            )

    async def _stands_unmatched(self, amount: int) -> str:
        was = self._transfer
        currency = was.amount.currency
        transfer = await write_transfer(
            self._connection, was.reference, "", amount, currency, was.item
        )
        why = f"it was withdrawn from order {was.order}"
        task = new_task(transfer, why)
        await raise_task(self._connection, task)
        return task.id
