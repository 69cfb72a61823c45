"""`orderloom act`: what staff may do to stock, money, catalog, orders and returns."""

import asyncio
import json
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from orderloom.commands.books import opened
from orderloom.commands.options import HomeOption, JsonOption, use_home
from orderloom.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Sequence

    from domain.acts import ActKind
    from ports.back_office import ActAnswer


def act(
    kind: Annotated[str, typer.Argument(help="What to do; without one, all acts are listed.")] = "",
    subject: Annotated[str, typer.Argument(help="To what: a SKU, an order, a task.")] = "",
    fields: Annotated[
        list[str] | None, typer.Argument(metavar="[FIELD=VALUE]...", help="What the act asks.")
    ] = None,
    reason: Annotated[str, typer.Option(help="Why; it stands in the audit trail.")] = "",
    key: Annotated[
        str, typer.Option(help="The same key with the same content never acts twice.")
    ] = "",
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Do an act of staff, as the person who is logged in here, or list the acts there are.

    A value is read as JSON where it is any (a number, a list), else as text. What is about an
    order or a return is told to its process by the API, which has to run.
    """
    if not kind:
        _list_acts()
        return
    use_home(home)
    answer = asyncio.run(_act(kind, subject, _body(fields or []), reason, key or _new_key()))
    if as_json:
        typer.echo(json.dumps({"result": dict(answer.result), "approval": answer.approval}))
    elif answer.approval:
        typer.echo(
            f"Nothing is done yet: another person has to approve it, as number {answer.approval}."
        )
    else:
        told = ", ".join(f"{name}: {value}" for name, value in answer.result.items())
        typer.echo(f"Done. {told}".rstrip())


def _body(fields: list[str]) -> dict[str, Any]:
    body: dict[str, Any] = {}
    for field in fields:
        name, equals, value = field.partition("=")
        if not equals or not name:
            raise Refused(f"{field!r} is no FIELD=VALUE.")
        try:
            body[name] = json.loads(value, parse_constant=_no_number)
        except RecursionError as error:
            raise Refused(f"{name} is nested too deep.") from error
        except ValueError:
            body[name] = value
    return body


def _no_number(word: str) -> NoReturn:
    """JSON has neither Infinity nor NaN."""
    raise ValueError(word)


def _new_key() -> str:
    import uuid

    return str(uuid.uuid4())


async def _act(kind: str, subject: str, body: dict[str, Any], reason: str, key: str) -> "ActAnswer":
    from domain.acts import ActKind
    from orderloom.commands.order_acts import act_on_order, order_acts
    from ports.back_office import ActAnswer

    if kind in set(ActKind):
        return await _act_on_books(ActKind(kind), subject, body, reason, key)
    if found := order_acts().get(kind):
        return ActAnswer(await act_on_order(found, subject, body, reason, key))
    raise Refused(f"There is no act {kind!r}. `orderloom act` lists them.")


async def _act_on_books(
    kind: "ActKind", subject: str, body: dict[str, Any], reason: str, key: str
) -> "ActAnswer":
    import getpass

    from adapters.postgres.back_office import PostgresBackOffice
    from api.acts import act as checked_act
    from domain.access import STAFF, Principal
    from domain.errors import Refusal
    from orderloom.settings import part_settings

    person = Principal(f"cli:{getpass.getuser()}", STAFF)
    four_eyes = part_settings().four_eyes
    async with opened(lambda engine: PostgresBackOffice(engine, four_eyes)) as office:
        try:
            return await checked_act(office, person, key, kind, subject, body, reason)
        except Refusal as refusal:
            raise Refused(f"{refusal.code}: {refusal.message}") from refusal


def _list_acts() -> None:
    from dataclasses import fields

    from domain.acts import RULES
    from orderloom.commands.order_acts import order_acts

    _print_acts(
        "Acts of staff",
        ("act", "asks", "roles", "second person"),
        [
            (
                kind.value,
                ", ".join(field.name for field in fields(rule.asks)),
                ", ".join(rule.roles),
                ", ".join(rule.approvers),
            )
            for kind, rule in RULES.items()
        ],
    )
    _print_acts(
        "On orders and returns, by their numbers (the API has to run)",
        ("act", "asks", "roles"),
        [
            (
                name,
                ", ".join(act.asks),
                ", ".join(act.roles),
            )
            for name, act in order_acts().items()
        ],
    )


def _print_acts(title: str, columns: "Sequence[str]", rows: "Sequence[Sequence[str]]") -> None:
    from rich.table import Table

    from orderloom.console import people_console

    table = Table(title=title, title_justify="left", box=None)
    for name in columns:
        table.add_column(name, overflow="fold")
    for row in rows:
        table.add_row(*row)
    people_console().print(table)
