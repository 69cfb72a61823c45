"""`orderloom outbox`: what was to be told or started and could not be, and telling it again."""

import asyncio
import json
from dataclasses import asdict
from datetime import UTC
from typing import TYPE_CHECKING, Annotated

import typer

from orderloom.commands.books import opened
from orderloom.commands.options import HomeOption, JsonOption, use_home
from orderloom.errors import Refused

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager

    from ports.front_office import DeadLetter, DeadLetterOffice, OutboxCounts

LETTERS_SHOWN = 50
LETTERS_MAX = 10_000  # for programs


def outbox(
    redeliver: Annotated[
        list[str] | None,
        typer.Option(metavar="EVENT_ID", help="Send this dead letter again; may be repeated."),
    ] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show what the outbox holds and its dead letters, or send dead letters again.

    A dead letter is an event that was tried 12 times: an order or a return whose process could not
    be started, or news that their subscriber did not take. Mend the cause, then send it again.
    """
    use_home(home)
    if redeliver:
        sent, unknown = asyncio.run(_redeliver(redeliver))
        if as_json:
            typer.echo(json.dumps({"redelivered": sent, "unknown": unknown}, indent=2))
        else:
            for event_id in sent:
                typer.echo(f"{event_id} is due again.")
        if unknown:
            raise Refused(
                f"No such dead letter: {', '.join(unknown)}. `orderloom outbox` lists them."
            )
        return
    counts, letters = asyncio.run(_look(LETTERS_MAX if as_json else LETTERS_SHOWN))
    if as_json:
        from domain.codec import to_json

        found = to_json({"counts": counts, "dead_letters": letters})
        typer.echo(json.dumps(found, indent=2))
    else:
        _show(counts, letters)


async def _look(limit: int) -> "tuple[OutboxCounts, list[DeadLetter]]":
    async with _office() as office:
        return await office.counts(), await office.letters(limit)


async def _redeliver(events: list[str]) -> tuple[list[str], list[str]]:
    """What is due again, and what is no dead letter. Each is an act of its own."""
    from domain.errors import NotFound

    sent, unknown = [], []
    async with _office() as office:
        for event_id in dict.fromkeys(events):
            try:
                await office.redeliver(event_id)
            except NotFound:
                unknown.append(event_id)
            else:
                sent.append(event_id)
    return sent, unknown


def _office() -> "AbstractAsyncContextManager[DeadLetterOffice]":
    from adapters.postgres.dead_letters import PostgresDeadLetterOffice

    return opened(PostgresDeadLetterOffice)


def _show(counts: "OutboxCounts", letters: "list[DeadLetter]") -> None:
    from rich.markup import escape
    from rich.table import Table

    from orderloom.console import people_console

    console = people_console()
    held = asdict(counts)
    table = Table(*held, title="Outbox", title_justify="left", box=None)
    table.add_row(*(f"{count:,}" for count in held.values()))
    console.print(table)
    if not letters:
        return
    table = Table(title="\nDead letters", title_justify="left", box=None)
    for name in ("event id", "kind", "subject", "attempts", "last error", "since"):
        table.add_column(name, overflow="fold")
    for letter in letters:
        table.add_row(
            *(escape(text) for text in (letter.event_id, letter.kind, letter.subject)),
            str(letter.attempts),
            escape(letter.error),
            f"{letter.since.astimezone(UTC):%Y-%m-%d %H:%M:%S %Z}",
        )
    console.print(table)
    if counts.dead > len(letters):
        console.print(f"And {counts.dead - len(letters):,} more; --json lists them.")
    console.print("Mend the cause, then: orderloom outbox --redeliver EVENT_ID")
