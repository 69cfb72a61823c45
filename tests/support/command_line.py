"""`orderloom` as its user starts it: a process of its own, on a test's database."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psycopg

Done = subprocess.CompletedProcess[str]


def prepared(database_url: str, statements: str) -> str:
    """The address as psycopg takes it, once the statements have been executed there."""
    address = database_url.replace("+psycopg", "")
    with psycopg.connect(address) as connection:
        connection.execute(statements)
    return address


def command(
    address: str, home: Path, *name: str, columns: int = 160, **settings: str
) -> Callable[..., Done]:
    """Runs a command, or any when there is no `name`, with the words that it is given."""

    def run(*words: str) -> Done:
        return subprocess.run(
            [sys.executable, "-m", "orderloom", *name, *words, "--home", str(home)],
            capture_output=True,
            text=True,
            timeout=60,
            env={"PATH": "", "COLUMNS": str(columns), "DATABASE_URL": address,
                 "ORDERLOOM_SERVER_KEY": "00", "PYTHONUTF8": "1", **settings},
            check=False,
        )  # fmt: skip

    return run


def words(done: Done) -> list[list[str]]:
    """What a command that succeeded has said, line by line."""
    assert (done.returncode, done.stderr) == (0, "")
    return [line.split() for line in done.stdout.splitlines() if line.strip()]
