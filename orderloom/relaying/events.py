"""Outbox events: processes are started, everything else is published."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from ports.desk import DeskUnavailable, OrderDesk
from ports.front_office import OutboxEvent, OutboxQueue

log = structlog.get_logger()

BATCH = 50
Publish = Callable[[OutboxEvent], Awaitable[None]]


async def publish_to_log(event: OutboxEvent) -> None:
    """As long as nobody subscribes, the log is the world."""
    log.info("published", event_id=event.event_id, kind=event.kind, subject=event.subject)


class EventRelay:
    def __init__(self, queue: OutboxQueue, desk: OrderDesk, publish: Publish) -> None:
        self._queue = queue
        self._desk = desk
        self._publish = publish

    async def batch(self) -> bool:
        events = await self._queue.claim(BATCH)
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
            log.warning("not delivered", event_id=event.event_id, error=repr(error))
            await self._queue.failed(event.id, repr(error))
        else:
            await self._queue.delivered(event.id)
        return None

    async def _deliver(self, event: OutboxEvent) -> None:
        match event.kind:
            case "order.start":
                await self._desk.start_order(event.subject, event.payload["channel"])
            case "return.start":
                await self._desk.start_return(event.subject)
            case _:
                await self._publish(event)
