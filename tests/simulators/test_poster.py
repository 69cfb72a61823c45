"""The small HTTP client of the simulators against answers as servers give them."""

import asyncio
import contextlib

import pytest

from simulators.kit.poster import NoAnswer, NobodyThere, Poster, Reply


@contextlib.asynccontextmanager
async def server(*answers: bytes):
    """Gives one answer after another, whatever the connection; b"" closes it instead."""
    left = list(answers)
    connections = []

    async def serve(reader, writer):
        connections.append(writer)
        with contextlib.suppress(asyncio.IncompleteReadError):
            while await reader.readuntil(b"{}") and (answer := left.pop(0)):
                writer.write(answer)
        writer.close()
        await writer.wait_closed()

    listening = await asyncio.start_server(serve, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}/hook"
    poster = Poster()

    async def post():
        return await poster.post(url, {}, b"{}")

    yield post, connections
    poster.close()
    listening.close()
    await listening.wait_closed()
    for writer in connections:
        await writer.wait_closed()


LENGTH = b"HTTP/1.1 201 Created\r\nContent-Length: 3\r\n\r\nabc"
CHUNKED = (
    b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=1\r\nde\r\n0\r\n\r\n"
)
EMPTY = b"HTTP/1.1 204 No Content\r\n\r\n"
LAST = b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"


async def test_one_connection_serves_answers_of_every_framing():
    async with server(LENGTH, CHUNKED, EMPTY, LENGTH) as (post, connections):
        replies = [await post() for _ in range(4)]
    bodies = [(reply.status, reply.body) for reply in replies]
    assert bodies == [(201, b"abc"), (200, b"abcde"), (204, b""), (201, b"abc")]
    assert len(connections) == 1


async def test_a_connection_that_the_server_closes_is_not_used_again():
    async with server(LAST, LENGTH) as (post, connections):
        assert (await post()).status == 200
        assert (await post()).status == 201
    assert len(connections) == 2


@pytest.mark.parametrize("answer", [b"", b"SSH-2.0-OpenSSH\r\n\r\n"])
async def test_no_answer_or_nonsense_is_no_answer(answer):
    async with server(answer, LENGTH) as (post, _):
        with pytest.raises(NoAnswer):
            await post()
        assert (await post()).status == 201


async def test_an_answer_of_absurd_length_is_no_answer():
    absurd = LENGTH.replace(b" 3", b" 99999999999")
    async with server(absurd) as (post, _):
        with pytest.raises(NoAnswer):
            await post()


async def test_where_nobody_listens_nobody_is_there():
    async with server() as (post, _):
        pass
    with pytest.raises(NobodyThere):
        await post()


def test_what_is_no_json_object_is_given_as_text():
    assert Reply(200, b'{"a": 1}').json_object() == {"a": 1}
    assert Reply(502, b"Bad gateway").json_object() == {"text": "Bad gateway"}
    assert Reply(200, b"[1]").json_object() == {"text": "[1]"}
