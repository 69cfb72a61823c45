"""Points in GraphQL: a customer's, their ledger page by page, and the act that adjusts them."""

from datetime import UTC, date, datetime

from domain.acts import ActKind
from ports.points_reads import CustomerPoints, PointsEntryRead

AT = datetime(2026, 11, 22, 11, tzinfo=UTC)
POINTS = """query($customer: ID!) { customerPoints(customer: $customer) {
  available reserved expiring { expiresOn points }
  entries(first: 1) { nodes { kind points reserved order } pageInfo { hasNextPage } } } }"""
ADJUST = """mutation { pointsAdjust(input: {
  customer: "C-1", points: -5, idempotencyKey: "k", reason: "a mistake" }) {
  approval userErrors { code } } }"""


async def test_a_customers_points_come_with_their_entries(client, office):
    office.points.found = {"C-1": CustomerPoints("C-1", 7, 3, ((date(2026, 12, 1), 4),))}
    office.points.written = [
        PointsEntryRead(str(n), AT, "EARN", n, 0, "O", f"op{n}", date(2026, 12, 1)) for n in (5, 4)
    ]
    answer = await client.graphql(POINTS, {"customer": "C-1"}, role="finance")
    assert answer["data"]["customerPoints"] == {
        "available": 7,
        "reserved": 3,
        "expiring": [{"expiresOn": "2026-12-01", "points": 4}],
        "entries": {
            "nodes": [{"kind": "EARN", "points": 5, "reserved": 0, "order": "O"}],
            "pageInfo": {"hasNextPage": True},
        },
    }


async def test_nobody_has_no_points_and_the_warehouse_may_not_ask(client):
    answer = await client.graphql(POINTS, {"customer": "C-9"}, role="agent")
    assert answer == {"data": {"customerPoints": None}}
    answer = await client.graphql(POINTS, {"customer": "C-9"}, role="warehouse")
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["FORBIDDEN"]


async def test_an_adjustment_is_an_act_on_the_customer(client, office):
    answer = await client.graphql(ADJUST, role="agent")
    assert answer["data"]["pointsAdjust"] == {"approval": None, "userErrors": []}
    body = {"points": -5, "valid_days": 365}
    assert list(office.back_office.done.values()) == [
        (ActKind.POINTS_ADJUST, "C-1", body, "a mistake")
    ]
