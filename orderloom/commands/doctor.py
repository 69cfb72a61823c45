"""`orderloom doctor`: settings, versions, what can be reached, and the migrations."""

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

import typer

from orderloom.commands.options import HomeOption, JsonOption, use_home
from orderloom.errors import Refused

if TYPE_CHECKING:
    from orderloom.diagnosis import Diagnosis

DERIVED = {"home", "public_url"}  # these are there even if nobody set anything
SIGNS = {True: "[green]yes[/]", False: "[red]no[/]", None: "[dim]-[/]"}


def doctor(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Show effective settings, versions and what can be reached; 1 if something cannot."""
    use_home(home)
    from orderloom.diagnosis import diagnose
    from orderloom.settings import load_settings

    settings = load_settings()
    if settings.model_fields_set <= DERIVED:
        raise Refused(
            f"There is no home in {settings.home}, and nothing is set in the environment. "
            "Choose a home with --home; `orderloom up` creates one."
        )
    diagnosis = diagnose(settings)
    if as_json:
        typer.echo(json.dumps({**asdict(diagnosis), "healthy": diagnosis.healthy}, indent=2))
    else:
        _show(diagnosis)
    raise typer.Exit(0 if diagnosis.healthy else 1)


def _show(diagnosis: "Diagnosis") -> None:
    from rich.markup import escape
    from rich.table import Table

    from orderloom.console import people_console

    console = people_console()
    for title, values in (("Settings", diagnosis.settings), ("Versions", diagnosis.versions)):
        table = Table(title=title, title_justify="left", show_header=False, box=None)
        table.add_column()
        table.add_column(overflow="fold")
        for name, value in values.items():
            table.add_row(name, escape(str(value)))
        console.print(table, "")
    table = Table("", "", title="Reachable", title_justify="left", show_header=False, box=None)
    table.add_column(overflow="fold")
    for name, finding in {**diagnosis.reachable, "migrations": diagnosis.migrations}.items():
        table.add_row(name, SIGNS[finding.ok], escape(finding.detail))
    console.print(table)
