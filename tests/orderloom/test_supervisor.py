"""The supervisor, over fake parts (see conftest)."""

import sys
import time

import psutil

from orderloom.errors import Refused
from orderloom.supervisor.part import Part, StopStage


def test_a_part_starts_when_what_it_needs_is_ready(stage):
    stage.start_until_ready(
        stage.part("api", needs=frozenset({"database"})), stage.part("database", delay=0.2)
    )
    assert stage.events() == [
        "database starts",
        "database is ready",
        "api starts",
        "api is ready",
    ]


def test_a_part_with_its_own_wait_starts_at_once_and_is_let_go_when_what_it_needs_is_ready(stage):
    stage.start_until_ready(
        stage.part("database", delay=0.4),
        stage.part("api", needs=frozenset({"database"}), own_wait=True),
    )
    events = stage.events()
    assert events.index("api starts") < events.index("database is ready")
    assert events.index("api is let go") > events.index("database is ready")


def test_each_part_is_named_with_its_address_as_it_becomes_ready(stage):
    stage.start_until_ready(stage.part("api", address="http://127.0.0.1:1"))
    (line,) = stage.lines
    assert line.split()[:2] == ["api", "ready"]
    assert line.endswith("http://127.0.0.1:1")


def test_a_part_that_runs_once_is_not_started_again(stage):
    once = Part(name="migrate", argv=(sys.executable, "-c", "pass"), once=True)
    stage.start_until_ready(once, stage.part("api", needs=frozenset({"migrate"})))
    time.sleep(0.3)
    assert len(stage.said("migrate")) == 1


def test_a_killed_part_is_named_and_started_again_with_growing_delay(stage, eventually):
    stage.start_until_ready(stage.part("worker"))
    for deaths in (1, 2):
        (worker,) = stage.processes()
        worker.kill()
        eventually(lambda deaths=deaths: len(stage.said("again ready")) == deaths)
    first, second = stage.said("killed by signal 9")
    assert first.startswith("worker was killed by signal 9; starting it again in 0.2 s")
    assert second.startswith("worker was killed by signal 9; starting it again in 0.4 s")
    assert stage.events().count("worker starts") == 3


def test_a_part_whose_last_thread_ends_late_is_named_with_its_exit_code(stage, eventually):
    # The main thread is gone (a zombie) while another one still runs: no exit code until it ends.
    words = (
        "import ctypes, os, threading, time\n"
        "threading.Thread(target=lambda: (time.sleep(0.5), os._exit(7))).start()\n"
        "ctypes.CDLL(None).pthread_exit(None)"
    )
    stage.start(Part(name="slow-to-die", argv=(sys.executable, "-c", words)))
    [line, *_] = eventually(lambda: stage.said("slow-to-die ended"))
    assert "ended with code 7;" in line


def test_a_part_that_cannot_start_ends_the_run_with_its_last_words(stage):
    broken = Part(name="worker", argv=(sys.executable, "-c", "raise SystemExit('no disk')"))
    stage.start(stage.part("database"), broken)
    stage.wait()
    assert isinstance(stage.refusal, Refused)
    assert str(stage.refusal).startswith("worker ended with code 1, 5 times.")
    assert str(stage.refusal).endswith("no disk")
    assert stage.processes() == []


def test_stages_stop_one_after_the_other(stage):
    stage.start_until_ready(
        stage.part("database", stop_stage=StopStage.DATABASE),
        stage.part("worker", stop_stage=StopStage.WORKER),
        stage.part("api", stop_stage=StopStage.EDGE),
    )
    stage.end()
    stopping = [event for event in stage.events() if "stop" in event]
    assert stopping == [
        "api asked to stop",
        "api stops",
        "worker asked to stop",
        "worker stops",
        "database asked to stop",
        "database stops",
    ]
    assert stage.processes() == []
    assert list(stage.run.iterdir()) == []


def test_a_part_that_does_not_stop_in_its_grace_is_killed_and_named(stage):
    stage.start_until_ready(stage.part("worker", stubborn=True, grace_seconds=0.3))
    stage.end()
    assert stage.lines[-1] == "worker did not stop in time and was killed"
    assert stage.processes() == []


def test_what_a_killed_part_started_is_killed_with_it(stage, eventually, tmp_path):
    child = f"import sys; open({str(tmp_path / 'child')!r}, 'w').write('x'); input()"
    code = (
        "import os, pathlib, signal, subprocess, sys\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        f"child = subprocess.Popen([sys.executable, '-c', {child!r}], stdin=subprocess.PIPE,"
        " start_new_session=True)\n"
        f"pathlib.Path({str(tmp_path / 'pid')!r}).write_text(str(child.pid))\n"
        "pathlib.Path(os.environ['ORDERLOOM_READY_FILE']).touch()\n"
        "child.wait()\n"
    )
    stage.start_until_ready(
        Part(name="worker", argv=(sys.executable, "-c", code), grace_seconds=0.2)
    )
    grandchild = psutil.Process(int((tmp_path / "pid").read_text()))
    stage.end()
    eventually(lambda: not grandchild.is_running() or grandchild.status() == psutil.STATUS_ZOMBIE)


def test_asked_a_second_time_it_no_longer_waits_for_the_drain(stage, eventually):
    stage.start_until_ready(stage.part("worker", stubborn=True, grace_seconds=60))
    stage.stop.request()
    eventually(lambda: "worker asked to stop" in stage.events())
    stage.end()
    assert stage.lines[-1] == "worker did not stop in time and was killed"


def test_a_part_started_again_does_not_wait_for_the_others_to_start_again(stage, eventually):
    stage.start_until_ready(
        stage.part("database"), stage.part("api", needs=frozenset({"database"}))
    )
    for process in stage.processes():
        process.kill()
    eventually(lambda: len(stage.said("again ready")) == 2)


def test_a_big_log_is_put_aside_when_its_part_starts(stage):
    stage.log.mkdir()
    (stage.log / "api.log").write_bytes(b"x" * 10_000_001)
    stage.start_until_ready(stage.part("api"))
    assert (stage.log / "api.log.1").stat().st_size == 10_000_001
    assert (stage.log / "api.log").stat().st_size == 0
