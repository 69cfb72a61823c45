"""Outgoing events end to end: the relay process, a real database and engine, HTTP, a subscriber."""

import asyncio
import json
import os
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine
from subscriber import SECRET, Subscriber, subscribing
from temporalio.client import Client
from temporalio.service import RPCError

from adapters.postgres.engine import create_engine
from orderloom.relay import run
from orderloom.settings import Settings

AT = "2026-01-01T10:00:00+00:00"
PUT = text(
    "INSERT INTO outbox (event_id, kind, subject, payload)"
    " VALUES (:event_id, :kind, :subject, CAST(:payload AS jsonb))"
)
APPROVED = {
    "event_id": "7K3M-9QXT-2AVB/2",
    "kind": "order.approved",
    "subject": "7K3M-9QXT-2AVB",
    "payload": json.dumps({"order": "7K3M-9QXT-2AVB", "at": AT, "data": {"reason": "fine"}}),
}
TOLD = {
    "id": "7K3M-9QXT-2AVB/2",
    "type": "order.approved",
    "subject": "7K3M-9QXT-2AVB",
    "order": "7K3M-9QXT-2AVB",
    "at": AT,
    "data": {"reason": "fine"},
}


@pytest.fixture
async def engine(database_url: str) -> AsyncIterator[AsyncEngine]:
    engine = create_engine(database_url)
    yield engine
    await engine.dispose()


@pytest.fixture
def relaying(database_url: str, temporal_address: str) -> Callable[[Subscriber], Any]:
    """A relay process to that subscriber, ended as the supervisor ends it."""

    @asynccontextmanager
    async def relaying(subscriber: Subscriber) -> AsyncIterator[None]:
        settings = Settings(
            database_url=database_url,
            server_key="00",
            temporal_address=temporal_address,
            task_queue="nobody-works-here",
            event_url=subscriber.url,
            event_secret=SECRET,
        )
        relay = asyncio.create_task(run(settings))
        yield
        os.kill(os.getpid(), signal.SIGTERM)
        await asyncio.wait_for(relay, 2.5)  # what `up` allows

    return relaying


async def put(engine: AsyncEngine, **event: str) -> None:
    async with engine.begin() as connection:
        await connection.execute(PUT, event)


async def outbox(engine: AsyncEngine) -> dict[str, tuple[int, bool, str]]:
    """By event id: attempts, whether delivered, and the last error."""
    async with engine.connect() as connection:
        rows = await connection.execute(
            text("SELECT event_id, attempts, delivered_at IS NOT NULL, last_error FROM outbox")
        )
        return {event_id: tuple(rest) for event_id, *rest in rows}


async def eventually(condition: Callable[[], Any], within: float) -> None:
    async with asyncio.timeout(within):
        while not await condition():  # noqa: ASYNC110 - it happens in other processes
            await asyncio.sleep(0.02)


async def test_a_subscriber_gets_an_event_signed_and_the_outbox_knows(
    engine: AsyncEngine, relaying: Any
) -> None:
    async def delivered() -> bool:
        return await outbox(engine) == {"7K3M-9QXT-2AVB/2": (0, True, "")}

    with subscribing() as subscriber:
        async with relaying(subscriber):
            await put(engine, **APPROVED)
            await eventually(delivered, within=5)
    assert subscriber.received == [("7K3M-9QXT-2AVB/2", TOLD)]


async def test_an_event_that_was_not_taken_comes_again_under_the_same_id(
    engine: AsyncEngine, relaying: Any
) -> None:
    async def delivered() -> bool:
        return await outbox(engine) == {"7K3M-9QXT-2AVB/2": (1, True, "NotTaken('answered 503')")}

    await put(engine, **APPROVED)
    with subscribing(503) as subscriber:
        async with relaying(subscriber):
            await eventually(delivered, within=8)
    assert subscriber.received == [("7K3M-9QXT-2AVB/2", TOLD)] * 2


async def test_an_order_is_started_while_the_subscriber_hangs(
    engine: AsyncEngine, relaying: Any, temporal_client: Client
) -> None:
    async def started() -> bool:
        try:
            await temporal_client.get_workflow_handle("order/HANGING-SUBSCRIBER").describe()
        except RPCError:
            return False
        return (await outbox(engine))["order/HANGING-SUBSCRIBER/start"][1]

    start = {
        "event_id": "order/HANGING-SUBSCRIBER/start",
        "kind": "order.start",
        "subject": "HANGING-SUBSCRIBER",
        "payload": '{"channel": "web"}',
    }
    await put(engine, **APPROVED)
    with subscribing() as subscriber:
        subscriber.hanging.set()
        async with relaying(subscriber):
            await asyncio.to_thread(subscriber.knocked.wait, 5)
            await put(engine, **start)
            await eventually(started, within=2)
            assert subscriber.received == []
    assert (await outbox(engine))["7K3M-9QXT-2AVB/2"] == (0, False, "")


LOW = """
    INSERT INTO product (sku, name) VALUES ('TEA', 'Tea');
    INSERT INTO location (id, name, country) VALUES ('BOS', 'Boston', 'US');
    INSERT INTO stock (sku, location, on_hand, safety, reorder_point, reorder_to)
    VALUES ('TEA', 'BOS', 10, 2, 5, 20);
    INSERT INTO supply (kind, reference, sku, location, available_on, quantity)
    VALUES ('inbound', 'PO-1', 'TEA', 'BOS', '2026-11-30', 4);
    UPDATE stock SET on_hand = 5;
    UPDATE stock SET on_hand = 4;
    UPDATE stock SET on_hand = 2
    """


async def test_stock_that_runs_low_is_told_once_for_each_level(
    engine: AsyncEngine, relaying: Any
) -> None:
    async def delivered() -> bool:
        return list((await outbox(engine)).values()) == [(0, True, "")] * 2

    for statement in LOW.split(";"):
        async with engine.begin() as connection:
            await connection.execute(text(statement))
    with subscribing() as subscriber:
        async with relaying(subscriber):
            await eventually(delivered, within=5)
    told = dict(subscriber.received)
    assert len(subscriber.received) == len(told) == 2
    for body in told.values():
        assert datetime.fromisoformat(body.pop("at")).tzinfo is not None
    place = {"sku": "TEA", "location": "BOS"}
    assert told == {
        "stock/TEA@BOS/1": {
            "id": "stock/TEA@BOS/1", "type": "stock.reorder_reached", "subject": "TEA@BOS",
            "data": {**place, "free": 5, "level": 5, "coming": 4, "suggested": 11},
        },
        "stock/TEA@BOS/2": {
            "id": "stock/TEA@BOS/2", "type": "stock.safety_reached", "subject": "TEA@BOS",
            "data": {**place, "free": 2, "level": 2, "coming": 4, "suggested": 14},
        },
    }  # fmt: skip
