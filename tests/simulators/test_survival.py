"""What a kill -9 leaves: nothing acknowledged is lost, nothing is doubled, work goes on."""

import asyncio

import httpx

STEPS = {"accept_after": 0.01, "pick_after": 0.01, "pack_after": 0.01, "ship_after": 0.01}


def authorization(reference):
    return {"reference": reference, "amount": 1000, "currency": "USD", "source": "tok_ok"}


async def test_payments_keys_and_withheld_webhooks_survive(launch, system, eventually):
    program = await launch("payment", silent_on=["payment.captured"])
    payment = (await program.post("/v1/payments", authorization("P"), "P/a")).json()
    captures, capture = f"/v1/payments/{payment['id']}/captures", {"reference": "P", "amount": 600}
    captured = (await program.post(captures, capture, "P/c1")).json()
    refused = (await program.post(captures, capture, "P/c2")).json()
    await program.get("/v1/operations/P/c3")
    await system.has("P", "payment.authorized")
    await eventually(lambda: program.kinds(webhook=system.of("P")[0].id))
    await program.kill()

    program.settings = {}
    await program.start()
    await system.has("P", "payment.captured")
    assert system.types("P") == ["payment.authorized", "payment.captured"]
    assert (await program.post("/v1/payments", authorization("P"), "P/a")).json() == payment
    assert (await program.post(captures, capture, "P/c1")).json() == captured
    assert (await program.post(captures, capture, "P/c2")).json() == refused
    assert (await program.post(captures, capture, "P/c3")).json()["error"] == "key_voided"
    other = await program.post(captures, {**capture, "amount": 1}, "P/c1")
    assert other.json()["error"] == "idempotency_conflict"
    assert (await program.get(f"/v1/payments/{payment['id']}")).json()["captured"] == 600
    assert program.kinds(reference="P", status="succeeded") == ["capture"]


async def test_a_kill_under_load_loses_nothing_acknowledged(launch, system, eventually):
    program = await launch("payment")
    answered: dict[str, str] = {}

    async def authorize(key):
        try:
            answer = await program.post("/v1/payments", authorization(key), key)
        except httpx.TransportError:
            return  # killed before it answered
        answered[key] = answer.json()["id"]

    for volley in range(3):
        calls = [authorize(f"{volley}-{n}") for n in range(100)]
        tasks = [asyncio.create_task(call) for call in calls]
        await asyncio.sleep(0.05)
        client, program.client = program.client, None
        await program.kill()
        await asyncio.gather(*tasks, return_exceptions=True)
        await client.aclose()
        await program.start()

    payments = [line for line in program.lines if line["kind"] == "authorize"]
    assert answered.items() <= {line["key"]: line["payment"] for line in payments}.items()
    assert len(payments) == len({line["key"] for line in payments})
    for line in payments:
        await system.has(line["reference"], "payment.authorized")


async def test_a_torn_last_line_is_cut_off(launch, system):
    program = await launch("payment")
    await program.post("/v1/payments", authorization("P"), "P/a")
    await system.has("P", "payment.authorized")
    await program.kill()
    with program.journal.open("ab") as journal:
        journal.write(b'{"at":"2026-11-22T10:00:00+00:00","kind":"authorize","pay')
    await program.start()
    await program.post("/v1/payments", authorization("Q"), "Q/a")
    assert program.kinds(status="authorized") == ["authorize", "authorize"]


async def test_a_pending_challenge_is_passed_after_a_restart(launch, system):
    program = await launch("payment", auto_challenge_after=0.3)
    body = {**authorization("P"), "source": "tok_requires_action"}
    await program.post("/v1/payments", body, "P/a")
    await program.kill()
    await program.start()
    told = await system.has("P", "payment.authorized")
    assert told.data["payment"]["status"] == "authorized"


async def test_fulfillment_orders_go_on_where_they_stood(launch, system, eventually):
    program = await launch("warehouse", **STEPS, silent_on=["fulfillment.accepted"])
    await program.control(pack_after=None)
    lines = [{"line": 1, "sku": "A", "quantity": 1}]
    references = [f"FO-{n}" for n in range(20)]
    for reference in references:
        ids = {"reference": reference, "order": "OL-1", "location": "BOS"}
        body = {**ids, "lines": lines, "ship_to": {"country": "US"}}
        await program.post("/v1/fulfillment-orders", body, reference)
    await eventually(lambda: program.kinds().count("picked") == 20)
    await program.kill()
    program.settings = STEPS
    await program.start()
    for reference in references:
        await system.has(reference, "fulfillment.shipped")
        await system.has(reference, "fulfillment.accepted")
        steps = ["submitted", "accepted", "picked", "packed", "shipped"]
        assert program.kinds(reference=reference) == steps


async def test_unbooked_parcels_are_booked_after_a_restart(launch, eventually):
    carrier = await launch("carrier", transit_after=None)
    desk = {"carrier_url": carrier.url, "carrier_api_key": "test-key"}
    warehouse = await launch("warehouse", **STEPS, **desk, silent_on=["booking"])
    ids = {"reference": "FO", "order": "OL-1", "location": "BOS"}
    lines = [{"line": 1, "sku": "A", "quantity": 1}]
    body = {**ids, "lines": lines, "ship_to": {"country": "US"}}
    await warehouse.post("/v1/fulfillment-orders", body, "FO")
    await eventually(lambda: "shipped" in warehouse.kinds())
    await warehouse.kill()
    warehouse.settings = {**STEPS, **desk}
    await warehouse.start()
    await eventually(lambda: "parcel_booked" in warehouse.kinds())
    assert carrier.kinds(reference="FO") == ["booked"]


async def test_parcels_travel_on_after_a_restart(launch, system):
    program = await launch("carrier", transit_after=0.01, deliver_after=None)
    parcel = {"reference": "FO", "tracking_number": "T", "destination": "Boston"}
    await program.post("/v1/shipments", parcel, "T")
    await system.has("FO", "shipment.in_transit")
    await program.kill()
    program.settings = {"transit_after": 0.01, "deliver_after": 0.01}
    await program.start()
    await system.has("FO", "shipment.delivered")
    assert program.kinds(reference="FO") == ["booked", "event", "event"]


async def test_queued_baskets_reach_a_system_that_comes_up_later(launch, system, eventually):
    system.always = (503, {})
    program = await launch("channel")
    baskets = [{"channel": "web", "body": {"order": str(n)}} for n in range(20)]
    messages = (await program.client.post("/v1/orders", json=baskets)).json()["message_ids"]
    await program.kill()
    await program.start()
    assert (await program.get("/v1/orders")).json()["queued"] == 20
    system.always = (201, {"number": "OL-1"})
    await eventually(lambda: program.kinds().count("acknowledged") == 20)
    assert {arrival.id for arrival in system.arrivals} == set(messages)
    assert program.kinds().count("queued") == 20


async def test_webhooks_wait_for_a_system_that_is_away(launch, open_system):
    async with open_system(0) as system:
        base = system.url
    program = await launch("payment", base)
    for n in range(50):
        await program.post("/v1/payments", authorization(f"P{n}"), f"P{n}")
    assert (await program.get("/healthz")).json() == {"status": "ok", "open": 50}
    async with open_system(int(base.rsplit(":", 1)[1])) as system:
        for n in range(50):
            await system.has(f"P{n}", "payment.authorized")
        assert len(system.arrivals) == 50
