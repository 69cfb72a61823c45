"""Faults of calls and of webhooks: what happened is never in doubt, only what is heard of it."""

import asyncio
from typing import Any

import httpx
import pytest

SIMULATOR = "payment"
SETTINGS: dict[str, Any] = {"seed": 1}


async def authorize(program, reference):
    body = {"reference": reference, "amount": 1000, "currency": "USD", "source": "tok_ok"}
    return await program.post("/v1/payments", body, reference)


def effects(program, reference):
    return program.kinds(reference=reference)


async def test_a_fault_before_leaves_no_effect(usual, reference):
    await usual.control(fault_before=1)
    answer = await authorize(usual, reference)
    assert (answer.status_code, answer.json()["error"]) == (503, "unavailable")
    assert effects(usual, reference) == []
    await usual.control(fault_before=0)
    assert (await authorize(usual, reference)).status_code == 201
    assert effects(usual, reference) == ["authorize"]


@pytest.mark.parametrize("status", [401, 403])
async def test_a_key_can_be_refused_and_nothing_happens(usual, reference, status):
    await usual.control(refuse_key=status)
    answer = await authorize(usual, reference)
    assert (answer.status_code, answer.json()["error"]) == (status, "unauthorized")
    inquiry = await usual.get(f"/v1/operations/{reference}")
    assert inquiry.status_code == status
    assert effects(usual, reference) == []
    await usual.control(refuse_key=None)
    assert (await authorize(usual, reference)).status_code == 201
    assert effects(usual, reference) == ["authorize"]


async def test_after_a_fault_the_same_key_finds_the_true_answer(usual, reference):
    await usual.control(fault_after=1)
    answer = await authorize(usual, reference)
    assert (answer.status_code, answer.json()["error"]) == (504, "timed_out")
    await usual.control(fault_after=0)
    assert (await authorize(usual, reference)).json()["status"] == "authorized"
    assert effects(usual, reference) == ["authorize"]


async def test_a_reset_drops_the_connection_after_the_effect(usual, reference):
    await usual.control(reset=1)
    with pytest.raises(httpx.TransportError):
        await authorize(usual, reference)
    await usual.control(reset=0)
    inquiry = await usual.get(f"/v1/operations/{reference}")
    assert inquiry.json()["status"] == "authorized"
    assert effects(usual, reference) == ["authorize"]
    assert "Traceback" not in usual.output


async def test_a_hanging_answer_comes_late_and_a_second_call_need_not_wait(usual, reference):
    await usual.control(hang=1, hang_seconds=0.5)
    first = asyncio.create_task(authorize(usual, reference))
    await asyncio.sleep(0.1)
    await usual.control(hang=0)
    second = await authorize(usual, reference)
    assert not first.done()
    assert (await first).json() == second.json()
    assert effects(usual, reference) == ["authorize"]


async def test_latency_is_added_to_each_call(usual, reference):
    await usual.control(latency_seconds=0.2)
    started = asyncio.get_running_loop().time()
    await authorize(usual, reference)
    assert asyncio.get_running_loop().time() - started >= 0.2


async def test_a_duplicate_webhook_has_the_same_id(usual, shared_system, reference, eventually):
    await usual.control(duplicate=1)
    await authorize(usual, reference)
    first, second = await eventually(
        lambda: shared_system.of(reference) if len(shared_system.of(reference)) == 2 else None
    )
    assert (first.id, first.body) == (second.id, second.body)


async def test_a_delayed_webhook_is_overtaken(usual, shared_system, reference, eventually):
    await usual.control(reorder=1, reorder_seconds=0.3)
    references = [f"{reference}/{n}" for n in range(8)]
    for each in references:
        await authorize(usual, each)
    await eventually(lambda: all(shared_system.of(each) for each in references))
    arrived = [
        arrival.data["payment"]["reference"]
        for arrival in shared_system.arrivals
        if arrival.data["payment"]["reference"] in references
    ]
    assert sorted(arrived) == references
    assert arrived != references


async def test_silence_withholds_a_webhook_until_it_is_lifted(usual, shared_system, reference):
    await usual.control(silent_on=["payment.authorized"])
    payment = (await authorize(usual, reference)).json()
    path = f"/v1/payments/{payment['id']}/captures"
    await usual.post(path, {"reference": reference, "amount": 1}, f"{reference}/c")
    await shared_system.has(reference, "payment.captured")
    assert effects(usual, reference) == ["authorize", "capture"]
    assert shared_system.types(reference) == ["payment.captured"]
    await usual.control(silent_on=[])
    late = await shared_system.has(reference, "payment.authorized")
    assert late.data["payment"]["captured"] == 0


async def test_a_webhook_is_sent_again_until_it_is_taken(
    usual, shared_system, reference, eventually
):
    shared_system.answers.extend([(500, {}), (404, {}), (301, {})])
    await authorize(usual, reference)
    await eventually(lambda: len(shared_system.of(reference)) == 4)
    (webhook,) = {arrival.id for arrival in shared_system.of(reference)}
    await eventually(lambda: usual.kinds(webhook=webhook))
    assert usual.kinds(webhook=webhook, attempts=4) == ["webhook_delivered"]


async def test_a_call_without_the_key_of_the_house_is_refused(usual, reference):
    for key in ("Bearer wrong", ""):
        answer = await usual.client.get("/_control", headers={"authorization": key})
        assert (answer.status_code, answer.json()["error"]) == (401, "unauthorized")
    assert (await usual.client.get("/healthz", headers={"authorization": ""})).status_code == 200


async def test_a_post_without_idempotency_key_or_json_object_is_refused(usual):
    keyless = await usual.client.post("/v1/payments", json={})
    assert (keyless.status_code, keyless.json()["error"]) == (400, "idempotency_key_missing")
    for content in (b"{", b"[]"):
        headers = {"idempotency-key": "k"}
        answer = await usual.client.post("/v1/payments", content=content, headers=headers)
        assert (answer.status_code, answer.json()["error"]) == (400, "malformed")


async def test_an_unknown_or_impossible_setting_is_refused_and_changes_nothing(usual):
    before = (await usual.get("/_control")).json()
    for change in ({"weather": "fine"}, {"hang": 2}, ["hang"]):
        answer = await usual.client.put("/_control", json=change)
        assert (answer.status_code, answer.json()["error"]) == (400, "malformed")
    assert (await usual.get("/_control")).json() == before
