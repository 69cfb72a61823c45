"""Running a plan on a home: the lock, what a killed supervisor left, the addresses, the parts."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import typer

from orderloom.home import Home, HomeLock, write_json
from orderloom.plan import Plan
from orderloom.supervisor.process import find_leftovers, stop_all
from orderloom.supervisor.stop_request import StopRequest
from orderloom.supervisor.supervisor import Supervisor


@contextmanager
def occupied(home: Home) -> Iterator[None]:
    """While inside, no other supervisor runs on `home`. Ends what a killed one left running."""
    lock = HomeLock(home)
    lock.acquire()
    try:
        leftovers = find_leftovers(home.run)
        if leftovers:
            names = ", ".join(process.part.name for process in leftovers)
            say(f"recovering: the last run was killed and left {names}; ending them")
            stop_all(leftovers)
        home.addresses_file.unlink(missing_ok=True)
        yield
    finally:
        home.addresses_file.unlink(missing_ok=True)
        lock.release()


def run_plan(home: Home, plan: Plan, *, stop: StopRequest, on_ready: Callable[[], None]) -> None:
    """Until `stop` is requested."""
    write_json(home.addresses_file, plan.addresses)
    for note in plan.notes:
        say(note)
    supervisor = Supervisor(
        plan.parts,
        run=home.run,
        log=home.log,
        say=say,
        on_ready=on_ready,
        backoff_max=plan.restart_seconds_max,
    )
    supervisor.supervise(stop)
    say("stopped")


def say(line: str) -> None:
    typer.echo(line)
