"""Where an order is sent from: divided over two places, or from where a supervisor wants it."""

from collections.abc import AsyncIterator

import pytest_asyncio

from tests.journeys.shop import Shop, reasons


@pytest_asyncio.fixture(loop_scope="session")
async def slow_pickers(shop: Shop) -> AsyncIterator[None]:
    """The warehouse accepts, and picks nothing until the test is over or says so."""
    await shop.tell_simulator("warehouse", "PUT", "/_control", {"pick_after": None})
    yield
    await shop.tell_simulator("warehouse", "PUT", "/_control", {"pick_after": 0.1})


async def test_an_order_over_two_locations_is_captured_parcel_by_parcel(shop: Shop):
    lines = [
        {"sku": "TEA", "quantity": 2, "unit_price": 500, "discount": 100},
        {"sku": "POT", "quantity": 1, "unit_price": 4000},
    ]
    placed = await shop.place("SRC-1", lines=lines, shipping=300)
    view = await shop.until_status(placed.number, "COMPLETED", "CLOSED")

    sources = {parcel["location"]: parcel["fulfillmentOrder"] for parcel in view["parcels"]}
    assert set(sources) == {"BOS", "AUS"}
    assert reasons(view) == {
        "BOS": "has 2 of 3 units",
        "AUS": "has 1 of 3 units",
        "NYC": "has only 2 of 3 units",
    }
    assert shop.shipments(placed.number) == sorted(sources.values())
    authorized, *captures = shop.effects(placed.number)
    assert authorized == ("authorize", "authorized", 5200)
    assert [(kind, status) for kind, status, _ in captures] == [("capture", "succeeded")] * 2
    assert sum(amount for *_, amount in captures) == 5200


async def test_a_supervisor_sends_a_parcel_from_somewhere_else(shop: Shop, slow_pickers: None):
    cup = [{"sku": "CUP", "quantity": 1, "unit_price": 900}]
    placed = await shop.place("SRC-2", lines=cup)
    view = await shop.until(
        placed.number, lambda view: [p["status"] for p in view["parcels"]] == ["ACCEPTED"]
    )
    [first] = view["parcels"]
    assert first["location"] == "NYC"

    override = {
        "order": placed.number,
        "fulfillmentOrder": first["fulfillmentOrder"],
        "location": "AUS",
        "reason": "New York closes early",
    }
    refusal = await shop.agent.do("orderOverrideSource", "override-by-agent", **override)
    assert refusal is not None
    assert refusal.code == "FORBIDDEN"
    await shop.done(shop.supervisor, "orderOverrideSource", "override-2", **override)
    await shop.tell_simulator("warehouse", "PUT", "/_control", {"pick_after": 0.1})
    view = await shop.until_status(placed.number, "COMPLETED", "CLOSED")

    second = next(p for p in view["parcels"] if p["replaces"] == first["fulfillmentOrder"])
    assert second["location"] == "AUS"
    assert shop.shipments(placed.number) == [second["fulfillmentOrder"]]
    assert [kind for kind, *_ in shop.effects(placed.number)] == ["authorize", "capture"]
