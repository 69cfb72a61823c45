"""`orderloom act`: what staff may do to stock, money and catalog, from the command line."""

import asyncio
import json
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from orderloom.commands.options import HomeOption, JsonOption, use_home
from orderloom.errors import Refused

if TYPE_CHECKING:
    from ports.back_office import ActAnswer


def act(
    kind: Annotated[str, typer.Argument(help="What to do; without one, all acts are listed.")] = "",
    subject: Annotated[str, typer.Argument(help="To what: a SKU, an approval, a task.")] = "",
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

    A value is read as JSON where it is any (a number, a list), else as text.
    """
    if not kind:
        _list_acts()
        return
    use_home(home)
    answer = asyncio.run(_act(kind, subject, _body(fields or []), reason, key))
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


async def _act(kind: str, subject: str, body: dict[str, Any], reason: str, key: str) -> "ActAnswer":
    import getpass
    import uuid

    from adapters.postgres.back_office import PostgresBackOffice
    from adapters.postgres.engine import create_engine
    from api.acts import act as checked_act
    from domain.access import STAFF, Principal
    from domain.acts import ActKind
    from domain.errors import Refusal
    from orderloom.settings import part_settings

    if kind not in set(ActKind):
        raise Refused(f"There is no act {kind!r}. `orderloom act` lists them.")
    person = Principal(f"cli:{getpass.getuser()}", STAFF)
    settings = part_settings()
    engine = create_engine(settings.database_url, pool_size=1)
    try:
        office = PostgresBackOffice(engine, settings.four_eyes)
        made = key or str(uuid.uuid4())
        return await checked_act(office, person, made, ActKind(kind), subject, body, reason)
    except Refusal as refusal:
        raise Refused(f"{refusal.code}: {refusal.message}") from refusal
    finally:
        await engine.dispose()


def _list_acts() -> None:
    from dataclasses import fields

    from rich.table import Table

    from domain.acts import RULES
    from orderloom.console import people_console

    table = Table(title="Acts of staff", title_justify="left", box=None)
    for name in ("act", "asks", "roles", "second person"):
        table.add_column(name, overflow="fold")
    for kind, rule in RULES.items():
        table.add_row(
            kind.value,
            ", ".join(field.name for field in fields(rule.asks)),
            ", ".join(rule.roles),
            ", ".join(rule.approvers),
        )
    people_console().print(table)
