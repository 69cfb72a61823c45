"""Orders are taken while a part is down, and a party's silence is seen and survived."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from orderloom.graphql_client import Person
from tests.journeys.shop import Shop
from tests.journeys.stack import eventually

LAST_KNOWN = "This is what we last knew."


@pytest.mark.parametrize("part", ["worker", "temporal"])
async def test_orders_are_placed_while_a_part_is_down(shop: Shop, part: str):
    shop.stack.part(part).suspend()  # it does not answer, and nobody starts it again
    try:
        placed = await shop.place(f"DOWN-{part}")
        view = await shop.view(placed.number)
        assert (view["status"], view["process"]["live"]) == ("RECEIVED", False)
        page = await shop.page(placed)
        assert page.status_code == 200
        assert LAST_KNOWN in page.text
    finally:
        await shop.stack.kill(part)

    view = await shop.until_status(placed.number, "COMPLETED", "CLOSED")
    assert [kind for kind, *_ in shop.effects(placed.number)] == ["authorize", "capture"]
    assert len(shop.shipments(placed.number)) == 1


@pytest_asyncio.fixture(loop_scope="session")
async def warehouse_that_tells_no_shipment(shop: Shop) -> AsyncIterator[None]:
    silence = {"silent_on": ["fulfillment.shipped"]}
    await shop.tell_simulator("warehouse", "PUT", "/_control", silence)
    yield
    await shop.tell_simulator("warehouse", "PUT", "/_control", {"silent_on": []})


async def test_a_silent_warehouse_is_staff_s_affair_and_its_late_fact_finishes_the_order(
    shop: Shop, warehouse_that_tells_no_shipment: None
):
    placed = await shop.place("SILENT-1")
    view = await shop.until(
        placed.number, lambda view: any(wait["level"] for wait in view["process"]["waits"])
    )
    [wait] = [wait for wait in view["process"]["waits"] if wait["level"]]
    [parcel] = view["parcels"]
    assert wait["key"] == f"parcel/{parcel['fulfillmentOrder']}/ship"
    assert (wait["owner"], wait["queued"]) == ("warehouse", True)
    assert placed.number in await _tasks(shop.keeper)
    assert [kind for kind, *_ in shop.effects(placed.number)] == ["authorize"]

    await shop.tell_simulator("warehouse", "PUT", "/_control", {"silent_on": []})
    view = await shop.until_status(placed.number, "COMPLETED", "CLOSED")
    assert [kind for kind, *_ in shop.effects(placed.number)] == ["authorize", "capture"]

    async def task_is_gone() -> bool:
        return placed.number not in await _tasks(shop.keeper)

    await eventually(task_is_gone)


async def _tasks(person: Person) -> list[str]:
    """The orders in the warehouse's queue."""
    found = await person.ask('{ tasks(owner: "warehouse", first: 100) { nodes { order } } }')
    return [task["order"] for task in found["tasks"]["nodes"]]
