"""Each rule is broken by hand, as only the owner of the tables can, and that very row is named."""

from typing import Any

import pytest

from adapters.postgres.auditing.auditor import QUESTIONS
from adapters.postgres.auditing.fold_checks import FOLD_CHECKS
from domain import journal as j
from domain.order import LineUnits
from domain.payments import PaymentOperation, PaymentStatus

PROMISE = {"order": "{delivered}", "authorization": "{delivered}/authorize/1"}
SUPPLY = {"kind": "inbound", "reference": "PO-1", "sku": "TEA", "location": "BOS"}
LEFT_RESERVED = {
    "order": "{canceled}", "status": "CANCELED", "line": 1, "sku": "TEA", "quantity": 2,
}  # fmt: skip
COUNT = {"approval": "{approval}", "act": "stock_count", "asked_by": "will", "decided_by": "sue"}
LARGE = {
    "return": "{refunding}-R1", "amount": 700, "above": 600, "granted_by": "finn",
    "approved_by": "sue",
}  # fmt: skip

# Somebody else invoices, so that sales may be what they want.
NO_PAPER = """
    ALTER TABLE invoice_line DISABLE TRIGGER USER;
    DELETE FROM invoice_line;
    ALTER TABLE invoice DISABLE TRIGGER USER;
    DELETE FROM invoice;
    UPDATE number_series SET last = 0;
    UPDATE customer_order SET process = jsonb_set(process, '{invoice}', '"none"')
    """

GRANTED_TOO_MUCH = """
    INSERT INTO ledger_transaction (operation, order_number, currency)
    VALUES ('op', :delivered, 'USD');
    INSERT INTO ledger_entry (transaction_id, leg, account, amount)
    SELECT id, leg, account, amount FROM ledger_transaction,
      (VALUES (1, 'revenue', 1501), (2, 'refunds_payable', -1501)) AS legs(leg, account, amount)
    WHERE operation = 'op'
    """

OWED = """
    UPDATE customer_order SET placed = jsonb_set(placed, '{payment_method}', '"credit_terms"')
    WHERE number = :canceled;
    INSERT INTO ledger_transaction (operation, order_number, currency)
    VALUES ('op', :canceled, 'USD');
    INSERT INTO ledger_entry (transaction_id, leg, account, amount)
    SELECT id, leg, account, amount FROM ledger_transaction,
      (VALUES (1, 'receivable', 5), (2, 'bank', -5)) AS legs(leg, account, amount)
    WHERE operation = 'op';
    INSERT INTO invoice (number, series, ordinal, kind, operation, order_number, subject,
                         currency, issued_at, issued_on, due_on)
    VALUES ('LATE', :series, 2, 'invoice', 'by hand', :canceled, :canceled, 'USD', now(),
            now(), now() - interval '3 days');
    UPDATE number_series SET last = 2
    """

# By check: what breaks it (statements), and what has to be found. {names} are those of the world.
BREAKS: list[tuple[str, str, dict[str, Any]]] = [
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
        f"{NO_PAPER};{GRANTED_TOO_MUCH}",
        {"order": "{delivered}", "sold": -1, "payable": 1501},
    ),
    (
        "M3-granted",
        """
        INSERT INTO ledger_transaction (operation, order_number, currency)
        VALUES ('op', :delivered, 'USD');
        INSERT INTO ledger_entry (transaction_id, leg, account, amount)
        SELECT id, leg, account, amount FROM ledger_transaction,
          (VALUES (1, 'refunds_payable', 1), (2, 'bank', -1)) AS legs(leg, account, amount)
        WHERE operation = 'op'
        """,
        {"order": "{delivered}", "sold": 1500, "payable": -1},
    ),
    (
        "M5",
        """
        INSERT INTO ledger_transaction (operation, order_number, currency)
        VALUES ('op', :canceled, 'USD');
        INSERT INTO ledger_entry (transaction_id, leg, account, amount)
        SELECT id, leg, account, amount FROM ledger_transaction,
          (VALUES (1, 'bank', 5), (2, 'deposits', -5)) AS legs(leg, account, amount)
        WHERE operation = 'op'
        """,
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
        """
        INSERT INTO ledger_transaction (operation, order_number, currency)
        VALUES ('op', :delivered, 'USD');
        INSERT INTO ledger_entry (transaction_id, leg, account, amount)
        SELECT id, leg, account, amount FROM ledger_transaction,
          (VALUES (1, 'store_credit_held', 5), (2, 'bank', -5)) AS legs(leg, account, amount)
        WHERE operation = 'op'
        """,
        {"order": "{delivered}", "placed": 0, "reserved": 0, "left": -5},
    ),
    (
        "M5",
        """
        INSERT INTO ledger_transaction (operation, order_number, currency)
        VALUES ('op', :canceled, 'USD');
        INSERT INTO ledger_entry (transaction_id, leg, account, amount)
        SELECT id, leg, account, amount FROM ledger_transaction,
          (VALUES (1, 'bank', 5), (2, 'store_credit_held', -5)) AS legs(leg, account, amount)
        WHERE operation = 'op'
        """,
        {
            "order": "{canceled}",
            "status": "CANCELED",
            "account": "store_credit_held",
            "balance": -5,
        },
    ),
    (
        "M3-owed",
        """
        INSERT INTO ledger_transaction (operation, order_number, currency)
        VALUES ('P/written-off/1', :delivered, 'USD');
        INSERT INTO ledger_entry (transaction_id, leg, account, amount)
        SELECT id, leg, account, amount FROM ledger_transaction,
          (VALUES (1, 'bad_debt', 5), (2, 'receivable', -5)) AS legs(leg, account, amount)
        WHERE operation = 'P/written-off/1'
        """,
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
        """
        INSERT INTO ledger_transaction (operation, order_number, currency)
        VALUES ('op', :canceled, 'USD');
        INSERT INTO ledger_entry (transaction_id, leg, account, amount)
        SELECT id, leg, account, amount FROM ledger_transaction,
          (VALUES (1, 'channel_clearing', 5), (2, 'bank', -5)) AS legs(leg, account, amount)
        WHERE operation = 'op';
        INSERT INTO settlement (kind, party, reference, currency, period_from, period_to, sha256,
                                file, imported_at)
        VALUES ('channel', 'web', '1', 'USD', now() - interval '1 day', now() + interval '1 day',
                '', '', now() - interval '2 hours')
        """,
        {"operation": "op", "order": "{canceled}", "account": "channel_clearing", "left": 5},
    ),
    (
        "M5-clearing",
        """
        INSERT INTO ledger_transaction (operation, order_number, currency)
        VALUES ('op', :canceled, 'USD');
        INSERT INTO ledger_entry (transaction_id, leg, account, amount)
        SELECT id, leg, account, amount FROM ledger_transaction,
          (VALUES (1, 'channel_clearing', 5), (2, 'bank', -5)) AS legs(leg, account, amount)
        WHERE operation = 'op';
        INSERT INTO settlement (kind, party, reference, currency, period_from, period_to, sha256,
                                file, imported_at)
        SELECT 'channel', party, '1', 'USD', now() - interval '1 day', now() + interval '1 day',
               party, '', now() - interval '2 hours'
        FROM unnest(ARRAY['Web', 'pos']) AS party
        """,
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
        """
        INSERT INTO ledger_transaction (operation, order_number, currency)
        VALUES ('op', :delivered, 'USD');
        INSERT INTO ledger_entry (transaction_id, leg, account, amount)
        SELECT id, leg, account, amount FROM ledger_transaction,
          (VALUES (1, 'loyalty', 9), (2, 'bank', -9)) AS legs(leg, account, amount)
        WHERE operation = 'op'
        """,
        {"order": "{delivered}", "spent": 0, "ledger": 9},
    ),
    (
        "O1",
        "DELETE FROM command WHERE subject = :fresh",
        {"command": None, "order": "{fresh}", "why": "nobody asked for this order"},
    ),
    (
        "O1",
        """
        INSERT INTO command
          (id, principal, key, body_hash, kind, subject, roles, body, status, outcome)
        VALUES ('c', 'channel:web', 'k', '', 'place', 'NONE', 'channel', '{}', 'DONE',
                jsonb_build_object('result', jsonb_build_object('number', 'NONE')))
        """,
        {"command": "c", "order": "NONE", "why": "acknowledged, but there is no such order"},
    ),
    (
        "O4",
        "UPDATE journal SET seq = 4 WHERE subject = :canceled",
        {"subject": "{canceled}", "why": "its entries count 4"},
    ),
    (
        "O4",
        "UPDATE journal SET kind = 'Closed', data = '{}' WHERE subject = :canceled",
        {"subject": "{canceled}", "why": "an order that is RECEIVED takes no Closed"},
    ),
    (
        "O5",
        "UPDATE order_view SET payment_status = 'NONE', seq = 99 WHERE number = :delivered",
        {"subject": "{delivered}", "differing": ["payment_status", "seq"]},
    ),
    (
        "O5",
        "UPDATE order_view SET view = jsonb_set(view, '{facts}', '[]') WHERE number = :delivered",
        {"subject": "{delivered}", "differing": ["view"]},
    ),
    (
        "O5",
        "UPDATE return_order SET deadline = deadline + interval '1 day' WHERE number = :rma",
        {"subject": "{rma}", "differing": ["deadline"]},
    ),
    (
        "O5",
        "DELETE FROM order_view WHERE number = :fresh",
        {"subject": "{fresh}", "differing": ["there is no projection"]},
    ),
    (
        "I1",
        "UPDATE command SET outcome = NULL WHERE key = 'cancel'",
        {"command": "{cancel_command}", "status": "DONE", "why": "without its outcome"},
    ),
    (
        "I1",
        """
        UPDATE command SET status = 'ACCEPTED', expires_at = now() - interval '61 seconds',
          outcome = NULL WHERE key = 'cancel'
        """,
        {
            "command": "{cancel_command}",
            "status": "ACCEPTED",
            "why": "neither delivered nor expired in time",
        },
    ),
    (
        "I2",
        "UPDATE fact SET due_at = NULL WHERE event_id = 'e2'",
        {"fact": "warehouse:e2", "order": "{delivered}", "why": "forgotten: nobody will be told"},
    ),
    (
        "W1",
        "UPDATE outbox SET due_at = NULL WHERE subject = :fresh",
        {"event": "order/{fresh}/start", "why": "neither delivered, due nor dead"},
    ),
    (
        "W1",
        "DELETE FROM outbox WHERE kind = 'return.start' AND subject = :rma",
        {"event": "return/{rma}/start", "why": "was never put into the outbox"},
    ),
    (
        "A1",
        "UPDATE audit SET reason = 'nothing' WHERE command = :cancel_command",
        {
            "audit": 1,
            "command": "{cancel_command}",
            "why": "its hash is not that of its content and the row before",
        },
    ),
    (
        "A1",
        """
        INSERT INTO command
          (id, principal, key, body_hash, kind, subject, roles, body, status, outcome)
        VALUES ('c', 'ana', 'k', '', 'approve', :fresh, 'agent', '{}', 'REFUSED',
                jsonb_build_object('refusal', jsonb_build_array('STEP_REFUSED', 'no')))
        """,
        {
            "command": "c",
            "act": "approve",
            "subject": "{fresh}",
            "why": "0 audit rows for an outcome REFUSED",
        },
    ),
    (
        "A2",
        "UPDATE approval SET asked_roles = 'agent,finance'",
        {**COUNT, "why": "whoever asked was agent,finance"},
    ),
    (
        "A2",
        "UPDATE approval SET decided_roles = 'agent'",
        {**COUNT, "why": "whoever approved was agent"},
    ),
    (
        "A2-refunds",
        """
        UPDATE customer_order SET process = jsonb_set(process, '{refund_four_eyes_above}', '99')
        WHERE number = :refunding
        """,
        {
            **LARGE,
            "return": "{refunding}-R2",
            "amount": 100,
            "above": 99,
            "approved_by": None,
            "why": "it goes, and nobody has approved it",
        },
    ),
    (
        "A2-refunds",
        "UPDATE command SET roles = 'agent' WHERE kind = 'return_approve_refund'",
        {**LARGE, "why": "whoever approved was agent"},
    ),
    (
        "O2-approvals",
        "UPDATE approval SET decided_at = deadline + interval '2 minutes'",
        {
            "approval": "{approval}",
            "act": "stock_count",
            "status": "APPROVED",
            "why": "was approved, past its deadline",
        },
    ),
    (
        "A2-alone",
        """
        INSERT INTO lone_act (command, person, what, subject, size, most)
        SELECT id, principal, 'stock_units', 'TEA@BOS', 101, 100 FROM command
        WHERE id = :cancel_command
        """,
        {
            "command": "{cancel_command}",
            "act": "cancel",
            "person": "ana",
            "why": "101 of TEA@BOS within a day, more than 100",
        },
    ),
]


def named(world: Any, row: dict[str, Any]) -> dict[str, Any]:
    """`row` with the names of the world in its texts."""
    return {
        key: value.format(**world.names)
        if isinstance(value, str)
        else [named(world, {"": item})[""] for item in value]
        if isinstance(value, list)
        else value
        for key, value in row.items()
    }


async def subjects(world: Any) -> dict[str, list[str]]:
    found = await world.violations()
    return {check: [row["subject"] for row in rows] for check, rows in found.items()}


async def test_a_sound_world_has_no_violations(shared_world: Any) -> None:
    assert await shared_world.violations() == {}


@pytest.mark.parametrize(
    ("check", "statements", "expected"),
    BREAKS,
    ids=[f"{check}-{n}" for n, (check, _, _) in enumerate(BREAKS)],
)
async def test_what_breaks_a_rule_is_named_by_its_check_and_by_no_other(
    shared_world: Any, check: str, statements: str, expected: dict[str, Any]
) -> None:
    found = await shared_world.violations_after(*statements.split(";"))
    assert found == {check: [named(shared_world, expected)]}


TOLD = """
    INSERT INTO task (id, kind, subject, order_number, reason, owner, data, deadline)
    VALUES ('receivable/LATE', 'receivable', 'LATE', :canceled, '', 'finance', '{}', now())
    """
GIVEN_UP = """
    INSERT INTO ledger_transaction (operation, order_number, currency)
    VALUES ('P/written-off/1', :canceled, 'USD');
    INSERT INTO ledger_entry (transaction_id, leg, account, amount)
    SELECT id, leg, account, amount FROM ledger_transaction,
      (VALUES (1, 'bad_debt', 5), (2, 'receivable', -5)) AS legs(leg, account, amount)
    WHERE operation = 'P/written-off/1'
    """


@pytest.mark.parametrize("mended", [TOLD, GIVEN_UP, "UPDATE invoice SET due_on = now()"])
async def test_a_debt_that_outlasts_its_order_is_told_to_finance_written_off_or_not_due(
    shared_world: Any, mended: str
) -> None:
    statements = ["ALTER TABLE invoice DISABLE TRIGGER USER", *OWED.split(";")]
    assert set(await shared_world.violations_after(*statements)) == {"M5"}
    assert await shared_world.violations_after(*statements, *mended.split(";")) == {}


async def test_an_order_that_nobody_touches_and_that_waits_for_nobody_is_named(world: Any) -> None:
    plan = j.PlannedParcel(f"{world.fresh}-F1", "BOS", (LineUnits(1, "TEA", 3),))
    await world.journal(world.fresh, j.Reviewed("approve", "v", "r", "fine"))
    await world.journal(world.fresh, j.Sourced((plan,), "v"))
    await world.journal(
        world.fresh,
        j.PaymentMoved(
            f"{world.fresh}/authorize/1",
            PaymentOperation.AUTHORIZE,
            1,
            PaymentStatus.SUCCEEDED,
            1500,
        ),
    )
    await world.journal(
        world.fresh, j.ReservationReleased(f"{world.fresh}-F1", plan.lines, "given back")
    )
    await world.run("UPDATE order_view SET updated_at = now() - interval '59 seconds'")
    assert await world.violations() == {}
    await world.run("UPDATE order_view SET updated_at = now() - interval '61 seconds'")
    assert await subjects(world) == {"O2": [world.fresh]}


async def test_a_deadline_that_has_long_passed_is_named(world: Any) -> None:
    await world.run("UPDATE journal SET at = at - interval '31 days' WHERE subject = :delivered")
    await world.refold(world.delivered)
    assert await subjects(world) == {"O2": [world.delivered]}


async def test_an_ended_order_that_owes_a_void_and_that_nobody_looks_after_is_named(
    world: Any,
) -> None:
    await owe_a_void(world)
    assert "O2" not in await subjects(world)
    await world.run("UPDATE journal SET at = at - interval '31 days' WHERE subject = :canceled")
    await world.refold(world.canceled)
    assert (await subjects(world))["O2"] == [world.canceled]


async def owe_a_void(world: Any) -> None:
    """The canceled order's authorization stands after its end."""
    key = f"{world.canceled}/authorize/1"
    await world.journal(
        world.canceled,
        j.PaymentMoved(key, PaymentOperation.AUTHORIZE, 1, PaymentStatus.SUCCEEDED, 1500),
    )


HELD = j.Reviewed("hold", "v1", "r2", "price deviates", "agent")
UNQUEUED = "UPDATE order_view SET waits = jsonb_set(waits, '{0,queued}', 'false'), queued = 0"


async def test_a_wait_of_staff_that_stands_in_no_queue_is_named(world: Any) -> None:
    await world.journal(world.fresh, HELD)
    assert await world.violations() == {}
    found = await world.violations_after(f"{UNQUEUED} WHERE number = :fresh")
    assert found["O2-queue"] == [
        {
            "subject": world.fresh,
            "wait": "hold/review",
            "owner": "agent",
            "why": "is owned by staff, and stands in no queue",
        }
    ]


OF_THE_WAREHOUSE = """
    UPDATE order_view SET waits = jsonb_set(waits, '{0,owner}', '"warehouse"')
    WHERE number = :fresh
    """


async def test_an_escalated_wait_of_a_warehouse_that_stands_in_no_queue_is_named(
    shared_world: Any,
) -> None:
    found = await shared_world.violations_after(OF_THE_WAREHOUSE)
    assert "O2-queue" not in found
    risen = "UPDATE order_view SET waits = jsonb_set(waits, '{0,level}', '1') WHERE number = :fresh"
    found = await shared_world.violations_after(OF_THE_WAREHOUSE, risen)
    assert [row["subject"] for row in found["O2-queue"]] == [shared_world.fresh]


async def test_a_queue_that_overlooks_an_order_is_named(world: Any) -> None:
    await world.journal(world.fresh, HELD)
    found = await world.violations_after("UPDATE order_view SET queued = 0 WHERE number = :fresh")
    assert found["O2-queue"] == [
        {
            "subject": world.fresh,
            "wait": None,
            "owner": None,
            "why": "0 of its waits are counted as queued, 1 are",
        }
    ]


async def test_a_payment_of_an_ended_return_that_is_open_is_named(shared_world: Any) -> None:
    refund = """
        INSERT INTO payment_transaction
          (key, subject, order_number, operation, ordinal, status, amount, currency,
           fulfillment_order, provider_payment, reason, action_url, authorization_key, updated_at)
        VALUES (:rma || '/refund/1', :rma, :delivered, 'refund', 1, 'UNKNOWN', 5, 'USD', '', '',
                '', '', :delivered || '/authorize/1', now() - interval '61 seconds')
        """
    assert "M3-settled" not in await shared_world.violations_after(refund)  # it is under way
    ended = "UPDATE return_order SET status = 'COMPLETED', deadline = NULL"
    found = await shared_world.violations_after(refund, ended)
    [named] = found["M3-settled"]
    assert named == {
        "operation": f"{shared_world.rma}/refund/1", "status": "UNKNOWN", "ended": "COMPLETED",
    }  # fmt: skip


async def test_a_deleted_audit_row_is_missed_twice(shared_world: Any) -> None:
    found = await shared_world.violations_after("DELETE FROM audit WHERE id = 1")
    [lost, gap] = found["A1"]
    assert (lost["command"], lost["why"]) == (
        shared_world.cancel_command,
        "0 audit rows for an outcome DONE",
    )
    assert (gap["audit"], gap["why"]) == (2, "row 1 is missing before it")


async def test_one_person_who_asked_and_approved_is_named(shared_world: Any) -> None:
    found = await shared_world.violations_after(
        "ALTER TABLE approval DROP CONSTRAINT ck_approval_four_eyes",
        "UPDATE approval SET decided_by = asked_by",
    )
    assert {row["why"] for row in found["A2"]} == {
        "one person asked and approved",
        "0 audit rows for approving",
    }


async def test_one_person_who_granted_and_approved_a_refund_is_named(shared_world: Any) -> None:
    found = await shared_world.violations_after(
        "UPDATE journal SET by = 'finn' WHERE kind = 'RefundApproved'"
    )
    assert {row["why"] for row in found.pop("A2-refunds")} == {
        "one person granted and approved",
        "0 audit rows for approving",
    }
    assert found.keys() == {"O5"}  # the return's view names who approved, too


async def test_a_debt_of_ours_is_no_credit(shared_world: Any) -> None:
    found = await shared_world.violations_after(
        "UPDATE customer_order SET placed = jsonb_set(placed, '{payment_method}',"
        " '\"credit_terms\"') WHERE number = :canceled",
        "INSERT INTO ledger_transaction (operation, order_number, currency)"
        " VALUES ('op', :canceled, 'USD')",
        "INSERT INTO ledger_entry (transaction_id, leg, account, amount)"
        " SELECT id, leg, account, amount FROM ledger_transaction,"
        " (VALUES (1, 'bank', 5), (2, 'receivable', -5)) AS legs(leg, account, amount)"
        " WHERE operation = 'op'",
    )
    overpaid = {"order": shared_world.canceled, "account": "receivable", "balance": -5}
    assert found == {"M3-owed": [overpaid], "M5": [{**overpaid, "status": "CANCELED"}]}


async def test_goodwill_for_what_points_have_paid_is_named(shared_world: Any) -> None:
    """Of 15.00, 6.00 were paid with points, and 10.00 are given back in money."""
    found = await shared_world.violations_after(
        "INSERT INTO ledger_transaction (operation, order_number, currency)"
        " VALUES ('op', :delivered, 'USD')",
        "INSERT INTO ledger_entry (transaction_id, leg, account, amount)"
        " SELECT id, leg, account, amount FROM ledger_transaction,"
        " (VALUES (1, 'loyalty', 600), (2, 'bank', -600), (3, 'goodwill', 1000),"
        " (4, 'refunds_payable', -1000)) AS legs(leg, account, amount) WHERE operation = 'op'",
    )
    granted = {"order": shared_world.delivered, "sold": -100, "payable": 1000}
    assert found.pop("M3-granted") == [granted]
    assert list(found) == ["L4"]  # there are no such points


async def test_what_only_another_partys_settlement_covers_is_not_missed(shared_world: Any) -> None:
    found = await shared_world.violations_after(
        "INSERT INTO ledger_transaction (operation, order_number, currency)"
        " VALUES ('op', :canceled, 'USD')",
        "INSERT INTO ledger_entry (transaction_id, leg, account, amount)"
        " SELECT id, leg, account, amount FROM ledger_transaction,"
        " (VALUES (1, 'channel_clearing', 5), (2, 'bank', -5)) AS legs(leg, account, amount)"
        " WHERE operation = 'op'",
        "INSERT INTO settlement (kind, party, reference, currency, period_from, period_to, sha256,"
        " file, imported_at) SELECT 'channel', party, '1', 'USD', now() - interval '2 days',"
        " now() + later, party, '', now() - interval '2 hours'"
        " FROM (VALUES ('web', -interval '1 day'), ('pos', interval '1 day')) AS of(party, later)",
    )
    assert found == {}


async def test_an_act_that_nobody_else_approves_is_named(shared_world: Any) -> None:
    found = await shared_world.violations_after("UPDATE approval SET act = 'stock_set_levels'")
    assert {row["why"] for row in found["A2"]} == {
        "no act that a second person approves",
        "0 audit rows for asking",
    }


async def test_an_approval_that_left_no_trace_is_named(shared_world: Any) -> None:
    found = await shared_world.violations_after("DELETE FROM audit WHERE principal = 'sue'")
    assert [row["why"] for row in found["A2"]] == ["0 audit rows for approving"]
    found = await shared_world.violations_after("DELETE FROM audit WHERE principal = 'will'")
    assert [row["why"] for row in found["A2"]] == ["0 audit rows for asking"]


PROMISED = """
    INSERT INTO fulfillment_order (id, order_number, location) VALUES ('P', :fresh, 'BOS');
    INSERT INTO supply (kind, reference, sku, location, available_on, quantity, reserved)
    VALUES ('presale', 'P', 'TEA', 'BOS', '2026-11-30', 5, 3);
    INSERT INTO reservation
      (order_number, fulfillment_order, line, sku, location, quantity, supply, state, expires_at)
    SELECT :fresh, parcel, 1, r.sku, 'BOS', units, CASE r.sku WHEN 'TEA' THEN supply.id END,
           r.state, CASE r.state WHEN 'SOFT' THEN now() END
    FROM supply, (VALUES ('P', 'TEA', 3, 'HARD'), ('P', 'CUP', 2, 'BROKEN'),
                         (NULL, 'CUP', 4, 'SOFT')) AS r(parcel, sku, units, state)
    WHERE supply.sku = 'TEA';
    UPDATE stock SET reserved = 4 WHERE sku = 'CUP'
    """


async def test_promises_of_what_is_to_come_and_soft_ones_add_up(shared_world: Any) -> None:
    assert await shared_world.violations_after(*PROMISED.split(";")) == {}


def test_every_check_of_the_books_has_been_broken() -> None:
    checks = {check.id for check in (*QUESTIONS, *FOLD_CHECKS)}
    assert checks - {"O2", "O2-queue"} == {check for check, _, _ in BREAKS}
