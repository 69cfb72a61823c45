"""A shop with nobody outside: orders paid at their channel, picked, packed, shipped and delivered
by its own people, on the default system without a simulator.
"""

import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from typing import Any

import pytest
import pytest_asyncio

from orderloom.demo.world import FAST, World
from tests.journeys.catalog import write_catalog
from tests.journeys.conftest import opened
from tests.journeys.shop import Placed, Shop, kinds
from tests.journeys.stack import Stack, eventually, violations

ALONE = World(replace(FAST.process, name="alone", return_window=2, ship_within=300))
PAID = {"method": "paid_at_channel", "reference": "till-7"}
TWO_TEAS_AND_A_CUP = [{"line": 1, "quantity": 2}, {"line": 2, "quantity": 1}]


@pytest.fixture(scope="module")
def stack_alone() -> Iterator[Stack]:
    stack = Stack(ALONE, simulators=False)
    try:
        stack.wait_until_ready()
        stack.load(*write_catalog(stack.folder))
        yield stack
    finally:
        stack.end()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def shop(stack_alone: Stack) -> AsyncIterator[Shop]:
    """Whatever was done by hand: the books are right in the end."""
    async with opened(stack_alone) as shop:
        yield shop
        assert violations(await stack_alone.audit()) == []


async def pick_list(shop: Shop, parcel: str) -> dict[str, Any]:
    fields = "status cancel possible printUrl packages { package trackingNumber }"
    asked = f'{{ pickList(fulfillmentOrder: "{parcel}") {{ {fields} }} }}'
    found: dict[str, Any] = (await shop.keeper.ask(asked))["pickList"]
    return found


async def handed_over(shop: Shop, placed: Placed, location: str = "NYC", ordinal: int = 1) -> str:
    """The parcel, once the people of the location have its pick list."""
    parcel = f"{placed.number}-F{ordinal}"
    waiting = f'{{ pickLists(location: "{location}") {{ nodes {{ fulfillmentOrder }} }} }}'

    async def listed() -> bool:
        nodes = (await shop.keeper.ask(waiting))["pickLists"]["nodes"]
        return parcel in [node["fulfillmentOrder"] for node in nodes]

    await eventually(listed)
    return parcel


async def act(shop: Shop, parcel: str, name: str, **content: Any) -> None:
    key = f"{parcel}/{name}/{content.get('stage', '')}"
    await shop.done(shop.keeper, f"pickList{name}", key, fulfillmentOrder=parcel, **content)


async def send(shop: Shop, parcel: str, found: list[dict[str, int]]) -> None:
    """From the shelf to the customer's door."""
    await act(shop, parcel, "Pack", packages=[{"lines": found}])
    await act(shop, parcel, "Ship")
    await act(shop, parcel, "ReportShipment", stage="DELIVERED")


async def test_an_order_is_sent_and_delivered_by_people_alone(shop: Shop):
    assert (shop.settings.warehouse_url, shop.settings.payment_url) == ("", "")
    placed = await shop.place("OWN-1", payment=PAID)
    parcel = await handed_over(shop, placed)
    await act(shop, parcel, "Accept")
    await act(shop, parcel, "StartPicking")
    being_picked = "The parcel is being picked."
    await shop.until(placed.number, lambda view: view["process"]["doing"] == being_picked)
    await act(shop, parcel, "ReportPicked", lines=TWO_TEAS_AND_A_CUP)
    paper = await shop.http.get((await pick_list(shop, parcel))["printUrl"])
    for content in (parcel, "Ana Ruiz", "TEA"):
        assert content in paper.text
    await act(shop, parcel, "Pack", packages=[{"lines": TWO_TEAS_AND_A_CUP}])
    await act(shop, parcel, "Ship")
    await shop.until(placed.number, lambda view: view["parcels"][0]["status"] == "SHIPPED")
    await act(shop, parcel, "ReportShipment", stage="IN_TRANSIT")
    await act(shop, parcel, "ReportShipment", stage="DELIVERED")

    view = await shop.until_status(placed.number, "CLOSED")
    assert view["paymentStatus"] == "PAID_AT_CHANNEL"
    assert [line["delivered"] for line in view["lines"]] == [2, 1]
    [package] = view["parcels"][0]["packages"]
    assert package["trackingNumber"] == f"{parcel}-P1"
    told = [each["kind"] for each in view["timeline"] if each["source"] == "warehouse"]
    assert told == [
        *("fulfillment.accepted", "fulfillment.picking", "fulfillment.picked"),
        *("fulfillment.packed", "fulfillment.shipped"),
        *("shipment.in_transit", "shipment.delivered"),
    ]
    page = await shop.page(placed)
    assert "Everything has arrived" in page.text
    acts = "SELECT act FROM audit WHERE subject = %s ORDER BY id"
    assert len(shop.stack.rows(acts, parcel)) == 7


async def test_what_was_told_wrongly_is_corrected_and_the_order_follows(shop: Shop):
    """A mistyped pick, another box, and a label of somebody else's parcel."""
    placed = await shop.place("OWN-6", payment=PAID)
    parcel = await handed_over(shop, placed)
    await act(shop, parcel, "Accept")
    found = [{"line": 1, "quantity": 1}, {"line": 2, "quantity": 1}]
    await act(shop, parcel, "ReportPicked", lines=TWO_TEAS_AND_A_CUP)
    await act(shop, parcel, "CorrectPicked", lines=found, reason="one is torn")
    rest = await handed_over(shop, placed, "BOS", ordinal=2)
    late = {"fulfillmentOrder": parcel, "lines": TWO_TEAS_AND_A_CUP, "reason": "it is not"}
    refusal = await shop.keeper.do("pickListCorrectPicked", "late", **late)
    assert refusal is not None
    assert "count the stock instead" in refusal.message
    await act(shop, parcel, "Pack", packages=[{"lines": found[:1]}, {"lines": found[1:]}])
    await act(shop, parcel, "CorrectPacking", packages=[{"lines": found}], reason="one box")
    wrong, right = (
        {"package": "P1", "carrier": "ups", "trackingNumber": f"1Z{parcel}"},
        f"JD{parcel}",
    )
    await act(shop, parcel, "Ship", labels=[wrong])
    await shop.until(placed.number, lambda view: view["parcels"][0]["status"] == "SHIPPED")
    label = {"package": "P1", "carrier": "dhl", "trackingNumber": right}
    await act(shop, parcel, "CorrectLabels", labels=[label], reason="mistyped")
    await act(shop, parcel, "ReportShipment", stage="DELIVERED")
    await act(shop, rest, "Accept")
    await act(shop, rest, "ReportPicked", lines=[{"line": 1, "quantity": 1}])
    await send(shop, rest, [{"line": 1, "quantity": 1}])
    view = await shop.until_status(placed.number, "CLOSED")
    assert [line["delivered"] for line in view["lines"]] == [2, 1]
    [package] = view["parcels"][0]["packages"]
    assert package["trackingNumber"] == right


async def test_a_short_pick_is_sourced_again_and_the_rest_comes_from_elsewhere(shop: Shop):
    placed = await shop.place("OWN-2", payment=PAID)
    parcel = await handed_over(shop, placed)
    await act(shop, parcel, "Accept")
    found = [{"line": 1, "quantity": 1}, {"line": 2, "quantity": 1}]
    await act(shop, parcel, "ReportPicked", lines=found)
    rest = await handed_over(shop, placed, "BOS", ordinal=2)
    await send(shop, parcel, found)
    await act(shop, rest, "Accept")
    await act(shop, rest, "ReportPicked", lines=[{"line": 1, "quantity": 1}])
    await send(shop, rest, [{"line": 1, "quantity": 1}])
    view = await shop.until_status(placed.number, "CLOSED")
    assert [line["delivered"] for line in view["lines"]] == [2, 1]
    sent = {p["fulfillmentOrder"]: (p["location"], p["status"]) for p in view["parcels"]}
    assert sent == {parcel: ("NYC", "DELIVERED"), rest: ("BOS", "DELIVERED")}
    written_off = "SELECT units FROM movement WHERE reason = 'short_pick' AND reference = %s"
    assert shop.stack.rows(written_off, parcel) == [(-1,)]


async def test_a_parcel_that_is_wanted_back_waits_for_the_people_who_have_it(shop: Shop):
    cup = [{"sku": "CUP", "quantity": 1, "unit_price": 900}]
    placed = await shop.place("OWN-3", lines=cup, payment=PAID)
    parcel = await handed_over(shop, placed)
    await act(shop, parcel, "Accept")
    await act(shop, parcel, "StartPicking")
    await shop.until(placed.number, lambda view: view["parcels"][0]["status"] == "PICKING")
    override = {
        "order": placed.number,
        "fulfillmentOrder": parcel,
        "location": "AUS",
        "reason": "New York closes early",
    }
    await shop.done(shop.supervisor, "orderOverrideSource", "override-own-3", **override)

    async def asked() -> bool:
        return bool((await pick_list(shop, parcel))["cancel"] == "requested")

    await eventually(asked)
    found = [{"line": 1, "quantity": 1}]
    content = {"fulfillmentOrder": parcel, "lines": found}
    refusal = await shop.keeper.do("pickListReportPicked", "wanted-back", **content)
    assert refusal is not None
    assert refusal.code == "STEP_REFUSED"
    await act(shop, parcel, "ConfirmCancel")
    other = await handed_over(shop, placed, "AUS", ordinal=2)
    await act(shop, other, "Accept")
    await act(shop, other, "ReportPicked", lines=found)
    await send(shop, other, found)
    view = await shop.until_status(placed.number, "CLOSED")
    assert {p["fulfillmentOrder"]: p["status"] for p in view["parcels"]} == {
        parcel: "CANCELED",
        other: "DELIVERED",
    }
    assert "CancelRequested" in kinds(view)


async def test_an_unknown_action_of_a_warehouse_is_refused_and_kills_no_order(shop: Shop):
    placed = await shop.place("OWN-4", payment=PAID)
    parcel = await handed_over(shop, placed)
    body = {
        "id": "evt-burned",
        "type": "fulfillment.burned",
        "occurred_at": "2026-11-22T10:00:00Z",
        "data": {"reference": parcel},
    }
    for _ in range(2):
        answer = await shop.send("/webhooks/warehouse", body, message="evt-burned")
        assert answer.status_code == 422
        assert "fulfillment.shipped" in answer.text
    assert shop.stack.rows("SELECT count(*) FROM fact WHERE event_id = 'evt-burned'") == [(0,)]
    await act(shop, parcel, "Accept")
    await act(shop, parcel, "ReportPicked", lines=TWO_TEAS_AND_A_CUP)
    await send(shop, parcel, TWO_TEAS_AND_A_CUP)
    view = await shop.until_status(placed.number, "CLOSED")
    assert [line["delivered"] for line in view["lines"]] == [2, 1]


async def test_the_command_line_does_the_same_acts(shop: Shop):
    placed = await shop.place("OWN-5", payment=PAID)
    parcel = await handed_over(shop, placed)

    async def cli(act: str, *fields: str) -> tuple[int | None, str]:
        return await shop.cli("act", act, parcel, *fields)

    code, said = await shop.cli("picklists", "--location", "NYC", "--status", "submitted", "--json")
    [waiting] = json.loads(said)
    assert (code, waiting["fulfillment_order"]) == (0, parcel)
    assert waiting["possible"] == ["pick_list_accept", "pick_list_reject"]
    code, said = await shop.cli("picklists", "--status", "lost")
    assert (code, "SUBMITTED" in said) == (1, True)
    assert parcel in (await shop.cli("picklists"))[1]
    assert await cli("pick_list_accept") == (0, "Done. status: ACCEPTED\n")
    lines = '[{"line": 1, "quantity": 2}, {"line": 2, "quantity": 1}]'
    assert (await cli("pick_list_report_picked", f"lines={lines}"))[0] == 0
    code, said = await cli("pick_list_ship")
    assert (code, "STEP_REFUSED" in said) == (1, True)
    await send(shop, parcel, TWO_TEAS_AND_A_CUP)
    await shop.until_status(placed.number, "CLOSED")
