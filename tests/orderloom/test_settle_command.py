"""`orderloom settle`, as its user meets it."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from command_line import command, prepared

BOOKED = """
INSERT INTO person (name, line1, line2, city, region, postal_code, country, email, phone)
VALUES ('Ana', '', '', '', '', '', '', '', '');
INSERT INTO customer_order (number, channel, channel_ref, customer_ref, currency, total, placed,
  process, person_id, tracking_hash, placed_at)
VALUES ('ORDR-1', 'web', 'W1', '', 'USD', 0, '{}', '{}', 1, 'h', now());
INSERT INTO ledger_transaction (operation, order_number, currency)
VALUES ('ORDR-1/capture/1', 'ORDR-1', 'USD');
INSERT INTO ledger_entry (transaction_id, leg, account, amount)
VALUES (1, 1, 'provider_clearing', 1999), (1, 2, 'receivable', -1999);
"""
FIRST, SECOND = ((datetime.now(UTC) - timedelta(days=n)).date().isoformat() for n in (2, 1))
GOOD = f"""kind,reference,gross,fee,currency,occurred_at
charge,ORDR-1/capture/1,19.99,0.60,USD,{FIRST}
charge,unknown,5.00,,USD,{SECOND}
"""
NAMED = "provider.acme.po-1.csv"


@pytest.fixture
def settle(database_url: str, tmp_path: Path) -> Any:
    address = prepared(database_url, BOOKED)
    (tmp_path / NAMED).write_text(GOOD)
    return command(address, tmp_path, "settle")


def test_a_file_is_taken_in_matched_and_reported(settle: Any, tmp_path: Path) -> None:
    done = settle("import", str(tmp_path / NAMED), "--json")
    assert json.loads(done.stdout) == {
        "new": True, "matched": 1, "differing": 0, "proposed": 0, "unmatched": 1, "missing": 0
    }  # fmt: skip
    again = settle("import", str(tmp_path / NAMED), "--party", "provider:acme", "--payout", "po-1")
    assert "was known already" in again.stdout
    assert "0 matched" in again.stdout
    report = json.loads(settle("report", "--json").stdout)
    assert [(row["day"], row["verdict"], row["gross"]) for row in report] == [
        (FIRST, "MATCHED", 1999),
        (SECOND, "UNMATCHED", 500),
    ]
    drawn = settle("report", "--since", SECOND).stdout
    assert "provider acme" in drawn
    assert "5.00 USD" in drawn
    assert FIRST not in drawn
    lines = settle("lines", "--verdict", "unmatched").stdout
    assert "charge unknown" in lines
    assert settle("match").returncode == 0


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("import", "no.csv", "--party", "provider:acme"), "cannot be read: No such file"),
        (("import", "no.csv"), "no.csv is not named <kind>.<party>.<payout>, as provider."),
        (("import", "no.csv"), "or say whose it is, as --party provider:acme."),
        (("import", ".", "--party", "provider:acme"), "cannot be read: Is a directory"),
        (("import", "no.csv", "--party", "police:acme"), "'police:acme' is no party"),
        (("lines", "--verdict", "LOST"), "'LOST' is none of MATCHED"),
    ],
)
def test_what_cannot_be_done_is_said(settle: Any, words: tuple[str, ...], why: str) -> None:
    refused = settle(*words)
    assert (refused.returncode, why in refused.stderr) == (1, True), refused.stderr


def test_nothing_of_a_bad_file_is_taken(settle: Any, tmp_path: Path) -> None:
    bad = tmp_path / "bad.csv"
    bad.write_text(GOOD.replace("5.00", "five"))
    refused = settle("import", str(bad), "--party", "provider:acme")
    assert refused.returncode == 1
    assert "line 3: gross 'five' is no amount" in refused.stderr
    assert "No settlement was taken in yet" in settle("report").stdout
