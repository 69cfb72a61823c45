"""Idempotency keys: scoped by principal, with the hash of the body they came with; and which texts
the database can hold or look for at all.
"""

import hashlib

from adapters.postgres.outcomes import canonical_json
from domain.codec import Json
from domain.errors import Malformed

_DIGITS_MAX = 18  # of a bigint, with a margin
KEY_MAX = 200  # characters; the unique index takes no more than some 2,700 bytes


def command_id(principal: str, key: str) -> str:
    """Stable, so that whoever delivers the command delivers the same one. Refuses (`Malformed`)
    a key that is empty or too long.
    """
    if not 1 <= len(key) <= KEY_MAX:
        raise Malformed(f"an idempotency key has 1 to {KEY_MAX} characters")
    return f"cmd_{_sha256(storable([principal, key]))[:40]}"


def body_hash(body: Json) -> str:
    """The same for the same content. Refuses (`Malformed`) what the database cannot hold."""
    return _sha256(storable(body))


def storable(value: Json) -> str:
    """Its canonical text. Refuses (`Malformed`) what the database cannot hold."""
    text = canonical_json(value)
    if "\\u0000" in text or not can_hold(text):
        raise Malformed("text must not contain NUL characters or unpaired surrogates")
    return text


def can_hold(text: str) -> bool:
    """PostgreSQL holds neither NUL characters nor unpaired surrogates."""
    try:
        return b"\0" not in text.encode()
    except UnicodeEncodeError:
        return False


def row_number(text: str) -> int | None:
    """None for what is no number of a row."""
    plain = text.isascii() and text.isdigit() and len(text) <= _DIGITS_MAX
    return int(text) if plain else None


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
