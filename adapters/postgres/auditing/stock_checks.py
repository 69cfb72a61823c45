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
        "S1-supply",
        "of units to come: 0 ≤ reserved, received, and reserved + received ≤ quantity",
        """
        SELECT kind, reference, sku, location, quantity, received, reserved FROM supply
        WHERE NOT (0 <= reserved AND 0 <= received AND reserved + received <= quantity)
        ORDER BY kind, reference, sku, location
        """,
    ),
    SqlCheck(
        "S2",
        "reserved = Σ active reservations of units on hand",
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
        "S2-supply",
        "of units to come: reserved = Σ active reservations of them",
        """
        WITH active AS (
            SELECT supply AS id, sum(quantity)::int AS units FROM reservation
            WHERE state IN ('SOFT', 'HARD') AND supply IS NOT NULL GROUP BY supply
        )
        SELECT kind, reference, sku, location, reserved, COALESCE(units, 0) AS active
        FROM supply LEFT JOIN active USING (id) WHERE reserved <> COALESCE(units, 0)
        ORDER BY kind, reference, sku, location
        """,
    ),
    SqlCheck(
        "S3",
        "on_hand = opening + Σ movements",
        """
        WITH moved AS (
            SELECT sku, location, sum(units) AS units FROM movement GROUP BY sku, location
        )
        SELECT sku, location, 'on_hand is ' || COALESCE(on_hand, 0)
               || ', opening and movements say ' || COALESCE(opening, 0) + COALESCE(units, 0) AS why
        FROM stock FULL JOIN moved USING (sku, location)
        WHERE COALESCE(on_hand, 0) <> COALESCE(opening, 0) + COALESCE(units, 0)
        ORDER BY sku, location
        """,
    ),
    SqlCheck(
        "S3-buckets",
        "damaged and quarantined = Σ stock movements of that bucket",
        """
        WITH moved AS (
            SELECT sku, location, bucket, sum(bucket_units)::int AS units FROM movement
            WHERE bucket <> '' GROUP BY sku, location, bucket
        ), held AS (
            SELECT sku, location, bucket, units FROM stock,
                 LATERAL (VALUES ('damaged', damaged), ('quarantined', quarantined))
                 AS b(bucket, units)
        )
        SELECT sku, location, bucket, COALESCE(held.units, 0) AS units,
               COALESCE(moved.units, 0) AS moved
        FROM held FULL JOIN moved USING (sku, location, bucket)
        WHERE COALESCE(held.units, 0) <> COALESCE(moved.units, 0)
        ORDER BY sku, location, bucket
        """,
    ),
    SqlCheck(
        "S4-components",
        "of a shipped line, every component left the stock: shipped units × its units in one",
        """
        WITH shipped AS (
            SELECT data->>'fulfillment_order' AS parcel, (unit->>'line')::int AS line,
                   sum((unit->>'quantity')::int)::int AS units
            FROM journal, jsonb_array_elements(data->'lines') AS unit
            WHERE kind = 'Shipped' GROUP BY 1, 2
        ), taken AS (
            SELECT fulfillment_order AS parcel, line, sku, per_unit,
                   COALESCE(sum(quantity) FILTER (WHERE state = 'CONSUMED'), 0)::int AS units
            FROM reservation WHERE fulfillment_order IS NOT NULL
            GROUP BY fulfillment_order, line, sku, per_unit
        )
        SELECT parcel, line, sku, per_unit, COALESCE(shipped.units, 0) AS shipped,
               taken.units AS taken
        FROM taken LEFT JOIN shipped USING (parcel, line)
        WHERE taken.units <> COALESCE(shipped.units, 0) * per_unit
        ORDER BY parcel, line, sku
        """,
    ),
    SqlCheck(
        "S4-returned",
        "of a line, no more of a SKU came back to us than had left the stock for it",
        """
        WITH gone AS (
            SELECT order_number, line, sku, -sum(units)::int AS units
            FROM movement JOIN fulfillment_order ON fulfillment_order.id = reference
            WHERE reason IN ('ship', 'ship_unreserved') GROUP BY order_number, line, sku
        ), back AS (
            SELECT order_number, line, sku, sum(units + bucket_units)::int AS units
            FROM movement JOIN return_order ON number = reference
            GROUP BY order_number, line, sku
        )
        SELECT order_number AS "order", line, sku, COALESCE(gone.units, 0) AS shipped,
               back.units AS returned
        FROM back LEFT JOIN gone USING (order_number, line, sku)
        WHERE back.units > COALESCE(gone.units, 0)
        ORDER BY order_number, line, sku
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
            JOIN journal ON kind IN ('Shipped', 'ShippedUnasked')
                        AND data->>'fulfillment_order' = fulfillment_order,
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
        SELECT order_number AS "order", status, fulfillment_order, line, sku, quantity, state
        FROM reservation JOIN order_view ON number = order_number
        WHERE state IN ('SOFT', 'HARD') AND status = ANY(:final)
        ORDER BY order_number, fulfillment_order, line
        """,
        {"final": [status.value for status in OrderStatus if status.final]},
    ),
)
