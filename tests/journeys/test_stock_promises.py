"""Promises of stock on the live system: made at placement for whoever is fast enough, told by day
and place, and openly broken when a count does not find what was promised.
"""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest_asyncio

from tests.journeys.shop import Shop, order_body

FILES = {
    "rare-products.csv": "sku,name\nRARE,Rare\nFEW,Few\nGIFT,Gift\n",
    "rare-prices.csv": "sku,currency,unit_price\nRARE,USD,500\nFEW,USD,500\nGIFT,USD,900\n",
    "rare-stock.csv": "sku,location,on_hand,safety\nRARE,BOS,3,0\nFEW,BOS,9,1\nFEW,NYC,9,0\n",
    "gift.csv": "bundle,component,quantity\nGIFT,FEW,2\nGIFT,RARE,1\n",
}
AVAILABLE = """query($skus: [String!]!, $until: Date) { availability(skus: $skus, until: $until) {
  sku total { immediate steps { day units } }
  locations { location immediate steps { day units } } } }"""


@pytest_asyncio.fixture(loop_scope="session")
async def slow_pickers(shop: Shop) -> AsyncIterator[None]:
    await shop.tell_simulator("warehouse", "PUT", "/_control", {"pick_after": None})
    yield
    await shop.tell_simulator("warehouse", "PUT", "/_control", {"pick_after": 0.1})


def load(shop: Shop) -> None:
    """Three of what everybody wants."""
    for name, content in FILES.items():
        (shop.stack.folder / name).write_text(content)
    shop.stack.load(*(shop.stack.folder / name for name in FILES))


async def act(shop: Shop, name: str, key: str, sku: str, location: str, **body: Any) -> None:
    await shop.done(shop.keeper, name, key, sku=sku, location=location, **body)


async def available(shop: Shop, *skus: str, **asked: Any) -> list[dict[str, Any]]:
    found = await shop.channel.ask(AVAILABLE, skus=list(skus), **asked)
    return list(found["availability"])


async def test_promises_are_told_made_and_openly_broken(shop: Shop, slow_pickers: None):
    load(shop)
    day = (datetime.now(UTC).date() + timedelta(days=3)).isoformat()
    expected = {"reference": "PO-1", "quantity": 4, "availableOn": day}
    await act(shop, "supplyExpect", "expect", "FEW", "BOS", **expected)
    gift, few = await available(shop, "GIFT", "FEW", until=day)
    assert (few["total"]["immediate"], gift["total"]["immediate"]) == (17, 3)
    assert few["total"]["steps"] == [{"day": day, "units": 21}]
    assert gift["total"]["steps"] == []  # no bundle is promised from what is to come
    places = {each["location"]: each["immediate"] for each in few["locations"]}
    assert places == {"BOS": 8, "NYC": 9}

    # A flash sale: eight buyers of three.
    line = [{"sku": "RARE", "quantity": 1, "unit_price": 500}]
    bodies = [order_body(f"FLASH-{n}", lines=line, only_if_in_stock=True) for n in range(8)]
    answers = await asyncio.gather(
        *(shop.send("/intake/web", body, message=body["order"]) for body in bodies)
    )
    won = [answer.json()["number"] for answer in answers if answer.status_code == 201]
    lost = [answer for answer in answers if answer.status_code != 201]
    assert len(won) == 3
    assert {each.json()["type"].rpartition("/")[2] for each in lost} == {"out-of-stock"}
    assert shop.stack.rows(
        "SELECT count(*) FROM customer_order WHERE channel_ref LIKE %s", "FLASH-%"
    ) == [(3,)]
    assert (await available(shop, "RARE"))[0]["total"]["immediate"] == 0
    for number in won:
        view = await shop.until(number, lambda view: bool(view["parcels"]))
        assert [parcel["location"] for parcel in view["parcels"]] == ["BOS"]
    states = "SELECT state, count(*) FROM reservation WHERE sku = 'RARE' GROUP BY 1 ORDER BY 1"
    assert shop.stack.rows(states) == [("HARD", 3), ("RELEASED", 3)]

    # A count finds too few: the youngest promise is broken, and comes from elsewhere.
    placed = await shop.place("COUNT-1", lines=[{"sku": "FEW", "quantity": 8, "unit_price": 500}])
    view = await shop.until(
        placed.number, lambda view: [p["status"] for p in view["parcels"]] == ["ACCEPTED"]
    )
    assert [parcel["location"] for parcel in view["parcels"]] == ["BOS"]
    await act(shop, "stockCount", "count", "FEW", "BOS", counted=5, reason="shelf 12")
    view = await shop.until(
        placed.number, lambda view: [p["location"] for p in view["parcels"]] == ["BOS", "NYC"]
    )
    await shop.tell_simulator("warehouse", "PUT", "/_control", {"pick_after": 0.1})
    view = await shop.until_status(placed.number, "COMPLETED", "CLOSED")
    delivered = {p["location"] for p in view["parcels"] if p["status"] == "DELIVERED"}
    assert delivered == {"NYC"}
    assert [line["delivered"] for line in view["lines"]] == [8]
    kinds = [each["kind"] for each in view["timeline"]]
    assert "reservation.broken" in kinds
    for number in won:
        await shop.until_status(number, "COMPLETED", "CLOSED")
