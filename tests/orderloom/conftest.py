"""Fake parts for the supervisor, and waiting for what happens in other processes."""

import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from orderloom.errors import Refused
from orderloom.supervisor.part import Part
from orderloom.supervisor.stop_request import StopRequest
from orderloom.supervisor.supervisor import Supervisor

# Runs until it is stopped; writes what happens to it into the file of events.
FAKE = """
import os, pathlib, signal, sys, time
name, events, delay, stubborn = sys.argv[1], sys.argv[2], float(sys.argv[3]), sys.argv[4] == "yes"
def tell(what):
    with open(events, "a") as file:
        file.write(f"{name} {what}\\n")
def stopped(*_):
    tell("asked to stop")
    if not stubborn:
        tell("stops")
        os._exit(0)
signal.signal(signal.SIGTERM, stopped)
tell("starts")
if "ORDERLOOM_GO_FILE" in os.environ:
    while not os.path.exists(os.environ["ORDERLOOM_GO_FILE"]):
        time.sleep(0.01)
    tell("is let go")
time.sleep(delay)
tell("is ready")
pathlib.Path(os.environ["ORDERLOOM_READY_FILE"]).touch()
while True:
    time.sleep(60)
"""


def eventually(condition: Callable[[], Any], seconds: float = 10.0) -> Any:
    """The first true value of `condition`; fails when there is none in time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := condition():
            return found
        time.sleep(0.01)
    raise AssertionError("did not happen in time")


class Stage:
    """A folder with a supervisor over fake parts; `lines` is what it said, `events` what the
    parts wrote.
    """

    def __init__(self, folder: Path) -> None:
        self.run, self.log = folder / "run", folder / "log"
        self.run.mkdir()
        self.lines: list[str] = []
        self.stop = StopRequest()
        self.refusal: Refused | None = None
        self.is_ready = threading.Event()
        self._events = folder / "events"
        self._thread: threading.Thread | None = None

    def part(self, name: str, *, delay: float = 0, stubborn: bool = False, **rest: Any) -> Part:
        arguments = (name, str(self._events), str(delay), "yes" if stubborn else "no")
        return Part(name=name, argv=(sys.executable, "-c", FAKE, *arguments), **rest)

    def start(self, *parts: Part) -> None:
        self._thread = threading.Thread(target=self._supervise, args=parts)
        self._thread.start()

    def start_until_ready(self, *parts: Part) -> None:
        self.start(*parts)
        assert self.is_ready.wait(timeout=10)

    def end(self) -> None:
        self.stop.request()
        self.wait()

    def wait(self) -> None:
        assert self._thread is not None
        self._thread.join(timeout=15)
        assert not self._thread.is_alive()

    def events(self) -> list[str]:
        return self._events.read_text().splitlines() if self._events.exists() else []

    def said(self, text: str) -> list[str]:
        return [line for line in self.lines if text in line]

    def processes(self) -> list[psutil.Process]:
        return processes_of(self._events)

    def _supervise(self, *parts: Part) -> None:
        supervisor = Supervisor(
            parts, run=self.run, log=self.log, say=self.lines.append, on_ready=self.is_ready.set
        )
        try:
            supervisor.supervise(self.stop)
        except Refused as error:
            self.refusal = error


def processes_of(path: Path) -> list[psutil.Process]:
    """Running processes whose command line names `path` or something in it."""
    return [
        process
        for process in psutil.process_iter(["cmdline", "status"])
        if process.info["status"] != psutil.STATUS_ZOMBIE
        and any(str(path) in word for word in process.info["cmdline"] or ())
    ]


@pytest.fixture(name="eventually")
def _eventually() -> Callable[..., Any]:
    return eventually


@pytest.fixture(name="processes_of")
def _processes_of() -> Callable[[Path], list[psutil.Process]]:
    return processes_of


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    stage = Stage(tmp_path)
    yield stage
    stage.end()
    assert stage.processes() == []
