"""`orderloom run`: what `make run` starts."""

from typing import Annotated

import typer

from orderloom.commands.options import PORT_MAX, HomeOption


def run(
    home: HomeOption = None,
    port: Annotated[
        int | None,
        typer.Option(help="Port of the API, else 8000, else a free one.", min=1, max=PORT_MAX),
    ] = None,
) -> None:
    """Start everything with simulators and a stream of real orders; Ctrl-C stops it.

    The home is .orderloom-simulated, unless --home or ORDERLOOM_HOME names another. Started again,
    every order goes on.
    """
    from orderloom.supervisor.stop_request import StopRequest

    stop = StopRequest()
    stop.listen()
    from orderloom.demo.live import run_live
    from orderloom.demo.stack import Stopped
    from orderloom.home import Home, HomeKind, home_path

    place = Home.create(home_path(home, simulated=True), HomeKind.SIMULATED)
    try:
        run_live(place, stop, port=port)
    except Stopped:
        raise typer.Exit(0) from None
