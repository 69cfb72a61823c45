"""What a part says to its supervisor, and how its logs look."""

import asyncio
import json
import os
import signal
import subprocess
import sys

from orderloom.parts_runtime import ready, until_stopped

LOGS = """
import logging, structlog
from orderloom.logging import configure_logging
configure_logging("info", part="worker")
structlog.get_logger("orders").info("placed", order="A-1")
logging.getLogger("library").warning("odd %s", "thing")
logging.getLogger("library").debug("unheard")
"""


def test_ready_creates_the_file_that_was_asked_for(tmp_path, monkeypatch):
    monkeypatch.setenv("ORDERLOOM_READY_FILE", str(tmp_path / "ready"))
    ready()
    assert (tmp_path / "ready").exists()


def test_ready_says_nothing_when_nobody_asked(monkeypatch):
    monkeypatch.delenv("ORDERLOOM_READY_FILE", raising=False)
    ready()


async def test_a_part_is_stopped_by_a_signal():
    waiting = asyncio.create_task(until_stopped())
    await asyncio.sleep(0.05)
    assert not waiting.done()
    os.kill(os.getpid(), signal.SIGTERM)
    await asyncio.wait_for(waiting, timeout=5)


def test_logs_are_json_with_the_part_whoever_wrote_them():
    done = subprocess.run(
        [sys.executable, "-c", LOGS], stdout=subprocess.PIPE, text=True, check=True
    )
    own, library = (json.loads(line) for line in done.stdout.splitlines())
    assert (own["event"], own["order"], own["part"], own["level"]) == (
        "placed",
        "A-1",
        "worker",
        "info",
    )
    assert (library["event"], library["part"]) == ("odd thing", "worker")
