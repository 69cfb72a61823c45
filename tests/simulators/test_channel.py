"""The channel: every basket reaches the system, until it is acknowledged or refused."""

from typing import Any

import pytest

SIMULATOR = "channel"
SETTINGS: dict[str, Any] = {}
ACCEPTED = {"order": "1", "number": "OL-7Q2", "tracking_url": "http://t"}


@pytest.fixture(autouse=True)
def accepting(shared_system):
    shared_system.always = (201, ACCEPTED)


async def hand_in(program, *orders, message_id=None):
    baskets = [{"channel": "web", "message_id": message_id, "body": {"order": o}} for o in orders]
    answer = await program.client.post("/v1/orders", json=baskets)
    assert answer.status_code == 202
    return answer.json()["message_ids"]


async def outcome(program, message, eventually):
    await eventually(
        lambda: {"acknowledged", "refused"} & set(program.kinds(message=message, channel="web"))
    )
    return (await program.get(f"/v1/orders/{message}")).json()


def arrivals(system, message):
    return [arrival for arrival in system.arrivals if arrival.id == message]


async def test_a_basket_is_delivered_and_its_acknowledgement_kept(
    usual, shared_system, reference, eventually
):
    (message,) = await hand_in(usual, reference)
    assert await outcome(usual, message, eventually) == {
        "message_id": message,
        "channel": "web",
        "order": reference,
        "state": "acknowledged",
        "status": 201,
        "answer": ACCEPTED,
    }
    (arrival,) = arrivals(shared_system, message)
    assert (arrival.path, arrival.body) == ("/intake/web", {"order": reference})
    (line,) = [line for line in usual.lines if line["kind"] == "acknowledged"][-1:]
    assert (line["message"], line["order"], line["number"]) == (message, reference, "OL-7Q2")


async def test_a_basket_is_sent_again_with_its_id_until_acknowledged(
    usual, shared_system, reference, eventually
):
    shared_system.answers.extend([(503, {}), (500, {}), (429, {})])
    (message,) = await hand_in(usual, reference)
    assert (await outcome(usual, message, eventually))["state"] == "acknowledged"
    assert len(arrivals(shared_system, message)) == 4
    assert usual.kinds(message=message, attempts=4) == ["acknowledged"]


async def test_a_refusal_ends_delivery_and_its_problem_is_kept(
    usual, shared_system, reference, eventually
):
    problem = {"type": "about:blank", "title": "Unknown SKU"}
    shared_system.answers.append((422, problem))
    (message,) = await hand_in(usual, reference)
    end = await outcome(usual, message, eventually)
    assert (end["state"], end["status"], end["answer"]) == ("refused", 422, problem)
    assert usual.kinds(message=message) == ["queued", "refused"]


async def test_the_same_message_is_queued_once(usual, shared_system, reference, eventually):
    for _ in range(2):
        assert await hand_in(usual, reference, message_id=reference.replace("/", "-"))
    message = reference.replace("/", "-")
    await outcome(usual, message, eventually)
    assert len(arrivals(shared_system, message)) == 1
    basket = {"channel": "web", "message_id": message, "body": {"order": "other"}}
    other = await usual.client.post("/v1/orders", json=basket)
    assert (other.status_code, other.json()["error"]) == (409, "message_id_taken")


async def test_a_list_with_a_malformed_basket_is_refused_whole(usual, reference):
    before = (await usual.get("/v1/orders")).json()
    baskets = [{"channel": "web", "body": {}}, {"channel": "WEB!", "body": {}}]
    answer = await usual.client.post("/v1/orders", json=baskets)
    assert (answer.status_code, answer.json()["error"]) == (400, "malformed")
    assert (await usual.get("/v1/orders")).json() == before


async def test_the_counts_add_up_and_the_rate_is_kept(launch, system):
    import asyncio

    system.answers.extend([(400, {}), (201, ACCEPTED)])
    channel = await launch("channel", rate=100)
    started = asyncio.get_running_loop().time()
    await hand_in(channel, *(str(n) for n in range(60)))
    counts = {"queued": 60}
    while counts["queued"]:
        counts = (await channel.get("/v1/orders")).json()
        assert sum(counts.values()) == 60
        await asyncio.sleep(0.02)
    assert counts == {"queued": 0, "acknowledged": 59, "refused": 1}
    assert 0.5 < asyncio.get_running_loop().time() - started < 3
