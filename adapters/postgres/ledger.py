"""The ledger: postings are one statement each, and what was posted is never changed.

The database itself refuses what does not balance, and every change of what is there (migration
0004).
"""

from typing import Any

from psycopg import AsyncCursor
from psycopg.types.json import Jsonb
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.postgres.transactions import driver_of
from domain.ledger import Account, PostedOtherwise, Posting

# A transaction that is there already posts nothing, and is then compared with what was asked.
_POST = """
    WITH posted AS (
        INSERT INTO ledger_transaction (operation, order_number, currency)
        VALUES (%(operation)s, NULLIF(%(order)s, ''), %(currency)s)
        ON CONFLICT (operation) DO NOTHING RETURNING id
    )
    INSERT INTO ledger_entry (transaction_id, leg, account, amount, party)
    SELECT posted.id, leg, account, amount, party
    FROM posted, jsonb_to_recordset(%(legs)s)
         AS legs(leg int, account text, amount bigint, party text)
    """
_POSTED = """
    SELECT COALESCE(order_number, ''), currency,
           COALESCE(jsonb_agg(jsonb_build_array(account, amount, party))
                    FILTER (WHERE leg IS NOT NULL), '[]')
    FROM ledger_transaction LEFT JOIN ledger_entry ON transaction_id = id
    WHERE operation = %(operation)s GROUP BY id
    """
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
        async with driver_of(self._connection).cursor() as cursor:
            if not postings:
                return
            if len(postings) == 1:
                await cursor.execute(_POST, _values(*postings))
            else:
                await cursor.executemany(_POST, map(_values, postings))
            new = cursor.rowcount == sum(len(posting.legs) for posting in postings)
            for posting in postings:
                if not (new and posting.legs):  # of one without legs no row tells
                    await _check_same(cursor, posting)

    async def balances(self, order: str) -> dict[Account, int]:
        found = await self._connection.execute(_BALANCES, {"order": order})
        return {Account(account): amount for account, amount in found}


async def _check_same(cursor: AsyncCursor[Any], posting: Posting) -> None:
    """Raises (`PostedOtherwise`) for what is there and is not what was asked, in whatever order its
    legs are.
    """
    await cursor.execute(_POSTED, {"operation": posting.operation})
    [(order, currency, legs)] = await cursor.fetchall()
    there = order, currency, sorted(map(tuple, legs))
    asked = sorted((leg.account.value, leg.amount, leg.party) for leg in posting.legs)
    if there != (posting.order, posting.currency, asked):
        raise PostedOtherwise(f"{posting.operation} is {there} in the ledger, and not {asked}")


def _values(posting: Posting) -> dict[str, object]:
    legs = [
        {"leg": n, "account": leg.account.value, "amount": leg.amount, "party": leg.party}
        for n, leg in enumerate(posting.legs, start=1)
    ]
    return {
        "operation": posting.operation,
        "order": posting.order,
        "currency": posting.currency,
        "legs": Jsonb(legs),
    }
