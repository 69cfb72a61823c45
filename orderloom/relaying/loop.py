"""A loop that works through what is due, outlives outages, and stops when it is told to."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import NamedTuple

import structlog

log = structlog.get_logger()

RETRY_FIRST_SECONDS = 0.2  # doubles with each failure in a row
RETRY_MAX_SECONDS = 5.0
JITTER = 0.2  # of every pause, so that several relays do not knock together


Batch = Callable[[], Awaitable[bool]]  # says whether there may be more at once


class Loop(NamedTuple):
    """`idle_seconds` is how long what is due may wait."""

    name: str
    batch: Batch
    idle_seconds: float


async def keep_relaying(
    name: str, batch: Batch, *, idle_seconds: float, stopping: asyncio.Event
) -> None:
    """Whatever `batch` raises is logged, and it is tried again: what it had claimed comes back by
    itself.
    """
    failures = 0
    while not stopping.is_set():
        try:
            more = await batch()
        except Exception as error:  # noqa: BLE001 - a database or an engine that is away for a while
            failures += 1
            pause = min(RETRY_FIRST_SECONDS * 2 ** (failures - 1), RETRY_MAX_SECONDS)
            log.warning("relay is held up", loop=name, error=repr(error), again_in=pause)
        else:
            if failures:
                log.info("relay goes on", loop=name, after_failures=failures)
            failures = 0
            pause = 0.0 if more else idle_seconds
        await _pause(pause, stopping)


async def _pause(seconds: float, stopping: asyncio.Event) -> None:
    if not seconds:
        return
    varied = seconds * random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311 - no secret
    try:
        async with asyncio.timeout(varied):
            await stopping.wait()
    except TimeoutError:
        return
