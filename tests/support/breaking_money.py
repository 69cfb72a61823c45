"""What breaks each rule of money, invoices and points (M, L)."""

from breaking import Break, posted

PROMISE = {"order": "{delivered}", "authorization": "{delivered}/authorize/1"}

# Somebody else invoices, so that sales may be what they want.
NO_PAPER = """
    ALTER TABLE invoice_line DISABLE TRIGGER USER;
    DELETE FROM invoice_line;
    ALTER TABLE invoice DISABLE TRIGGER USER;
    DELETE FROM invoice;
    UPDATE number_series SET last = 0;
    UPDATE customer_order SET process = jsonb_set(process, '{invoice}', '"none"')
    """

ON_CREDIT = """
    UPDATE customer_order SET placed = jsonb_set(placed, '{payment_method}', '"credit_terms"')
    WHERE number = :canceled
    """
# Overdue, and nobody was told.
OWED = f"""
    {ON_CREDIT};
    {posted("canceled", receivable=5, bank=-5)};
    INSERT INTO invoice (number, series, ordinal, kind, operation, order_number, subject,
                         currency, issued_at, issued_on, due_on)
    VALUES ('LATE', :series, 2, 'invoice', 'by hand', :canceled, :canceled, 'USD', now(),
            now(), now() - interval '3 days');
    UPDATE number_series SET last = 2
    """  # noqa: S608 - our own words

UNCLEARED = posted("canceled", channel_clearing=5, bank=-5)

BREAKS: list[Break] = [
    (
        "M1",
        """
        ALTER TABLE ledger_entry DISABLE TRIGGER append_only;
        UPDATE ledger_entry SET amount = amount + 1 WHERE account = 'receivable' AND amount > 0
        """,
        {
            "operation": "{parcel}/sale",
            "order": "{delivered}",
            "difference": 1,
            "currency": "USD",
        },
    ),
    (
        "M2",
        "UPDATE payment_transaction SET amount = 1499 WHERE operation = 'capture'",
        {"order": "{delivered}", "payments": 1499, "ledger": 1500},
    ),
    (
        "M3",
        """
        INSERT INTO payment_transaction
          (key, subject, order_number, operation, ordinal, status, amount, currency,
           fulfillment_order, provider_payment, reason, action_url, authorization_key)
        VALUES ('refund', :rma, :delivered, 'refund', 1, 'UNKNOWN', 1501, 'USD', '', '', '', '',
                :delivered || '/authorize/1')
        """,
        {**PROMISE, "refunds": 1501, "charged_back": 0, "captured": 1500, "authorized": 1500},
    ),
    (
        "M3",
        "UPDATE payment_transaction SET amount = 1499 WHERE operation = 'authorize'",
        {**PROMISE, "refunds": 0, "charged_back": 0, "captured": 1500, "authorized": 1499},
    ),
    (
        "M3-settled",
        """
        INSERT INTO payment_transaction
          (key, subject, order_number, operation, ordinal, status, amount, currency,
           fulfillment_order, provider_payment, reason, action_url, updated_at)
        VALUES (:canceled || '/authorize/1', :canceled, :canceled, 'authorize', 1, 'REQUESTED',
                1500, 'USD', '', '', '', '', now() - interval '61 seconds')
        """,
        {"operation": "{canceled}/authorize/1", "status": "REQUESTED", "ended": "CANCELED"},
    ),
    (
        "M2-bank",
        """
        INSERT INTO bank_transfer (reference, order_number, amount, currency)
        VALUES ('B-1', :delivered, 7, 'USD')
        """,
        {"order": "{delivered}", "transfers": 7, "ledger": 0},
    ),
    (
        "M2-unmatched",
        """
        INSERT INTO ledger_transaction (operation, currency) VALUES ('bank/IN/1/', 'EUR');
        INSERT INTO ledger_entry (transaction_id, leg, account, amount)
        SELECT id, leg, account, amount FROM ledger_transaction,
          (VALUES (1, 'bank', 7), (2, 'unmatched', -7)) AS legs(leg, account, amount)
        WHERE operation = 'bank/IN/1/'
        """,
        {"transfer": "IN/1", "currency": "EUR", "ledger": 7, "tasks": 0},
    ),
    (
        "M2-unmatched",
        """
        INSERT INTO bank_transfer (reference, amount, currency) VALUES ('IN/1', 7, 'EUR');
        INSERT INTO task (id, kind, subject, order_number, reason, owner, data, deadline)
        VALUES ('transfer/IN/1', 'transfer', 'IN/1', '', '', 'finance', '{}', now())
        """,
        {"transfer": "IN/1", "currency": "EUR", "ledger": 0, "tasks": 7},
    ),
    (
        "M2-cash",
        """
        UPDATE customer_order
        SET placed = jsonb_set(placed, '{payment_method}', '"cash_on_delivery"')
        WHERE number = :delivered;
        UPDATE order_view SET payment_status = 'PAID' WHERE number = :delivered
        """,
        {"parcel": "{parcel}", "due": 1500, "ledger": 0},
    ),
    (
        "M3-granted",
        f"{NO_PAPER};{posted('delivered', revenue=1501, refunds_payable=-1501)}",
        {"order": "{delivered}", "sold": -1, "payable": 1501},
    ),
    (
        "M3-granted",
        posted("delivered", refunds_payable=1, bank=-1),
        {"order": "{delivered}", "sold": 1500, "payable": -1},
    ),
    (
        "M5",
        posted("canceled", bank=5, deposits=-5),
        {"order": "{canceled}", "status": "CANCELED", "account": "deposits", "balance": -5},
    ),
    (
        "M5",
        OWED,
        {"order": "{canceled}", "status": "CANCELED", "account": "receivable", "balance": 5},
    ),
    (
        "M3-credit",
        """
        INSERT INTO ledger_transaction (operation, currency) VALUES ('op', 'USD');
        INSERT INTO ledger_entry (transaction_id, leg, account, amount, party)
        SELECT id, leg, account, amount, party FROM ledger_transaction,
          (VALUES (1, 'store_credit', 5, 'C'), (2, 'bank', -5, ''))
            AS legs(leg, account, amount, party)
        WHERE operation = 'op'
        """,
        {"customer": "C", "currency": "USD", "left": -5},
    ),
    (
        "M3-held",
        """
        UPDATE customer_order SET placed = placed || '{"store_credit": 5}'
        WHERE number = :fresh
        """,
        {"order": "{fresh}", "placed": 5, "reserved": 0, "left": 0},
    ),
    (
        "M3-held",
        posted("delivered", store_credit_held=5, bank=-5),
        {"order": "{delivered}", "placed": 0, "reserved": 0, "left": -5},
    ),
    (
        "M5",
        posted("canceled", bank=5, store_credit_held=-5),
        {
            "order": "{canceled}",
            "status": "CANCELED",
            "account": "store_credit_held",
            "balance": -5,
        },
    ),
    (
        "M3-owed",
        posted("delivered", operation="P/written-off/1", bad_debt=5, receivable=-5),
        {"order": "{delivered}", "account": "receivable", "balance": -5},
    ),
    (
        "M5-settled",
        """
        INSERT INTO ledger_transaction (operation, order_number, currency)
        SELECT 'settle/' || key, order_number, 'USD' FROM payment_transaction
        WHERE operation = 'capture';
        INSERT INTO ledger_entry (transaction_id, leg, account, amount)
        SELECT id, leg, account, amount FROM ledger_transaction,
          (VALUES (1, 'bank', 1499), (2, 'provider_clearing', -1499)) AS legs(leg, account, amount)
        WHERE operation LIKE 'settle/%'
        """,
        {
            "operation": "{delivered}/capture/1",
            "order": "{delivered}",
            "account": "provider_clearing",
            "left": 1,
        },
    ),
    (
        "M5-clearing",
        f"""{UNCLEARED};
        INSERT INTO settlement (kind, party, reference, currency, period_from, period_to, sha256,
                                file, imported_at)
        VALUES ('channel', 'web', '1', 'USD', now() - interval '1 day', now() + interval '1 day',
                '', '', now() - interval '2 hours')
        """,  # noqa: S608 - our own words
        {"operation": "op", "order": "{canceled}", "account": "channel_clearing", "left": 5},
    ),
    (
        "M5-clearing",
        f"""{UNCLEARED};
        INSERT INTO settlement (kind, party, reference, currency, period_from, period_to, sha256,
                                file, imported_at)
        SELECT 'channel', party, '1', 'USD', now() - interval '1 day', now() + interval '1 day',
               party, '', now() - interval '2 hours'
        FROM unnest(ARRAY['Web', 'pos']) AS party
        """,  # noqa: S608 - our own words
        {"operation": "op", "order": "{canceled}", "account": "channel_clearing", "left": 5},
    ),
    (
        "M6",
        """
        ALTER TABLE invoice DISABLE TRIGGER USER;
        UPDATE invoice SET ordinal = 3
        """,
        {"series": "{series}", "number": "{invoice}", "why": "it follows number 0"},
    ),
    (
        "M6",
        "UPDATE number_series SET last = 7",
        {"series": "{series}", "number": None, "why": "its last number is 7, it has 1"},
    ),
    (
        "M7",
        """
        INSERT INTO invoice (number, series, ordinal, kind, operation, order_number, subject,
                             credits, currency, issued_at, issued_on, due_on)
        VALUES ('CN', :series, 2, 'credit_note', 'by hand', :delivered, :rma, :invoice, 'USD',
                now(), now(), now());
        ALTER TABLE invoice_line DISABLE TRIGGER USER;
        INSERT INTO invoice_line
        VALUES ('CN', 1, 1, 'TEA', 0, 4, 0, 0, 0, 0, 0, 0, 0, 1);
        UPDATE number_series SET last = 2
        """,
        {
            "invoice": "{invoice}",
            "position": 1,
            "units": 4,
            "of_units": 3,
            "amount": 0,
            "of_amount": 1500,
        },
    ),
    (
        "M3-sold",
        "UPDATE customer_order SET total = 1499 WHERE number = :delivered",
        {"order": "{delivered}", "total": 1499, "sold": 1500},
    ),
    (
        "M8",
        """
        ALTER TABLE invoice_line DISABLE TRIGGER USER;
        UPDATE invoice_line SET net = 1499, gross = 1499
        """,
        {"order": "{delivered}", "invoiced": 1499, "ledger": 1500},
    ),
    (
        "L1",
        """
        INSERT INTO points_account VALUES ('C');
        INSERT INTO points_entry (operation, line, customer_ref, kind, lot, expires_on, points,
                                  reserved)
        VALUES ('op', 1, 'C', 'ADJUST', 'lot', '2099-01-01', -5, 0)
        """,
        {"customer": "C", "lot": "lot", "available": -5, "reserved": 0},
    ),
    (
        "L2",
        """
        UPDATE customer_order SET customer_ref = 'C', placed = placed || '{"points": 5}'
        WHERE number = :canceled;
        INSERT INTO points_account VALUES ('C');
        INSERT INTO points_entry (operation, line, customer_ref, order_number, kind, lot,
                                  expires_on, points, reserved)
        VALUES ('gift', 1, 'C', NULL, 'ADJUST', 'lot', '2099-01-01', 5, 0),
               ('op', 1, 'C', :canceled, 'RESERVE', 'lot', '2099-01-01', -5, 5)
        """,
        {"order": "{canceled}", "status": "CANCELED", "reserved": 5},
    ),
    (
        "L3",
        """UPDATE customer_order SET placed = placed || '{"points": 5}' WHERE number = :fresh""",
        {
            "order": "{fresh}",
            "placed": 5,
            "reserved": 0,
            **dict.fromkeys(("spent", "restored", "earned", "reversed")),
        },
    ),
    (
        "L4",
        posted("delivered", loyalty=9, bank=-9),
        {"order": "{delivered}", "spent": 0, "ledger": 9},
    ),
]
