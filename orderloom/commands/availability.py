"""`orderloom availability`: how many units could be promised, now and by day."""

import asyncio
import json
from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from orderloom.commands.books import opened, reader
from orderloom.commands.options import HomeOption, JsonOption, use_home
from orderloom.errors import Refused

if TYPE_CHECKING:
    from domain.availability import Availability, Available
    from ports.availability import AvailabilityQuestion

BAR_CHARACTERS = 40
Bar = tuple[str, str, int]  # from when on, color, units


def availability(
    skus: Annotated[list[str], typer.Argument(help="Up to 100 products.")],
    location: Annotated[str, typer.Option(help="At this location only.")] = "",
    until: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="What comes by that day, else all."),
    ] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show how many units could be promised: now, and from which day on more, by location."""
    from ports.availability import AvailabilityQuestion

    use_home(home)
    question = AvailabilityQuestion(skus, location, until.date() if until else None)
    found = asyncio.run(_ask(question))
    if missing := set(skus) - {each.sku for each in found}:
        raise Refused(
            f"There is no product {', '.join(sorted(map(repr, missing)))}. `orderloom products`"
            " finds them by name, too."
        )
    if as_json:
        told = [asdict(each) for each in found]
        typer.echo(json.dumps(told, indent=2, default=lambda value: value.isoformat()))
        return
    for each in found:
        _draw(each)


async def _ask(question: "AvailabilityQuestion") -> "list[Availability]":
    from adapters.postgres.availability import PostgresAvailability
    from orderloom.process_file import process_of
    from orderloom.settings import part_settings

    process = process_of(part_settings().process_definition)
    async with opened(lambda engine: PostgresAvailability(engine, process)) as reads:
        return await reads.availability(reader(), question)


def _draw(found: "Availability") -> None:
    """A bar for each step, to the scale of the most that there will be."""
    from rich.markup import escape
    from rich.table import Table

    from orderloom.console import people_console

    table = Table(title=escape(found.sku), title_justify="left", box=None)
    table.add_column("location", no_wrap=True)
    table.add_column("from", no_wrap=True)
    table.add_column("[green]█ to promise[/] [yellow]▒ presale for that day[/]", no_wrap=True)
    table.add_column("units", justify="right")
    places = [*found.locations, found.total] if len(found.locations) != 1 else found.locations
    most = max((units for place in places for _, _, units in _bars(place)), default=0)
    for place in places:
        name = escape(place.location or "together")
        for since, color, units in _bars(place):
            mark = "█" if color == "green" else "▒"
            length = round(BAR_CHARACTERS * units / most) if most else 0
            table.add_row(name, since, f"[{color}]{mark * length}[/]", f"{units:,}")
            name = ""
    people_console().print(table)


def _bars(place: "Available") -> Iterator[Bar]:
    yield "now", "green", place.immediate
    for step in place.steps:
        yield step.day.isoformat(), "green", step.units
    for quota in place.presale:
        yield quota.day.isoformat(), "yellow", quota.units
