"""The review table: each row decides what it says, and a broken table never reaches an order."""

import copy
import json
from dataclasses import replace
from typing import Any

import pytest

from adapters.rules.zen_rules import ZenReviewRules, check_table, read_table
from domain.errors import Malformed
from domain.review import ReviewInputs, Verdict

ORDINARY = ReviewInputs(
    channel="web",
    currency="USD",
    total=2600,
    units=4,
    price_deviation_bp=0,
    total_deviation=0,
    address_complete=True,
    customer_blocked=False,
)
TABLE = json.loads(read_table("review", 1))


@pytest.mark.parametrize(
    ("change", "verdict", "rule", "owner"),
    [
        ({}, Verdict.APPROVE, "ordinary", ""),
        ({"total": 50_000}, Verdict.APPROVE, "ordinary", ""),
        ({"total": 50_001}, Verdict.HOLD, "large-amount", "agent"),
        ({"units": 501}, Verdict.HOLD, "many-units", "agent"),
        ({"price_deviation_bp": 2001}, Verdict.HOLD, "price-far-off", "supervisor"),
        ({"total_deviation": 1}, Verdict.HOLD, "other-total", "agent"),
        (
            {"total_deviation": 1, "price_deviation_bp": 2001},
            Verdict.HOLD,
            "price-far-off",
            "supervisor",
        ),
        ({"address_complete": False}, Verdict.HOLD, "incomplete-address", "agent"),
        ({"customer_blocked": True}, Verdict.REJECT, "blocked-customer", ""),
        ({"customer_blocked": True, "total": 90_000}, Verdict.REJECT, "blocked-customer", ""),
        ({"total": 2**53 - 1}, Verdict.HOLD, "large-amount", "agent"),
    ],
)
async def test_each_row_decides_what_it_says(
    change: dict[str, Any], verdict: Verdict, rule: str, owner: str
) -> None:
    found = await ZenReviewRules().review(replace(ORDINARY, **change))
    assert (found.verdict, found.rule, found.owner) == (verdict, rule, owner)
    assert found.rule_version == "review/1"
    assert found.inputs["total"] == str(change.get("total", 2600))


@pytest.mark.parametrize("cell", ["> ((", "foo bar", "== =="])
def test_a_malformed_cell_is_refused_when_the_table_is_loaded(cell: str) -> None:
    broken = copy.deepcopy(TABLE)
    broken["nodes"][1]["content"]["rules"][2]["deviation"] = cell
    with pytest.raises(Malformed, match="price-far-off, Price deviation"):
        check_table(broken)


def test_a_missing_verdict_is_refused_when_the_table_is_loaded() -> None:
    broken = copy.deepcopy(TABLE)
    broken["nodes"][1]["content"]["rules"][0]["verdict"] = ""
    with pytest.raises(Malformed, match="blocked-customer, Verdict"):
        check_table(broken)


def test_scripts_are_refused() -> None:
    broken = copy.deepcopy(TABLE)
    broken["nodes"][1]["type"] = "functionNode"
    with pytest.raises(Malformed, match="functionNode is not allowed"):
        check_table(broken)


async def test_what_no_rule_matches_is_held_for_a_person() -> None:
    without_default = copy.deepcopy(TABLE)
    without_default["nodes"][1]["content"]["rules"].pop()
    found = await ZenReviewRules(table=json.dumps(without_default)).review(ORDINARY)
    assert (found.verdict, found.owner) == (Verdict.HOLD, "agent")
