"""Locations, products, stock and movements through GraphQL, and the acts that change them."""

from datetime import UTC, date, datetime, time

import pytest

from domain.acts import ActKind
from ports.inventory_reads import (
    ComponentRead,
    LocationRead,
    MovementRead,
    ProductFilter,
    ProductRead,
    PromiseRead,
    StockFilter,
    StockRead,
    SupplyRead,
)
from ports.reads import Page

STOCK = StockRead(
    "TEA", "BOS", 10, 4, 2, 1, 3, 4, 6, 20, True, 11, date(2026, 12, 1), 7
)  # fmt: skip
SUPPLY = SupplyRead(
    7, "inbound", "PO-1", "TEA", "BOS", date(2026, 12, 3), 10, 4, 3,
    (PromiseRead("7K3M-9QXT-2AVB", "7K3M-9QXT-2AVB-F1", 1, 3),),
)  # fmt: skip
BOS = LocationRead(
    "BOS", "Boston", "store", "US", "MA", 42.4, -71.1, 100, True, "http", 250, 12,
    "America/New_York", time(16, 30), [1, 2, 3, 4, 5], "US-MA", [date(2026, 12, 24)],
    date(2026, 11, 24), "closed until Tuesday 2026-11-24",
)  # fmt: skip
POT = ProductRead("POT", "Pot", "Tea", 180, None, 70, 80, (ComponentRead("TEA", "Tea", 2),))
LOCATIONS = """query($first: Int!, $after: String) { locations(first: $first, after: $after) {
  nodes { id name kind country region latitude longitude priority active fulfilledBy capacity taken
          timezone cutoff weekdays holidays closedOn departsOn delay }
  pageInfo { hasNextPage endCursor } } }"""
CHANGE_LOCATION = """mutation($input: LocationChangeInput!) { locationChange(input: $input) {
  result approval userErrors { code message field } } }"""
CHANGE_PRODUCT = CHANGE_LOCATION.replace("Location", "Product").replace("location", "product")


async def test_a_location_says_what_it_is_and_when_a_parcel_would_leave(client, office):
    office.inventory.page = Page([BOS], ["c1"], more=True)
    answer = await client.graphql(LOCATIONS, {"first": 1, "after": "c0"})
    assert answer["data"]["locations"] == {
        "nodes": [{
            "id": "BOS", "name": "Boston", "kind": "STORE", "country": "US", "region": "MA",
            "latitude": 42.4, "longitude": -71.1, "priority": 100, "active": True,
            "fulfilledBy": "http", "capacity": 250, "taken": 12, "timezone": "America/New_York",
            "cutoff": "16:30", "weekdays": [1, 2, 3, 4, 5], "holidays": "US-MA",
            "closedOn": ["2026-12-24"], "departsOn": "2026-11-24",
            "delay": "closed until Tuesday 2026-11-24",
        }],
        "pageInfo": {"hasNextPage": True, "endCursor": "c1"},
    }  # fmt: skip
    assert office.inventory.asked == [("locations", 1, "c0")]


async def test_a_product_has_its_measures_and_components(client, office):
    office.inventory.page = Page([POT], ["c1"], more=False)
    answer = await client.graphql(
        '{ products(search: "po", bundlesOnly: true) { nodes { sku name category weightG lengthMm'
        " widthMm heightMm components { sku name quantity } } } }"
    )
    assert answer["data"]["products"]["nodes"] == [{
        "sku": "POT", "name": "Pot", "category": "Tea", "weightG": 180, "lengthMm": None,
        "widthMm": 70, "heightMm": 80,
        "components": [{"sku": "TEA", "name": "Tea", "quantity": 2}],
    }]  # fmt: skip
    assert office.inventory.asked == [
        ("products", ProductFilter("", "po", bundles_only=True), 20, None)
    ]


async def test_stock_and_its_movements_are_read(client, office):
    office.inventory.page = Page([STOCK], ["c"], more=False)
    answer = await client.graphql(
        '{ stock(sku: "TEA", location: "BOS", low: true) { nodes { sku location onHand reserved'
        " safety damaged quarantined available reorderPoint reorderTo low inbound expectedOn"
        " presale } } }"
    )
    assert answer["data"]["stock"]["nodes"] == [{
        "sku": "TEA", "location": "BOS", "onHand": 10, "reserved": 4, "safety": 2, "damaged": 1,
        "quarantined": 3, "available": 4, "reorderPoint": 6, "reorderTo": 20, "low": True,
        "inbound": 11, "expectedOn": "2026-12-01", "presale": 7,
    }]  # fmt: skip
    at = datetime(2026, 11, 22, 12, tzinfo=UTC)
    moved = MovementRead(7, at, "TEA", "BOS", "ship", "O-F1", 1, -2, "", 0)
    office.inventory.page = Page([moved], ["c"], more=False)
    answer = await client.graphql(
        '{ movements(sku: "TEA", first: 5) { nodes { id at sku location reason reference line'
        " units bucketUnits } } }"
    )
    assert answer["data"]["movements"]["nodes"] == [{
        "id": "7", "at": at.isoformat(), "sku": "TEA", "location": "BOS", "reason": "ship",
        "reference": "O-F1", "line": 1, "units": -2, "bucketUnits": 0,
    }]  # fmt: skip
    assert office.inventory.asked == [
        ("stock", StockFilter("TEA", "BOS", low=True), 20, None),
        ("movements", "TEA", "", 5, None),
    ]


async def test_what_is_to_come_is_read_with_whom_it_is_promised_to(client, office):
    office.inventory.page = Page([SUPPLY], ["c1"], more=True)
    answer = await client.graphql(
        '{ supplies(sku: "TEA", location: "BOS", first: 1, after: "c0") { nodes { id kind reference'
        " sku location availableOn quantity received reserved promises { order fulfillmentOrder"
        " line units } } pageInfo { hasNextPage endCursor } } }"
    )
    assert answer["data"]["supplies"] == {
        "nodes": [{
            "id": "7", "kind": "INBOUND", "reference": "PO-1", "sku": "TEA", "location": "BOS",
            "availableOn": "2026-12-03", "quantity": 10, "received": 4, "reserved": 3,
            "promises": [{"order": "7K3M-9QXT-2AVB", "fulfillmentOrder": "7K3M-9QXT-2AVB-F1",
                          "line": 1, "units": 3}],
        }],
        "pageInfo": {"hasNextPage": True, "endCursor": "c1"},
    }  # fmt: skip
    assert office.inventory.asked == [("supplies", "TEA", "BOS", 1, "c0")]


@pytest.mark.parametrize(
    "query",
    [
        "{ locations { nodes { id } } }",
        "{ products { nodes { sku } } }",
        "{ stock { nodes { sku } } }",
        '{ movements(sku: "TEA") { nodes { id } } }',
        "{ supplies { nodes { id } } }",
    ],
)
async def test_a_channel_reads_none_of_it(client, office, query):
    answer = await client.graphql(query, role="channel")
    assert answer["data"] is None
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["FORBIDDEN"]
    assert office.inventory.asked == []


async def test_a_location_is_changed_in_what_is_given_only(client, office):
    body = {"location": "BOS", "idempotencyKey": "k", "reason": "flood", "active": False,
            "capacity": 0, "cutoff": "", "closedOn": [], "holidays": None}  # fmt: skip
    answer = await client.graphql(CHANGE_LOCATION, {"input": body}, role="warehouse")
    assert answer["data"]["locationChange"] == {
        "result": {"did": "location_change"},
        "approval": None,
        "userErrors": [],
    }
    assert office.back_office.done == {
        ("ana", "k"): (
            ActKind.LOCATION_CHANGE,
            "BOS",
            {"active": False, "capacity": 0, "cutoff": "", "closed_on": []},
            "flood",
        )
    }


async def test_a_new_location_and_a_new_product_are_made_by_the_same_acts(client, office):
    place = {"location": "SHA", "idempotencyKey": "1", "reason": "why", "new": True,
             "name": "Shanghai", "country": "CN", "kind": "store", "region": "", "latitude": 31.2,
             "longitude": 121.5, "priority": 5, "fulfilledBy": "built_in"}  # fmt: skip
    goods = {"sku": "JAR", "idempotencyKey": "2", "reason": "why", "new": True, "name": "Jar",
             "category": "kitchen", "taxCategory": "standard"}  # fmt: skip
    await client.graphql(CHANGE_LOCATION, {"input": place}, role="supervisor")
    await client.graphql(CHANGE_PRODUCT, {"input": goods}, role="supervisor")
    assert [done[1:3] for done in office.back_office.done.values()] == [
        ("SHA", {"new": True, "name": "Shanghai", "country": "CN", "kind": "store", "region": "",
                 "latitude": 31.2, "longitude": 121.5, "priority": 5, "fulfilled_by": "built_in"}),
        ("JAR", {"new": True, "name": "Jar", "category": "kitchen", "tax_category": "standard"}),
    ]  # fmt: skip


async def test_a_product_is_changed_and_no_components_are_not_the_same_as_none_named(
    client, office
):
    for key, components in (("1", [{"sku": "TEA", "quantity": 2}]), ("2", []), ("3", None)):
        body = {"sku": "POT", "idempotencyKey": key, "reason": "why", "weightG": 0,
                "components": components}  # fmt: skip
        await client.graphql(CHANGE_PRODUCT, {"input": body}, role="supervisor")
    assert [done[2] for done in office.back_office.done.values()] == [
        {"weight_g": 0, "components": [{"sku": "TEA", "quantity": 2}]},
        {"weight_g": 0, "components": []},
        {"weight_g": 0},
    ]


async def test_who_may_not_is_told_so_and_nothing_is_done(client, office):
    body = {"location": "BOS", "idempotencyKey": "k", "reason": "flood", "active": False}
    answer = await client.graphql(CHANGE_LOCATION, {"input": body}, role="agent")
    assert [each["code"] for each in answer["data"]["locationChange"]["userErrors"]] == [
        "FORBIDDEN"
    ]
    assert office.back_office.done == {}
