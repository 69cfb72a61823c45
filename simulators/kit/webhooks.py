"""Webhooks to `POST {base}/webhooks/{source}`, signed by Standard Webhooks."""

from standardwebhooks import Webhook

from simulators.kit.outbox import Ending, Message
from simulators.kit.poster import Reply
from simulators.kit.wire import now


def signed(message_id: str, body: str, signer: Webhook) -> dict[str, str]:
    """The headers; made for each attempt anew, for an old timestamp is refused."""
    at = now()
    return {
        "content-type": "application/json",
        "webhook-id": message_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": signer.sign(message_id, at, body),
    }


class WebhookReceiver:
    """The other side of our webhooks: a 2xx ends delivery, anything else is tried again."""

    def __init__(self, base: str, source: str, secret: str) -> None:
        self._url = f"{base}/webhooks/{source}"
        self._signer = Webhook(secret)

    def url(self, _message: Message) -> str:
        return self._url

    def headers(self, message: Message, body: str) -> dict[str, str]:
        return signed(message.id, body, self._signer)

    def ending(self, message: Message, reply: Reply) -> Ending | None:
        if not reply.is_success:
            return None
        return Ending("webhook_delivered", {"webhook": message.id, "attempts": message.attempts})
