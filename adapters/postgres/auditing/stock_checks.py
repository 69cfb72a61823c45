"""S: stock is never promised twice, and every unit that came or went is explained."""

from adapters.postgres.auditing.check import SqlCheck
from domain.transitions import OrderStatus

STOCK_CHECKS = (
    SqlCheck(
        "S1",
        "per SKU and location: 0 ≤ reserved ≤ on_hand; damaged, quarantined ≥ 0",
        """
        SELECT sku, location, on_hand, reserved, damaged, quarantined FROM stock
        WHERE NOT (0 <= reserved AND reserved <= on_hand AND damaged >= 0 AND quarantined >= 0)
        ORDER BY sku, location
        """,
    ),
    SqlCheck(
        "S2",
        "reserved = Σ active reservations",
        """
        WITH active AS (
            SELECT sku, location, sum(quantity) AS units FROM reservation
            WHERE state IN ('SOFT', 'HARD') AND supply IS NULL GROUP BY sku, location
        )
        SELECT sku, location, COALESCE(reserved, 0) AS reserved, COALESCE(units, 0)::int AS active
        FROM stock FULL JOIN active USING (sku, location)
        WHERE COALESCE(reserved, 0) <> COALESCE(units, 0)
        ORDER BY sku, location
        """,
    ),
    SqlCheck(
        "S3",
        "on_hand = opening + Σ stock movements; movements are unique per (reason, reference, line)",
        """
        WITH moved AS (
            SELECT sku, location, sum(units) AS units FROM movement GROUP BY sku, location
        )
        SELECT sku, location, 'on_hand is ' || COALESCE(on_hand, 0)
               || ', opening and movements say ' || COALESCE(opening, 0) + COALESCE(units, 0) AS why
        FROM stock FULL JOIN moved USING (sku, location)
        WHERE COALESCE(on_hand, 0) <> COALESCE(opening, 0) + COALESCE(units, 0)
        UNION ALL
        SELECT min(sku), location,
               count(*) || ' movements for ' || reason || ' ' || reference || ', line ' || line
        FROM movement GROUP BY reason, reference, line, location HAVING count(*) > 1
        ORDER BY sku, location
        """,
    ),
    SqlCheck(
        "S5-built-in",
        "shipped units in the built-in warehouse's pick lists = shipped units in ours",
        """
        WITH theirs AS (
            SELECT fulfillment_order AS parcel, (unit->>'line')::int AS line,
                   sum((unit->>'quantity')::int)::int AS units, max(updated_at) AS at
            FROM pick_list, jsonb_array_elements(list->'boxes') AS box,
                 jsonb_array_elements(box->'lines') AS unit
            WHERE status = 'SHIPPED' GROUP BY 1, 2
        ), ours AS (
            SELECT fulfillment_order AS parcel, (unit->>'line')::int AS line,
                   sum((unit->>'quantity')::int)::int AS units
            FROM pick_list
            JOIN journal ON kind = 'Shipped' AND data->>'fulfillment_order' = fulfillment_order,
                 jsonb_array_elements(data->'lines') AS unit
            GROUP BY 1, 2
        )
        SELECT parcel, line, COALESCE(ours.units, 0) AS ours,
               COALESCE(theirs.units, 0) AS warehouse
        FROM theirs FULL JOIN ours USING (parcel, line)
        WHERE theirs.units IS DISTINCT FROM ours.units
          AND (ours.units IS NOT NULL
               OR at < clock_timestamp() - interval '1 second' * :grace)
        ORDER BY parcel, line
        """,
    ),
    SqlCheck(
        "S6",
        "a closed, canceled, expired or rejected order holds no active reservation",
        """
        SELECT order_number AS "order", status, fulfillment_order, line, sku, quantity
        FROM reservation JOIN order_view ON number = order_number
        WHERE state IN ('SOFT', 'HARD') AND status = ANY(:final)
        ORDER BY order_number, fulfillment_order, line
        """,
        {"final": [status.value for status in OrderStatus if status.final]},
    ),
)
