"""M3-sold, M6, M7, M8: nothing is sold for more than it was ordered for, numbers have no gaps,
credits stay within their lines, and what was put on paper is what the ledger has sold.
"""

from adapters.postgres.auditing.check import SqlCheck
from domain.invoices import DocumentKind
from domain.process import InvoicePolicy
from domain.transitions import OrderStatus

_CREDIT_NOTE = {"credit_note": DocumentKind.CREDIT_NOTE.value}

INVOICE_CHECKS = (
    SqlCheck(
        "M6",
        "invoice numbers are gapless per series, and their dates rise with them",
        """
        WITH placed AS (
            SELECT series, ordinal, number, issued_on,
                   lag(ordinal, 1, 0) OVER by_number AS before,
                   lag(issued_on) OVER by_number AS dated_before
            FROM invoice WINDOW by_number AS (PARTITION BY series ORDER BY ordinal)
        )
        SELECT series, number, CASE
                 WHEN ordinal <> before + 1 THEN 'it follows number ' || before
                 ELSE 'it is dated before the one before it' END AS why
        FROM placed WHERE ordinal <> before + 1 OR issued_on < dated_before
        UNION ALL
        SELECT series, NULL, 'its last number is ' || last || ', it has ' || count(ordinal)
        FROM number_series LEFT JOIN invoice USING (series)
        GROUP BY series, last HAVING last <> count(ordinal)
        ORDER BY 1, 2
        """,
    ),
    SqlCheck(
        "M7",
        "a credit note's lines never add up to more than the invoice lines that they credit",
        """
        WITH credited AS (
            SELECT note.credits AS invoice, line.credits AS position,
                   sum(line.quantity)::int AS units, sum(line.gross)::bigint AS amount
            FROM invoice AS note JOIN invoice_line AS line ON line.invoice = note.number
            WHERE note.kind = :credit_note GROUP BY 1, 2
        )
        SELECT invoice, position, credited.units, COALESCE(billed.quantity, 0) AS of_units,
               credited.amount, COALESCE(billed.gross, 0) AS of_amount
        FROM credited LEFT JOIN invoice_line AS billed USING (invoice, position)
        WHERE credited.units > COALESCE(billed.quantity, 0)
           OR credited.amount > COALESCE(billed.gross, 0)
        ORDER BY 1, 2
        """,
        _CREDIT_NOTE,
    ),
    # What an order is paid with is limited by its payments; what it is sold for, by this alone.
    SqlCheck(
        "M3-sold",
        "no order is sold for more than it was placed for",
        """
        WITH sold AS (
            SELECT order_number, -sum(amount)::bigint AS amount
            FROM ledger_transaction JOIN ledger_entry ON transaction_id = id
            WHERE account IN ('revenue', 'tax') AND operation LIKE '%/sale' GROUP BY order_number
        )
        SELECT number AS "order", total, sold.amount AS sold
        FROM customer_order JOIN sold ON order_number = number WHERE sold.amount > total
        ORDER BY number
        """,
    ),
    SqlCheck(
        "M8",
        "per order: invoices − credit notes = sales − refunds granted, by the ledger",
        """
        WITH written AS (
            SELECT order_number,
                   sum(CASE kind WHEN :credit_note THEN -gross ELSE gross END)::bigint AS amount
            FROM invoice JOIN invoice_line ON invoice = number GROUP BY order_number
        ), sold AS (
            SELECT order_number, -sum(amount)::bigint AS amount
            FROM ledger_transaction JOIN ledger_entry ON transaction_id = id
            WHERE account IN ('revenue', 'tax') GROUP BY order_number
        ), policy AS (
            SELECT number AS order_number, status,
                   COALESCE(process->>'invoice', :per_shipment) AS invoice
            FROM customer_order JOIN order_view USING (number)
        )
        SELECT order_number AS "order", COALESCE(written.amount, 0) AS invoiced,
               COALESCE(sold.amount, 0) AS ledger
        FROM policy LEFT JOIN written USING (order_number) LEFT JOIN sold USING (order_number)
        WHERE COALESCE(written.amount, 0) <> CASE
                WHEN invoice = :per_shipment THEN COALESCE(sold.amount, 0)
                WHEN invoice = :per_order AND status = ANY(:completed)
                THEN COALESCE(sold.amount, 0)
                ELSE 0 END
        ORDER BY order_number
        """,
        {
            **_CREDIT_NOTE,
            "per_shipment": InvoicePolicy.PER_SHIPMENT.value,
            "per_order": InvoicePolicy.PER_ORDER.value,
            "completed": [OrderStatus.COMPLETED.value, OrderStatus.CLOSED.value],
        },
    ),
)
