"""`orderloom picklists`: the work of the built-in warehouse. Its acts are `orderloom act`'s."""

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from orderloom.commands.listing import PAGE, LimitOption, print_table, read_list
from orderloom.commands.options import HomeOption, JsonOption, use_home
from orderloom.errors import Refused

if TYPE_CHECKING:
    from domain.access import Principal
    from ports.floor import FloorReads, PickListRead
    from ports.reads import Page

SHOWN = 50


def pick_lists(
    location: Annotated[str, typer.Option(help="At this location only.")] = "",
    status: Annotated[str, typer.Option(help="As SUBMITTED; else all.")] = "",
    limit: LimitOption = SHOWN,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """List what people of the built-in warehouse have to do, oldest first, and what is possible."""
    from adapters.postgres.reads_floor import PostgresFloorReads
    from domain.pick_list import PickStatus
    from ports.floor import PickListFilter

    if status and status.upper() not in set(PickStatus):
        raise Refused(f"--status is one of {', '.join(PickStatus)}.")
    use_home(home)
    wanted = PickListFilter(location, status.upper())

    async def ask(reads: "FloorReads", by: "Principal", after: str | None) -> "Page":
        return await reads.pick_lists(by, wanted, PAGE, after)

    found, more = read_list(
        ask, limit, lambda engine: PostgresFloorReads(engine, b"")
    )  # reads of another kind
    if as_json:
        typer.echo(json.dumps([_plain(each) for each in found], indent=2))
        return
    print_table(
        ("pick list", "location", "status", "units", "possible"),
        [_row(each) for each in found],
        more=more,
    )


def _row(read: "PickListRead") -> tuple[str, ...]:
    pick = read.pick
    wanted_back = f" (cancel {pick.cancel})" if pick.cancel else ""
    units = str(sum(unit.quantity for unit in pick.lines))
    acts = "\n".join(act.removeprefix("pick_list_") for act in read.possible)
    return pick.fulfillment_order, pick.location, f"{pick.status}{wanted_back}", units, acts


def _plain(read: "PickListRead") -> dict[str, Any]:
    from domain.codec import to_json

    return {**to_json(read.pick), "possible": read.possible, "at": read.created_at.isoformat()}
