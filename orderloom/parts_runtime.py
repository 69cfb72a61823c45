"""What a part (API, worker, relay) says to, and hears from, whoever started it.

``ready()`` once it serves, then ``await until_stopped()``, then it drains and returns.
"""

import asyncio
import os
import signal
import time
from pathlib import Path

from orderloom.supervisor.process import GO_FILE_VARIABLE, READY_FILE_VARIABLE

POLL_SECONDS = 0.01


def ready() -> None:
    """Creates the file named in ``ORDERLOOM_READY_FILE``; nothing when nobody asked."""
    ready_file = os.environ.get(READY_FILE_VARIABLE)
    if ready_file:
        Path(ready_file).touch()


def wait_for_go() -> None:
    """Until what this part needs is ready, see `Part`; at once when nobody holds it back."""
    go_file = os.environ.get(GO_FILE_VARIABLE)
    while go_file and not Path(go_file).exists():
        time.sleep(POLL_SECONDS)


async def until_stopped() -> None:
    """Returns at the first SIGTERM or SIGINT. From then on a second one has its usual effect, so
    that whoever waits at a terminal for a long drain can end it.
    """
    loop = asyncio.get_running_loop()
    stopped = asyncio.Event()
    signals = (signal.SIGTERM, signal.SIGINT)
    for number in signals:
        loop.add_signal_handler(number, stopped.set)
    try:
        await stopped.wait()
    finally:
        for number in signals:
            loop.remove_signal_handler(number)
