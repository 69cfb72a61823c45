"""What the ledger says: balances derive from its entries, and are stored nowhere."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from itertools import groupby
from typing import Any

from sqlalchemy import Row, select, text
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.postgres.keys import can_hold
from adapters.postgres.tables import customer_order
from adapters.postgres.transactions import each_alone
from domain.access import Principal, Role
from domain.errors import NotFound
from ports.accounts import READERS, AccountEntry, AccountTotals, OrderAccount, TrialBalance

_TRIAL_BALANCE = text(
    """
    SELECT currency, account, COALESCE(sum(amount) FILTER (WHERE amount > 0), 0)::bigint AS debits,
           COALESCE(-sum(amount) FILTER (WHERE amount < 0), 0)::bigint AS credits
    FROM ledger_transaction JOIN ledger_entry ON transaction_id = id
    WHERE CAST(:before AS timestamptz) IS NULL OR at < :before
    GROUP BY currency, account ORDER BY currency, account
    """
)
_ORDER_ACCOUNT = text(
    """
    SELECT at, operation, account, amount,
           (sum(amount) OVER (PARTITION BY account ORDER BY id, leg))::bigint AS balance
    FROM ledger_transaction JOIN ledger_entry ON transaction_id = id
    WHERE order_number = :order ORDER BY id, leg
    """
)


_STORE_CREDIT = text(
    """
    SELECT currency, -sum(amount)::bigint FROM ledger_entry
    JOIN ledger_transaction ON transaction_id = id
    WHERE party = :party AND party <> '' AND account = 'store_credit'
      AND (CAST(:channel AS text) IS NULL
           OR EXISTS (SELECT FROM customer_order
                      WHERE customer_ref = :party AND channel = :channel))
    GROUP BY currency ORDER BY currency
    """
)


class PostgresAccounts:
    """See `ports.accounts.Accounts`."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._alone = each_alone(engine)

    async def trial_balance(self, principal: Principal, as_of: date | None) -> list[TrialBalance]:
        principal.require(*READERS)
        async with self._alone.connect() as connection:
            found = await connection.execute(_TRIAL_BALANCE, {"before": as_of and _end_of(as_of)})
            by_currency = groupby(found.all(), key=lambda row: str(row.currency))
        return [TrialBalance(currency, _totals(rows)) for currency, rows in by_currency]

    async def store_credit(self, principal: Principal, customer: str) -> dict[str, int]:
        principal.require(*READERS, Role.AGENT, Role.CHANNEL)
        everybody = principal.may(*READERS, Role.AGENT)
        if not can_hold(customer):
            return {}
        async with self._alone.connect() as connection:
            asked = {"party": customer, "channel": None if everybody else principal.scope}
            found = await connection.execute(_STORE_CREDIT, asked)
            return {currency: amount for currency, amount in found if amount}

    async def order_account(self, principal: Principal, order: str) -> OrderAccount:
        principal.require(*READERS)
        async with self._alone.connect() as connection:
            currency = can_hold(order) and await connection.scalar(
                select(customer_order.c.currency).where(customer_order.c.number == order)
            )
            if not currency:
                raise NotFound(f"there is no order {order}")
            found = await connection.execute(_ORDER_ACCOUNT, {"order": order})
            entries = tuple(AccountEntry(*row) for row in found)
        last = {entry.account: entry.balance for entry in entries}
        balances = {account: last[account] for account in sorted(last) if last[account]}
        return OrderAccount(order, currency, entries, balances)


def _totals(rows: Iterable[Row[Any]]) -> tuple[AccountTotals, ...]:
    return tuple(AccountTotals(row.account, row.debits, row.credits) for row in rows)


def _end_of(day: date) -> datetime | None:
    """The first moment after it; None for the last day that there is."""
    if day == date.max:
        return None
    return datetime.combine(day + timedelta(days=1), time(), UTC)
