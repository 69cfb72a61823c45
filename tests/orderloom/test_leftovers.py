"""What a supervisor that was killed leaves, and what the next one makes of it."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from orderloom.errors import Refused
from orderloom.home import Home, HomeKind, HomeLock
from orderloom.running import occupied
from orderloom.supervisor.part import Part
from orderloom.supervisor.process import PartProcess, find_leftovers

# A supervisor with two fake parts on the home in argv[1].
SUPERVISOR = """
import sys
from pathlib import Path
from orderloom.home import Home
from orderloom.plan import Plan
from orderloom.running import occupied, run_plan
from orderloom.supervisor.part import Part
from orderloom.supervisor.stop_request import StopRequest
home = Home(Path(sys.argv[1]))
stop = StopRequest()
stop.listen()
code = "import os, time; open(os.environ['ORDERLOOM_READY_FILE'], 'w'); time.sleep(600)"
parts = [Part(name=n, argv=(sys.executable, "-c", code, sys.argv[1])) for n in ("api", "worker")]
with occupied(home):
    run_plan(home, Plan(parts=parts), stop=stop, on_ready=lambda: print("all ready", flush=True))
"""


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home.create(tmp_path / "home", HomeKind.REAL)


@pytest.fixture
def bystander(home: Home) -> Iterator["subprocess.Popen[bytes]"]:
    """A process of somebody else, whose command line even looks like one of our parts."""
    argv = [sys.executable, "-c", "import time; time.sleep(600)", str(home.path)]
    process = subprocess.Popen(argv)
    yield process
    process.kill()
    process.wait()


def _start_supervisor(home: Home) -> "subprocess.Popen[str]":
    supervisor = subprocess.Popen(
        [sys.executable, "-c", SUPERVISOR, str(home.path)], stdout=subprocess.PIPE, text=True
    )
    assert supervisor.stdout is not None
    while "all ready" not in supervisor.stdout.readline():
        assert supervisor.poll() is None
    return supervisor


def _wait(supervisor: "subprocess.Popen[str]") -> str:
    rest, _ = supervisor.communicate(timeout=15)
    return rest


@pytest.mark.parametrize("ask", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_supervisor_asked_to_stop_leaves_no_process(home, processes_of, ask):
    supervisor = _start_supervisor(home)
    supervisor.send_signal(ask)
    assert _wait(supervisor).splitlines()[-1] == "stopped"
    assert supervisor.returncode == 0
    assert processes_of(home.path) == []
    assert [file.name for file in home.run.iterdir()] == ["lock"]


def test_the_next_run_ends_what_a_killed_supervisor_left_and_nothing_else(
    home, bystander, processes_of, capsys
):
    supervisor = _start_supervisor(home)
    supervisor.kill()
    _wait(supervisor)
    assert len(processes_of(home.path)) == 3
    with occupied(home):
        assert [process.pid for process in processes_of(home.path)] == [bystander.pid]
    assert "left api, worker; ending them" in capsys.readouterr().out


def test_a_process_that_got_the_pid_of_a_leftover_is_left_alone(home, bystander):
    record = {
        "pid": bystander.pid,
        "started": psutil.Process(bystander.pid).create_time() - 3600,
        "argv": psutil.Process(bystander.pid).cmdline(),
        "stop_signal": signal.SIGTERM,
        "stop_stage": 0,
        "grace_seconds": 1,
    }
    (home.run / "api.json").write_text(json.dumps(record))
    with occupied(home):
        assert bystander.poll() is None
    assert not (home.run / "api.json").exists()


def test_a_process_with_another_command_line_is_no_leftover(home, bystander):
    started = psutil.Process(bystander.pid).create_time()
    record = {"pid": bystander.pid, "started": started, "argv": ["postgres", "-D", "elsewhere"]}
    (home.run / "postgres.json").write_text(json.dumps(record))
    assert find_leftovers(home.run) == []
    assert bystander.poll() is None


def test_a_leftover_is_known_by_its_pid_file(home):
    part = Part(name="api", argv=(sys.executable, "-c", "import time; time.sleep(600)"))
    process = PartProcess.spawn(part, run=home.run, log=home.log)
    (found,) = find_leftovers(home.run)
    assert (found.pid, found.part.name, found.part.argv) == (process.pid, "api", part.argv)
    process.kill()
    process.forget()


def test_a_second_supervisor_on_the_same_home_is_refused_and_the_first_named(home):
    with occupied(home):
        with pytest.raises(Refused, match=rf"already runs on .*process {os.getpid()}\)"):
            HomeLock(home).acquire()
        assert (home.run / "lock").read_text() == str(os.getpid())
    with occupied(home):
        assert (home.run / "lock").exists()
