"""What no answer in time, and an answer that is none, prove of a call: nothing."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import pytest

from adapters.http_party import HttpParty
from ports.outside import KeyRefused, OutcomeUnknown, Unreachable

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Coroutine[Any, Any, None]]


@asynccontextmanager
async def party(serve: Serve) -> AsyncIterator[HttpParty]:
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server:
        party = HttpParty(f"http://127.0.0.1:{port}", "k", timeout_seconds=0.5)
        yield party
        await party.close()


async def trickle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A byte at a time, each well before a read would time out; the answer is whole after 4 s."""
    await reader.readuntil(b"\r\n\r\n")
    try:
        for byte in b"HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n":
            writer.write(bytes([byte]))
            await writer.drain()
            await asyncio.sleep(0.1)
    except ConnectionError:
        pass  # it has hung up: what is tested
    writer.close()


async def test_an_answer_that_trickles_in_is_given_up_in_time() -> None:
    async with party(trickle) as slow:
        with pytest.raises(OutcomeUnknown, match="TimeoutError"):
            await slow.effect("/v1/payments", "k-1", {})
        with pytest.raises(Unreachable, match="TimeoutError"):
            await slow.question("/v1/operations/k-1")


def answering(status: int) -> Serve:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        head = f"HTTP/1.1 {status} No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        writer.write(head.encode())
        await writer.drain()
        writer.close()

    return answer


@pytest.mark.parametrize("status", [408, 425, 429, 500, 504])
async def test_a_party_that_is_too_busy_has_not_said_no(status: int) -> None:
    async with party(answering(status)) as them:
        with pytest.raises(OutcomeUnknown, match=str(status)):
            await them.effect("/v1/payments", "k-1", {})
        with pytest.raises(Unreachable, match=str(status)):
            await them.question("/v1/operations/k-1")


@pytest.mark.parametrize("status", [401, 403])
async def test_a_party_that_refuses_our_key_has_done_nothing_and_says_whose_fault_it_is(
    status: int,
) -> None:
    async with party(answering(status)) as them:
        for call in (them.effect("/v1/payments", "k-1", {}), them.question("/v1/operations/k-1")):
            with pytest.raises(KeyRefused, match=f"the outside party refuses our key: .* {status}"):
                await call
