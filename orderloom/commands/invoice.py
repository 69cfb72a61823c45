"""`orderloom invoice`: an invoice or a credit note, in words, as HTML, or as PDF; `invoices` lists
them.
"""

import asyncio
import json
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from orderloom.commands.books import opened
from orderloom.commands.listing import PAGE, LimitOption, print_table, read_list
from orderloom.commands.options import HomeOption, JsonOption, use_home
from orderloom.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Sequence

    from orderloom.settings import Settings
    from ports.invoice_reads import InvoiceDetail, InvoiceSummary


class InvoiceLanguage(StrEnum):
    """As `web.language.Language`, which is too heavy for `--help`."""

    ENGLISH = "en"
    CHINESE = "zh_CN"


class Standing(StrEnum):
    """As `domain.invoices.InvoiceStatus`, of what has a number."""

    ISSUED = "ISSUED"
    PARTIALLY_PAID = "PARTIALLY_PAID"
    PAID = "PAID"
    WRITTEN_OFF = "WRITTEN_OFF"


SHOWN = 100
DAY = ["%Y-%m-%d"]
FileOption = Annotated[Path | None, typer.Option(dir_okay=False, help="Where to write it.")]


def invoice(
    number: Annotated[str, typer.Argument(help="As INV-2026-000001, or CN-2026-000001.")],
    pdf: FileOption = None,
    html: FileOption = None,
    language: Annotated[
        InvoiceLanguage | None, typer.Option(help="Else the setting invoice_language.")
    ] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Print an invoice or a credit note, or write it as HTML, or as PDF with the extra `pdf`."""
    use_home(home)
    from orderloom.settings import part_settings

    settings = part_settings()
    detail = asyncio.run(_find(number.strip().upper()))
    if html or pdf:
        _write(detail, settings, language, html, pdf)
    elif as_json:
        typer.echo(json.dumps(_plain(detail), indent=2))
    else:
        _show(detail)


def invoices(
    status: Annotated[
        Standing | None, typer.Option(case_sensitive=False, help="Invoices only.")
    ] = None,
    series: Annotated[str, typer.Option(help="As INV-2026.")] = "",
    issued_from: Annotated[
        datetime | None, typer.Option("--from", formats=DAY, help="Issued on that day or later.")
    ] = None,
    issued_to: Annotated[
        datetime | None, typer.Option("--to", formats=DAY, help="Issued on that day or before.")
    ] = None,
    limit: LimitOption = SHOWN,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """List invoices and credit notes, newest first, with what is open of each."""
    use_home(home)
    from adapters.postgres.reads_invoices import PostgresInvoiceReads
    from domain.invoices import InvoiceStatus
    from ports.invoice_reads import InvoiceFilter

    wanted = InvoiceFilter(
        series.strip().upper(),
        InvoiceStatus(status) if status else None,
        issued_from.date() if issued_from else None,
        issued_to.date() if issued_to else None,
    )
    found, more = read_list(
        lambda reads, reader, after: reads.invoices(reader, wanted, PAGE, after),
        limit,
        PostgresInvoiceReads,
    )
    if as_json:
        typer.echo(json.dumps(list(map(_plain_summary, found)), indent=2))
    else:
        _show_list(found, more=more)


async def _find(number: str) -> "InvoiceDetail":
    from adapters.postgres.reads_invoices import PostgresInvoiceReads
    from domain.access import STAFF, Principal
    from domain.errors import NotFound

    async with opened(PostgresInvoiceReads) as reads:
        try:
            return await reads.invoice(Principal("cli", STAFF), number)
        except NotFound as unknown:
            raise Refused(f"{unknown.message}. `orderloom invoices` lists them.") from unknown


def _write(
    detail: "InvoiceDetail",
    settings: "Settings",
    language: InvoiceLanguage | None,
    html: Path | None,
    pdf: Path | None,
) -> None:
    from domain.errors import NotInstalled
    from orderloom.server import seller
    from web.invoices.render import to_html, to_pdf
    from web.language import Language

    words = Language(language or settings.invoice_language)
    try:
        if html:
            html.write_text(to_html(detail, seller(settings), words), encoding="utf-8")
        if pdf:
            pdf.write_bytes(to_pdf(detail, seller(settings), words))
    except (NotInstalled, OSError) as refusal:
        raise Refused(str(refusal)) from refusal


def _plain(detail: "InvoiceDetail") -> dict[str, object]:
    """Without personal data: programs that need it ask the API, by a role."""
    from dataclasses import asdict

    return {
        **_plain_summary(detail.summary),
        "lines": [asdict(line) for line in detail.lines],
        "credit_notes": list(detail.credit_notes),
    }


def _plain_summary(summary: "InvoiceSummary") -> dict[str, object]:
    from dataclasses import asdict

    told = {name: str(value) if name.endswith(("_on", "_at")) else value
            for name, value in asdict(summary).items()}  # fmt: skip
    return {**told, "open": summary.open}


def _show_list(found: "Sequence[InvoiceSummary]", *, more: bool) -> None:
    from domain.money import Money

    rows = [
        (
            each.number,
            each.order,
            each.status.value if not each.credits else f"corrects {each.credits}",
            each.issued_on.isoformat(),
            each.due_on.isoformat() if not each.credits else "-",
            str(Money(each.gross, each.currency)),
            str(Money(each.open, each.currency)),
        )
        for each in found
    ]
    columns = ("number", "order", "status", "issued", "due", "total", "open")
    print_table(columns, rows, more=more)


def _show(detail: "InvoiceDetail") -> None:
    from rich.markup import escape
    from rich.table import Table

    from domain.money import Money
    from orderloom.console import people_console

    summary, console = detail.summary, people_console()
    kind = summary.kind.value.replace("_", " ")
    corrects = f", corrects {summary.credits}" if summary.credits else ""
    console.print(f"{summary.number}: {kind} of order {summary.order}{corrects}")
    console.print(f"{summary.status.value}, issued on {summary.issued_on}, due {summary.due_on}")
    table = Table("item", "units", "net", "tax", "gross", box=None)
    for line in detail.lines:
        name = detail.names.get(line.sku, line.sku) or "Shipping"
        amounts = (line.net, line.tax, line.gross)
        told = [str(Money(amount, summary.currency)) for amount in amounts]
        table.add_row(escape(name), str(line.quantity), *told)
    console.print(table)
    sums = {"total": summary.gross, "credited": summary.credited, "paid": summary.paid}
    if summary.written_off:
        sums["written off"] = summary.written_off
    sums["open"] = summary.open
    console.print(", ".join(f"{n} {Money(v, summary.currency)}" for n, v in sums.items()))
