"""Options that several commands share."""

import os
from pathlib import Path
from typing import Annotated

import typer

from orderloom.home import HOME_VARIABLE, home_path

HomeOption = Annotated[
    Path | None,
    typer.Option("--home", help="Data directory, else ORDERLOOM_HOME, else .orderloom."),
]
ReadyFileOption = Annotated[
    Path | None, typer.Option("--ready-file", help="File to create as soon as it serves.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]


def use_home(home: Path | None) -> None:
    """From here on the settings of this process are those of `home`."""
    if home is not None:
        os.environ[HOME_VARIABLE] = str(home_path(home))
