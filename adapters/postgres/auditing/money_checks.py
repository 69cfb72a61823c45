"""M: the ledger balances, and says of each order what its payments say."""

from adapters.postgres.auditing.check import SqlCheck
from domain.returns import ReturnStatus
from domain.transitions import OrderStatus

MONEY_CHECKS = (
    SqlCheck(
        "M1",
        "debits = credits, per transaction and per currency",
        """
        SELECT operation, transaction.order_number AS "order",
               COALESCE(sum(amount), 0)::bigint AS difference, transaction.currency
        FROM ledger_transaction AS transaction
        LEFT JOIN customer_order ON number = transaction.order_number
        LEFT JOIN ledger_entry ON transaction_id = transaction.id
        GROUP BY transaction.id, customer_order.currency
        HAVING COALESCE(sum(amount), 0) <> 0 OR transaction.currency <> customer_order.currency
        ORDER BY operation
        """,
    ),
    SqlCheck(
        "M2",
        "captured − refunded = what the ledger has at the provider, per order",
        """
        WITH paid AS (
            SELECT order_number,
                   sum(CASE operation WHEN 'capture' THEN amount
                                      WHEN 'refund' THEN -amount ELSE 0 END)::bigint AS amount
            FROM payment_transaction WHERE status = 'SUCCEEDED' GROUP BY order_number
        ), booked AS (
            SELECT order_number, sum(amount)::bigint AS amount
            FROM ledger_transaction JOIN ledger_entry ON transaction_id = id
            WHERE account = 'provider_clearing' GROUP BY order_number
        )
        SELECT order_number AS "order", COALESCE(paid.amount, 0) AS payments,
               COALESCE(booked.amount, 0) AS ledger
        FROM paid FULL JOIN booked USING (order_number)
        WHERE COALESCE(paid.amount, 0) <> COALESCE(booked.amount, 0)
        ORDER BY order_number
        """,
    ),
    SqlCheck(
        "M3",
        "refunded + pending refunds ≤ captured ≤ authorized, per authorization",
        """
        WITH sums AS (
            SELECT order_number, COALESCE(NULLIF(authorization_key, ''), key) AS authorization_key,
              COALESCE(sum(amount) FILTER (
                WHERE operation = 'refund' AND status <> 'FAILED'), 0)::bigint AS refunds,
              COALESCE(sum(amount) FILTER (
                WHERE operation = 'capture' AND status = 'SUCCEEDED'), 0)::bigint AS captured,
              COALESCE(sum(amount) FILTER (
                WHERE operation = 'authorize' AND status = 'SUCCEEDED'), 0)::bigint AS authorized
            FROM payment_transaction GROUP BY 1, 2
        )
        SELECT order_number AS "order", authorization_key AS "authorization", refunds, captured,
               authorized
        FROM sums
        WHERE NOT (0 <= refunds AND refunds <= captured AND captured <= authorized)
        ORDER BY 1, 2
        """,
    ),
    SqlCheck(
        "M3-granted",
        "refunds granted ≤ goods sold, and refunds executed ≤ refunds granted, per order",
        """
        SELECT order_number AS "order",
          COALESCE(-sum(amount) FILTER (WHERE account IN ('revenue', 'tax')), 0)::bigint AS sold,
          COALESCE(-sum(amount) FILTER (WHERE account = 'refunds_payable'), 0)::bigint AS payable
        FROM ledger_transaction JOIN ledger_entry ON transaction_id = id
        WHERE order_number IS NOT NULL AND account IN ('revenue', 'tax', 'refunds_payable')
        GROUP BY order_number
        HAVING COALESCE(sum(amount) FILTER (WHERE account IN ('revenue', 'tax')), 0) > 0
            OR COALESCE(sum(amount) FILTER (WHERE account = 'refunds_payable'), 0) > 0
        ORDER BY order_number
        """,
    ),
    SqlCheck(
        "M5",
        "an order that has ended, with its returns, leaves nothing owed and nothing deposited",
        """
        SELECT order_number AS "order", status, account, sum(amount)::bigint AS balance
        FROM order_view JOIN ledger_transaction ON order_number = number
        JOIN ledger_entry ON transaction_id = id
        WHERE status = ANY(:ended) AND account IN ('receivable', 'deposits', 'refunds_payable')
          AND NOT (account = 'receivable' AND jsonb_array_length(view->'left_receivable') > 0)
          AND NOT EXISTS (SELECT FROM return_order WHERE return_order.order_number = number
                          AND return_order.status <> ALL(:returns_ended))
        GROUP BY order_number, status, account HAVING sum(amount) <> 0
        ORDER BY order_number, account
        """,
        {
            "ended": [status.value for status in OrderStatus if status.final],
            "returns_ended": [status.value for status in ReturnStatus if status.final],
        },
    ),
)
