"""Only a process that its pid file proves is ever killed."""

import subprocess
import sys

import psutil
import pytest

from orderloom.demo.chaos import proven_process
from orderloom.home import write_json

SLEEP = [sys.executable, "-c", "import time; time.sleep(60)"]


@pytest.fixture
def sleeper(eventually):
    with subprocess.Popen(SLEEP) as process:
        eventually(lambda: psutil.Process(process.pid).cmdline() == SLEEP)
        yield psutil.Process(process.pid)
        process.kill()


def record(sleeper, path, **changes):
    known = {"pid": sleeper.pid, "started": sleeper.create_time(), "argv": SLEEP}
    write_json(path, {**known, **changes})


def test_the_process_of_a_pid_file_is_found(sleeper, tmp_path):
    record(sleeper, tmp_path / "worker.json")
    assert proven_process(tmp_path / "worker.json").pid == sleeper.pid


@pytest.mark.parametrize("change", [{"started": 1.0}, {"argv": ["another"]}, {"pid": 2**22 + 1}])
def test_another_process_with_that_pid_is_left_alone(sleeper, tmp_path, change):
    record(sleeper, tmp_path / "worker.json", **change)
    assert proven_process(tmp_path / "worker.json") is None


def test_a_part_that_is_being_started_again_has_no_pid_file(tmp_path):
    assert proven_process(tmp_path / "worker.json") is None
