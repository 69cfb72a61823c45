"""The built-in warehouse in GraphQL: its lists, and each act with what it asks."""

from datetime import UTC, datetime
from typing import Any

import pytest

from domain.order import LineUnits
from domain.pick_list import Box, CancelStatus, PickList, PickStatus, Stage
from ports.floor import PickListFilter, PickListRead

PARCEL = "7K3M-9QXT-2AVB-F1"
LINES = (LineUnits(1, "TEA", 3), LineUnits(2, "CUP", 1))
AT = datetime(2026, 11, 22, 11, tzinfo=UTC)
SHIPPED = PickList(
    PARCEL, "7K3M-9QXT-2AVB", "BOS", LINES, PickStatus.SHIPPED, CancelStatus.REFUSED,
    "already_shipped", LINES[:1], (Box("P1", LINES[:1], "ups", "1Z", (Stage.IN_TRANSIT,)),),
)  # fmt: skip
FIELDS = """fulfillmentOrder order location status cancel reason lines { line sku quantity }
  picked { line } packages { package carrier trackingNumber stages lines { quantity } }
  possible printUrl createdAt updatedAt"""
LISTS = """query($location: ID! = "", $status: String! = "", $first: Int! = 20, $after: String) {
  pickLists(location: $location, status: $status, first: $first, after: $after) {
    nodes { fulfillmentOrder } edges { cursor } pageInfo { hasNextPage endCursor } } }"""


@pytest.fixture
def shipped(office) -> PickListRead:
    read = PickListRead(SHIPPED, ["pick_list_report_shipment"], f"/print/{PARCEL}/1/ab", AT, AT)
    office.floor.lists[PARCEL] = read
    return read


async def test_a_pick_list_is_told_with_what_is_possible(client, shipped):
    query = f'{{ pickList(fulfillmentOrder: " {PARCEL.lower()} ") {{ {FIELDS} }} }}'
    answer = await client.graphql(query, role="warehouse")
    assert answer["data"]["pickList"] == {
        "fulfillmentOrder": PARCEL,
        "order": "7K3M-9QXT-2AVB",
        "location": "BOS",
        "status": "SHIPPED",
        "cancel": "refused",
        "reason": "already_shipped",
        "lines": [
            {"line": 1, "sku": "TEA", "quantity": 3},
            {"line": 2, "sku": "CUP", "quantity": 1},
        ],
        "picked": [{"line": 1}],
        "packages": [
            {"package": "P1", "carrier": "ups", "trackingNumber": "1Z", "stages": ["in_transit"],
             "lines": [{"quantity": 3}]}
        ],
        "possible": ["pick_list_report_shipment"],
        "printUrl": f"https://shop.example/print/{PARCEL}/1/ab",
        "createdAt": AT.isoformat(),
        "updatedAt": AT.isoformat(),
    }  # fmt: skip


async def test_lists_are_pages_by_location_and_status(client, office, shipped):
    asked = {"location": "BOS", "status": "shipped", "first": 1}
    answer = await client.graphql(LISTS, asked, role="agent")
    assert answer["data"]["pickLists"] == {
        "nodes": [{"fulfillmentOrder": PARCEL}],
        "edges": [{"cursor": PARCEL}],
        "pageInfo": {"hasNextPage": False, "endCursor": PARCEL},
    }
    assert office.floor.asked == [PickListFilter("BOS", "SHIPPED")]


@pytest.mark.parametrize("asked", [{"status": "LOST"}, {"first": 0}, {"first": 101}])
async def test_a_list_that_cannot_be_is_refused(client, office, asked):
    answer = await client.graphql(LISTS, asked, role="warehouse")
    assert answer["errors"][0]["extensions"]["code"] == "MALFORMED"
    assert office.floor.asked == []


async def test_pick_lists_are_not_for_channels(client, office, shipped):
    answer = await client.graphql(LISTS, {}, role="channel")
    assert answer["errors"][0]["extensions"]["code"] == "FORBIDDEN"
    query = f'{{ pickList(fulfillmentOrder: "{PARCEL}") {{ status }} }}'
    answer = await client.graphql(query, role="channel")
    assert answer["errors"][0]["extensions"]["code"] == "FORBIDDEN"


async def test_a_pick_list_that_is_not_there_is_null(client):
    query = '{ pickList(fulfillmentOrder: "NONE") { status } }'
    assert await client.graphql(query, role="warehouse") == {"data": {"pickList": None}}


UNITS = [{"line": 1, "quantity": 2}, {"line": 2, "quantity": 0}]
CUP = {"line": 2, "sku": "CUP", "quantity": 1}
LABEL = {"package": "P1", "carrier": "ups", "trackingNumber": "1Z"}
ACTS: list[tuple[str, dict[str, Any], str, dict[str, Any]]] = [
    ("Accept", {}, "pick_list_accept", {}),
    ("Reject", {"reason": "closed"}, "pick_list_reject", {}),
    ("StartPicking", {}, "pick_list_start_picking", {}),
    ("ReportPicked", {"lines": UNITS}, "pick_list_report_picked", {"lines": UNITS}),
    (
        "ReportPicked",
        {"lines": UNITS, "missing": [CUP]},
        "pick_list_report_picked",
        {"lines": UNITS, "missing": [CUP]},
    ),
    ("Pack", {"packages": [{"lines": UNITS}]}, "pick_list_pack", {"packages": [UNITS]}),
    (
        "Ship",
        {"labels": [LABEL]},
        "pick_list_ship",
        {"labels": [{"package": "P1", "carrier": "ups", "tracking_number": "1Z"}]},
    ),
    ("ConfirmCancel", {}, "pick_list_confirm_cancel", {}),
    ("RefuseCancel", {"reason": "gone"}, "pick_list_refuse_cancel", {}),
    (
        "ReportShipment",
        {"stage": "DELIVERED", "package": "P1"},
        "pick_list_report_shipment",
        {"stage": "delivered", "package": "P1"},
    ),
    (
        "CorrectPicked",
        {"lines": UNITS, "missing": [CUP], "reason": "mistyped"},
        "pick_list_correct_picked",
        {"lines": UNITS, "missing": [CUP]},
    ),
    (
        "CorrectPacking",
        {"packages": [{"lines": UNITS}], "reason": "mistyped"},
        "pick_list_correct_packing",
        {"packages": [UNITS]},
    ),
    (
        "CorrectLabels",
        {"labels": [LABEL], "reason": "mistyped"},
        "pick_list_correct_labels",
        {"labels": [{"package": "P1", "carrier": "ups", "tracking_number": "1Z"}]},
    ),
]


@pytest.mark.parametrize(("name", "content", "kind", "body"), ACTS, ids=[each[0] for each in ACTS])
async def test_each_mutation_is_its_act(client, office, shipped, name, content, kind, body):
    mutation = f"""mutation($input: PickList{name}Input!) {{ done: pickList{name}(input: $input) {{
      pickList {{ status }} userErrors {{ code field }} }} }}"""
    wanted = {"fulfillmentOrder": PARCEL, "idempotencyKey": "k", **content}
    answer = await client.graphql(mutation, {"input": wanted}, role="warehouse")
    assert answer["data"]["done"] == {"pickList": {"status": "SHIPPED"}, "userErrors": []}
    [(act, subject, told, reason)] = office.back_office.done.values()
    assert (act.value, subject, told, reason) == (kind, PARCEL, body, content.get("reason", ""))


async def test_an_act_of_others_is_refused_as_data(client, office, shipped):
    mutation = """mutation($input: PickListAcceptInput!) { pickListAccept(input: $input) {
      pickList { status } userErrors { code } } }"""
    wanted = {"fulfillmentOrder": PARCEL, "idempotencyKey": "k"}
    answer = await client.graphql(mutation, {"input": wanted}, role="agent")
    assert answer["data"]["pickListAccept"] == {
        "pickList": {"status": "SHIPPED"},
        "userErrors": [{"code": "FORBIDDEN"}],
    }
    assert office.back_office.done == {}
