"""Outbox events that are published: news of orders and returns, for whoever subscribes."""

import structlog

from ports.front_office import OutboxEvent

log = structlog.get_logger()


async def publish_to_log(event: OutboxEvent) -> None:
    """As long as nobody subscribes, the log is the world."""
    log.info("published", event_id=event.event_id, kind=event.kind, subject=event.subject)
