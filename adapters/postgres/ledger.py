"""The ledger: postings are one statement each, and what was posted is never changed.

The database itself refuses what does not balance, and every change of what is there (migration
0004).
"""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.ledger import Account, Posting

# A transaction that is there already posts nothing.
_POST = text(
    """
    WITH posted AS (
        INSERT INTO ledger_transaction (operation, order_number, currency)
        VALUES (:operation, NULLIF(:order, ''), :currency)
        ON CONFLICT (operation) DO NOTHING RETURNING id
    )
    INSERT INTO ledger_entry (transaction_id, leg, account, amount, party)
    SELECT posted.id, leg, account, amount, party
    FROM posted,
         unnest(CAST(:accounts AS text[]), CAST(:amounts AS bigint[]), CAST(:parties AS text[]))
         WITH ORDINALITY AS legs(account, amount, party, leg)
    """
)
_BALANCES = text(
    """
    SELECT account, sum(amount)::bigint FROM ledger_transaction
    JOIN ledger_entry ON transaction_id = id WHERE order_number = :order GROUP BY account
    """
)


class PostgresLedger:
    """See `ports.unit_of_work.Ledger`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def post(self, *postings: Posting) -> None:
        if postings:
            await self._connection.execute(_POST, [_values(posting) for posting in postings])

    async def balances(self, order: str) -> dict[Account, int]:
        found = await self._connection.execute(_BALANCES, {"order": order})
        return {Account(account): amount for account, amount in found}


def _values(posting: Posting) -> dict[str, object]:
    return {
        "operation": posting.operation,
        "order": posting.order,
        "currency": posting.currency,
        "accounts": [leg.account.value for leg in posting.legs],
        "amounts": [leg.amount for leg in posting.legs],
        "parties": [leg.party for leg in posting.legs],
    }
