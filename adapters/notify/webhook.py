"""News as webhooks, signed by Standard Webhooks: docs/contracts.md, "Outgoing events"."""

import asyncio
import json
from datetime import UTC, datetime

import httpx
from standardwebhooks import Webhook

from ports.front_office import OutboxEvent

TIMEOUT_SECONDS = 5.0  # for all of it; what was claimed is claimed for 10 s
CONNECTIONS_MAX = 50  # a batch of the relay


class NotTaken(Exception):  # an answer, or none; the outbox keeps it and tries again
    """The subscriber did not say that it has the event: it is to be sent again."""


class WebhookPublisher:
    """POSTs to `url`, signed with `secret` (`whsec_…`); keeps its connections open."""

    def __init__(self, url: str, secret: str, timeout_seconds: float = TIMEOUT_SECONDS) -> None:
        self._url = url
        self._signer = Webhook(secret)
        self._timeout_seconds = timeout_seconds
        self._client = httpx.AsyncClient(
            timeout=timeout_seconds,
            limits=httpx.Limits(
                max_connections=CONNECTIONS_MAX, max_keepalive_connections=CONNECTIONS_MAX
            ),
        )

    async def publish(self, event: OutboxEvent) -> None:
        """Any 2xx takes the event. Raises `NotTaken`."""
        body = _body(event)
        headers = self._headers(event.event_id, body)
        try:
            async with asyncio.timeout(self._timeout_seconds):  # httpx limits each read, not all
                answer = await self._client.post(self._url, content=body, headers=headers)
        except (httpx.HTTPError, TimeoutError) as failed:
            raise NotTaken(f"no answer: {type(failed).__name__}") from failed
        if not answer.is_success:
            raise NotTaken(f"answered {answer.status_code}")

    async def close(self) -> None:
        await self._client.aclose()

    def _headers(self, event_id: str, body: str) -> dict[str, str]:
        """Made for each attempt anew: receivers refuse an old timestamp."""
        at = datetime.now(UTC)
        return {
            "content-type": "application/json",
            "webhook-id": event_id,
            "webhook-timestamp": str(int(at.timestamp())),
            "webhook-signature": self._signer.sign(event_id, at, body),
        }


def _body(event: OutboxEvent) -> str:
    """News of stock is of no order."""
    news = {name: event.payload[name] for name in ("order", "at", "data") if name in event.payload}
    told = {"id": event.event_id, "type": event.kind, "subject": event.subject, **news}
    return json.dumps(told, separators=(",", ":"))
