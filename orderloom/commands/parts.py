"""The parts of a running system, each alone. `up` starts them like this, and so does compose."""

import os
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from orderloom.commands.options import PORT_MAX, HomeOption, ReadyFileOption, use_home

if TYPE_CHECKING:
    from orderloom.settings import Settings


def api(
    home: HomeOption = None,
    ready_file: ReadyFileOption = None,
    host: Annotated[str, typer.Option(help="Address to listen on, else ORDERLOOM_API_HOST.")] = "",
    port: Annotated[
        int, typer.Option(help="Port, else ORDERLOOM_API_PORT, else 8000.", min=0, max=PORT_MAX)
    ] = 0,
) -> None:
    """Take orders in and show them: GraphQL, intake, webhooks and pages."""
    for name, value in (("ORDERLOOM_API_HOST", host), ("ORDERLOOM_API_PORT", port)):
        if value:
            os.environ[name] = str(value)
    _serve("api", "orderloom.server:serve", home, ready_file)


def worker(home: HomeOption = None, ready_file: ReadyFileOption = None) -> None:
    """Run the workflows and activities of orders."""
    _serve("worker", "orderloom.worker:run", home, ready_file)


def relay(home: HomeOption = None, ready_file: ReadyFileOption = None) -> None:
    """Send what is due: workflow starts, outgoing events, facts and commands."""
    _serve("relay", "orderloom.relay:run", home, ready_file)


def migrate(home: HomeOption = None) -> None:
    """Bring the database to the newest form, and end."""
    use_home(home)
    migrations = import_module("adapters.postgres.migrate")
    settings = _settings("migrate")
    migrations.upgrade(settings.database_url)


def _serve(name: str, place: str, home: Path | None, ready_file: Path | None) -> None:
    """Runs the coroutine function at `place` ("module:function") until it is told to stop."""
    use_home(home)
    if ready_file is not None:
        os.environ["ORDERLOOM_READY_FILE"] = str(ready_file)
    import uvloop

    module, function = place.split(":")
    program = getattr(import_module(module), function)
    uvloop.run(program(_settings(name)))


def _settings(name: str) -> "Settings":
    """After the slow imports: the settings are read when what the part needs is ready."""
    from orderloom.logging import configure_logging
    from orderloom.parts_runtime import wait_for_go
    from orderloom.settings import part_settings

    wait_for_go()
    settings = part_settings()
    configure_logging(settings.log_level, part=name)
    return settings
