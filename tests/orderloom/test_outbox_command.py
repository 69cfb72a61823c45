"""`orderloom outbox`, as its user meets it."""

import json
from typing import Any

import psycopg
import pytest
from command_line import command, prepared

DEAD = """
INSERT INTO outbox (event_id, kind, subject, payload, due_at, attempts, last_error, dead_at)
VALUES ('O-1/7', 'parcel.shipped', 'O-1', '{}', NULL, 12, 'NotTaken(''answered [503]'')',
        '2026-01-01 10:00:00Z'),
       ('order/O-2/start', 'order.start', 'O-2', '{}', NULL, 12, 'no', '2026-01-02 10:00:00Z');
INSERT INTO outbox (event_id, kind, subject, payload, due_at, delivered_at)
VALUES ('O-1/8', 'parcel.delivered', 'O-1', '{}', NULL, now());
"""


@pytest.fixture
def database(database_url: str) -> str:
    """The address of a database with two dead letters, as psycopg takes it."""
    return prepared(database_url, DEAD)


@pytest.fixture
def outbox(database: str, tmp_path: Any) -> Any:
    return command(database, tmp_path, "outbox")


def states(database: str) -> dict[str, tuple[bool, int, bool]]:
    """By event id: whether due, its attempts, and whether dead."""
    with psycopg.connect(database) as connection:
        rows = connection.execute(
            "SELECT event_id, due_at <= clock_timestamp(), attempts, dead_at IS NOT NULL"
            " FROM outbox WHERE delivered_at IS NULL"
        )
        return {event_id: (bool(due), attempts, dead) for event_id, due, attempts, dead in rows}


def test_people_see_the_counts_and_every_dead_letter_with_its_reason(outbox: Any) -> None:
    done = outbox()
    assert (done.returncode, done.stderr) == (0, "")
    lines = [line.split() for line in done.stdout.splitlines()]
    assert ["due", "waiting", "delivered", "dead"] in lines
    assert ["0", "0", "1", "2"] in lines
    assert ["O-1/7", "parcel.shipped", "O-1", "12", "NotTaken('answered", "[503]')",
            "2026-01-01", "10:00:00", "UTC"] in lines  # fmt: skip
    assert ["order/O-2/start", "order.start", "O-2", "12", "no", "2026-01-02", "10:00:00",
            "UTC"] in lines  # fmt: skip


def test_programs_get_the_same_as_json(outbox: Any) -> None:
    found = json.loads(outbox("--json").stdout)
    assert found["counts"] == {"due": 0, "waiting": 0, "delivered": 1, "dead": 2}
    assert found["dead_letters"] == [
        {"event_id": "O-1/7", "kind": "parcel.shipped", "subject": "O-1", "attempts": 12,
         "error": "NotTaken('answered [503]')", "since": "2026-01-01T10:00:00+00:00"},
        {"event_id": "order/O-2/start", "kind": "order.start", "subject": "O-2", "attempts": 12,
         "error": "no", "since": "2026-01-02T10:00:00+00:00"},
    ]  # fmt: skip


def test_dead_letters_are_due_again_when_ops_names_them(outbox: Any, database: str) -> None:
    done = outbox("--redeliver", "O-1/7", "--redeliver", "order/O-2/start")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "O-1/7 is due again.\norder/O-2/start is due again.\n"
    assert states(database) == {"O-1/7": (True, 0, False), "order/O-2/start": (True, 0, False)}


def test_an_unknown_id_is_named_and_keeps_nothing_else_back(outbox: Any, database: str) -> None:
    done = outbox("--redeliver", "O-1/8", "--redeliver", "O-1/7", "--redeliver", "O-9/1")
    assert done.returncode == 1
    assert done.stdout == "O-1/7 is due again.\n"
    assert done.stderr == (
        "orderloom: No such dead letter: O-1/8, O-9/1. `orderloom outbox` lists them.\n"
    )
    assert states(database) == {"O-1/7": (True, 0, False), "order/O-2/start": (False, 12, True)}


def test_programs_are_told_what_was_sent_and_what_is_unknown(outbox: Any) -> None:
    done = outbox("--json", "--redeliver", "O-1/7", "--redeliver", "O-9/1")
    assert done.returncode == 1
    assert json.loads(done.stdout) == {"redelivered": ["O-1/7"], "unknown": ["O-9/1"]}
