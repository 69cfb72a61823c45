"""Keyset paging: an opaque cursor names the last row of a page by its moment and its id."""

import base64
import binascii
import json
from datetime import datetime
from typing import NamedTuple

from domain.errors import Malformed
from ports.reads import PAGE_MAX


class Cursor(NamedTuple):
    at: datetime
    id: str

    def write(self) -> str:
        plain = json.dumps([self.at.isoformat(), self.id], separators=(",", ":"))
        return base64.urlsafe_b64encode(plain.encode()).decode()


def read_cursor(text: str) -> Cursor:
    """Refuses (`Malformed`) what `Cursor.write` never wrote."""
    try:
        at, identity = json.loads(base64.b64decode(text, altchars=b"-_", validate=True))
        cursor = Cursor(datetime.fromisoformat(at), identity)
    except (binascii.Error, ValueError, TypeError, RecursionError) as error:
        raise Malformed("this is no cursor of a page") from error
    if cursor.at.tzinfo is None or not is_plain(cursor.id):
        raise Malformed("this is no cursor of a page")
    return cursor


def check_page(first: int) -> None:
    if not 1 <= first <= PAGE_MAX:
        raise Malformed(f"a page has 1 to {PAGE_MAX} items, not {first}")


def is_plain(text: object) -> bool:
    """Text that an id of ours can be; what is not need not be looked for."""
    return isinstance(text, str) and text.isascii() and text.isprintable()
