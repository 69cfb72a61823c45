"""M5: settlements empty the clearing accounts, item by item."""

from adapters.postgres.auditing.check import SqlCheck
from domain.settlement import CLEARING
from domain.transitions import OrderStatus

TELL_WITHIN = "1 hour"  # a settlement that lacks an item is matched, and finance told, by then

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
        WITH clearing(kind, account) AS (VALUES
            ('provider', 'provider_clearing'), ('carrier', 'cod_clearing'),
            ('channel', 'channel_clearing')
        ), covered AS (
            SELECT account, settlement.kind, min(period_from) AS since, max(period_to) AS until
            FROM settlement JOIN clearing USING (kind)
            WHERE imported_at < clock_timestamp() - interval '{TELL_WITHIN}'
            GROUP BY account, settlement.kind
            HAVING count(DISTINCT lower(party)) = 1
        )
        SELECT item.operation, item.order_number AS "order", account, sum(amount)::bigint AS left
        FROM covered JOIN ledger_entry USING (account)
        JOIN ledger_transaction AS item ON item.id = transaction_id
        JOIN order_view ON order_view.number = item.order_number AND status = ANY(:ended)
        WHERE item.at BETWEEN since AND until AND item.operation NOT LIKE 'settle/%'
          AND NOT EXISTS (SELECT FROM ledger_transaction
                          WHERE operation = 'settle/' || item.operation)
          AND NOT EXISTS (SELECT FROM settlement_line WHERE settlement_line.item = item.operation)
          AND NOT EXISTS (SELECT FROM task WHERE id = 'settlement-missing/' || item.operation)
        GROUP BY item.id, account HAVING sum(amount) <> 0
        ORDER BY item.operation
        """,  # noqa: S608 - our own words
        {"ended": [status.value for status in OrderStatus if status.final]},
    ),
)
