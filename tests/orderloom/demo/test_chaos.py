"""Only a process that its pid file proves is ever killed."""

import signal
import subprocess
import sys

import psutil
import pytest

from orderloom.demo.chaos import Chaos
from orderloom.home import write_json

SLEEP = [sys.executable, "-c", "import time; time.sleep(60)"]


@pytest.fixture
def sleeper(eventually):
    with subprocess.Popen(SLEEP) as process:
        eventually(lambda: psutil.Process(process.pid).cmdline() == SLEEP)
        yield psutil.Process(process.pid)
        process.kill()


@pytest.fixture
def chaos(tmp_path):
    return Chaos(tmp_path, seed=1)


def record(sleeper, path, **changes):
    known = {"pid": sleeper.pid, "started": sleeper.create_time(), "argv": SLEEP}
    write_json(path, {**known, **changes})


def test_the_process_of_a_pid_file_is_killed_and_counted(sleeper, chaos, tmp_path):
    record(sleeper, tmp_path / "worker.json")
    chaos.strike("worker")
    assert psutil.Process(sleeper.pid).wait(5) == -signal.SIGKILL
    assert chaos.kills == {"worker": 1, "temporal": 0}


@pytest.mark.parametrize("change", [{"started": 1.0}, {"argv": ["another"]}, {"pid": 2**22 + 1}])
def test_another_process_with_that_pid_is_left_alone(sleeper, chaos, tmp_path, change):
    record(sleeper, tmp_path / "worker.json", **change)
    chaos.strike("worker")
    assert sleeper.is_running()
    assert chaos.kills == {"worker": 0, "temporal": 0}


def test_a_part_that_is_being_started_again_is_left_alone(chaos):
    chaos.strike("worker")
    assert chaos.kills == {"worker": 0, "temporal": 0}
