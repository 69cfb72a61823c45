"""What the world is told of the journal, under which name and id."""

from datetime import UTC, datetime
from typing import Any

import pytest

from activities.publishing import events_of
from domain import journal as j

AT = datetime(2026, 1, 1, 10, tzinfo=UTC)
AT_TEXT = "2026-01-01T10:00:00+00:00"


def told(subject: str, *bodies: j.Body) -> list[tuple[str, str, str, Any]]:
    entries = [j.Entry(seq, AT, "system", body) for seq, body in enumerate(bodies, 4)]
    return list(events_of(subject, "O", entries))


def test_an_event_is_named_by_its_place_in_the_journal_and_says_what_was_written_there() -> None:
    assert told("O", j.Completed(), j.Canceled("asked")) == [
        ("O/5", "order.canceled", "O", {"order": "O", "at": AT_TEXT, "data": {"reason": "asked"}})
    ]


def test_a_return_that_expires_is_not_told_as_an_order_that_expires() -> None:
    data = {"order": "O", "at": AT_TEXT, "data": {"reason": "not in time"}}
    assert told("O", j.Expired("not in time")) == [("O/4", "order.expired", "O", data)]
    assert told("O-R1", j.Expired("not in time")) == [("O-R1/4", "return.expired", "O-R1", data)]


def test_a_return_that_is_called_off_is_told() -> None:
    [(event, kind, *_)] = told("O-R1", j.ReturnCanceled("kept it"))
    assert (event, kind) == ("O-R1/4", "return.canceled")


def test_a_rejection_by_rule_is_told_as_one_by_an_agent() -> None:
    by_rule = told("O", j.Reviewed("reject", "v1", "blocked", "blocked customer"))
    assert by_rule == told("O", j.Rejected("blocked customer"))
    assert [kind for _, kind, *_ in by_rule] == ["order.rejected"]


@pytest.mark.parametrize("decision", ["approve", "hold"])
def test_a_review_that_does_not_reject_is_our_own_business(decision: str) -> None:
    assert told("O", j.Reviewed(decision, "v1", "r1", "fine")) == []
