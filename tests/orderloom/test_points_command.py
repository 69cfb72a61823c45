"""`orderloom points`, as its user meets it."""

import json
from typing import Any

import pytest
from command_line import command, prepared

GIVEN = """
INSERT INTO points_account VALUES ('C-1');
INSERT INTO points_entry (operation, line, customer_ref, kind, lot, expires_on, points, reserved)
VALUES ('gift/1', 1, 'C-1', 'ADJUST', 'gift/1', '2099-01-01', 1500, 0),
       ('gift/2', 1, 'C-1', 'ADJUST', 'gift/1', '2099-01-01', -300, 0);
"""


@pytest.fixture
def points(database_url: str, tmp_path: Any) -> Any:
    return command(prepared(database_url, GIVEN), tmp_path, "points")


def test_a_customers_points_are_shown_with_their_newest_entries(points: Any) -> None:
    done = points("C-1", "--limit", "1")
    assert done.returncode == 0, done.stderr
    first, _, row, more = done.stdout.strip().splitlines()
    assert first == "1,200 points can be spent, 0 are held by orders."
    assert row.split()[2:] == ["ADJUST", "-300", "2099-01-01", "gift/2"]
    assert more.startswith("There are more")


def test_points_are_told_in_json(points: Any) -> None:
    told = json.loads(points("C-1", "--json").stdout)
    assert (told["available"], told["reserved"]) == (1_200, 0)
    assert [entry["points"] for entry in told["entries"]] == [-300, 1_500]


def test_a_customer_who_is_not_there_is_said_to_be_missing(points: Any) -> None:
    done = points("C-2")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "orderloom: There is no customer C-2.\n"
