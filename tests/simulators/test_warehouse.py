"""The warehouse: picking, packing, shipping, and what comes between."""

from typing import Any

import pytest

SIMULATOR = "warehouse"
SETTINGS: dict[str, Any] = {
    "accept_after": 0.01,
    "pick_after": 0.01,
    "pack_after": 0.01,
    "ship_after": 0.01,
}
EVERY = "/v1/fulfillment-orders"
LINES = [{"line": 1, "sku": "A", "quantity": 3}, {"line": 2, "sku": "B", "quantity": 1}]
STEPS = ["accepted", "picked", "packed", "shipped"]


def asked(reference, lines=LINES, location="BOS"):
    return {
        "reference": reference,
        "order": "OL-1",
        "location": location,
        "lines": lines,
        "ship_to": {
            "name": "Ana Ruiz",
            "line1": "1 Main St",
            "city": "Boston",
            "region": "MA",
            "postal_code": "02108",
            "country": "US",
            "phone": None,
        },
    }


async def submit(program, reference, **changes):
    answer = await program.post(EVERY, asked(reference, **changes), f"{reference}/submit")
    assert answer.status_code == 202
    return answer.json()


async def cancel(program, reference, key="cancel"):
    return await program.post(f"{EVERY}/{reference}/cancel", {}, f"{reference}/{key}")


async def status(program, reference):
    return (await program.get(f"{EVERY}/{reference}")).json()["status"]


async def has_status(program, reference, eventually, wanted):
    await eventually(lambda: wanted in program.kinds(reference=reference))
    assert await status(program, reference) == wanted


async def test_an_order_is_shipped_in_one_package_with_every_step_told(
    usual, shared_system, reference
):
    answer = await submit(usual, reference)
    assert answer == {"id": answer["id"], "reference": reference, "status": "submitted"}
    shipped = (await shared_system.has(reference, "fulfillment.shipped")).data
    (package,) = shipped["packages"]
    assert package == {
        "package": "P1",
        "carrier": "swiftline",
        "tracking_number": package["tracking_number"],
        "lines": LINES,
    }
    assert len(package["tracking_number"]) == 22
    packed = (await shared_system.has(reference, "fulfillment.packed")).data
    assert packed["packages"] == [{"package": "P1", "lines": LINES}]
    picked = (await shared_system.has(reference, "fulfillment.picked")).data
    assert picked == {"reference": reference, "lines": LINES}
    for step in STEPS:
        await shared_system.has(reference, f"fulfillment.{step}")
    assert len(shared_system.of(reference)) == len(STEPS)
    assert usual.kinds(reference=reference) == ["submitted", *STEPS]


async def test_a_warehouse_may_tell_that_picking_begins(usual, shared_system, reference):
    await usual.control(picking_after=0.01)
    await submit(usual, reference)
    await shared_system.has(reference, "fulfillment.shipped")
    begun = (await shared_system.has(reference, "fulfillment.picking")).data
    assert begun == {"reference": reference}
    assert usual.kinds(reference=reference) == ["submitted", "accepted", "picking", *STEPS[1:]]


async def test_packages_hold_no_more_units_than_set(usual, shared_system, reference):
    await usual.control(max_units_per_package=2)
    await submit(usual, reference)
    packages = (await shared_system.has(reference, "fulfillment.shipped")).data["packages"]
    units = [[(line["line"], line["quantity"]) for line in each["lines"]] for each in packages]
    assert units == [[(1, 2)], [(1, 1), (2, 1)]]
    assert len({each["tracking_number"] for each in packages}) == 2


async def test_a_short_pick_ships_only_what_was_found(usual, shared_system, reference):
    await usual.control(short_skus={"A": 1, "B": 1})
    await submit(usual, reference)
    found = [{"line": 1, "sku": "A", "quantity": 2}]
    shipped = (await shared_system.has(reference, "fulfillment.shipped")).data
    picked = (await shared_system.has(reference, "fulfillment.picked")).data
    assert picked["lines"] == found
    assert [package["lines"] for package in shipped["packages"]] == [found]


async def test_missing_units_are_missing_over_all_lines_of_a_sku(usual, shared_system, reference):
    await usual.control(short_skus={"A": 4})
    lines = [{"line": n, "sku": "A", "quantity": 3} for n in (1, 2)]
    await submit(usual, reference, lines=lines)
    picked = (await shared_system.has(reference, "fulfillment.picked")).data
    assert picked["lines"] == [{"line": 2, "sku": "A", "quantity": 2}]


async def test_when_nothing_is_found_the_work_stops(usual, shared_system, reference, eventually):
    await usual.control(short_skus={"A": 3, "B": 1})
    await submit(usual, reference)
    picked = await shared_system.has(reference, "fulfillment.picked")
    assert picked.data["lines"] == []
    await submit(usual, f"{reference}/other", lines=[{"line": 1, "sku": "C", "quantity": 1}])
    await shared_system.has(f"{reference}/other", "fulfillment.shipped")
    assert usual.kinds(reference=reference) == ["submitted", "accepted", "picked"]


@pytest.mark.parametrize("setting", [{"reject_locations": ["BOS"]}, {"reject_skus": ["B"]}])
async def test_an_order_is_rejected_by_location_or_sku(
    usual, shared_system, reference, setting, eventually
):
    await usual.control(**setting)
    await submit(usual, reference)
    rejected = await shared_system.has(reference, "fulfillment.rejected")
    assert rejected.data["reason"]
    assert usual.kinds(reference=reference) == ["submitted", "rejected"]
    late = await cancel(usual, reference)
    assert late.status_code == 202
    refused = await shared_system.has(reference, "fulfillment.cancel_refused")
    assert refused.data["reason"] == "already_rejected"


async def test_an_early_cancel_ends_the_work(usual, shared_system, reference, eventually):
    await usual.control(pack_after=None)
    await submit(usual, reference)
    await has_status(usual, reference, eventually, "picked")
    assert (await cancel(usual, reference)).json()["status"] == "canceled"
    await shared_system.has(reference, "fulfillment.canceled")
    await usual.control(pack_after=0.01)
    await submit(usual, f"{reference}/other")
    await shared_system.has(f"{reference}/other", "fulfillment.shipped")
    assert usual.kinds(reference=reference) == ["submitted", "accepted", "picked", "canceled"]


async def test_a_late_cancel_is_refused_and_the_parcel_leaves(
    usual, shared_system, reference, eventually
):
    await usual.control(ship_after=None)
    await submit(usual, reference)
    await has_status(usual, reference, eventually, "packed")
    assert (await cancel(usual, reference)).json()["status"] == "packed"
    refused = await shared_system.has(reference, "fulfillment.cancel_refused")
    assert refused.data == {"reference": reference, "reason": "already_packed"}
    await usual.control(ship_after=0.01)
    await shared_system.has(reference, "fulfillment.shipped")
    assert "fulfillment.canceled" not in shared_system.types(reference)


async def test_every_cancel_is_refused_when_so_set(usual, shared_system, reference):
    await usual.control(cancel="refuse", accept_after=None)
    await submit(usual, reference)
    await cancel(usual, reference)
    await shared_system.has(reference, "fulfillment.cancel_refused")
    assert await status(usual, reference) == "submitted"


async def test_a_cancel_with_the_same_key_is_told_once(usual, shared_system, reference, eventually):
    await usual.control(accept_after=None)
    await submit(usual, reference)
    first = await cancel(usual, reference)
    again = await cancel(usual, reference)
    assert (first.status_code, first.json()) == (again.status_code, again.json())
    assert usual.kinds(reference=reference) == ["submitted", "canceled"]
    await cancel(usual, reference, "another key")
    await eventually(lambda: shared_system.types(reference) == ["fulfillment.canceled"] * 2)


async def test_the_same_reference_is_the_same_order_under_any_key(usual, reference):
    await usual.control(accept_after=None)
    first = await submit(usual, reference)
    again = await usual.post(EVERY, asked(reference), "another key")
    other = await usual.post(EVERY, asked(reference, location="NYC"), "a third key")
    assert (again.status_code, again.json()) == (202, first)
    assert (other.status_code, other.json()["error"]) == (409, "reference_taken")
    assert usual.kinds(reference=reference) == ["submitted", "resubmitted"]


async def test_an_order_never_seen_is_unknown(usual, reference):
    assert (await usual.get(f"{EVERY}/{reference}")).status_code == 404
    canceled = await cancel(usual, reference)
    error = canceled.json()["error"]
    assert (canceled.status_code, error) == (404, "unknown_fulfillment_order")


async def test_an_order_that_was_canceled_before_it_came_is_refused_when_it_comes(usual, reference):
    for key in ("first", "second"):
        assert (await cancel(usual, reference, key)).status_code == 404
    late = await usual.post(EVERY, asked(reference), f"{reference}/submit")
    assert (late.status_code, late.json()["error"]) == (409, "already_canceled")
    assert (await usual.get(f"{EVERY}/{reference}")).status_code == 404
    assert usual.kinds(reference=reference) == ["unseen_canceled"]


async def test_an_order_is_refused_at_once_by_location(usual, shared_system, reference):
    await usual.control(refuse_locations=["BOS"])
    refused = await usual.post(EVERY, asked(reference), f"{reference}/submit")
    assert (refused.status_code, refused.json()["error"]) == (422, "location_closed")
    assert (await usual.get(f"{EVERY}/{reference}")).status_code == 404
    assert usual.kinds(reference=reference) == []
    await usual.control(refuse_locations=[])
    await submit(usual, reference)
    await shared_system.has(reference, "fulfillment.shipped")


async def test_a_malformed_order_is_refused(usual, reference):
    for lines in ([], [{"line": 1, "sku": "A", "quantity": 0}]):
        answer = await usual.post(EVERY, asked(reference, lines=lines), reference)
        assert (answer.status_code, answer.json()["error"]) == (400, "malformed")


async def test_parcels_are_booked_with_the_carrier_until_it_takes_them(launch, system, eventually):
    carrier = await launch("carrier", transit_after=0.01, deliver_after=0.01, fault_before=1)
    desk = {"carrier_url": carrier.url, "carrier_api_key": "test-key"}
    warehouse = await launch("warehouse", **SETTINGS, **desk, max_units_per_package=2)
    await submit(warehouse, "FO-1")
    shipped = (await system.has("FO-1", "fulfillment.shipped")).data
    assert "booked" not in carrier.kinds()
    await carrier.control(fault_before=0, fault_after=0.5, seed=4)
    await eventually(lambda: system.types("FO-1").count("shipment.delivered") == 2)
    await eventually(lambda: warehouse.kinds(reference="FO-1").count("parcel_booked") == 2)
    numbers = sorted(package["tracking_number"] for package in shipped["packages"])
    booked = [line["tracking_number"] for line in carrier.lines if line["kind"] == "booked"]
    assert sorted(booked) == numbers
