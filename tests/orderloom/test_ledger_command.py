"""`orderloom ledger`, as its user meets it."""

import json
from typing import Any

import psycopg
import pytest
from command_line import command, prepared, words

BOOKED = """
INSERT INTO person (name, line1, line2, city, region, postal_code, country, email, phone)
VALUES ('Ana', '', '', '', '', '', '', '', '');
INSERT INTO customer_order (number, channel, channel_ref, customer_ref, currency, total, placed,
  process, person_id, tracking_hash, placed_at)
VALUES ('ORDR-1', 'web', 'W1', '', 'USD', 0, '{}', '{}', 1, 'h', now());
INSERT INTO ledger_transaction (operation, order_number, currency, at)
VALUES ('ORDR-1/sale', 'ORDR-1', 'USD', '2026-01-01 10:00:00Z'),
       ('settlement/1', NULL, 'JPY', '2026-01-02 10:00:00Z');
INSERT INTO ledger_entry (transaction_id, leg, account, amount)
VALUES (1, 1, 'receivable', 1999), (1, 2, 'revenue', -1999), (2, 1, 'bank', 7), (2, 2, 'fees', -7);
"""
CREDIT = """
INSERT INTO ledger_transaction (operation, currency)
VALUES ('gift/1', 'USD'), ('gift/2', 'JPY'), ('used', 'USD');
INSERT INTO ledger_entry (transaction_id, leg, account, amount, party)
SELECT id, leg, account, amount, party FROM ledger_transaction JOIN (VALUES
  ('gift/1', 1, 'store_credit', -1000, 'C-1'), ('gift/1', 2, 'refunds_payable', 1000, ''),
  ('gift/2', 1, 'store_credit', -70, 'C-1'), ('gift/2', 2, 'refunds_payable', 70, ''),
  ('used', 1, 'store_credit', 400, 'C-1'), ('used', 2, 'store_credit_held', -400, ''))
  AS legs(of, leg, account, amount, party) ON operation = of
"""


@pytest.fixture
def ledger(database_url: str, tmp_path: Any) -> Any:
    return command(prepared(database_url, BOOKED), tmp_path, "ledger")


def test_the_trial_balance_is_shown_by_currency(ledger: Any) -> None:
    assert words(ledger("trial-balance")) == [
        ["JPY"],
        ["account", "debits", "credits", "balance"],
        ["bank", "7", "0", "7"],
        ["fees", "0", "7", "-7"],
        ["7", "7", "0"],
        ["USD"],
        ["account", "debits", "credits", "balance"],
        ["receivable", "19.99", "0.00", "19.99"],
        ["revenue", "0.00", "19.99", "-19.99"],
        ["19.99", "19.99", "0.00"],
    ]


def test_as_of_a_day_what_came_later_is_left_out(ledger: Any) -> None:
    found = json.loads(ledger("trial-balance", "--as-of", "2026-01-01", "--json").stdout)
    assert [balance["currency"] for balance in found] == ["USD"]
    assert ledger("trial-balance", "--as-of", "2025-12-31").stdout == "Nothing is posted.\n"
    assert ledger("trial-balance", "--as-of", "yesterday").returncode == 2


def test_an_order_s_account_is_shown_with_its_running_balance(ledger: Any) -> None:
    assert words(ledger("order", "ordr-1")) == [
        ["ORDR-1,", "USD"],
        ["at", "(UTC)", "operation", "account", "amount", "balance"],
        ["2026-01-01", "10:00:00", "ORDR-1/sale", "receivable", "19.99", "19.99"],
        ["2026-01-01", "10:00:00", "ORDR-1/sale", "revenue", "-19.99", "-19.99"],
        ["Left"],
        ["account", "balance"],
        ["receivable", "19.99"],
        ["revenue", "-19.99"],
    ]
    found = json.loads(ledger("order", "ORDR-1", "--json").stdout)
    assert found["balances"] == {"receivable": 1999, "revenue": -1999}
    assert found["entries"][0] == {
        "at": "2026-01-01T10:00:00+00:00", "operation": "ORDR-1/sale", "account": "receivable",
        "amount": 1999, "balance": 1999,
    }  # fmt: skip


def test_an_unknown_order_is_named(ledger: Any) -> None:
    done = ledger("order", "NONE")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "orderloom: there is no order NONE.\n"


def test_a_customers_store_credit_is_shown_by_currency(ledger: Any, database_url: str) -> None:
    with psycopg.connect(database_url.replace("+psycopg", "")) as connection:
        connection.execute(CREDIT)
    assert ledger("credit", "C-1").stdout == "70 JPY\n6.00 USD\n"
    assert json.loads(ledger("credit", "C-1", "--json").stdout) == {"JPY": 70, "USD": 600}
    assert ledger("credit", "C-2").stdout == "C-2 has no store credit.\n"
