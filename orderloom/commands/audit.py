"""`orderloom audit`: whether everything that must hold holds, on a live system."""

import asyncio
import json
from pathlib import Path
from typing import Annotated

import typer

from orderloom.commands.options import HomeOption, JsonOption, use_home


def audit(
    home: HomeOption = None,
    journals: Annotated[
        Path | None,
        typer.Option(help="Folder with the outside parties' own journals (payment.jsonl, …)."),
    ] = None,
    grace: Annotated[
        float | None,
        typer.Option(help="Seconds for which what is moving may lag behind, else 60.", min=0),
    ] = None,
    only_list: Annotated[bool, typer.Option("--list", help="Name the checks, and end.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Check the invariants on a live system and name what breaks them; 1 if anything does."""
    use_home(home)
    from orderloom.audit.auditor import audit as make_audit
    from orderloom.audit.auditor import titles
    from orderloom.audit.report import show
    from orderloom.settings import part_settings

    if only_list:
        for check, title in titles().items():
            typer.echo(f"{check:<12}{title}")
        return
    lag = {} if grace is None else {"grace_seconds": grace}
    report = asyncio.run(make_audit(part_settings(), journals, **lag))
    if as_json:
        typer.echo(json.dumps(report.as_json(), indent=2, default=str))
    else:
        show(report)
    raise typer.Exit(1 if report.violations else 0)
