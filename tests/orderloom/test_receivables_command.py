"""`orderloom receivables` and `orderloom tasks`, as their user meets them."""

import json
from typing import Any

import pytest
from command_line import command, prepared, words

BOOKED = """
INSERT INTO person (name, line1, line2, city, region, postal_code, country, email, phone)
VALUES ('Ana', '', '', '', '', '', '', '', '');
INSERT INTO customer_order (number, channel, channel_ref, customer_ref, currency, total, placed,
  process, person_id, tracking_hash, placed_at)
VALUES ('ORDR-1', 'web', 'W1', 'C-1', 'USD', 0, '{}', '{}', 1, 'h', now()),
       ('ORDR-2', 'web', 'W2', '', 'JPY', 0, '{}', '{}', 1, 'i', now());
INSERT INTO ledger_transaction (operation, order_number, currency)
VALUES ('ORDR-1-F1/sale', 'ORDR-1', 'USD'), ('ORDR-2-F1/sale', 'ORDR-2', 'JPY');
INSERT INTO ledger_entry (transaction_id, leg, account, amount)
VALUES (1, 1, 'receivable', 1999), (1, 2, 'revenue', -1999),
       (2, 1, 'receivable', 70), (2, 2, 'revenue', -70);
INSERT INTO number_series VALUES ('INV-2026', 1, now());
INSERT INTO invoice (number, series, ordinal, kind, operation, order_number, subject, currency,
                     issued_at, issued_on, due_on)
VALUES ('INV-2026-000001', 'INV-2026', 1, 'invoice', 'op', 'ORDR-1', 'ORDR-1-F1', 'USD', now(),
        now(), (clock_timestamp() AT TIME ZONE 'UTC')::date - 31);
INSERT INTO invoice_line VALUES
  ('INV-2026-000001', 1, 1, 'TEA', 0, 1, 1000, 0, 0, 0, 1000, 0, 1000, NULL);
INSERT INTO task (id, kind, subject, order_number, reason, owner, data, deadline)
VALUES ('receivable/INV-2026-000001', 'receivable', 'INV-2026-000001', 'ORDR-1', 'it is overdue',
        'finance', '{}', '2026-12-01 10:00Z'),
       ('stock/TEA', 'stock', 'TEA@BOS', '', 'it runs low', 'warehouse', '{}', '2026-12-02Z');
"""


@pytest.fixture
def run(database_url: str, tmp_path: Any) -> Any:
    return command(prepared(database_url, BOOKED), tmp_path)


def test_what_is_owed_is_shown_by_age_and_for_one_customer_by_invoice(run: Any) -> None:
    ages = ["customer", "not", "due", "1", "30", "31", "60", "61", "90", "over", "90", "total"]
    assert words(run("receivables")) == [
        ages,
        ["70", "JPY", "-", "-", "-", "-", "70", "JPY"],
        ["C-1", "9.99", "USD", "-", "10.00", "USD", "-", "-", "19.99", "USD"],
    ]
    head, invoiced, bare = words(run("receivables", "C-1"))
    assert head == ["invoice", "order", "due", "days", "over", "open"]
    assert (invoiced[:2], invoiced[3:]) == (["INV-2026-000001", "ORDR-1"], ["31", "10.00", "USD"])
    assert bare == ["-", "ORDR-1", "-", "-", "9.99", "USD"]
    told = json.loads(run("receivables", "", "--json").stdout)
    assert [(each["order"], each["amount"]) for each in told] == [("ORDR-2", 70)]


def test_the_queue_is_shown_for_one_role_or_all(run: Any) -> None:
    overdue = ["2026-12-01", "10:00", "finance", "ORDR-1", "it", "is", "overdue"]
    low = ["2026-12-02", "00:00", "warehouse", "TEA@BOS", "it", "runs", "low"]
    head = ["until", "(UTC)", "owner", "about", "what"]
    assert words(run("tasks")) == [head, overdue, low]
    assert words(run("tasks", "--owner", "Finance")) == [head, overdue]
    [told] = json.loads(run("tasks", "--owner", "finance", "--json").stdout)
    assert told["id"] == "receivable/INV-2026-000001"
    refused = run("tasks", "--owner", "nobody")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "'nobody' is none of agent, finance, supervisor, warehouse." in refused.stderr
