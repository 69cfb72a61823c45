"""`orderloom invoice` and `orderloom invoices`, as their user meets them."""

import json
from pathlib import Path
from typing import Any

import psycopg
import pytest
from command_line import command

ORDER = """
INSERT INTO person (name, line1, line2, city, region, postal_code, country, email, phone)
VALUES ('Ana Ruiz', '1 Main St', '', 'Boston', 'MA', '02108', 'US', '', '');
INSERT INTO customer_order (number, channel, channel_ref, customer_ref, currency, total, placed,
                            process, person_id, tracking_hash, placed_at)
SELECT 'O-1', 'web', 'W-1', '', 'USD', 2200, %(placed)s, '{}', id, '', now() FROM person;
WITH sold AS (
    INSERT INTO ledger_transaction (operation, order_number, currency)
    VALUES ('O-1-F1/sale', 'O-1', 'USD') RETURNING id
)
INSERT INTO ledger_entry (transaction_id, leg, account, amount)
SELECT id, leg, account, amount FROM sold,
(VALUES (1, 'receivable', 2200), (2, 'revenue', -2200)) AS legs (leg, account, amount);
INSERT INTO product (sku, name) VALUES ('TEA', '[b]龙井[/b] tea');
WITH counted AS (
    INSERT INTO number_series VALUES ('INV-2026', 1, '2026-11-22') RETURNING series, last
), document AS (
    INSERT INTO invoice (number, series, ordinal, kind, operation, order_number, subject, currency,
                         issued_at, issued_on, due_on)
    SELECT 'INV-2026-000001', series, last, 'invoice', 'O-1-F1/invoice', 'O-1', 'O-1-F1', 'USD',
           '2026-11-22', '2026-11-22', '2026-11-22' FROM counted RETURNING number
)
INSERT INTO invoice_line
SELECT number, 1, 1, 'TEA', 0, 3, 500, 0, 0, 600, 1415, 85, 1500, NULL::int FROM document
UNION ALL SELECT number, 2, 0, '', 0, 1, 700, 0, 0, 0, 700, 0, 700, NULL FROM document
"""
PLACED = {
    "number": "O-1",
    "channel": "web",
    "channel_ref": "W-1",
    "currency": "USD",
    "placed_at": "2026-11-22T10:00:00+00:00",
    "lines": [
        {"line": 1, "sku": "TEA", "quantity": 3, "unit_price": 500, "tax_rate_bp": 600},
    ],
    "shipping": 700,
    "payment_method": "card",
    "destination": {"country": "US"},
}


@pytest.fixture
def invoice(database_url: str, tmp_path: Path) -> Any:
    address = database_url.replace("+psycopg", "")
    with psycopg.connect(address, cursor_factory=psycopg.ClientCursor) as connection:
        connection.execute(ORDER, {"placed": json.dumps(PLACED)})  # type: ignore[arg-type]

    orderloom = command(
        address,
        tmp_path,
        ORDERLOOM_SELLER_NAME="Lakeside Tea",
        ORDERLOOM_SELLER_BANK='["First Harbor Bank"]',
        ORDERLOOM_INVOICE_LANGUAGE="zh_CN",
    )
    return lambda *words, command="invoice": orderloom(command, *words)


def test_people_see_lines_and_what_is_still_to_be_paid(invoice: Any) -> None:
    done = invoice("inv-2026-000001")
    assert (done.returncode, done.stderr) == (0, "")
    assert "INV-2026-000001: invoice of order O-1\n" in done.stdout
    assert "ISSUED, issued on 2026-11-22, due 2026-11-22\n" in done.stdout
    rows = [" ".join(line.split()) for line in done.stdout.splitlines()]
    assert "[b]龙井[/b] tea 3 14.15 USD 0.85 USD 15.00 USD" in rows
    assert "Shipping 1 7.00 USD 0.00 USD 7.00 USD" in rows
    assert "total 22.00 USD, credited 0.00 USD, paid 0.00 USD, open 22.00 USD" in rows


def test_programs_get_numbers_and_no_personal_data(invoice: Any) -> None:
    done = invoice("INV-2026-000001", "--json")
    told = json.loads(done.stdout)
    assert (told["status"], told["gross"], told["open"]) == ("ISSUED", 2_200, 2_200)
    assert [line["gross"] for line in told["lines"]] == [1_500, 700]
    assert "Ana" not in done.stdout


def test_it_is_written_as_html_and_as_pdf(invoice: Any, tmp_path: Path) -> None:
    html, pdf = tmp_path / "i.html", tmp_path / "i.pdf"
    done = invoice("INV-2026-000001", "--html", str(html), "--pdf", str(pdf))
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    written = html.read_text(encoding="utf-8")
    assert '<html lang="zh-CN">' in written
    assert all(word in written for word in ("Ana Ruiz", "Lakeside Tea", "First Harbor Bank"))
    assert pdf.read_bytes().startswith(b"%PDF-")
    invoice("INV-2026-000001", "--html", str(html), "--language", "en")
    assert '<html lang="en">' in html.read_text(encoding="utf-8")


def test_an_unknown_number_and_a_folder_that_is_not_there_are_refused(invoice: Any) -> None:
    unknown = invoice("INV-2026-000009")
    assert unknown.returncode == 1
    assert "there is no invoice INV-2026-000009" in unknown.stderr
    nowhere = invoice("INV-2026-000001", "--html", "/nowhere/i.html")
    assert nowhere.returncode == 1
    assert "Traceback" not in nowhere.stderr


def test_all_of_them_are_listed_with_what_is_open_of_each(invoice: Any) -> None:
    done = invoice(command="invoices")
    assert (done.returncode, done.stderr) == (0, "")
    head, row = [line.split() for line in done.stdout.splitlines() if line.strip()]
    assert head == ["number", "order", "status", "issued", "due", "total", "open"]
    day = "2026-11-22"
    amounts = ["22.00", "USD", "22.00", "USD"]
    assert row == ["INV-2026-000001", "O-1", "ISSUED", day, day, *amounts]
    [told] = json.loads(invoice("--status", "issued", "--json", command="invoices").stdout)
    assert (told["number"], told["open"]) == ("INV-2026-000001", 2_200)
    assert json.loads(invoice("--status", "paid", "--json", command="invoices").stdout) == []
    assert json.loads(invoice("--to", "2026-11-21", "--json", command="invoices").stdout) == []
    assert invoice("--status", "odd", command="invoices").returncode == 2
