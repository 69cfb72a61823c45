"""Failpoints: named moments at which a process kills itself, or waits, because a test wants it.

``ORDERLOOM_FAILPOINTS`` arms them, in a simulated home only:

    {"folder": "/tmp/hits", "points": {"worker.payment.after_effect@capture": "kill"}}

A point is one of `orderloom.failing.points`. ``@occasion`` narrows it, as to an operation, an
activity, or an activity's operation (``payment.perform.capture``); ``#n`` means the n-th time that
one process gets there. Each fires once in a run, however often its process is started again:
whoever gets there first creates ``<folder>/<point>.hit``. A run that leaves a point unhit has
proven nothing about it: see `unhit`.
"""

import asyncio
import json
import os
import signal
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from orderloom.errors import Refused
from orderloom.home import HomeKind
from orderloom.settings import Settings

VARIABLE = "ORDERLOOM_FAILPOINTS"
POLL_SECONDS = 0.01


class Action(StrEnum):
    KILL = "kill"  # SIGKILL to itself
    WAIT = "wait"  # until ``<point>.go`` exists: meanwhile others can be killed


@dataclass(frozen=True, slots=True)
class Point:
    """`occasion` is empty for any; `nth` counts from 1."""

    name: str
    occasion: str
    nth: int

    @classmethod
    def parse(cls, text: str, names: Iterable[str]) -> "Point":
        """Refuses a name that is not among `names`."""
        narrowed, _, nth = text.partition("#")
        name, _, occasion = narrowed.partition("@")
        if name not in names or not (nth or "1").isdecimal():
            raise Refused(f"{VARIABLE}: there is no failpoint {text!r}.")
        return cls(name, occasion, int(nth or "1"))

    def is_at(self, name: str, occasion: str) -> bool:
        narrower = occasion.startswith(f"{self.occasion}.")
        return self.name == name and (self.occasion in ("", occasion) or narrower)


class Failpoints:
    def __init__(self, folder: Path, points: Mapping[str, str], names: Iterable[str]) -> None:
        """`points` are actions by point. Refuses points and actions that there are not."""
        known = frozenset(names)
        self._folder = folder
        self._points = {text: Point.parse(text, known) for text in points}
        self._reached: Counter[str] = Counter()
        try:
            self._actions = {text: Action(action) for text, action in points.items()}
        except ValueError as error:
            raise Refused(f"{VARIABLE}: {error}.") from error

    @classmethod
    def armed(cls, settings: Settings, names: Iterable[str]) -> "Failpoints | None":
        """None where the variable is not set: nothing is wrapped then. Refuses a real home."""
        text = os.environ.get(VARIABLE)
        if not text:
            return None
        if settings.kind is not HomeKind.SIMULATED:
            raise Refused(f"{VARIABLE} is set, but {settings.home} is no simulated home.")
        plan = json.loads(text)
        return cls(Path(plan["folder"]), plan["points"], names)

    async def reach(self, name: str, occasion: str) -> None:
        """A moment has come; does what is armed for it."""
        for text, point in self._points.items():
            if point.is_at(name, occasion):
                self._reached[text] += 1
                if self._reached[text] >= point.nth and self._is_first(text):
                    await self._act(text)

    def _is_first(self, text: str) -> bool:
        flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY
        try:
            os.close(os.open(hit_file(self._folder, text), flags))
        except FileExistsError:
            return False
        return True

    async def _act(self, text: str) -> None:
        match self._actions[text]:
            case Action.KILL:
                os.kill(os.getpid(), signal.SIGKILL)
            case Action.WAIT:
                go = go_file(self._folder, text)
                while not go.exists():  # noqa: ASYNC110 - another process creates it
                    await asyncio.sleep(POLL_SECONDS)


def hit_file(folder: Path, point: str) -> Path:
    return folder / f"{point}.hit"


def go_file(folder: Path, point: str) -> Path:
    return folder / f"{point}.go"


def unhit(folder: Path, points: Iterable[str]) -> list[str]:
    """The points that nobody has reached so far."""
    return [point for point in points if not hit_file(folder, point).exists()]
