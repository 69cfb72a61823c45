"""The simulators as real child processes, and a small system for them to call."""

import asyncio
import base64
import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from standardwebhooks import Webhook

ROOT = Path(__file__).parents[2]
API_KEY = "test-key"
SECRET = "whsec_" + base64.b64encode(b"a secret of the tests").decode()
PATIENCE_SECONDS = 10


async def eventually(condition: Callable[[], Any]) -> Any:
    """The condition's first true value."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not (value := condition()):
        assert time.monotonic() < deadline, "it did not come to pass"
        await asyncio.sleep(0.01)
    return value


@dataclass
class Arrival:
    path: str
    id: str
    body: dict[str, Any]

    @property
    def type(self) -> str:
        return self.body.get("type", "")

    @property
    def data(self) -> dict[str, Any]:
        return self.body["data"]


@dataclass
class System:
    """What the simulators call: notes every signed request, answers 200 or as told."""

    url: str = ""
    arrivals: list[Arrival] = field(default_factory=list)
    answers: deque[tuple[int, dict[str, Any]]] = field(default_factory=deque)
    always: tuple[int, dict[str, Any]] = (200, {})
    forged: list[str] = field(default_factory=list)
    writers: set[asyncio.StreamWriter] = field(default_factory=set)

    def of(self, reference: str) -> list[Arrival]:
        """The webhooks about one payment or fulfillment order, by its reference."""

        def about(arrival: Arrival) -> str:
            data = arrival.data
            return data.get("reference") or data["payment"]["reference"]

        return [arrival for arrival in self.arrivals if about(arrival) == reference]

    def types(self, reference: str) -> list[str]:
        return [arrival.type for arrival in self.of(reference)]

    async def has(self, reference: str, kind: str) -> Arrival:
        def found() -> list[Arrival]:
            return [arrival for arrival in self.of(reference) if arrival.type == kind]

        return (await eventually(found))[0]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.writers.add(writer)
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                status, answer = await self._take(head.decode(), reader)
                body = json.dumps(answer).encode()
                first = f"HTTP/1.1 {status} As told\r\ncontent-length: {len(body)}\r\n\r\n"
                writer.write(first.encode() + body)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # the program has gone, as programs killed by a test do
        finally:
            self.writers.discard(writer)
            writer.close()

    async def _take(self, head: str, reader: asyncio.StreamReader) -> tuple[int, dict[str, Any]]:
        first, *lines = head.rstrip().split("\r\n")
        headers = dict(line.lower().split(": ", 1) for line in lines if ": " in line)
        exact = dict(line.split(": ", 1) for line in lines)
        body = (await reader.readexactly(int(headers["content-length"]))).decode()
        try:
            parsed = Webhook(SECRET).verify(body, exact)
        except Exception as error:  # noqa: BLE001  # any reason is told by the fixture at its end
            self.forged.append(f"{first}: {error}")
            return 401, {}
        answer = self.answers.popleft() if self.answers else self.always
        self.arrivals.append(Arrival(first.split()[1], exact["webhook-id"], parsed))
        return answer


@contextlib.asynccontextmanager
async def a_system(port: int = 0) -> AsyncIterator[System]:
    system = System()
    server = await asyncio.start_server(system.serve, "127.0.0.1", port)
    system.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    yield system
    server.close()
    for writer in list(system.writers):
        writer.close()
    await server.wait_closed()
    await eventually(lambda: not system.writers)
    assert system.forged == []


class Program:
    """One simulator as a child process; `start` again after `kill` continues its journal."""

    def __init__(self, name: str, base: str, folder: Path, settings: dict[str, Any]) -> None:
        self.name = name
        self.base = base
        self.settings = settings
        self.journal = folder / f"{name}.jsonl"
        self._ready = folder / f"{name}.url"
        self._output = folder / f"{name}.out"
        self._process: subprocess.Popen[bytes] | None = None
        self.client: httpx.AsyncClient | None = None

    async def start(self) -> "Program":
        self._process = self._spawn()
        await eventually(lambda: self._ready.exists() or self._process.poll() is not None)
        assert self._process.poll() is None, self.output
        self.url = self._ready.read_text()
        headers = {"authorization": f"Bearer {API_KEY}"}
        self.client = httpx.AsyncClient(
            base_url=self.url, headers=headers, trust_env=False, timeout=10
        )
        return self

    def _spawn(self) -> subprocess.Popen[bytes]:
        self._ready.unlink(missing_ok=True)
        options = {"journal": self.journal, "webhooks": self.base, "ready-file": self._ready}
        words = [word for name, value in options.items() for word in (f"--{name}", str(value))]
        words += ["--settings", json.dumps(self.settings)]
        secrets = {"SIMULATOR_API_KEY": API_KEY, "SIMULATOR_WEBHOOK_SECRET": SECRET}
        with self._output.open("wb") as output:
            return subprocess.Popen(
                [sys.executable, "-m", f"simulators.{self.name}", *words],
                cwd=ROOT,
                env={**os.environ, **secrets},
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    @property
    def output(self) -> str:
        return self._output.read_text()

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.journal.read_text().splitlines()]

    def kinds(self, **facts: Any) -> list[str]:
        """The kinds of the journal's lines that say all of these facts."""
        return [line["kind"] for line in self.lines if facts.items() <= line.items()]

    async def post(self, path: str, body: Any, key: str) -> httpx.Response:
        return await self.client.post(path, json=body, headers={"idempotency-key": key})

    async def get(self, path: str) -> httpx.Response:
        return await self.client.get(path)

    async def control(self, **changes: Any) -> None:
        (await self.client.put("/_control", json=changes)).raise_for_status()

    async def kill(self) -> None:
        await self._end(signal.SIGKILL)

    async def stop(self) -> int:
        return await self._end(signal.SIGTERM)

    async def _end(self, number: signal.Signals) -> int:
        if self.client:
            await self.client.aclose()
            self.client = None
        if self._process is None:
            return 0
        self._process.send_signal(number)
        code = await asyncio.to_thread(self._process.wait, 5)
        self._process = None
        return code


@pytest.fixture(name="eventually", scope="session")
def eventually_fixture() -> Callable[[Callable[[], Any]], Any]:
    return eventually


@pytest.fixture(scope="session")
def open_system() -> Callable[[int], contextlib.AbstractAsyncContextManager[System]]:
    """For a test in which the system is away for a while."""
    return a_system


@pytest.fixture
async def system() -> AsyncIterator[System]:
    async with a_system() as system:
        yield system


@pytest.fixture
async def launch(tmp_path: Path, system: System) -> AsyncIterator[Callable[..., Any]]:
    """Starts a simulator of this test's own."""
    programs: list[Program] = []

    async def start(name: str, base: str | None = None, **settings: Any) -> Program:
        program = Program(name, base or system.url, tmp_path, settings)
        programs.append(program)
        return await program.start()

    yield start
    codes = [await program.stop() for program in programs]
    assert not any(codes)


@pytest.fixture(scope="module")
async def shared_system() -> AsyncIterator[System]:
    async with a_system() as system:
        yield system


@pytest.fixture(scope="module")
async def shared(
    request: pytest.FixtureRequest, shared_system: System, tmp_path_factory: Any
) -> AsyncIterator[Program]:
    """One simulator for the tests of a module, which names it in `SIMULATOR`."""
    name, settings = request.module.SIMULATOR, request.module.SETTINGS
    folder = tmp_path_factory.mktemp(name)
    program = await Program(name, shared_system.url, folder, settings).start()
    yield program
    assert await program.stop() == 0


@pytest.fixture
async def usual(shared: Program) -> AsyncIterator[Program]:
    """The shared simulator, with its usual settings again after the test."""
    before = (await shared.get("/_control")).json()
    yield shared
    await shared.control(**before)


@pytest.fixture
def reference(request: pytest.FixtureRequest) -> Iterator[str]:
    """A reference of this test's own, with a slash as ours have."""
    return f"{request.node.name}/1"
