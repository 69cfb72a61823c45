"""The carrier: what becomes of a parcel."""

from typing import Any

import pytest

SIMULATOR = "carrier"
SETTINGS: dict[str, Any] = {"transit_after": 0.01, "deliver_after": 0.01}


async def book(program, reference, key=None, destination="Boston"):
    parcel = {"reference": reference, "tracking_number": f"T-{reference}"}
    body = {**parcel, "destination": destination}
    return await program.post("/v1/shipments", body, key or reference)


async def events(program, reference):
    shipment = (await program.get(f"/v1/shipments/T-{reference}")).json()
    return [event["type"].removeprefix("shipment.") for event in shipment["events"]]


async def test_a_parcel_is_delivered(usual, shared_system, reference):
    booked = await book(usual, reference)
    assert (booked.status_code, booked.json()["status"]) == (201, "booked")
    delivered = await shared_system.has(reference, "shipment.delivered")
    assert delivered.path == "/webhooks/carrier"
    assert delivered.data == {
        "reference": reference,
        "tracking_number": f"T-{reference}",
        "code": "DL",
        "description": "Delivered",
    }
    assert await events(usual, reference) == ["in_transit", "delivered"]
    assert usual.kinds(reference=reference) == ["booked", "event", "event"]


@pytest.mark.parametrize(
    ("settings", "course"),
    [
        ({"out_for_delivery_after": 0.01}, ["in_transit", "out_for_delivery", "delivered"]),
        ({"exception": 1}, ["in_transit", "exception", "delivered"]),
        ({"lose": 1}, ["in_transit", "lost"]),
        ({"return_to_sender": 1}, ["in_transit", "returned_to_sender"]),
    ],
)
async def test_a_parcel_takes_the_course_that_is_set(
    usual, shared_system, reference, settings, course
):
    await usual.control(**settings)
    await book(usual, reference)
    await shared_system.has(reference, f"shipment.{course[-1]}")
    assert await events(usual, reference) == course


async def test_a_parcel_waits_where_the_time_is_null(usual, shared_system, reference):
    await usual.control(deliver_after=None)
    await book(usual, reference)
    await shared_system.has(reference, "shipment.in_transit")
    assert await events(usual, reference) == ["in_transit"]
    await usual.control(deliver_after=0)
    await shared_system.has(reference, "shipment.delivered")


async def test_a_tracking_number_is_booked_once(usual, reference):
    await usual.control(transit_after=None)
    first = await book(usual, reference)
    same_key = await book(usual, reference)
    other_key = await book(usual, reference, key="another key")
    assert first.json() == same_key.json() == other_key.json()
    conflict = await book(usual, reference, destination="Salem")
    assert (conflict.status_code, conflict.json()["error"]) == (409, "idempotency_conflict")
    taken = await book(usual, reference, key="a third key", destination="Salem")
    assert (taken.status_code, taken.json()["error"]) == (409, "tracking_number_taken")
    await usual.control(transit_after=0)


async def test_an_unknown_parcel_is_unknown(usual):
    assert (await usual.get("/v1/shipments/T-0")).status_code == 404
