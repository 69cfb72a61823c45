"""What finance may ask about a line of a settlement that was not matched by itself."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Assign:
    """The line settles that open item; `item` is the item's operation."""

    item: str


@dataclass(frozen=True, slots=True)
class WriteOff:
    """The difference to `item` is given up; without an item, the whole line."""

    item: str = ""
