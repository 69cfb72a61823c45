"""`orderloom simulators`: the outside world alone, under the same supervisor."""

from typing import Annotated

import typer

from orderloom.commands.options import PORT_MAX, HomeOption
from orderloom.keys import SIMULATORS


def simulators(
    home: HomeOption = None,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    first_port: Annotated[
        int | None,
        typer.Option(
            help="Payment, warehouse, carrier and channel count from here.",
            min=1,
            max=PORT_MAX - len(SIMULATORS) + 1,
        ),
    ] = None,
    webhooks: Annotated[
        str, typer.Option(help="Base URL of the API they call, else ORDERLOOM_PUBLIC_URL.")
    ] = "",
) -> None:
    """Play payment provider, warehouse, carrier and channel (in a simulated home only)."""
    from orderloom.supervisor.stop_request import StopRequest

    stop = StopRequest()
    stop.listen()
    from orderloom.embedded.ports import free_port
    from orderloom.home import Home, HomeKind, home_path
    from orderloom.plan import Plan
    from orderloom.running import occupied, run_plan
    from orderloom.settings import load_settings
    from orderloom.simulator_parts import SimulatorPlan

    place = Home.create(home_path(home, simulated=True), HomeKind.SIMULATED)
    with occupied(place):
        base = webhooks or load_settings(home=place.path).public_url
        ports = place.ports()
        for number, name in enumerate(SIMULATORS):
            key = f"simulator-{name}"
            ports[key] = first_port + number if first_port else free_port(ports.get(key))
        place.remember_ports(ports)
        planned = SimulatorPlan(place, webhooks=base, host=host)
        plan = Plan(parts=planned.parts(ports.__getitem__), addresses=planned.addresses())
        run_plan(place, plan, stop=stop, on_ready=lambda: typer.echo("The outside world is ready."))
