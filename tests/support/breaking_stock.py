"""What breaks each rule of stock (S)."""

from breaking import Break

SUPPLY = {"kind": "inbound", "reference": "PO-1", "sku": "TEA", "location": "BOS"}
LEFT_RESERVED = {
    "order": "{canceled}", "status": "CANCELED", "line": 1, "sku": "TEA", "quantity": 2,
}  # fmt: skip

BREAKS: list[Break] = [
    (
        "S1",
        """
        ALTER TABLE stock DROP CONSTRAINT ck_stock_buckets;
        UPDATE stock SET damaged = -1 WHERE sku = 'TEA';
        INSERT INTO movement (reason, reference, line, sku, location, units, bucket, bucket_units)
        VALUES ('regrade', 'by hand', 1, 'TEA', 'BOS', 0, 'damaged', -1)
        """,
        {
            "sku": "TEA",
            "location": "BOS",
            "on_hand": 7,
            "reserved": 0,
            "damaged": -1,
            "quarantined": 0,
        },
    ),
    (
        "S2",
        "UPDATE stock SET reserved = 1 WHERE sku = 'TEA'",
        {"sku": "TEA", "location": "BOS", "reserved": 1, "active": 0},
    ),
    (
        "S1-supply",
        """
        ALTER TABLE supply DROP CONSTRAINT ck_supply_reserved_within_quantity;
        INSERT INTO supply (kind, reference, sku, location, available_on, quantity, received)
        VALUES ('inbound', 'PO-1', 'TEA', 'BOS', '2026-11-30', 5, 6)
        """,
        {**SUPPLY, "quantity": 5, "received": 6, "reserved": 0},
    ),
    (
        "S2-supply",
        """
        INSERT INTO supply (kind, reference, sku, location, available_on, quantity, reserved)
        VALUES ('inbound', 'PO-1', 'TEA', 'BOS', '2026-11-30', 5, 2)
        """,
        {**SUPPLY, "reserved": 2, "active": 0},
    ),
    (
        "S3",
        "UPDATE stock SET on_hand = 8 WHERE sku = 'TEA'",
        {"sku": "TEA", "location": "BOS", "why": "on_hand is 8, opening and movements say 7"},
    ),
    (
        "S3-buckets",
        "UPDATE stock SET quarantined = 2 WHERE sku = 'TEA'",
        {"sku": "TEA", "location": "BOS", "bucket": "quarantined", "units": 2, "moved": 0},
    ),
    (
        "S4-components",
        """
        INSERT INTO fulfillment_order (id, order_number, location)
        VALUES (:parcel, :delivered, 'BOS') ON CONFLICT DO NOTHING;
        INSERT INTO reservation
          (order_number, fulfillment_order, line, sku, location, quantity, per_unit, state)
        VALUES (:delivered, :parcel, 1, 'CUP', 'BOS', 10, 5, 'CONSUMED')
        """,
        {"parcel": "{parcel}", "line": 1, "sku": "CUP", "per_unit": 5, "shipped": 3, "taken": 10},
    ),
    (
        "S4",
        """
        UPDATE journal SET data = jsonb_set(data, '{lines,0,quantity}', '4')
        WHERE kind = 'ReturnRequested';
        UPDATE return_order SET view = jsonb_set(view, '{lines,0,quantity}', '4')
        """,
        {"order": "{delivered}", "line": 1, "returned": 4, "shipped": 3, "picked": 3, "ordered": 3},
    ),
    (
        "S4-returned",
        """
        INSERT INTO fulfillment_order (id, order_number, location)
        VALUES (:parcel, :delivered, 'BOS') ON CONFLICT DO NOTHING;
        INSERT INTO movement (reason, reference, line, sku, location, units)
        VALUES ('restock', :rma, 1, 'TEA', 'BOS', 4);
        UPDATE stock SET on_hand = on_hand + 4 WHERE sku = 'TEA'
        """,
        {"order": "{delivered}", "line": 1, "sku": "TEA", "shipped": 3, "returned": 4},
    ),
    (
        "S5-built-in",
        """
        INSERT INTO pick_list (fulfillment_order, location, status, list)
        VALUES (:parcel, 'BOS', 'SHIPPED',
                '{"boxes": [{"lines": [{"line"\\: 1, "quantity"\\: 4}]}]}')
        """,
        {"parcel": "{parcel}", "line": 1, "ours": 3, "warehouse": 4},
    ),
    (
        "S6",
        """
        INSERT INTO fulfillment_order (id, order_number, location) VALUES ('P', :canceled, 'BOS');
        INSERT INTO reservation
          (order_number, fulfillment_order, line, sku, location, quantity, state)
        VALUES (:canceled, 'P', 1, 'TEA', 'BOS', 2, 'HARD');
        UPDATE stock SET reserved = 2 WHERE sku = 'TEA'
        """,
        {**LEFT_RESERVED, "fulfillment_order": "P", "state": "HARD"},
    ),
    (
        "S6",
        """
        INSERT INTO reservation (order_number, line, sku, location, quantity, state, expires_at)
        VALUES (:canceled, 1, 'TEA', 'BOS', 2, 'SOFT', now() + interval '1 hour');
        UPDATE stock SET reserved = 2 WHERE sku = 'TEA'
        """,
        {**LEFT_RESERVED, "fulfillment_order": None, "state": "SOFT"},
    ),
]
