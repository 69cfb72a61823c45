"""Outgoing events: what a subscriber gets, and what does not count as taken."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from subscriber import SECRET, subscribing

from adapters.notify.webhook import NotTaken, WebhookPublisher
from orderloom.embedded.ports import free_port
from ports.front_office import OutboxEvent

AT = "2026-01-01T10:00:00+00:00"
SHIPPED = OutboxEvent(
    7, "7K3M-9QXT-2AVB/7", "parcel.shipped", "7K3M-9QXT-2AVB",
    {"order": "7K3M-9QXT-2AVB", "at": AT, "data": {"fulfillment_order": "…-F1", "amount": 995}}, 3,
)  # fmt: skip
TOLD = {
    "id": "7K3M-9QXT-2AVB/7",
    "type": "parcel.shipped",
    "subject": "7K3M-9QXT-2AVB",
    "order": "7K3M-9QXT-2AVB",
    "at": AT,
    "data": {"fulfillment_order": "…-F1", "amount": 995},
}


@asynccontextmanager
async def publishing(url: str, **limits: Any) -> AsyncIterator[WebhookPublisher]:
    publisher = WebhookPublisher(url, SECRET, **limits)
    try:
        yield publisher
    finally:
        await publisher.close()


async def test_an_event_comes_signed_under_its_own_id_the_same_each_time() -> None:
    with subscribing() as subscriber:
        async with publishing(subscriber.url) as publisher:
            await publisher.publish(SHIPPED)
            await publisher.publish(SHIPPED)
    assert subscriber.received == [("7K3M-9QXT-2AVB/7", TOLD)] * 2
    assert subscriber.connections == 1


@pytest.mark.parametrize("status", [200, 201, 202, 204])
async def test_any_2xx_takes_the_event(status: int) -> None:
    with subscribing(status) as subscriber:
        async with publishing(subscriber.url) as publisher:
            await publisher.publish(SHIPPED)
    assert subscriber.received == [("7K3M-9QXT-2AVB/7", TOLD)]


@pytest.mark.parametrize("status", [301, 307, 400, 404, 410, 429, 500, 503])
async def test_any_other_answer_does_not_and_no_redirect_is_followed(status: int) -> None:
    with subscribing(status) as subscriber:
        async with publishing(subscriber.url) as publisher:
            with pytest.raises(NotTaken, match=f"^answered {status}$"):
                await publisher.publish(SHIPPED)
    assert len(subscriber.received) == 1


async def test_nobody_there_is_no_delivery() -> None:
    async with publishing(f"http://127.0.0.1:{free_port()}/events") as publisher:
        with pytest.raises(NotTaken, match=r"^no answer: ConnectError$"):
            await publisher.publish(SHIPPED)


async def test_a_subscriber_that_hangs_is_left_after_the_time_limit() -> None:
    with subscribing() as subscriber:
        subscriber.hanging.set()
        async with publishing(subscriber.url, timeout_seconds=0.2) as publisher:
            with pytest.raises(NotTaken, match=r"^no answer: "):
                await asyncio.wait_for(publisher.publish(SHIPPED), 2)


async def test_an_answer_that_drips_is_left_after_the_time_limit() -> None:
    async def drip(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n")
        while not writer.is_closing():
            writer.write(b"x-more: yes\r\n")
            await asyncio.sleep(0.05)

    server = await asyncio.start_server(drip, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with publishing(f"http://127.0.0.1:{port}/", timeout_seconds=0.2) as publisher:
        with pytest.raises(NotTaken, match=r"^no answer: TimeoutError$"):
            await asyncio.wait_for(publisher.publish(SHIPPED), 2)
    server.close()
    await server.wait_closed()
