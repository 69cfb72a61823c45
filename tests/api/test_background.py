"""Work after the answer: bounded, never silent, and finished before the process ends."""

import asyncio

from structlog.testing import capture_logs

from api.background import Background
from ports.desk import DeskUnavailable


async def test_work_is_finished_when_the_process_drains():
    done = []
    background = Background()

    async def work() -> None:
        await asyncio.sleep(0.01)
        done.append(1)

    background.start("work", work())
    assert done == []
    await background.drain()
    assert done == [1]


async def test_beyond_the_limit_work_is_left_to_the_relay():
    done = []
    background = Background(limit=1)

    async def work(name: str) -> None:
        done.append(name)

    with capture_logs() as logs:
        background.start("first", work("first"))
        background.start("second", work("second"), order="A")
        await background.drain()
    assert done == ["first"]
    assert [(line["event"], line["order"]) for line in logs] == [("background.left_to_relay", "A")]


async def test_a_failure_is_logged_and_disturbs_nobody():
    background = Background()

    async def fails(error: Exception) -> None:
        raise error

    with capture_logs() as logs:
        background.start("tell", fails(DeskUnavailable("slow")), order="A")
        background.start("tell", fails(ValueError("a bug")), order="B")
        await background.drain()
    levels = sorted((line["event"], line["log_level"]) for line in logs)
    assert levels == [("background.failed", "error"), ("background.not_delivered", "warning")]


async def test_what_takes_too_long_is_canceled_and_logged():
    background = Background()
    with capture_logs() as logs:
        background.start("tell", asyncio.sleep(60), order="A")
        await background.drain(0.01)
        await asyncio.sleep(0)
    assert [line["event"] for line in logs] == ["background.canceled"]
