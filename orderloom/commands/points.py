"""`orderloom points`: what a customer has of loyalty points, and how it came to that."""

import asyncio
import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from orderloom.commands.listing import PAGE, LimitOption, print_table
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
    from adapters.postgres.engine import create_engine
    from adapters.postgres.reads_points import PostgresPointsReads
    from domain.access import SYSTEM
    from domain.errors import NotFound
    from orderloom.settings import part_settings

    engine = create_engine(part_settings().database_url, pool_size=1)
    reads, after, more = PostgresPointsReads(engine), None, True
    entries: list[PointsEntryRead] = []
    try:
        found = await reads.customer(SYSTEM, customer)
        while more and len(entries) < limit:
            page = await reads.entries(SYSTEM, customer, PAGE, after)
            entries += page.items
            more = page.more
            after = page.cursors[-1] if page.cursors else None
    except NotFound as missing:
        raise Refused(f"There is no customer {customer}.") from missing
    finally:
        await engine.dispose()
    return found, entries[:limit], more or len(entries) > limit
