"""`orderloom run`, which is what `make run` starts, as whoever sits before it meets it."""

import re
import signal
import subprocess
import sys

import pytest


@pytest.mark.timeout(180)
def test_it_delivers_an_order_says_where_to_look_and_stops_cleanly(
    tmp_path, eventually, processes_of
):
    home, log = tmp_path / "home", tmp_path / "log"
    with log.open("w") as output:
        started = subprocess.Popen(
            [sys.executable, "-m", "orderloom", "run", "--home", str(home)],
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        found = eventually(
            lambda: re.search(
                r"First order delivered (\S+) s after the start\.\n  Order (\S+)  http://(\S+)",
                log.read_text(),
            ),
            seconds=120,
        )
    finally:
        started.send_signal(signal.SIGINT)
        code = started.wait(timeout=30)
    assert float(found[1]) < 60
    assert code == 0, log.read_text()
    for address in ("GraphQL      http://", "Temporal UI  http://", "Staff token  ey"):
        assert address in log.read_text()
    assert processes_of(home) == []
