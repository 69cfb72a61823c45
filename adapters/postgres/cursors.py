"""Keyset paging: an opaque cursor names the last row of a page, by moment and id or by names."""

import base64
import binascii
import json
from datetime import datetime
from typing import NamedTuple

from adapters.postgres.keys import can_hold, row_number
from domain.codec import Json
from domain.errors import Malformed
from ports.reads import PAGE_MAX

NO_CURSOR = "this is no cursor of a page"


class Cursor(NamedTuple):
    at: datetime
    id: str

    @property
    def number(self) -> int:
        """Its id, in a list of rows that have numbers. Refuses (`Malformed`) what is none."""
        return number_of(self.id)

    def write(self) -> str:
        plain = json.dumps([self.at.isoformat(), self.id], separators=(",", ":"))
        return base64.urlsafe_b64encode(plain.encode()).decode()


def read_cursor(text: str) -> Cursor:
    """Refuses (`Malformed`) what `Cursor.write` never wrote."""
    try:
        at, identity = _decoded(text)
        cursor = Cursor(datetime.fromisoformat(at), identity)
    except (ValueError, TypeError) as error:
        raise Malformed(NO_CURSOR) from error
    if cursor.at.tzinfo is None or not (isinstance(identity, str) and can_hold(identity)):
        raise Malformed(NO_CURSOR)
    return cursor


def write_names(*names: str) -> str:
    """The cursor of a list that is ordered by names of things."""
    plain = json.dumps(names, separators=(",", ":"))
    return base64.urlsafe_b64encode(plain.encode()).decode()


def read_names(text: str, count: int) -> tuple[str, ...]:
    """Refuses (`Malformed`) what `write_names` never wrote of so many names."""
    names = _decoded(text)
    if not (
        isinstance(names, list)
        and len(names) == count
        and all(isinstance(name, str) and can_hold(name) for name in names)
    ):
        raise Malformed(NO_CURSOR)
    return tuple(names)


def number_of(text: str) -> int:
    """Refuses (`Malformed`) what is no number of a row."""
    number = row_number(text)
    if number is None:
        raise Malformed(NO_CURSOR)
    return number


def _decoded(text: str) -> Json:
    try:
        return json.loads(base64.b64decode(text, altchars=b"-_", validate=True))
    except (binascii.Error, ValueError, RecursionError) as error:
        raise Malformed(NO_CURSOR) from error


def check_page(first: int) -> None:
    if not 1 <= first <= PAGE_MAX:
        raise Malformed(f"a page has 1 to {PAGE_MAX} items, not {first}")
