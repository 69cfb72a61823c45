"""Outbox events that are published: news of orders and returns, for whoever subscribes."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog

from orderloom.relaying.outbox import Deliver
from orderloom.settings import Settings
from ports.front_office import OutboxEvent

log = structlog.get_logger()


async def publish_to_log(event: OutboxEvent) -> None:
    """As long as nobody subscribes, the log is the world."""
    log.info("published", event_id=event.event_id, kind=event.kind, subject=event.subject)


@asynccontextmanager
async def publishing(settings: Settings) -> AsyncIterator[Deliver]:
    """How an event is published: to the subscriber, if the settings name one."""
    if not settings.event_url:
        yield publish_to_log
        return
    from adapters.notify.webhook import WebhookPublisher

    publisher = WebhookPublisher(settings.event_url, settings.event_secret.get_secret_value())
    try:
        yield publisher.publish
    finally:
        await publisher.close()
