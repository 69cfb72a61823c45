"""`orderloom up` as a child process on a home of its own, and a look behind it."""

import asyncio
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil
import psycopg

from orderloom.demo.world import World, furnish
from orderloom.embedded.ports import free_port
from orderloom.failpoints import VARIABLE, go_file, hit_file, unhit
from orderloom.home import Home, HomeKind, read_json
from orderloom.load.loading import load_files, look_through_all
from orderloom.settings import Settings, load_settings

START_SECONDS = 60
STOP_SECONDS = 30
PATIENCE_SECONDS = 90  # longer than any timeout of ours that a kill lets run out
AUDIT_GRACE_SECONDS = "5"


async def eventually(condition: Callable[[], Any], seconds: float = PATIENCE_SECONDS) -> Any:
    """The first true value of `condition`, which may be a coroutine function."""
    deadline = time.monotonic() + seconds
    while True:
        found = condition()
        if isinstance(found, Awaitable):
            found = await found
        if found:
            return found
        assert time.monotonic() < deadline, "it did not come to pass"
        await asyncio.sleep(0.05)


class Stack:
    """`lines` is what the supervisor has said so far. Without simulators it is a real home, to
    which nobody outside belongs.
    """

    def __init__(
        self,
        world: World,
        failpoints: Mapping[str, str] | None = None,
        *,
        simulators: bool = True,
    ) -> None:
        self.simulators = simulators
        # Short, and where the system user of PostgreSQL can get to.
        self.folder = Path(tempfile.mkdtemp(prefix="olj-", dir="/tmp"))
        self.home = Home.create(
            self.folder / "home", HomeKind.SIMULATED if simulators else HomeKind.REAL
        )
        furnish(self.home, world)
        self.hits = self.folder / "hits"
        self.hits.mkdir()
        self.points = dict(failpoints or {})
        self.lines: list[str] = []
        self._process = self._spawn()
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()

    def _spawn(self) -> "subprocess.Popen[str]":
        env = {k: os.environ[k] for k in ("PATH", "LANG", "HOME") if k in os.environ}
        if self.points:
            env[VARIABLE] = json.dumps({"folder": str(self.hits), "points": self.points})
        words = ["up", "--home", str(self.home.path), "--port", str(free_port())]
        words += ["--simulators"] if self.simulators else []
        return subprocess.Popen(
            # Stopped even when pytest itself is killed.
            ["setpriv", "--pdeathsig", "TERM", sys.executable, "-m", "orderloom", *words],
            env=env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def _listen(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as output:
            for line in output:
                self.lines.append(line.rstrip())

    def wait_until_ready(self) -> Settings:
        deadline = time.monotonic() + START_SECONDS
        while not any("Home " in line for line in self.lines):
            assert self._process.poll() is None, "\n".join(self.lines)
            assert time.monotonic() < deadline, "\n".join(self.lines)
            time.sleep(0.02)
        return self.settings()

    def settings(self) -> Settings:
        return load_settings(home=self.home.path)

    def load(self, *files: Path) -> None:
        found = look_through_all(list(files))
        reports = load_files(found, self.settings().database_url, at=datetime.now(UTC))
        assert [row for report in reports for row in report.refused] == []

    def end(self) -> None:
        """Nothing of it runs afterwards; fails when a part had to be killed for that."""
        survivors = self._stop()
        for process in survivors:
            process.kill()
        shutil.rmtree(self.folder)
        assert survivors == []

    def _stop(self) -> list[psutil.Process]:
        if self._process.poll() is not None:
            return []
        parts = psutil.Process(self._process.pid).children(recursive=True)
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
        _, alive = psutil.wait_procs(parts, timeout=5)
        self._listener.join(5)
        return alive

    # Parts

    def part(self, name: str) -> psutil.Process:
        return psutil.Process(read_json(self.home.run / f"{name}.json")["pid"])

    async def kill(self, name: str) -> None:
        """kill -9, and back again."""
        before = self.started_again(name)
        self.part(name).kill()
        await eventually(lambda: self.started_again(name) > before)

    def started_again(self, name: str) -> int:
        return sum(line.split()[:3] == [name, "again", "ready"] for line in self.lines)

    def deaths(self, name: str) -> list[str]:
        """How it died each time, in the supervisor's words, as `killed by signal 9`."""
        died = re.compile(rf"{name} (?:was )?(killed by signal \d+|ended with code .*);")
        return [found[1] for line in self.lines if (found := died.match(line))]

    # Failpoints

    def is_hit(self, point: str) -> bool:
        return hit_file(self.hits, point).exists()

    def let_go(self, point: str) -> None:
        go_file(self.hits, point).touch()

    def unhit(self) -> list[str]:
        return unhit(self.hits, self.points)

    # What it has written

    def rows(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        url = self.settings().database_url.replace("+psycopg", "")
        with psycopg.connect(url) as connection:
            return connection.execute(statement, values).fetchall()  # type: ignore[call-overload]

    def journal(self, party: str, *kinds: str) -> list[dict[str, Any]]:
        """Lines of an outside party's own journal."""
        text = (self.home.journals / f"{party}.jsonl").read_text()
        lines = [json.loads(line) for line in text.splitlines()]
        return [line for line in lines if line["kind"] in kinds]

    async def audit(self) -> dict[str, Any]:
        """The report of `orderloom audit`, also against the journals of outside parties."""
        words = ["audit", "--home", str(self.home.path)]
        words += ["--journals", str(self.home.journals)] if self.simulators else []
        child = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "orderloom", *words, "--json", "--grace", AUDIT_GRACE_SECONDS),
            stdout=asyncio.subprocess.PIPE,
        )
        output, _ = await child.communicate()
        report: dict[str, Any] = json.loads(output)
        return report


def violations(report: dict[str, Any]) -> list[tuple[str, Any]]:
    """(check, offending row) of each."""
    return [(check["id"], row) for check in report["checks"] for row in check["violations"]]
