"""`orderloom load`: catalog, prices, locations, stock, customers, tax rates, places from CSV."""

import json
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from orderloom.commands.options import HomeOption, JsonOption, use_home
from orderloom.errors import Refused

if TYPE_CHECKING:
    from orderloom.load.files import CsvFile
    from orderloom.load.loading import RefusedFiles, Report

REFUSED_LINES_SHOWN = 20


def load(
    files: Annotated[
        list[Path], typer.Argument(help="CSV files in UTF-8.", exists=True, dir_okay=False)
    ],
    refused: Annotated[
        Path | None, typer.Option("--refused", help="CSV file to write refused rows into.")
    ] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Bring products, prices, stock and their like in from CSV files, with a verdict a row.
    The kind of a file is recognised by the names of its columns, in any order:

    * products: sku, name, category, weight_g, length_mm, width_mm, height_mm, tax_category
    * bundles: bundle, component, quantity
    * price lists: id, tax_included, tier, valid_from, valid_until
    * prices: sku, currency, unit_price (minor units: 249 is 2.49 USD), list
    * locations: id, name, country, region, latitude, longitude, priority, active, fulfilled_by,
      kind, capacity, timezone, cutoff, weekdays, holidays, closed_on
    * stock: sku, location, on_hand, safety
    * customers: ref, tier, blocked
    * tax rates: country, region, rate_bp (625 is 6.25 %), category
    * places: country, region, city, latitude, longitude

    Columns left out stay as they are. Refused rows never stop the others, and end in exit code 1.
    Loading again changes nothing but stock: a count, refused below what is reserved.
    """
    use_home(home)
    from orderloom.load.loading import RefusedFiles, look_through_all

    writer = RefusedFiles(refused, keep_off=files) if refused else None
    found = look_through_all(files)
    with writer or nullcontext() as refused_files:
        reports = _load(found, refused_files)
        written = refused_files.written if refused_files else []
    if as_json:
        typer.echo(json.dumps([report.as_json() for report in reports], indent=2))
    else:
        _show(reports, written)
    raise typer.Exit(1 if any(report.counts["refused"] for report in reports) else 0)


def _load(files: "list[CsvFile]", refused: "RefusedFiles | None") -> "list[Report]":
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    from orderloom.load.loading import load_files
    from orderloom.settings import load_settings

    settings = load_settings()
    if not settings.database_url:
        raise Refused(
            f"No database is known in {settings.home}. Start `orderloom up`, or set DATABASE_URL."
        )
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    console = Console(stderr=True)
    with Progress(
        *columns, TimeElapsedColumn(), console=console, disable=not console.is_terminal
    ) as bars:
        tasks = {file: bars.add_task(file.path.name, total=file.lines) for file in files}
        return load_files(
            files,
            settings.database_url,
            at=datetime.now(UTC),
            refused=refused,
            progress=lambda file, rows: bars.advance(tasks[file], rows),
        )


def _show(reports: "list[Report]", written: list[Path]) -> None:
    from rich.markup import escape
    from rich.table import Table

    from orderloom.console import people_console
    from orderloom.load.loading import VERDICTS

    console = people_console()
    for report in reports:
        for row in report.refused[:REFUSED_LINES_SHOWN]:
            place = escape(f"{report.file.path.name}, line {row.line}: {row.reason}")
            console.print(f"[red]refused[/] {place}; {escape(row.advice)}", soft_wrap=True)
        more = report.counts["refused"] - REFUSED_LINES_SHOWN
        if more > 0:
            console.print(f"[red]refused[/] {more:,} more of {escape(report.file.path.name)}")
    table = Table("file", "kind", *VERDICTS, box=None)
    for column in table.columns[2:]:
        column.justify = "right"
    for report in reports:
        counts = (f"{report.counts[verdict]:,}" for verdict in VERDICTS)
        table.add_row(escape(report.file.path.name), report.file.kind.name, *counts)
    console.print(table)
    for path in written:
        console.print(f"Refused rows, to be corrected and loaded again: {escape(str(path))}")
