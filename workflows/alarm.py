"""One timer for all deadlines: cheaper than a timer per wait."""

import asyncio
from datetime import datetime

from temporalio import workflow


class Alarm:
    """Kept while it rings early enough; replaced only by an earlier one. Whoever hears it looks
    again at what is due, and may find nothing yet.
    """

    def __init__(self) -> None:
        self.rings = 0
        self._at: datetime | None = None
        self._task: asyncio.Task[None] | None = None

    def set(self, at: datetime) -> None:
        if self._at is not None and self._at <= at:
            return
        self.stop()
        self._at = at
        self._task = asyncio.create_task(self._ring(at))

    def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
        self._task = self._at = None

    async def _ring(self, at: datetime) -> None:
        delay = (at - workflow.now()).total_seconds()
        if delay > 0:
            await workflow.sleep(delay, summary="earliest deadline")
        self._task = self._at = None
        self.rings += 1
