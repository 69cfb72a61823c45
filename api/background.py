"""Work that follows a request after its answer: bounded, logged when it fails, drained at the end.

None of it is the only copy: the relay does again what is lost here.
"""

import asyncio
from collections.abc import Coroutine
from typing import Any

import structlog

from ports.desk import DeskUnavailable, NoSuchProcess

TASKS_MAX = 1_000  # beyond this the engine is so slow that more callers would only make it slower

log = structlog.get_logger(__name__)


class Background:
    def __init__(self, limit: int = TASKS_MAX) -> None:
        self._limit = limit
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self, what: str, work: Coroutine[Any, Any, None], **about: str) -> None:
        """Runs `work` soon; when too much is waiting, leaves it to the relay."""
        if len(self._tasks) >= self._limit:
            work.close()
            log.warning("background.left_to_relay", what=what, **about)
            return
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(lambda done: self._finished(done, what, about))

    async def drain(self, seconds: float | None = None) -> None:
        """Waits for what is under way, at most so long; the rest is canceled."""
        if not self._tasks:
            return
        _, late = await asyncio.wait(self._tasks, timeout=seconds)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)

    def _finished(self, task: asyncio.Task[None], what: str, about: dict[str, str]) -> None:
        self._tasks.discard(task)
        if task.cancelled():
            log.warning("background.canceled", what=what, **about)
            return
        error = task.exception()
        if isinstance(error, DeskUnavailable | NoSuchProcess):
            log.warning("background.not_delivered", what=what, error=str(error), **about)
        elif error is not None:
            log.error("background.failed", what=what, exc_info=error, **about)
