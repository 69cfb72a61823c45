"""The arguments of lists, and what is refused of them."""

from typing import Annotated

import strawberry

from domain.errors import Malformed
from ports.reads import PAGE_MAX

PAGE_DEFAULT = 20

First = Annotated[int, strawberry.argument(description=f"How many, from 1 to {PAGE_MAX}.")]
After = Annotated[
    str | None, strawberry.argument(description="The `endCursor` of the page before.")
]


def page_size(first: int) -> int:
    if not 1 <= first <= PAGE_MAX:
        raise Malformed(f"`first` is from 1 to {PAGE_MAX}, not {first}")
    return first


def one_of(known: tuple[str, ...], field: str, wanted: str) -> str:
    """Empty is for all. What is unknown is refused: an empty list would look like an answer."""
    if wanted and wanted not in known:
        raise Malformed(f"`{field}` is one of {', '.join(known)}; not {wanted[:40]!r}")
    return wanted
