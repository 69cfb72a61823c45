"""What the commands that list something share: reading page by page, a table, JSON."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from orderloom.commands.books import opened, reader

if TYPE_CHECKING:
    from domain.access import Principal
    from ports.reads import Page

PAGE = 100
ALL = 1_000_000

LimitOption = Annotated[
    int, typer.Option(min=1, max=ALL, help="How many at most; it is said whether there are more.")
]
Ask = Callable[[Any, "Principal", str | None], Awaitable["Page"]]  # of reads, as whom, after


def read_list(
    ask: Ask, limit: int, reads_of: Callable[[Any], Any] | None = None
) -> tuple[list[Any], bool]:
    """Up to `limit` items, and whether there are more. Whoever may read the database may ask;
    `reads_of` makes of an engine what is asked, which else is the inventory.
    """
    return asyncio.run(_read(ask, limit, reads_of))


async def _read(
    ask: Ask, limit: int, reads_of: Callable[[Any], Any] | None
) -> tuple[list[Any], bool]:
    from adapters.postgres.inventory_reads import PostgresInventoryReads

    async with opened(reads_of or PostgresInventoryReads) as reads:
        return await pages(lambda after: ask(reads, reader(), after), limit)


async def pages(
    ask: "Callable[[str | None], Awaitable[Page]]", limit: int
) -> tuple[list[Any], bool]:
    """Page after page, up to `limit` items; and whether there are more."""
    found: list[Any] = []
    after: str | None = None
    while True:
        page = await ask(after)
        found += page.items
        if not page.more or len(found) >= limit:
            return found[:limit], page.more or len(found) > limit
        after = page.cursors[-1]


def print_json(found: Sequence[Any]) -> None:
    rows = [asdict(each) for each in found]
    typer.echo(json.dumps(rows, indent=2, default=lambda value: value.isoformat()))


def print_table(columns: Sequence[str], rows: Sequence[Sequence[str]], *, more: bool) -> None:
    from rich.markup import escape
    from rich.table import Table

    from orderloom.console import people_console

    table = Table(*columns, box=None)
    for row in rows:
        table.add_row(*map(escape, row))
    people_console().print(table)
    if more:
        typer.echo("There are more: ask with a higher --limit.")


def or_dash(value: object) -> str:
    return "-" if value is None else str(value)
