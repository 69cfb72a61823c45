"""O, I, W: nothing that came in is lost or doubled, nothing waits for ever, all is passed on."""

from adapters.postgres.auditing.check import SqlCheck
from domain.access import STAFF, Role
from domain.returns import ReturnStatus
from domain.transitions import OrderStatus

FLOW_CHECKS = (
    SqlCheck(
        "O1",
        "every acknowledged placement has exactly one order, and every order was asked for",
        """
        SELECT command.id AS command, outcome->'result'->>'number' AS "order",
               'acknowledged, but there is no such order' AS why
        FROM command LEFT JOIN customer_order ON number = outcome->'result'->>'number'
        WHERE kind = 'place' AND status = 'DONE' AND number IS NULL
        UNION ALL
        SELECT NULL, number, 'nobody asked for this order'
        FROM customer_order
        WHERE NOT EXISTS (SELECT FROM command WHERE subject = number AND kind = 'place')
        UNION ALL
        SELECT NULL, number, 'the same reference of ' || channel || ' more than once'
        FROM customer_order JOIN (
            SELECT channel, channel_ref FROM customer_order
            GROUP BY channel, channel_ref HAVING count(*) > 1
        ) AS doubled USING (channel, channel_ref)
        ORDER BY 2, 1
        """,
    ),
    SqlCheck(
        "O2",
        "every order and return waits with a deadline ahead, was touched just now, or is finished",
        """
        SELECT subject, status, deadline, updated_at FROM (
            SELECT number AS subject, status, deadline, updated_at FROM order_view
            WHERE status <> ALL(:final) OR deadline IS NOT NULL
            UNION ALL
            SELECT number, status, deadline, updated_at FROM return_order
            WHERE status <> ALL(:final_returns) OR deadline IS NOT NULL
        ) AS unfinished
        WHERE COALESCE(deadline, updated_at) < clock_timestamp() - interval '1 second' * :grace
        ORDER BY subject
        """,
        {
            "final": [status.value for status in OrderStatus if status.final],
            "final_returns": [status.value for status in ReturnStatus if status.final],
        },
    ),
    SqlCheck(
        "O2-queue",
        "a wait that staff owns stands in an ops queue",
        """
        SELECT subject, wait->>'key' AS wait, wait->>'owner' AS owner,
               'is owned by staff, and stands in no queue' AS why
        FROM (SELECT number AS subject, 'order' AS process, waits FROM order_view
              UNION ALL
              SELECT number, 'return', waits FROM return_order) AS waiting,
             jsonb_array_elements(waits) AS wait
        WHERE NOT (wait->>'queued')::bool
          AND ((wait->>'owner') = ANY(:staff) OR (wait->>'level')::int > 0
               OR process = 'return' AND wait->>'owner' = :floor)
          AND NOT (process = 'return' AND wait->>'key' = 'refund')
        UNION ALL
        SELECT number, NULL, NULL, queued || ' of its waits are counted as queued, '
               || count(*) FILTER (WHERE (wait->>'queued')::bool) || ' are'
        FROM (SELECT number, waits, queued FROM order_view
              UNION ALL
              SELECT number, waits, queued FROM return_order) AS counted
        LEFT JOIN LATERAL jsonb_array_elements(waits) AS wait ON true
        GROUP BY number, queued
        HAVING queued <> count(*) FILTER (WHERE (wait->>'queued')::bool)
        ORDER BY 1, 2
        """,
        # The warehouse that an order waits for is an outside party, until staff has to look after
        # it; a refund is executed by the system until it fails.
        {"staff": sorted(STAFF - {Role.WAREHOUSE}), "floor": Role.WAREHOUSE.value},
    ),
    SqlCheck(
        "I1",
        "one key → one body, one outcome",
        """
        SELECT id AS command, status, 'without its outcome' AS why FROM command
        WHERE (status = 'DONE' AND outcome->'result' IS NULL)
           OR (status IN ('REFUSED', 'EXPIRED') AND outcome->'refusal' IS NULL)
        UNION ALL
        SELECT id, status, 'an outcome without a decision' FROM command
        WHERE status = 'ACCEPTED' AND outcome IS NOT NULL
        UNION ALL
        SELECT id, status, 'neither delivered nor expired in time' FROM command
        WHERE status = 'ACCEPTED'
          AND expires_at < clock_timestamp() - interval '1 second' * :grace
        UNION ALL
        SELECT id, status, 'its key came more than once' FROM command JOIN (
            SELECT principal, key FROM command GROUP BY principal, key HAVING count(*) > 1
        ) AS doubled USING (principal, key)
        ORDER BY 1
        """,
    ),
    SqlCheck(
        "I2",
        "each fact is handled, told, due, or visibly quarantined",
        """
        SELECT id AS fact, order_number AS "order", 'forgotten: nobody will be told' AS why
        FROM fact
        WHERE handled_by IS NULL AND quarantined IS NULL AND due_at IS NULL AND told = 0
        ORDER BY 1
        """,
    ),
    SqlCheck(
        "W1",
        "every domain event is delivered, due, or a dead letter; every process has its start event",
        """
        SELECT event_id AS event, 'neither delivered, due nor dead' AS why FROM outbox
        WHERE delivered_at IS NULL AND dead_at IS NULL AND due_at IS NULL
        UNION ALL
        SELECT start, 'was never put into the outbox' FROM (
            SELECT 'order/' || number || '/start' AS start FROM customer_order
            UNION ALL
            SELECT 'return/' || number || '/start' FROM return_order
        ) AS starts
        WHERE NOT EXISTS (SELECT FROM outbox WHERE event_id = start)
        ORDER BY 1
        """,
    ),
)
