"""Settlements in GraphQL: the report, the lines, and the acts on them, for finance."""

from datetime import date

import pytest

from domain.acts import ActKind
from ports.settlements import DayReport, LineRead
from tests.api.scenes import PLACED

REPORT = """query($since: Date) { settlementReport(since: $since) {
  day kind party verdict lines gross { text } fee { amount } } }"""
LINES = """query($verdict: String!, $first: Int!) {
  settlementLines(verdict: $verdict, first: $first) {
    nodes { id reference gross { text } item due { amount } reasons resolvedBy }
    pageInfo { hasNextPage endCursor } } }"""
LINE = LineRead(
    "7", "provider", "acme", "po-1", 2, "charge", "pay_1", "USD", 1850, 60, PLACED, "DIFFERING",
    "O-F1/capture/1", 1900, "USD", ["same reference"], 0, "",
)  # fmt: skip


async def test_the_report_is_told_by_day_and_party(client, office):
    day = date(2026, 11, 2)
    office.settlements.days = [DayReport(day, "provider", "acme", "USD", "MATCHED", 3, 5700, 90)]
    answer = await client.graphql(REPORT, {"since": "2026-11-01"}, role="finance")
    assert answer["data"]["settlementReport"] == [
        {"day": "2026-11-02", "kind": "provider", "party": "acme", "verdict": "MATCHED",
         "lines": 3, "gross": {"text": "57.00 USD"}, "fee": {"amount": 90}}
    ]  # fmt: skip
    assert office.settlements.asked == [(date(2026, 11, 1), None)]


async def test_lines_come_with_their_evidence_page_by_page(client, office):
    office.settlements.all_lines = [LINE, LINE]
    asked = {"verdict": "differing", "first": 1}
    answer = await client.graphql(LINES, asked, role="supervisor")
    assert answer["data"]["settlementLines"] == {
        "nodes": [
            {"id": "7", "reference": "pay_1", "gross": {"text": "18.50 USD"},
             "item": "O-F1/capture/1", "due": {"amount": 1900}, "reasons": ["same reference"],
             "resolvedBy": ""}
        ],
        "pageInfo": {"hasNextPage": True, "endCursor": "7"},
    }  # fmt: skip
    assert office.settlements.asked == [("DIFFERING", 1, None)]


@pytest.mark.parametrize(("verdict", "first"), [("LOST", 1), ("", 0), ("", 101)])
async def test_a_page_that_cannot_be_is_refused(client, office, verdict, first):
    answer = await client.graphql(LINES, {"verdict": verdict, "first": first}, role="finance")
    assert answer["errors"][0]["extensions"]["code"] == "MALFORMED"
    assert office.settlements.asked == []


@pytest.mark.parametrize("role", ["agent", "warehouse"])
async def test_settlements_are_not_for_everybody(client, role):
    for query, asked in ((REPORT, {}), (LINES, {"verdict": "", "first": 1})):
        answer = await client.graphql(query, asked, role=role)
        assert answer["errors"][0]["extensions"]["code"] == "FORBIDDEN"


@pytest.mark.parametrize(
    ("mutation", "fields", "kind", "body"),
    [
        ("settlementConfirm", 'line: "7"', ActKind.SETTLEMENT_CONFIRM, {}),
        ("settlementAssign", 'line: "7", item: "x"', ActKind.SETTLEMENT_ASSIGN, {"item": "x"}),
        (
            "settlementWriteOff",
            'line: "7", reason: "r"',
            ActKind.SETTLEMENT_WRITE_OFF,
            {"item": ""},
        ),
        ("settlementGiveUp", 'item: "7", reason: "r"', ActKind.SETTLEMENT_GIVE_UP, {}),
    ],
)
async def test_each_act_on_a_line_is_a_mutation(client, office, mutation, fields, kind, body):
    answer = await client.graphql(
        f'mutation {{ {mutation}(input: {{ {fields}, idempotencyKey: "k" }}) '
        "{ result approval userErrors { code } } }",
        role="finance",
    )
    assert answer["data"][mutation]["userErrors"] == []
    [done] = office.back_office.done.values()
    assert done[:3] == (kind, "7", body)
