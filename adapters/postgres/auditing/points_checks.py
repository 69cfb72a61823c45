"""L1 to L4: loyalty points are never spent twice, and agree with the orders and with the ledger."""

from adapters.postgres.auditing.check import SqlCheck
from domain.transitions import OrderStatus

POINTS_CHECKS = (
    SqlCheck(
        "L1",
        "no lot of points is below zero, except by what returns took back",
        """
        SELECT customer_ref AS customer, lot, sum(points)::bigint AS available,
               sum(reserved)::bigint AS reserved
        FROM points_entry GROUP BY customer_ref, lot
        HAVING sum(points) < 0 AND NOT bool_or(kind = 'REVERSE') OR sum(reserved) < 0
        ORDER BY customer_ref, lot
        """,
    ),
    SqlCheck(
        "L2",
        "points are held by orders only that have still something to send",
        """
        SELECT order_number AS "order", status, sum(reserved)::bigint AS reserved
        FROM points_entry LEFT JOIN order_view ON number = order_number
        GROUP BY order_number, status
        HAVING sum(reserved) <> 0 AND (status IS NULL OR status = ANY(:over))
        ORDER BY order_number
        """,
        {
            "over": [
                status.value
                for status in OrderStatus
                if status.final or status is OrderStatus.COMPLETED
            ]
        },
    ),
    SqlCheck(
        "L3",
        "per order: points reserved = placed with, restored ≤ spent, reversed ≤ earned",
        """
        WITH moved AS (
            SELECT order_number AS number,
              COALESCE(sum(reserved) FILTER (WHERE kind = 'RESERVE'), 0)::bigint AS reserved,
              COALESCE(-sum(reserved) FILTER (WHERE kind = 'SPEND'), 0)::bigint AS spent,
              COALESCE(sum(points) FILTER (WHERE kind = 'RESTORE'), 0)::bigint AS restored,
              COALESCE(sum(points) FILTER (WHERE kind = 'EARN'), 0)::bigint AS earned,
              COALESCE(-sum(points) FILTER (WHERE kind = 'REVERSE'), 0)::bigint AS reversed,
              count(DISTINCT customer_ref) AS customers, min(customer_ref) AS customer
            FROM points_entry WHERE order_number IS NOT NULL GROUP BY order_number
        )
        SELECT number AS "order", COALESCE((placed->>'points')::bigint, 0) AS placed,
               COALESCE(reserved, 0) AS reserved, spent, restored, earned, reversed
        FROM customer_order LEFT JOIN moved USING (number)
        WHERE COALESCE((placed->>'points')::bigint, 0) <> COALESCE(reserved, 0)
           OR restored > spent OR reversed > earned OR customers > 1 OR customer <> customer_ref
        ORDER BY number
        """,
    ),
    # Points and their worth are each rounded, at a shipment and at a return.
    SqlCheck(
        "L4",
        "what points have paid of an order is what the ledger has of it, but for rounding",
        """
        WITH spent AS (
            SELECT order_number AS number,
                   sum(CASE kind WHEN 'SPEND' THEN -reserved ELSE -points END)::numeric AS points
            FROM points_entry WHERE kind IN ('SPEND', 'RESTORE') GROUP BY order_number
        ), booked AS (
            SELECT order_number AS number, sum(amount)::numeric AS amount
            FROM ledger_transaction JOIN ledger_entry ON transaction_id = id
            WHERE account = 'loyalty' GROUP BY order_number
        )
        SELECT number AS "order", COALESCE(spent.points, 0)::bigint AS spent,
               COALESCE(booked.amount, 0)::bigint AS ledger
        FROM customer_order
        CROSS JOIN LATERAL (
            SELECT COALESCE((placed->>'points')::numeric, 0) AS points,
                   COALESCE((placed->>'points_worth')::numeric, 0) AS worth) AS paid
        LEFT JOIN spent USING (number) LEFT JOIN booked USING (number)
        WHERE paid.points = 0 AND booked.amount <> 0
           OR abs(COALESCE(booked.amount, 0) * paid.points - COALESCE(spent.points, 0) * paid.worth)
              > 2 * (paid.points + paid.worth)
        ORDER BY number
        """,
    ),
)
