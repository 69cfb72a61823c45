"""The command line. One table names every command; one place leaves the process.

The modules in the table are imported to build `--help`, so they are light at the top and import
what is heavy (Settings 0.3 s, temporalio, SQLAlchemy and FastAPI 0.4 s each) inside their function.
"""

import os
import sys
import traceback
from importlib import import_module
from typing import NoReturn

import typer

from orderloom.errors import Refused

SYSTEM = "The system"
PARTS = "Its parts, each alone (compose and clusters start these)"

# name → where its function is, or its group of functions, by panel of the help page. A new command
# is one line here.
COMMANDS = {
    SYSTEM: {
        "run": "orderloom.commands.run:run",
        "up": "orderloom.commands.up:up",
        "load": "orderloom.commands.load:load",
        "act": "orderloom.commands.act:act",
        "locations": "orderloom.commands.inventory:locations",
        "products": "orderloom.commands.inventory:products",
        "stock": "orderloom.commands.stock:stock",
        "availability": "orderloom.commands.availability:availability",
        "supplies": "orderloom.commands.stock:supplies",
        "movements": "orderloom.commands.stock:movements",
        "prices": "orderloom.commands.prices:prices",
        "picklists": "orderloom.commands.pick_lists:pick_lists",
        "audit": "orderloom.commands.audit:audit",
        "cost": "orderloom.commands.cost:cost",
        "outbox": "orderloom.commands.outbox:outbox",
        "settle": "orderloom.commands.settle:settle",
        "ledger": "orderloom.commands.ledger:ledger",
        "points": "orderloom.commands.points:points",
        "receivables": "orderloom.commands.receivables:receivables",
        "tasks": "orderloom.commands.tasks:tasks",
        "demo": "orderloom.commands.demo:demo",
        "invoice": "orderloom.commands.invoice:invoice",
        "invoices": "orderloom.commands.invoice:invoices",
        "doctor": "orderloom.commands.doctor:doctor",
        "token": "orderloom.commands.token:token",
    },
    PARTS: {
        "api": "orderloom.commands.parts:api",
        "worker": "orderloom.commands.parts:worker",
        "relay": "orderloom.commands.parts:relay",
        "migrate": "orderloom.commands.parts:migrate",
        "simulators": "orderloom.commands.simulators:simulators",
    },
}


def build() -> typer.Typer:
    app = typer.Typer(
        help="Orderloom: each customer order is one durable workflow.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,  # they show local variables, which may be secrets
        rich_markup_mode="rich",
    )
    for panel, commands in COMMANDS.items():
        for name, place in commands.items():
            module, function = place.split(":")
            command = getattr(import_module(module), function)
            if isinstance(command, typer.Typer):
                app.add_typer(command, name=name, rich_help_panel=panel)
            else:
                app.command(name, rich_help_panel=panel)(command)
    return app


def main() -> NoReturn:
    leave(run())


def run() -> int:
    """The exit code: 0 done, 1 refused or failed, 2 misused."""
    try:
        build()()
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else 1
    except Refused as refusal:
        typer.secho(f"orderloom: {refusal}", fg="red", err=True)
        return 1
    except Exception as error:  # noqa: BLE001 - shown in full; `leave` would hide it
        if told := _unusable(error):
            typer.secho(f"orderloom: {told}", fg="red", err=True)
        else:
            traceback.print_exc()
        return 1
    return 0


def _unusable(error: Exception) -> Exception | None:
    """What to tell an operator whose database does not answer; None when that is not the trouble.
    A command that never came so far as to ask a database is not made to load what talks to it.
    """
    if "sqlalchemy" not in sys.modules:
        return None
    from adapters.postgres.unusable import unusable

    return unusable(error)


def leave(code: int) -> NoReturn:
    """The only way out. A process that used temporalio's client aborts about one time in eight
    when the interpreter shuts down (sdk-python issue 300), so the interpreter does not.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
