"""Whatever is typed, and whatever is down: a line that says so, and never a traceback."""

import json
import subprocess
import sys
from typing import Any

import psycopg
import pytest

# Several commands in one process, each with its exit code: starting one takes most of the time.
RUN = """
import json, sys
from orderloom import cli
for words in json.loads(sys.argv[1]):
    sys.argv = ["orderloom", *words]
    print(json.dumps(cli.run()), file=sys.stderr)
"""
NOBODY = "postgresql://postgres@127.0.0.1:1/nothing"
UNREACHABLE = "orderloom: The database cannot be reached. Is `orderloom up` running on this home?"
KEEP = """
INSERT INTO product (sku, name) VALUES ('TEA', 'Tea');
INSERT INTO location (id, name, country) VALUES ('BOS', 'Boston', 'US');
"""
EXPECT = ["act", "supply_expect", "TEA", "location=BOS", "available_on=2099-01-01"]
DEEP = "[" * 100_000


def ran(tmp_path: Any, database: str, *commands: list[str]) -> list[str]:
    """What each of them said to stderr, with its exit code."""
    told = [[*words, "--home", str(tmp_path)] for words in commands]
    done = subprocess.run(
        [sys.executable, "-c", RUN, json.dumps(told)],
        capture_output=True,
        text=True,
        timeout=120,
        env={"PATH": "", "COLUMNS": "160", "DATABASE_URL": database,
             "ORDERLOOM_SERVER_KEY": "00", "PYTHONIOENCODING": "utf-8"},
        check=False,
    )  # fmt: skip
    return done.stderr.splitlines()


def test_every_command_that_asks_a_database_says_that_it_is_down(tmp_path: Any) -> None:
    commands = [
        ["stock"], ["supplies"], ["locations"], ["products"], ["movements", "TEA"], ["picklists"],
        ["availability", "TEA"], ["ledger", "trial-balance"], ["points", "C-1"], ["outbox"],
        ["invoice", "INV-1"], ["settle", "report"], ["audit"],
        [*EXPECT, "reference=PO-1", "quantity=5"],
    ]  # fmt: skip
    said = ran(tmp_path, NOBODY, *commands)
    assert said == [UNREACHABLE, "1"] * len(commands)


@pytest.mark.parametrize("units", ["1e999", "Infinity", "-Infinity", "NaN", DEEP, "2.5"])
def test_what_is_no_number_of_units_is_refused(
    tmp_path: Any, database_url: str, units: str
) -> None:
    words = ["act", "stock_adjust", "TEA", "location=BOS", f"units={units}", "--reason", "found"]
    [said, code] = ran(tmp_path, database_url, words)
    assert code == "1"
    assert said.startswith("orderloom: ")
    assert "units" in said
    with psycopg.connect(database_url.replace("+psycopg", "")) as connection:
        assert connection.execute("SELECT count(*) FROM command").fetchone() == (0,)


def test_acts_are_checked_as_the_api_checks_them(tmp_path: Any, database_url: str) -> None:
    address = database_url.replace("+psycopg", "")
    with psycopg.connect(address) as connection:
        connection.execute(KEEP)
    expect = [*EXPECT, "quantity=5"]
    said = ran(
        tmp_path,
        address,
        [*expect, f"reference={'x' * 2_000}"],
        [*expect, "reference=PO-1", "--key", "schlüssel"],
        [*expect, "reference=PO-1", "--reason", "x" * 501],
        [*expect, "reference=PO\udcff"],
        ["outbox", "--redeliver", "\udcff"],
    )
    assert [line for line in said if line in ("0", "1", "2")] == ["1"] * 5
    assert not [line for line in said if "Traceback" in line]
    told = [line for line in said if line.startswith("orderloom: ")]
    assert [line.split(":")[1].strip() for line in told] == [
        "MALFORMED", "MALFORMED", "MALFORMED", "MALFORMED", "No such dead letter"
    ]  # fmt: skip
    with psycopg.connect(address) as connection:
        assert connection.execute("SELECT count(*) FROM supply").fetchone() == (0,)
