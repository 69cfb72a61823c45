"""`orderloom demo`: real baskets to their end on a simulated system, headless."""

import json
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, redirect_stdout
from pathlib import Path
from typing import Annotated

import typer

from orderloom.commands.options import JsonOption

SEED = 20_261_122


def demo(
    orders: Annotated[int, typer.Option(help="How many.", min=1, max=100_000)] = 200,
    seed: Annotated[int, typer.Option(help="Another seed, other baskets.")] = SEED,
    home: Annotated[
        Path | None, typer.Option(help="Data directory to use and keep, else a temporary one.")
    ] = None,
    keep: Annotated[bool, typer.Option("--keep", help="Keep the temporary directory.")] = False,
    chaos: Annotated[
        bool, typer.Option("--chaos", help="kill -9 worker and engine at random moments.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Send real baskets through a simulated system to their end, audit the books, and end.

    Exit code 1 says that an order did not come to its end, or that the audit found something.
    """
    from orderloom.supervisor.stop_request import StopRequest

    stop = StopRequest()
    stop.listen()
    from orderloom.demo.headless import Wanted, run_demo
    from orderloom.demo.stack import Stopped
    from orderloom.demo.stream import Stuck
    from orderloom.errors import Refused
    from orderloom.home import Home, HomeKind, home_path

    with _folder(home, keep) as folder, redirect_stdout(sys.stderr) if as_json else nullcontext():
        try:
            place = Home.create(home_path(folder), HomeKind.SIMULATED)
            figures = run_demo(place, Wanted(orders, seed, chaos), stop)
        except Stuck as stuck:
            raise Refused(str(stuck)) from stuck
        except Stopped:
            raise typer.Exit(130) from None
    if as_json:
        typer.echo(json.dumps(figures.as_json()))
    else:
        from rich.console import Console

        figures.show(Console())
    raise typer.Exit(1 if figures.failed or figures.violations else 0)


@contextmanager
def _folder(given: Path | None, keep: bool) -> Iterator[Path]:
    """`given`, or a temporary one that is gone afterwards, with all that runs in it, even if this
    process is killed.
    """
    from orderloom.embedded.guardian import start_guardian

    if given is not None:
        yield given.resolve()
        return
    folder = Path(tempfile.mkdtemp(prefix="orderloom-demo-"))
    if keep:
        typer.echo(f"The home of this demo: {folder}", err=True)
        yield folder
        return
    guardian = start_guardian(folder)
    try:
        yield folder
    finally:
        guardian.communicate(timeout=60)
