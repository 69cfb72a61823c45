"""Failpoints fire once, where they are meant to, and never in a real home."""

import asyncio
import json
import subprocess
import sys
from pathlib import Path

import pytest

from orderloom.errors import Refused
from orderloom.failing.points import NAMES, RELAY_OUTBOX
from orderloom.failing.wrapping import activity_interceptors, guarded
from orderloom.failpoints import VARIABLE, Failpoints, go_file, hit_file, unhit
from orderloom.home import HomeKind
from orderloom.settings import Settings
from tests.journeys.stack import eventually

POINT = "relay.outbox.before_acknowledge"
SIMULATED = Settings(kind=HomeKind.SIMULATED)
SUICIDE = """
import asyncio, pathlib, sys
from orderloom.failpoints import Failpoints
asyncio.run(Failpoints(pathlib.Path(sys.argv[1]), {"a": "kill"}, ["a"]).reach("a", ""))
print("survived")
"""


class Outbox:
    def __init__(self) -> None:
        self.delivered_events: list[int] = []

    async def delivered(self, event: int) -> None:
        self.delivered_events.append(event)


def arm(monkeypatch: pytest.MonkeyPatch, folder: Path, **points: str) -> None:
    plan = {"folder": str(folder), "points": points}
    monkeypatch.setenv(VARIABLE, json.dumps(plan))


def test_without_failpoints_nothing_is_wrapped(monkeypatch):
    monkeypatch.delenv(VARIABLE, raising=False)
    outbox = Outbox()
    assert guarded(SIMULATED, outbox, RELAY_OUTBOX) is outbox
    assert activity_interceptors(SIMULATED) == []


@pytest.mark.parametrize("kind", [HomeKind.REAL, None])
def test_a_home_that_is_not_simulated_is_never_touched(monkeypatch, tmp_path, kind):
    arm(monkeypatch, tmp_path)
    with pytest.raises(Refused, match="no simulated home"):
        guarded(Settings(kind=kind), Outbox(), RELAY_OUTBOX)


@pytest.mark.parametrize("point", ["no.such.point", f"{POINT}#x", ""])
def test_a_point_that_there_is_not_is_refused(tmp_path, point):
    with pytest.raises(Refused, match="there is no failpoint"):
        Failpoints(tmp_path, {point: "kill"}, NAMES)


def test_an_action_that_there_is_not_is_refused(tmp_path):
    with pytest.raises(Refused, match="'maim' is not a valid Action"):
        Failpoints(tmp_path, {POINT: "maim"}, NAMES)


async def test_who_waits_at_a_point_goes_on_when_it_may(monkeypatch, tmp_path):
    arm(monkeypatch, tmp_path, **{POINT: "wait"})
    outbox = Outbox()
    wrapped = guarded(SIMULATED, outbox, RELAY_OUTBOX)
    waiting = asyncio.create_task(wrapped.delivered(1))
    await eventually(hit_file(tmp_path, POINT).exists)
    await wrapped.delivered(2)  # it fires once
    assert outbox.delivered_events == [2]
    go_file(tmp_path, POINT).touch()
    await waiting
    assert outbox.delivered_events == [2, 1]


async def test_a_point_can_be_narrowed_to_an_occasion_and_a_time(tmp_path):
    names = ["pay"]
    points = dict.fromkeys(["pay@capture", "pay@refund", "pay#2"], "wait")
    for point in points:
        go_file(tmp_path, point).touch()
    failpoints = Failpoints(tmp_path, points, names)
    await failpoints.reach("pay", "authorize")
    assert unhit(tmp_path, points) == ["pay@capture", "pay@refund", "pay#2"]
    await failpoints.reach("pay", "capture")
    assert unhit(tmp_path, points) == ["pay@refund"]


def test_whoever_is_killed_at_a_point_passes_it_when_started_again(tmp_path):
    words = [sys.executable, "-c", SUICIDE, str(tmp_path)]
    first, second = (
        subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)
        for _ in range(2)
    )
    assert (first.returncode, first.stdout) == (-9, "")
    assert (second.returncode, second.stdout) == (0, "survived\n")
