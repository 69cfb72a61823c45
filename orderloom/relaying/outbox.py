"""The outbox's events of one sort: claimed, delivered, and done with, due again, or dead."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from ports.desk import DeskUnavailable
from ports.front_office import OutboxEvent, OutboxQueue

log = structlog.get_logger()

BATCH = 50
Deliver = Callable[[OutboxEvent], Awaitable[None]]


class OutboxRelay:
    """Carries process starts, or what is published. One batch is over before the next begins: what
    takes long holds up its own sort only.
    """

    def __init__(self, queue: OutboxQueue, deliver: Deliver, *, starts: bool) -> None:
        self._queue = queue
        self._deliver = deliver
        self._starts = starts

    async def batch(self) -> bool:
        events = await self._queue.claim(BATCH, starts=self._starts)
        outages = await asyncio.gather(*(self._relay(event) for event in events))
        for outage in filter(None, outages):
            raise outage
        return len(events) == BATCH

    async def _relay(self, event: OutboxEvent) -> DeskUnavailable | None:
        try:
            await self._deliver(event)
        except DeskUnavailable as outage:
            await self._queue.postponed(event.id)
            return outage
        except Exception as error:  # noqa: BLE001 - it is kept with the event, for ops to see
            await self._failed(event, repr(error))
        else:
            await self._queue.delivered(event.id)
        return None

    async def _failed(self, event: OutboxEvent, error: str) -> None:
        about = {"event_id": event.event_id, "kind": event.kind, "error": error}
        if await self._queue.failed(event.id, error):
            log.error("a dead letter: see `orderloom outbox`", **about)
        else:
            log.warning("not delivered", **about)
