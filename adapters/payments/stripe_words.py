"""What Stripe's errors say: a definite no, nothing at all, or that our own key is wrong."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import stripe

from ports.outside import KeyRefused, PaymentRequest

_SERVER_FAULT = 500
_BUSY = (409, 429)  # the same key is being worked on; too many calls


@contextmanager
def our_key(request: PaymentRequest) -> Iterator[None]:
    """Translates that Stripe refuses our API key. Its own words hold a part of the key."""
    try:
        yield
    except (stripe.AuthenticationError, stripe.PermissionError) as error:
        why = f"{error.http_status} {field(error, 'error', 'code') or ''}".strip()
        raise KeyRefused(f"{request.key}: Stripe refuses our key: {why}") from None


def is_definite(error: stripe.StripeError) -> bool:
    """Whether Stripe has said no, and will not do it: not when nobody answered, nor by a fault of
    its own, nor while the same key is being worked on, nor because the key was for another request,
    nor for our API key.
    """
    status = error.http_status
    nothing = isinstance(
        error, stripe.AuthenticationError | stripe.PermissionError | stripe.IdempotencyError
    )
    return status is not None and status < _SERVER_FAULT and status not in _BUSY and not nothing


def is_replayed(error: stripe.StripeError) -> bool:
    """Whether it is the answer that Stripe keeps of the first request under this key."""
    return (error.headers or {}).get("Idempotent-Replayed") == "true"


def reason(error: stripe.StripeError) -> str:
    return str(field(error, "error", "decline_code") or error.code or f"http_{error.http_status}")


def decline(failed: Any) -> str:
    code = field(failed, "decline_code") or field(failed, "code")
    return str(code or "card_declined")


def field(found: Any, *path: str) -> Any:
    """What stands there, None where something on the way is missing."""
    for name in path:
        found = getattr(found, name, None)
    return found
