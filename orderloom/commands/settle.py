"""`orderloom settle`: settlement files taken in, matched and reported."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from orderloom.commands.books import opened
from orderloom.commands.listing import LimitOption, print_json, print_table, read_list
from orderloom.commands.options import HomeOption, JsonOption, use_home
from orderloom.errors import Refused

if TYPE_CHECKING:
    from adapters.postgres.settlements import PostgresSettlements
    from domain.settlement import PartyKind
    from ports.settlements import DayReport, Reconciled

T = TypeVar("T")
BAR_CHARACTERS = 40
LINES_SHOWN = 20
COLORS = {
    "MATCHED": "green",
    "WRITTEN_OFF": "blue",
    "PROPOSED": "cyan",
    "DIFFERING": "yellow",
    "UNMATCHED": "red",
}

settle = typer.Typer(no_args_is_help=True, help="What was paid out, against what is owed to us.")

DayOption = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="A day in UTC.")]


@settle.command("import")
def import_file(
    file: Annotated[Path, typer.Argument(help="CSV or XLSX; docs/contracts.md has its columns.")],
    party: Annotated[
        str, typer.Option(help="Whose file it is, as provider:acme; else its name says so.")
    ] = "",
    payout: Annotated[str, typer.Option(help="The payout's name, where the file has none.")] = "",
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Take a settlement file in and match it. The same file twice changes nothing."""
    use_home(home)
    new, found = asyncio.run(_with(lambda settlements: _import(settlements, file, party, payout)))
    if as_json:
        typer.echo(json.dumps({"new": new, **_counts(found)}))
        return
    typer.echo(f"{file.name} was taken in." if new else f"{file.name} was known already.")
    _say(found)


@settle.command("match")
def match(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Match whatever is open again, as the schedule does."""
    use_home(home)
    found = asyncio.run(_with(lambda settlements: settlements.match_open()))
    if as_json:
        typer.echo(json.dumps(_counts(found)))
    else:
        _say(found)


@settle.command("report")
def report(
    since: DayOption = None,
    until: DayOption = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show by day and party what is matched, differing, proposed and unmatched."""
    from domain.access import SYSTEM

    use_home(home)
    days = since and since.date(), until and until.date()
    found = asyncio.run(_with(lambda settlements: settlements.report(SYSTEM, *days)))
    if as_json:
        print_json(found)
    else:
        _draw(found)


@settle.command("lines")
def lines(
    verdict: Annotated[str, typer.Option(help="As DIFFERING; all, when left out.")] = "",
    limit: LimitOption = LINES_SHOWN,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """List lines of settlements with what became of each, and the evidence."""
    from adapters.postgres.settlements import PostgresSettlements
    from domain.money import Money

    use_home(home)
    wanted = verdict.strip().upper()
    if wanted and wanted not in COLORS:
        raise Refused(f"{verdict!r} is none of {', '.join(COLORS)}.")
    found, more = read_list(
        lambda reads, by, after: reads.lines(by, wanted, 100, after),
        limit,
        PostgresSettlements,
    )
    if as_json:
        print_json(found)
        return
    rows = [
        (
            each.id,
            f"{each.kind} {each.party}, {each.settlement}",
            f"{each.line_kind} {each.reference}",
            str(Money(each.gross, each.currency)),
            each.verdict,
            each.item,
            "; ".join(each.reasons),
        )
        for each in found
    ]
    names = ("line", "settlement", "says", "gross", "verdict", "open item", "evidence")
    print_table(names, rows, more=more)


async def _import(
    settlements: "PostgresSettlements", file: Path, party: str, payout: str
) -> "tuple[bool, Reconciled]":
    from adapters.settlements.files import read_settlement
    from adapters.settlements.folder import names_of_columns, party_of

    if party:
        kind, name = party_of(party)
    else:
        kind, name, named = _named(file)
        payout = payout or named
    try:
        columns = names_of_columns(file.parent, kind, name)
        read = read_settlement(file, kind, name, payout, columns)
    except OSError as error:
        raise Refused(f"{file} cannot be read: {error.strerror}.") from error
    new = await settlements.take_in(read.settlement, read.name, read.sha256)
    return new, await settlements.match_open()


def _named(file: Path) -> "tuple[PartyKind, str, str]":
    from adapters.settlements.folder import named_party
    from domain.errors import Malformed

    try:
        return named_party(file.name)
    except Malformed as refusal:
        raise Refused(
            f"{refusal.message}; or say whose it is, as --party provider:acme."
        ) from refusal


async def _with(ask: "Callable[[PostgresSettlements], Awaitable[T]]") -> T:
    from adapters.postgres.settlements import PostgresSettlements

    async with opened(PostgresSettlements) as settlements:
        return await ask(settlements)


def _counts(found: "Reconciled") -> dict[str, Any]:
    from dataclasses import asdict

    return asdict(found)


def _say(found: "Reconciled") -> None:
    told = ", ".join(f"{count} {name}" for name, count in _counts(found).items())
    typer.echo(f"Of what was open: {told}.")
    if found.differing or found.proposed or found.unmatched or found.missing:
        typer.echo("Finance has a task for each that is not matched; `orderloom settle lines`.")


def _draw(rows: "Sequence[DayReport]") -> None:
    """A bar for each day, party and currency: its lines by verdict."""
    from rich.markup import escape
    from rich.table import Table

    from domain.money import Money
    from orderloom.console import people_console

    legend = " ".join(f"[{color}]█ {name.lower()}[/]" for name, color in COLORS.items())
    table = Table("day", "party", legend, box=None)
    for name in ("lines", "gross", "fees", "still open"):
        table.add_column(name, justify="right")
    groups = [
        (key, list(group))
        for key, group in groupby(rows, lambda r: (r.day, r.kind, r.party, r.currency))
    ]
    most = max((sum(row.lines for row in group) for _, group in groups), default=0)
    for (day, kind, party, currency), group in groups:
        open_gross = sum(r.gross for r in group if r.verdict not in ("MATCHED", "WRITTEN_OFF"))
        table.add_row(
            day.isoformat(),
            escape(f"{kind} {party}"),
            _bar({row.verdict: row.lines for row in group}, most),
            f"{sum(row.lines for row in group):,}",
            str(Money(sum(row.gross for row in group), currency)),
            str(Money(sum(row.fee for row in group), currency)),
            str(Money(open_gross, currency)),
        )
    people_console().print(table if groups else "No settlement was taken in yet.")


def _bar(lines: dict[str, int], most: int) -> str:
    """Whatever there is of a verdict is seen, be it one line of thousands."""
    return "".join(
        f"[{color}]{'█' * max(1, round(BAR_CHARACTERS * lines[verdict] / most))}[/]"
        for verdict, color in COLORS.items()
        if lines.get(verdict)
    )
