"""Standard Webhooks: who sent this message, and when. Intake and webhooks come in by it."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from standardwebhooks import Webhook, WebhookVerificationError
from starlette.requests import Request

from api.problem_kinds import BAD_SIGNATURE, STALE_TIMESTAMP, ProblemKind
from api.problems import Problem

TOLERANCE = timedelta(minutes=5)  # the specification's own
MESSAGE_ID_MAX = 200  # characters
_HEADERS = ("webhook-id", "webhook-timestamp", "webhook-signature")


async def signed_message(
    request: Request, party: str, secrets: Mapping[str, str], unknown: ProblemKind, at: datetime
) -> tuple[str, bytes]:
    """(message id, body) of a request that `party` has signed. Refuses (`Problem`): 404 a party
    without a secret, before its body is read; 401 a wrong signature or an old timestamp.
    """
    secret = secrets.get(party)
    if not secret:
        raise Problem(unknown, f"Nothing named {party[:40]!r} may send here.")
    body = await request.body()
    return verified(secret, request.headers, body, at), body


def verified(secret: str, headers: Mapping[str, str], body: bytes, at: datetime) -> str:
    """The message id. Refuses (`Problem`, 401) what was not signed with `secret` about now."""
    given = {name: headers.get(name, "") for name in _HEADERS}
    missing = [name for name, value in given.items() if not value]
    if missing:
        raise Problem(BAD_SIGNATURE, f"Missing headers: {', '.join(missing)}.")
    message = given["webhook-id"]
    if len(message) > MESSAGE_ID_MAX:
        raise Problem(BAD_SIGNATURE, f"webhook-id is longer than {MESSAGE_ID_MAX} characters.")
    _refuse_stale(given["webhook-timestamp"], at)
    try:
        Webhook(secret).verify(body, given, json_parse=False)
    except (WebhookVerificationError, ValueError) as error:
        raise Problem(BAD_SIGNATURE, "The signature is not that of this message.") from error
    return message


def _refuse_stale(timestamp: str, at: datetime) -> None:
    if not timestamp.isascii() or not timestamp.isdigit() or len(timestamp) > 12:
        raise Problem(BAD_SIGNATURE, "webhook-timestamp is not a number of seconds.")
    age = at.timestamp() - int(timestamp)
    if abs(age) > TOLERANCE.total_seconds():
        when = f"{age:.0f} s old" if age > 0 else f"{-age:.0f} s in the future"
        raise Problem(STALE_TIMESTAMP, f"webhook-timestamp is {when}.")
