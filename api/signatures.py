"""Standard Webhooks: who sent this message, and when. Intake and webhooks come in by it."""

import hmac
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from standardwebhooks import Webhook
from starlette.requests import Request

from api.problem_kinds import BAD_SIGNATURE, STALE_TIMESTAMP, ProblemKind
from api.problems import Problem

TOLERANCE = timedelta(minutes=5)  # the specification's own
MESSAGE_ID_MAX = 200  # characters
TIMESTAMP_DIGITS_MAX = 10  # until the year 2286
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
    signed_at = _moment(given["webhook-timestamp"])
    _refuse_stale(signed_at, at)
    if not _is_signed(secret, message, signed_at, body, given["webhook-signature"]):
        raise Problem(BAD_SIGNATURE, "The signature is not that of this message.")
    return message


def _is_signed(secret: str, message: str, at: datetime, body: bytes, signatures: str) -> bool:
    """Whether one of the signatures is right. (The library's own check has its own clock.)"""
    try:
        right = Webhook(secret).sign(message, at, body.decode())
    except UnicodeDecodeError:
        return False
    return any(
        hmac.compare_digest(right.encode(), given.encode()) for given in signatures.split(" ")
    )


def _moment(timestamp: str) -> datetime:
    if not timestamp.isascii() or not timestamp.isdigit() or len(timestamp) > TIMESTAMP_DIGITS_MAX:
        raise Problem(BAD_SIGNATURE, "webhook-timestamp is not a number of seconds.")
    return datetime.fromtimestamp(int(timestamp), UTC)


def _refuse_stale(signed_at: datetime, at: datetime) -> None:
    age = at - signed_at
    if abs(age) > TOLERANCE:
        seconds = age.total_seconds()
        when = f"{seconds:.0f} s old" if seconds > 0 else f"{-seconds:.0f} s in the future"
        raise Problem(STALE_TIMESTAMP, f"webhook-timestamp is {when}.")
