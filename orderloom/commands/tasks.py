"""`orderloom tasks`: the ops queue."""

from typing import Annotated

import typer

from orderloom.commands.listing import PAGE, LimitOption, print_json, print_table, read_list
from orderloom.commands.options import HomeOption, JsonOption, use_home
from orderloom.errors import Refused

SHOWN = 50


def tasks(
    owner: Annotated[str, typer.Option(help="A staff role, as finance; all, when left out.")] = "",
    limit: LimitOption = SHOWN,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show what waits for staff, earliest deadline first."""
    from adapters.postgres.reads import PostgresReads
    from domain.access import STAFF

    use_home(home)
    wanted = owner.strip().lower()
    if wanted and wanted not in set(STAFF):
        raise Refused(f"{owner!r} is none of {', '.join(sorted(STAFF))}.")
    found, more = read_list(
        lambda reads, by, after: reads.tasks(by, wanted, PAGE, after),
        limit,
        lambda engine: PostgresReads(engine, server_key=b""),  # no tracking link is asked for
    )
    if as_json:
        print_json(found)
        return
    rows = [
        (f"{each.deadline:%Y-%m-%d %H:%M}", each.owner, each.order or each.subject, each.reason)
        for each in found
    ]
    print_table(("until (UTC)", "owner", "about", "what"), rows, more=more)
