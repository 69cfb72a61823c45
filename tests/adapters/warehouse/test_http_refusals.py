"""What the answers of a WMS over HTTP prove of a submission, and of a request to cancel."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from warehouse_floors import HttpFloor

from adapters.http_party import HttpParty
from adapters.warehouse.http_warehouse import HttpWarehouse
from ports.outside import KeyRefused, OutcomeUnknown, ParcelRequest, Unreachable
from tests.adapters.warehouse.conftest import LINES, SHIP_TO, Sent

REQUEST = ParcelRequest("O-F1", "O", "BOS", LINES, SHIP_TO)
NOT_SEEN = (404, {"error": "unknown_fulfillment_order"})


@asynccontextmanager
async def answering(
    post: tuple[int, Any], get: tuple[int, Any] = NOT_SEEN
) -> AsyncIterator[HttpWarehouse]:
    """A WMS with one answer for what it is told to do, and one for what it is asked."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        status, told = get if head.startswith(b"GET") else post
        body = told if isinstance(told, bytes) else json.dumps(told).encode()
        start = f"HTTP/1.1 {status} X\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        writer.write(start.encode() + body)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        party = HttpParty(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", "k")
        yield HttpWarehouse(party)
        await party.close()


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ((422, {"error": "cannot_handle"}), "cannot_handle"),
        ((409, {"error": "location_closed"}), "location_closed"),
        ((400, {"error": "malformed", "message": "of Ana Ruiz"}), "malformed"),
        ((422, {"error": "nothing for Ana Ruiz"}), "answered_422"),
        ((422, b"<html>"), "answered_422"),
        ((400, ["no"]), "answered_400"),
    ],
)
async def test_a_definite_no_has_a_code_and_names_nobody(answer: Any, reason: str) -> None:
    async with answering(answer) as warehouse:
        assert await warehouse.submit(REQUEST) == reason


@pytest.mark.parametrize(
    ("answer", "raised"),
    [
        ((401, {}), KeyRefused),
        ((403, {"error": "forbidden"}), KeyRefused),
        ((404, {"error": "not_found"}), OutcomeUnknown),
        ((408, {}), OutcomeUnknown),
        ((409, {}), OutcomeUnknown),
        ((409, {"error": "reference_taken"}), OutcomeUnknown),
        ((409, {"error": "idempotency_conflict"}), OutcomeUnknown),
        ((429, {"error": "slow_down"}), OutcomeUnknown),
        ((500, {"error": "cannot_handle"}), OutcomeUnknown),
        ((504, b""), OutcomeUnknown),
    ],
)
async def test_what_does_not_say_no_is_tried_again(answer: Any, raised: type[Exception]) -> None:
    async with answering(answer) as warehouse:
        with pytest.raises(raised):
            await warehouse.submit(REQUEST)


async def test_what_an_earlier_attempt_has_done_is_not_refused_by_a_later_answer() -> None:
    no = (422, {"error": "location_closed"})
    async with answering(no, (200, {"status": "accepted"})) as warehouse:
        assert await warehouse.submit(REQUEST) == ""
    for ended in ("rejected", "canceled"):
        async with answering(no, (200, {"status": ended})) as warehouse:
            assert await warehouse.submit(REQUEST) == "location_closed"
    async with answering(no, (503, b"")) as warehouse:
        with pytest.raises(Unreachable):
            await warehouse.submit(REQUEST)


async def test_only_the_warehouses_own_word_says_that_it_never_had_a_parcel() -> None:
    async with answering((202, {})) as warehouse:
        assert await warehouse.request_cancel("O-F1")
    async with answering(NOT_SEEN) as warehouse:
        assert not await warehouse.request_cancel("O-F1")
    for answer in (
        (404, b"<html>"),
        (404, {"error": "not_found"}),
        (409, {}),
        (422, {}),
        (500, {}),
    ):
        async with answering(answer) as warehouse:
            with pytest.raises(OutcomeUnknown):
                await warehouse.request_cancel("O-F1")


@pytest.mark.parametrize("floor", ["http"], indirect=True)
async def test_what_is_refused_is_not_there_and_is_never_sent(floor: HttpFloor, sent: Sent) -> None:
    await floor.set(refuse_locations=["BOS"])
    assert await floor.warehouse.submit(sent.request) == "location_closed"
    assert not await floor.has(sent.parcel)
    await floor.set(refuse_locations=[], accept_after=0)
    assert not await floor.warehouse.request_cancel(sent.parcel)
    assert await floor.warehouse.submit(sent.request) == "already_canceled"
    await floor.hear()
    assert await sent.facts() == []


@pytest.mark.parametrize("floor", ["http"], indirect=True)
async def test_what_a_warehouse_has_it_does_not_refuse_afterwards(
    floor: HttpFloor, sent: Sent
) -> None:
    assert await floor.warehouse.submit(sent.request) == ""
    await floor.set(refuse_locations=["BOS"])
    assert await floor.warehouse.submit(sent.request) == ""
    assert await floor.has(sent.parcel)
