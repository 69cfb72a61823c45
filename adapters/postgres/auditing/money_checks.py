"""M: the ledger balances, and says of each order what its payments say."""

from adapters.postgres.auditing.check import SqlCheck
from adapters.postgres.overdue import BY as SETTLED_BY
from adapters.postgres.transfers import TASK as TRANSFER_TASK
from domain.access import Role
from domain.journal import SYSTEM
from domain.payments import PaymentStatus
from domain.returns import ReturnStatus
from domain.transitions import OrderStatus

TOLD_WITHIN_DAYS = 2  # after the day when it was due, by whichever calendar

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
        "captured − refunded, but for what failed − charged back = what the ledger had come in at "
        "the provider, per order",
        """
        WITH paid AS (
            SELECT order_number,
                   sum(CASE WHEN operation IN ('capture', 'chargeback_reversal', 'refund_failure')
                            THEN amount
                            WHEN operation IN ('refund', 'chargeback') THEN -amount
                            ELSE 0 END)::bigint AS amount
            FROM payment_transaction WHERE status = 'SUCCEEDED' GROUP BY order_number
        ), booked AS (
            SELECT order_number, sum(amount)::bigint AS amount
            FROM ledger_transaction JOIN ledger_entry ON transaction_id = id
            WHERE account = 'provider_clearing' AND operation NOT LIKE 'settle/%'
            GROUP BY order_number
        )
        SELECT order_number AS "order", COALESCE(paid.amount, 0) AS payments,
               COALESCE(booked.amount, 0) AS ledger
        FROM paid FULL JOIN booked USING (order_number)
        WHERE COALESCE(paid.amount, 0) <> COALESCE(booked.amount, 0)
        ORDER BY order_number
        """,
    ),
    SqlCheck(
        "M2-bank",
        "transfers in − refunds out, as finance registered them = what the ledger has of them",
        """
        WITH registered AS (
            SELECT order_number, sum(amount)::bigint AS amount
            FROM bank_transfer WHERE order_number IS NOT NULL AND withdrawn_at IS NULL
            GROUP BY order_number
        ), booked AS (
            SELECT order_number, sum(amount)::bigint AS amount
            FROM ledger_transaction JOIN ledger_entry ON transaction_id = id
            WHERE order_number IS NOT NULL
              AND (account IN ('bank', 'unmatched')
                   OR operation LIKE 'withdrawn/%' AND account IN ('rounding', 'written_off'))
              AND (operation ~ '^(withdrawn/)?bank(-[0-9]+)?/'
                   OR operation LIKE '%/refund/bank/%')
              AND operation NOT LIKE 'settle/%'
            GROUP BY order_number
        )
        SELECT order_number AS "order", COALESCE(registered.amount, 0) AS transfers,
               COALESCE(booked.amount, 0) AS ledger
        FROM registered FULL JOIN booked USING (order_number)
        WHERE COALESCE(registered.amount, 0) <> COALESCE(booked.amount, 0)
        ORDER BY order_number
        """,
    ),
    SqlCheck(
        "M2-unmatched",
        "what the ledger has unmatched = the transfers that stand open as tasks of finance",
        """
        WITH booked AS (
            SELECT CASE WHEN operation ~ '^(withdrawn/)?bank(-[0-9]+)?/'
                          THEN left(of, -length(COALESCE(order_number, '')) - 1)
                        ELSE of
                   END AS transfer, currency, -sum(amount)::bigint AS amount
            FROM ledger_transaction JOIN ledger_entry ON transaction_id = id,
                 regexp_replace(operation, '^(withdrawn/)?[a-z]+(-[0-9]+)?/', '') AS of
            WHERE account = 'unmatched' GROUP BY 1, 2
        ), standing AS (
            SELECT reference AS transfer, currency, bank_transfer.amount
            FROM task JOIN bank_transfer ON reference = subject
            WHERE kind = :task AND owner = :finance AND closed_at IS NULL
              AND withdrawn_at IS NULL
        )
        SELECT transfer, currency, COALESCE(booked.amount, 0) AS ledger,
               COALESCE(standing.amount, 0) AS tasks
        FROM booked FULL JOIN standing USING (transfer, currency)
        WHERE COALESCE(booked.amount, 0) <> COALESCE(standing.amount, 0)
        ORDER BY transfer, currency
        """,
        {"task": TRANSFER_TASK, "finance": Role.FINANCE.value},
    ),
    SqlCheck(
        "M2-cash",
        "cash on delivery is owed by the carrier for what has arrived of a parcel, once it is "
        "booked, and for nothing else",
        """
        WITH due AS (
            SELECT shipped.data->>'fulfillment_order' AS parcel, owed.amount
            FROM journal AS arrived
            JOIN journal AS shipped ON shipped.subject = arrived.subject
             AND shipped.data->>'fulfillment_order' = arrived.data->>'fulfillment_order'
            JOIN customer_order ON number = arrived.subject,
            LATERAL (SELECT CASE arrived.kind WHEN 'Delivered' THEN shipped.data->>'amount'
                                              ELSE arrived.data->>'amount' END::bigint AS amount
                    ) AS owed
            WHERE arrived.kind IN ('Delivered', 'Undelivered') AND shipped.kind = 'Shipped'
              AND placed->>'payment_method' = 'cash_on_delivery' AND owed.amount > 0
        ), booked AS (
            SELECT left(operation, -5) AS parcel, amount
            FROM ledger_transaction JOIN ledger_entry ON transaction_id = id
            WHERE account = 'cod_clearing' AND operation LIKE '%/cash'
              AND operation NOT LIKE 'settle/%'
        )
        SELECT parcel, COALESCE(due.amount, 0) AS due, COALESCE(booked.amount, 0) AS ledger
        FROM due FULL JOIN booked USING (parcel)
        WHERE COALESCE(due.amount, 0) <> COALESCE(booked.amount, 0)
        ORDER BY parcel
        """,
    ),
    SqlCheck(
        "M3",
        "0 ≤ chargebacks; 0 ≤ refunded and pending, but for what failed; both ≤ captured ≤ "
        "authorized, per authorization",
        """
        WITH sums AS (
            SELECT order_number, COALESCE(NULLIF(authorization_key, ''), key) AS authorization_key,
              COALESCE(sum(CASE WHEN operation = 'refund' AND status <> 'FAILED' THEN amount
                                WHEN operation = 'refund_failure' THEN -amount
                                ELSE 0 END), 0)::bigint AS refunds,
              COALESCE(sum(CASE operation WHEN 'chargeback' THEN amount
                                          WHEN 'chargeback_reversal' THEN -amount
                                          ELSE 0 END), 0)::bigint AS charged_back,
              COALESCE(sum(amount) FILTER (
                WHERE operation = 'capture' AND status = 'SUCCEEDED'), 0)::bigint AS captured,
              COALESCE(sum(amount) FILTER (
                WHERE operation = 'authorize' AND status = 'SUCCEEDED'), 0)::bigint AS authorized
            FROM payment_transaction GROUP BY 1, 2
        )
        SELECT order_number AS "order", authorization_key AS "authorization", refunds,
               charged_back, captured, authorized
        FROM sums
        WHERE NOT (0 <= refunds AND 0 <= charged_back AND refunds + charged_back <= captured
                   AND captured <= authorized)
        ORDER BY 1, 2
        """,
    ),
    SqlCheck(
        "M3-settled",
        "an order or a return that has ended has no payment whose outcome is open",
        """
        SELECT key AS operation, payment.status, ended.status AS ended
        FROM payment_transaction AS payment JOIN (
            SELECT number, status, deadline FROM order_view WHERE status = ANY(:ended)
            UNION ALL
            SELECT number, status, deadline FROM return_order WHERE status = ANY(:returns_ended)
        ) AS ended ON ended.number = payment.subject
        WHERE payment.status <> ALL(:settled) AND deadline IS NULL
          AND payment.updated_at < clock_timestamp() - interval '1 second' * :grace
        ORDER BY key
        """,
        {
            "ended": [status.value for status in OrderStatus if status.final],
            "returns_ended": [status.value for status in ReturnStatus if status.final],
            "settled": [status.value for status in PaymentStatus if status.settled],
        },
    ),
    SqlCheck(
        "M3-granted",
        "refunds granted ≤ goods sold for money, and refunds executed ≤ refunds granted, per order",
        """
        WITH balances AS (
            SELECT order_number,
                   sum(CASE WHEN account = 'refunds_payable' THEN 0 ELSE -amount END) AS sold,
                   sum(CASE WHEN account = 'refunds_payable' THEN -amount ELSE 0 END) AS payable
            FROM ledger_transaction JOIN ledger_entry ON transaction_id = id
            WHERE account IN ('revenue', 'tax', 'loyalty', 'goodwill', 'refunds_payable')
            GROUP BY order_number
        )
        SELECT order_number AS "order", sold::bigint, payable::bigint FROM balances
        WHERE order_number IS NOT NULL AND (sold < 0 OR payable < 0)
        ORDER BY order_number
        """,
    ),
    SqlCheck(
        "M3-owed",
        "no more of what an order owes is paid, given back and written off than it owes",
        """
        SELECT order_number AS "order", account, sum(amount)::bigint AS balance
        FROM ledger_transaction JOIN ledger_entry ON transaction_id = id
        WHERE order_number IS NOT NULL AND account IN ('receivable', 'bad_debt')
        GROUP BY order_number, account HAVING sum(amount) < 0
        ORDER BY order_number, account
        """,
    ),
    SqlCheck(
        "M3-credit",
        "no customer has spent more store credit than they had",
        """
        SELECT party AS customer, currency, -sum(amount)::bigint AS left
        FROM ledger_entry JOIN ledger_transaction ON transaction_id = id
        WHERE account = 'store_credit' GROUP BY party, currency HAVING sum(amount) > 0
        ORDER BY party, currency
        """,
    ),
    SqlCheck(
        "M3-held",
        "an order has reserved the store credit that it was placed with, and uses no more",
        """
        WITH held AS (
            SELECT order_number AS number,
              -sum(amount) FILTER (WHERE operation = order_number || '/store-credit-reserved')
                AS reserved,
              -sum(amount) AS left
            FROM ledger_transaction JOIN ledger_entry ON transaction_id = id
            WHERE account = 'store_credit_held' GROUP BY order_number
        )
        SELECT number AS "order", COALESCE((placed->>'store_credit')::bigint, 0) AS placed,
               COALESCE(reserved, 0)::bigint AS reserved, COALESCE(held.left, 0)::bigint AS left
        FROM customer_order LEFT JOIN held USING (number)
        WHERE COALESCE((placed->>'store_credit')::bigint, 0) <> COALESCE(reserved, 0)
           OR COALESCE(held.left, 0) < 0
        ORDER BY number
        """,
    ),
    # A debt may outlast its order where the customer pays later, or a transfer was withdrawn: while
    # it is not due, or where finance was told that it is overdue. And what was charged back, while
    # finance has that for a task, or a person has closed the task and so decided to leave it.
    SqlCheck(
        "M5",
        "an order that has ended, with its returns, leaves no deposit, and no debt but one that "
        "is not due yet, or that finance was told of",
        """
        SELECT owner.number AS "order", owner.status, account, sum(amount)::bigint AS balance
        FROM order_view AS owner
        JOIN customer_order ON customer_order.number = owner.number
        JOIN ledger_transaction AS posted ON posted.order_number = owner.number
        JOIN ledger_entry ON transaction_id = posted.id
        CROSS JOIN LATERAL (
          SELECT (jsonb_array_length(owner.view->'left_receivable') > 0
                  OR placed->>'payment_method' = 'credit_terms'
                  OR EXISTS (SELECT FROM bank_transfer WHERE order_number = owner.number
                             AND withdrawn_at IS NOT NULL))
            AND (EXISTS (SELECT FROM task WHERE kind = 'receivable' AND order_number = owner.number)
                 OR NOT EXISTS (SELECT FROM invoice WHERE order_number = owner.number
                                AND kind = 'invoice')
                 OR EXISTS (SELECT FROM invoice WHERE order_number = owner.number
                            AND kind = 'invoice' AND due_on >= CURRENT_DATE - :told_within))
        ) AS debt(may_stand)
        CROSS JOIN LATERAL (
          SELECT COALESCE(sum(CASE operation WHEN 'chargeback' THEN taken.amount
                                             ELSE -taken.amount END), 0)
          FROM payment_transaction AS taken
          WHERE taken.order_number = owner.number
            AND operation IN ('chargeback', 'chargeback_reversal')
            AND EXISTS (SELECT FROM task WHERE kind = 'chargeback' AND order_number = owner.number
                        AND (closed_at IS NULL OR closed_by <> ALL(:settled_by)))
        ) AS disputed(told)
        WHERE owner.status = ANY(:ended)
          AND account IN ('receivable', 'deposits', 'refunds_payable',
                          'store_credit_held')
          AND NOT EXISTS (SELECT FROM return_order AS back
                          WHERE back.order_number = owner.number
                            AND back.status <> ALL(:returns_ended))
        GROUP BY owner.number, owner.status, account, may_stand, told
        HAVING sum(amount) <> 0 AND NOT (account = 'receivable' AND sum(amount) > 0
                                         AND (may_stand OR sum(amount) <= told))
        ORDER BY owner.number, account
        """,
        {
            "ended": [status.value for status in OrderStatus if status.final],
            "returns_ended": [status.value for status in ReturnStatus if status.final],
            "told_within": TOLD_WITHIN_DAYS,
            "settled_by": [SYSTEM, SETTLED_BY],
        },
    ),
)
