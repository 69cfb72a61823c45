"""`orderloom points`: what a customer has of loyalty points, and how it came to that."""

import asyncio
import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from orderloom.commands.books import opened
from orderloom.commands.listing import PAGE, LimitOption, pages, print_table
from orderloom.commands.options import HomeOption, JsonOption, use_home
from orderloom.errors import Refused

if TYPE_CHECKING:
    from ports.points_reads import CustomerPoints, PointsEntryRead

SHOWN = 20


def points(
    customer: Annotated[str, typer.Argument(help="The customer's reference.")],
    limit: LimitOption = SHOWN,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show a customer's points, and the newest entries of their ledger."""
    use_home(home)
    found, entries, more = asyncio.run(_read(customer, limit))
    if as_json:
        told = {**asdict(found), "entries": [asdict(each) for each in entries]}
        typer.echo(json.dumps(told, indent=2, default=lambda value: value.isoformat()))
        return
    typer.echo(f"{found.available:,} points can be spent, {found.reserved:,} are held by orders.")
    for day, expiring in found.expiring:
        typer.echo(f"{expiring:,} of them can be spent until {day}.")
    rows = [
        (
            f"{each.at:%Y-%m-%d %H:%M}",
            each.kind,
            f"{each.points:+,}" if each.points else "",
            f"{each.reserved:+,}" if each.reserved else "",
            f"{each.expires_on}",
            each.operation,
        )
        for each in entries
    ]
    columns = ("at (UTC)", "kind", "points", "held", "until", "operation")
    print_table(columns, rows, more=more)


async def _read(customer: str, limit: int) -> "tuple[CustomerPoints, list[PointsEntryRead], bool]":
    from adapters.postgres.reads_points import PostgresPointsReads
    from domain.access import SYSTEM
    from domain.errors import NotFound

    async with opened(PostgresPointsReads) as reads:
        try:
            found = await reads.customer(SYSTEM, customer)
        except NotFound as missing:
            raise Refused(f"There is no customer {customer}.") from missing
        entries, more = await pages(
            lambda after: reads.entries(SYSTEM, customer, PAGE, after), limit
        )
    return found, entries, more
