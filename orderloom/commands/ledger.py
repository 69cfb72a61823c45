"""`orderloom ledger`: the trial balance, and one order's account."""

import asyncio
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from orderloom.commands.books import opened
from orderloom.commands.options import HomeOption, JsonOption, use_home
from orderloom.errors import Refused

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager

    from domain.money import Money
    from ports.accounts import Accounts, OrderAccount, TrialBalance

ledger = typer.Typer(no_args_is_help=True, help="What the ledger says. Nothing in it ever changes.")


@ledger.command("trial-balance")
def trial_balance(
    as_of: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="Up to the end of that day in UTC, else now."),
    ] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show every account's debits, credits and balance, by currency."""
    use_home(home)
    found = asyncio.run(_trial_balance(as_of))
    if as_json:
        from domain.codec import to_json

        typer.echo(json.dumps(to_json(found), indent=2))
        return
    for balance in found:
        _show_balance(balance)
    if not found:
        typer.echo("Nothing is posted.")


@ledger.command("order")
def order(
    number: Annotated[str, typer.Argument(help="The order's number.")],
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show every entry about one order, with the running balance of its account."""
    use_home(home)
    found = asyncio.run(_order_account(number.strip().upper()))
    if as_json:
        from domain.codec import to_json

        typer.echo(json.dumps(to_json(found), indent=2))
    else:
        _show_account(found)


@ledger.command("credit")
def credit(
    customer: Annotated[str, typer.Argument(help="The customer's reference.")],
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show what a customer may spend of store credit: what orders hold is not in it."""
    from domain.money import Money

    use_home(home)
    found = asyncio.run(_store_credit(customer))
    if as_json:
        typer.echo(json.dumps(found))
        return
    for currency, amount in found.items():
        typer.echo(str(Money(amount, currency)))
    if not found:
        typer.echo(f"{customer} has no store credit.")


async def _store_credit(customer: str) -> dict[str, int]:
    from domain.access import SYSTEM

    async with _accounts() as accounts:
        return await accounts.store_credit(SYSTEM, customer)


async def _trial_balance(as_of: datetime | None) -> "list[TrialBalance]":
    from domain.access import SYSTEM

    async with _accounts() as accounts:
        return await accounts.trial_balance(SYSTEM, as_of.date() if as_of else None)


async def _order_account(number: str) -> "OrderAccount":
    from domain.access import SYSTEM
    from domain.errors import NotFound

    async with _accounts() as accounts:
        try:
            return await accounts.order_account(SYSTEM, number)
        except NotFound as missing:
            raise Refused(f"{missing.message}.") from missing


def _accounts() -> "AbstractAsyncContextManager[Accounts]":
    from adapters.postgres.accounts import PostgresAccounts

    return opened(PostgresAccounts)


def _show_balance(found: "TrialBalance") -> None:
    rows = [(each.account, each.debits, each.credits, each.balance) for each in found.accounts]
    rows.append(("", found.debits, found.credits, found.debits - found.credits))
    _table(found.currency, ["account", "debits", "credits", "balance"], rows, found.currency)


def _show_account(found: "OrderAccount") -> None:
    rows = [
        (
            f"{entry.at.astimezone(UTC):%Y-%m-%d %H:%M:%S}",
            entry.operation,
            entry.account,
            entry.amount,
            entry.balance,
        )
        for entry in found.entries
    ]
    names = ["at (UTC)", "operation", "account", "amount", "balance"]
    _table(f"{found.order}, {found.currency}", names, rows, found.currency)
    _table("Left", ["account", "balance"], list(found.balances.items()), found.currency)


def _table(
    title: str, names: list[str], rows: "Sequence[tuple[str | int, ...]]", currency: str
) -> None:
    from rich.markup import escape
    from rich.table import Table

    from domain.money import Money
    from orderloom.console import people_console

    table = Table(title=title, title_justify="left", box=None)
    for at, name in enumerate(names):
        amounts = bool(rows) and isinstance(rows[0][at], int)
        table.add_column(name, justify="right" if amounts else "left", overflow="fold")
    for row in rows:
        shown = (_amount(Money(x, currency)) if isinstance(x, int) else escape(x) for x in row)
        table.add_row(*shown)
    people_console().print(table)


def _amount(money: "Money") -> str:
    return str(money).removesuffix(f" {money.currency}")
