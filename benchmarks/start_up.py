"""The whole system as its operator starts it: how long until it is ready, and until an order has
been delivered.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from orderloom.embedded.server import EmbeddedServer
from orderloom.supervisor.part import Part
from orderloom.supervisor.process import python_argv

STARTS = 3
GRACE_SECONDS = 20.0  # in which a program stops everything that it has started
READY, DELIVERED = "Ready in", "First order delivered"  # what the programs print


def seconds_to_first_delivered(home: Path) -> float:
    """From the start of `orderloom run`, with simulators that take their time, on a home that it
    ran on before: what `make run` is when everything is installed.
    """
    words = ("run", "--home", str(home))
    _seconds(words, DELIVERED)
    return _seconds(words, DELIVERED)


def seconds_to_ready(home: Path) -> float:
    """From the start of `orderloom up` on a simulated home that has orders already."""
    words = ("up", "--simulators", "--home", str(home))
    return median(_seconds(words, READY) for _ in range(STARTS))


@contextmanager
def running_up(home: Path) -> Iterator[None]:
    with _running(("up", "--simulators", "--home", str(home)), READY):
        yield


def _seconds(words: tuple[str, ...], awaited: str) -> float:
    begun = time.monotonic()
    with _running(words, awaited):
        return time.monotonic() - begun


@contextmanager
def _running(words: tuple[str, ...], awaited: str) -> Iterator[None]:
    """`orderloom …`, from when it has printed `awaited`."""
    home = Path(words[-1])
    program = _Program(home.with_name(f"{home.name}-{words[0]}"), words, awaited)
    program.start()
    try:
        yield
    finally:
        program.stop()


class _Program(EmbeddedServer):
    """A command that keeps running. Its log is appended to from start to start."""

    def __init__(self, folder: Path, words: tuple[str, ...], awaited: str) -> None:
        super().__init__(folder)
        self._words = words
        self._awaited = awaited
        self._log = folder / "log" / f"{words[0]}.log"
        self._before = self._times()

    def part(self) -> Part:
        return Part(
            name=self._words[0],
            argv=python_argv("-m", "orderloom", *self._words),
            env={"PYTHONUNBUFFERED": "1"},
            is_ready=lambda: self._times() > self._before,
            grace_seconds=GRACE_SECONDS,
        )

    def _times(self) -> int:
        return self._log.read_text().count(self._awaited) if self._log.exists() else 0
