"""Ends embedded servers when the program that started them is gone, however it went.

``python -m orderloom.embedded.guardian FOLDER`` waits for the end of its standard input, whose
other end only its parent holds; then it ends what the pid files below FOLDER prove to be theirs,
and removes FOLDER. Tests use it: an interrupted run leaves no server behind.
"""

import shutil
import signal
import subprocess
import sys
from pathlib import Path

from orderloom.supervisor.process import find_leftovers, python_argv, stop_all


def start_guardian(folder: Path) -> "subprocess.Popen[bytes]":
    """Close its ``stdin`` and wait for it to end what is left in `folder` and remove it."""
    return subprocess.Popen(
        python_argv("-m", __name__, str(folder)), stdin=subprocess.PIPE, start_new_session=True
    )


def main() -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    folder = Path(sys.argv[1])
    sys.stdin.buffer.read()
    for run in folder.glob("**/run"):
        stop_all(find_leftovers(run))
    shutil.rmtree(folder)


if __name__ == "__main__":
    main()
