"""Options that several commands share."""

import os
from pathlib import Path
from typing import Annotated

import typer

from orderloom.home import DEFAULT_HOME, DEFAULT_SIMULATED_HOME, HOME_VARIABLE, home_path

PORT_MAX = 65_535

HomeOption = Annotated[
    Path | None,
    typer.Option(
        "--home",
        help="Data directory, else ORDERLOOM_HOME, else .orderloom or .orderloom-simulated.",
    ),
]
ReadyFileOption = Annotated[
    Path | None, typer.Option("--ready-file", help="File to create as soon as it serves.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]


def use_home(home: Path | None) -> None:
    """From here on the settings of this process are those of `home`. When none is named, it is the
    only one that is here: after `make run` that is the simulated one.
    """
    if home is None and _only_simulated():
        home = DEFAULT_SIMULATED_HOME
        typer.echo(f"orderloom: the home is {home}, since there is no {DEFAULT_HOME}.", err=True)
    if home is not None:
        os.environ[HOME_VARIABLE] = str(home_path(home))


def _only_simulated() -> bool:
    named = (HOME_VARIABLE, "DATABASE_URL", "ORDERLOOM_DATABASE_URL")
    if any(os.environ.get(name) for name in named):
        return False  # a home is named, or there is none: a container, a cluster
    return DEFAULT_SIMULATED_HOME.is_dir() and not DEFAULT_HOME.exists()
