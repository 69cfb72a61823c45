"""Customers' credit: the limit, and what is open against it, derived each time it is asked."""

from sqlalchemy import bindparam, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.postgres.tables import customer
from ports.customer_money import CreditLine

_LOCK = (
    select(customer.c.credit_limit, customer.c.terms_days)
    .where(customer.c.ref == bindparam("ref"), customer.c.credit_currency == bindparam("currency"))
    .with_for_update()
)
# In one statement after the lock: an order that is sent meanwhile is counted once, either as
# committed or as a receivable. What was paid ahead counts against what its own order has committed:
# a deposit for goods that are paid otherwise is no credit. What was written off was not paid.
_EXPOSURE = text(
    """
    SELECT (SELECT COALESCE(sum(committed), 0) FROM order_view
            WHERE customer_ref = :ref AND currency = :currency AND committed > 0)::bigint
         + (SELECT COALESCE(sum(amount), 0) FROM order_view
            JOIN ledger_transaction ON order_number = number
            JOIN ledger_entry ON transaction_id = id
            WHERE customer_ref = :ref AND order_view.currency = :currency
              AND (account IN ('receivable', 'bad_debt')
                   OR (account = 'deposits' AND committed > 0)))::bigint
    """
)


class PostgresCredit:
    """See `ports.customer_money.Credit`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def lock(self, customer: str, currency: str) -> CreditLine | None:
        asked = {"ref": customer, "currency": currency}
        line = (await self._connection.execute(_LOCK, asked)).one_or_none()
        if line is None:
            return None
        exposure = await self._connection.scalar(_EXPOSURE, asked)
        return CreditLine(line.credit_limit, line.terms_days, exposure or 0)
