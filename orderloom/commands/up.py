"""`orderloom up`: everything, under one supervisor, on one home."""

import time
from typing import TYPE_CHECKING, Annotated

import typer

from orderloom.commands.options import PORT_MAX, HomeOption

if TYPE_CHECKING:
    from orderloom.settings import Settings


def up(
    home: HomeOption = None,
    port: Annotated[
        int | None,
        typer.Option(help="Port of the API, else 8000, else a free one.", min=1, max=PORT_MAX),
    ] = None,
    simulators: Annotated[
        bool, typer.Option("--simulators", help="Play the outside world, in a home of its own.")
    ] = False,
) -> None:
    """Start everything, and stop it with Ctrl-C; started again, every order goes on."""
    begun = time.monotonic()
    from orderloom.supervisor.stop_request import StopRequest

    stop = StopRequest()
    stop.listen()
    from orderloom.home import Home, HomeKind, home_path
    from orderloom.plan import Planner
    from orderloom.running import occupied, run_plan
    from orderloom.settings import load_settings

    kind = HomeKind.SIMULATED if simulators else HomeKind.REAL
    place = Home.create(home_path(home, simulated=simulators), kind)
    with occupied(place):
        settings = load_settings(home=place.path)
        plan = Planner(place, settings).plan(simulators=simulators, port=port)

        def on_ready() -> None:
            reached = load_settings(home=place.path, api_port=plan.addresses["api_port"])
            _announce(reached, time.monotonic() - begun)

        run_plan(place, plan, stop=stop, on_ready=on_ready)


def _announce(settings: "Settings", seconds: float) -> None:
    lines = [f"Ready in {seconds:.1f} s; Ctrl-C stops everything and keeps every order."]
    lines.append(f"  API          {settings.public_url}")
    lines.append(f"  GraphQL      {settings.public_url}/graphql")
    if settings.temporal_ui_url:
        lines.append(f"  Temporal UI  {settings.temporal_ui_url}")
    lines.append(f"  Home         {settings.home}")
    typer.echo("\n".join(lines))
