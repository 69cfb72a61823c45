"""Where the commands print for people."""

import os

from rich.console import Console

LINE_CHARACTERS_MAX = 10_000


def people_console() -> Console:
    """At a terminal lines fold at its width; in a pipe or a file nothing is cut or folded, unless
    COLUMNS asks for a width.
    """
    console = Console()
    if not console.is_terminal and not os.environ.get("COLUMNS"):
        console.width = LINE_CHARACTERS_MAX
    return console
