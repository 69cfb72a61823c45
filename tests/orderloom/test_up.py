"""`orderloom up` with a real PostgreSQL, a real Temporal server and the real migrations.

Worker, relay and API are stand-ins here, so that this tests who starts, watches and ends them.
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from orderloom.home import Home
from orderloom.settings import load_settings

STAND_INS = """
import asyncio, sys, types

async def run(settings):
    from orderloom.parts_runtime import ready, until_stopped
    ready()
    await until_stopped()

async def serve(settings):
    async with await asyncio.start_server(lambda *_: None, settings.api_host, settings.api_port):
        await run(settings)

for name, program in (("server", serve), ("worker", run), ("relay", run)):
    module = sys.modules[f"orderloom.{name}"] = types.ModuleType(f"orderloom.{name}")
    module.serve = module.run = program
"""


class Up:
    """One run of the command; `lines` is what it has printed until it was ready."""

    def __init__(self, home: Path, *options: str) -> None:
        stand_ins = home.parent / "stand-ins"
        stand_ins.mkdir(parents=True, exist_ok=True)
        (stand_ins / "sitecustomize.py").write_text(STAND_INS)
        inherited = {k: os.environ[k] for k in ("PATH", "LANG") if k in os.environ}
        self._environment = {**inherited, "PYTHONPATH": str(stand_ins), "HOME": str(home.parent)}
        self._home = home
        self.command = self._start("up", *options)
        assert self.command.stdout is not None
        self.lines = []
        while not any("Home " in line for line in self.lines):
            self.lines.append(self.command.stdout.readline())
            assert self.lines[-1], self.command.communicate()
        self.processes = psutil.Process(self.command.pid).children(recursive=True)

    def run(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        command = self._start(*arguments)
        output, errors = command.communicate(timeout=30)
        return subprocess.CompletedProcess(arguments, command.returncode, output, errors)

    def end(self, how: signal.Signals) -> tuple[str, float]:
        """What it said at the end, and the seconds it took."""
        asked_at = time.monotonic()
        self.command.send_signal(how)
        output, _ = self.command.communicate(timeout=20)
        return output, time.monotonic() - asked_at

    def survivors(self) -> list[psutil.Process]:
        return [
            process
            for process in self.processes
            if process.is_running() and process.status() != psutil.STATUS_ZOMBIE
        ]

    def _start(self, *arguments: str) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [sys.executable, "-m", "orderloom", *arguments, "--home", str(self._home)],
            env=self._environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )


@pytest.fixture
def home(monkeypatch) -> Iterator[Path]:
    """Where the system user of PostgreSQL can get to; nothing of it runs afterwards."""
    monkeypatch.delenv("DATABASE_URL", raising=False)
    with tempfile.TemporaryDirectory(prefix="olm-", dir="/tmp") as name:
        yield Path(name) / "home"


@pytest.fixture
def up(home) -> Iterator[Callable[..., Up]]:
    """Starts `orderloom up`; what a failed test leaves is ended."""
    started: list[Up] = []

    def start(home: Path, *options: str) -> Up:
        started.append(Up(home, *options))
        return started[-1]

    yield start
    for one in started:
        if one.command.poll() is None:
            one.end(signal.SIGTERM)
        for process in one.survivors():
            process.kill()


def _connect(home: Path) -> psycopg.Connection:
    return psycopg.connect(load_settings(home=home).database_url.replace("+psycopg", ""))


def test_up_starts_everything_stops_everything_and_goes_on_where_it_stopped(home, up):
    first = up(home)
    parts = {line.split()[0] for line in first.lines if " ready " in line or " done " in line}
    assert parts == {"postgres", "temporal", "migrate", "worker", "relay", "api"}
    found = json.loads(first.run("doctor", "--json").stdout)
    assert found["healthy"] is True
    assert found["migrations"]["ok"] is True
    second = first.run("up")
    assert second.returncode == 1
    assert f"already runs on {home} (process {first.command.pid})" in second.stderr
    with _connect(home) as connection:
        connection.execute("CREATE TABLE kept ()")
    output, seconds = first.end(signal.SIGINT)
    assert (output, first.command.returncode) == ("stopped\n", 0)
    assert seconds < 15
    assert first.survivors() == []

    again = up(home)
    with _connect(home) as connection:
        connection.execute("SELECT FROM kept")
    again.end(signal.SIGTERM)
    assert again.survivors() == []


def test_after_a_kill_of_the_supervisor_the_next_up_recovers_its_home(home, up):
    killed = up(home, "--simulators")
    with _connect(home) as connection:
        connection.execute("CREATE TABLE kept ()")
    killed.end(signal.SIGKILL)
    assert len(killed.survivors()) == len(killed.processes)
    recovered = up(home, "--simulators")
    assert recovered.lines[0].startswith(
        "recovering: the last run was killed and left api, postgres,"
    )
    assert killed.survivors() == []
    settings = load_settings(home=home)
    assert set(settings.simulator_urls) == {"payment", "warehouse", "carrier", "channel"}
    with _connect(home) as connection:
        connection.execute("SELECT FROM kept")
    output, _ = recovered.end(signal.SIGTERM)
    assert output == "stopped\n"
    assert recovered.survivors() == []
    assert not Home(home).addresses_file.exists()


def test_two_checkouts_run_side_by_side(home, up):
    first = up(home / "first")
    second = up(home / "second")
    ports = [set(Home(home / name).ports().values()) for name in ("first", "second")]
    assert ports[0].isdisjoint(ports[1])
    for one in (first, second):
        one.end(signal.SIGTERM)
        assert one.survivors() == []
