"""M5: settlements empty the clearing accounts, item by item."""

from adapters.postgres.auditing.check import SqlCheck
from adapters.postgres.open_items import OPEN, items_sql
from domain.settlement import CLEARING, PartyKind
from domain.transitions import OrderStatus

TELL_WITHIN = "1 hour"  # a settlement that lacks an item is matched, and finance told, by then


def _open_items(kind: PartyKind) -> str:
    return f"""
        SELECT '{kind}' AS kind, '{CLEARING[kind]}' AS account, {kind}.*
        FROM ({items_sql(kind, OPEN)}) AS {kind}
        """  # noqa: S608 - our own words


# What a bank statement tells of is at the bank already; the others have it for us.
_OPEN_ITEMS = " UNION ALL ".join(map(_open_items, sorted(CLEARING.keys() - {PartyKind.BANK})))

CLEARING_CHECKS = (
    SqlCheck(
        "M5-settled",
        "what is settled is gone from its clearing account, to the cent",
        """
        SELECT item.operation, item.order_number AS "order", account, sum(amount)::bigint AS left
        FROM ledger_transaction AS item
        JOIN ledger_transaction AS settled ON settled.operation = 'settle/' || item.operation
        JOIN ledger_entry ON transaction_id IN (item.id, settled.id)
        WHERE account = ANY(:clearing)
        GROUP BY item.operation, item.order_number, account HAVING sum(amount) <> 0
        ORDER BY item.operation
        """,
        {"clearing": [each.value for each in CLEARING.values() if each != "bank"]},
    ),
    SqlCheck(
        "M5-clearing",
        "an order that has ended has nothing left that a settlement should have brought, unless "
        "finance was told",
        f"""
        WITH covered AS (
            SELECT kind, lower(party) AS party, min(period_from) AS since, max(period_to) AS until
            FROM settlement WHERE imported_at < clock_timestamp() - interval '{TELL_WITHIN}'
            GROUP BY kind, lower(party)
        ), item AS ({_OPEN_ITEMS})
        SELECT operation, order_number AS "order", account, amount AS left
        FROM item JOIN order_view ON order_view.number = order_number AND status = ANY(:ended)
        WHERE EXISTS (SELECT FROM covered
                      WHERE covered.kind = item.kind AND item.at BETWEEN since AND until
                        AND lower(COALESCE(owed_by, '')) IN ('', covered.party))
          AND NOT EXISTS (SELECT FROM settlement_line WHERE settlement_line.item = item.operation)
          AND NOT EXISTS (SELECT FROM task WHERE id = 'settlement-missing/' || item.operation)
        ORDER BY operation
        """,  # noqa: S608 - our own words
        {"ended": [status.value for status in OrderStatus if status.final]},
    ),
)
