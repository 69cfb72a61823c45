"""`orderloom cost`: what orders cost on the engine, from their own histories."""

import asyncio
import json
import re
from typing import TYPE_CHECKING, Annotated

import typer

from orderloom.commands.options import HomeOption, JsonOption, use_home
from orderloom.errors import Refused

if TYPE_CHECKING:
    from orderloom.cost import Cost

RETURN_NUMBER = re.compile(r"-R\d+$")


def cost(
    numbers: Annotated[
        list[str], typer.Argument(metavar="ORDER...", help="Order numbers, or return numbers.")
    ],
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Count an order's history events, billable Actions (by Temporal's published rules) and bytes.

    A return is a workflow of its own and counted when it is asked for by its number.
    """
    use_home(home)
    costs = asyncio.run(_costs(numbers))
    if as_json:
        typer.echo(json.dumps(_as_json(costs), indent=2))
    else:
        _show(costs)


def workflow_id(number: str) -> str:
    """`order/<number>`, or `return/<number>` for what has the form of a return number."""
    return f"return/{number}" if RETURN_NUMBER.search(number) else f"order/{number}"


async def _costs(numbers: list[str]) -> "dict[str, Cost]":
    from orderloom.cost.reading import connect_for, cost_of
    from orderloom.settings import load_settings
    from ports.desk import NoSuchProcess

    client = await connect_for(load_settings())
    costs = {}
    for number in numbers:
        try:
            costs[number] = await cost_of(client, workflow_id(number))
        except NoSuchProcess as unknown:
            raise Refused(f"{unknown}: it never began, or retention is over.") from unknown
    return costs


def _as_json(costs: "dict[str, Cost]") -> dict[str, object]:
    from orderloom.cost import LEFT_OUT

    counted = {number: cost.as_json() for number, cost in costs.items()}
    return {"orders": counted, "left_out": LEFT_OUT}


def _show(costs: "dict[str, Cost]") -> None:
    from rich.table import Table

    from orderloom.console import people_console
    from orderloom.cost import LEFT_OUT

    table = Table("", *costs, box=None)
    for column in table.columns[1:]:
        column.justify = "right"
    kinds = sorted({kind for cost in costs.values() for kind in cost.by_kind})
    table.add_row("history events", *(f"{cost.events:,}" for cost in costs.values()))
    table.add_row("history bytes", *(f"{cost.bytes:,}" for cost in costs.values()))
    table.add_row("billable Actions", *(f"{cost.actions:,}" for cost in costs.values()))
    for kind in kinds:
        numbers = (f"{cost.by_kind.get(kind, 0):,}" for cost in costs.values())
        table.add_row(f"  {kind}", *numbers, style="dim")
    console = people_console()
    console.print(table)
    console.print(f"Left out, since no history shows it: {'; '.join(LEFT_OUT)}.")
