"""One running program: a session of its own, remembered in a pid file, ended for certain."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import psutil

from orderloom.home import read_json, write_json
from orderloom.supervisor.part import Part

READY_FILE_VARIABLE = "ORDERLOOM_READY_FILE"
GO_FILE_VARIABLE = "ORDERLOOM_GO_FILE"
LOG_BYTES_MAX = 10_000_000
CLOCK_TOLERANCE_SECONDS = 2.0  # the start time is derived from the boot time, which NTP adjusts


class PartProcess:
    """A part while it runs. Made by `spawn`, or by `find_leftovers` for one that outlived its
    supervisor.
    """

    def __init__(self, part: Part, process: psutil.Process, run: Path) -> None:
        self.part = part
        self.started_at = time.monotonic()
        self._process = process
        self._ready_file = run / f"{part.name}.ready"
        self._go_file = run / f"{part.name}.go"
        self._pid_file = run / f"{part.name}.json"

    @classmethod
    def spawn(cls, part: Part, *, run: Path, log: Path) -> "PartProcess":
        """Writes ``run/<part>.json`` and appends to ``log/<part>.log``."""
        files = {READY_FILE_VARIABLE: run / f"{part.name}.ready"}
        if part.own_wait:
            files[GO_FILE_VARIABLE] = run / f"{part.name}.go"
        for file in files.values():
            file.unlink(missing_ok=True)
        with _rotated(log / f"{part.name}.log").open("ab") as output:
            process = psutil.Popen(
                part.argv,
                env={**os.environ, **part.env, **{name: str(file) for name, file in files.items()}},
                cwd=part.directory,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,  # the terminal's Ctrl-C is the supervisor's alone
                user=part.system_user,
                group=part.system_user,
                extra_groups=[] if part.system_user else None,
            )
        started = cls(part, process, run)
        started._write_pid_file()
        return started

    @property
    def pid(self) -> int:
        return int(self._process.pid)

    def is_running(self) -> bool:
        """False for a zombie too, and for another process that got the same pid since."""
        if isinstance(self._process, psutil.Popen) and self._process.poll() is not None:
            return False
        try:
            return self._process.is_running() and self._process.status() != psutil.STATUS_ZOMBIE
        except psutil.NoSuchProcess:
            return False

    def exit_code(self) -> int | None:
        """Negative for a signal; None while it runs, and for a leftover (not our child)."""
        return self._process.poll() if isinstance(self._process, psutil.Popen) else None

    def is_ready(self) -> bool:
        if self.part.once:
            return self.exit_code() == 0
        if self.part.is_ready is not None:
            return self.part.is_ready()
        return self._ready_file.exists()

    def let_go(self) -> None:
        """What it needs is ready."""
        self._go_file.touch()

    def send_stop(self) -> None:
        if self.is_running():
            self._process.send_signal(self.part.stop_signal)

    def kill(self) -> None:
        """SIGKILL for it and for everything it started."""
        try:
            descendants = self._process.children(recursive=True)
        except psutil.NoSuchProcess:
            descendants = []
        for process in (self._process, *descendants):
            try:
                process.kill()
            except psutil.NoSuchProcess:
                continue

    def forget(self) -> None:
        """After its end: reap it and remove its files in ``run``."""
        if isinstance(self._process, psutil.Popen):
            self._process.wait(timeout=5)
        self._ready_file.unlink(missing_ok=True)
        self._go_file.unlink(missing_ok=True)
        self._pid_file.unlink(missing_ok=True)

    def _write_pid_file(self) -> None:
        record = {
            "pid": self.pid,
            "started": self._process.create_time(),
            "argv": list(self.part.argv),
            "stop_signal": int(self.part.stop_signal),
            "stop_stage": int(self.part.stop_stage),
            "grace_seconds": self.part.grace_seconds,
        }
        write_json(self._pid_file, record)


def find_leftovers(run: Path) -> list[PartProcess]:
    """What a killed supervisor left running: processes whose pid, start time and command line are
    those of a pid file in `run`. A pid file that proves nothing is removed, its process left alone.
    """
    found = []
    for pid_file in sorted(run.glob("*.json")):
        record = read_json(pid_file)
        if "pid" not in record or "started" not in record:
            continue  # another file of the run, such as the addresses
        process = proven_process(record)
        if process is None:
            pid_file.unlink()
            continue
        part = Part(
            name=pid_file.stem,
            argv=tuple(record["argv"]),
            stop_signal=signal.Signals(record["stop_signal"]),
            stop_stage=record["stop_stage"],
            grace_seconds=record["grace_seconds"],
        )
        found.append(PartProcess(part, process, run))
    return found


def stop_all(
    running: Sequence[PartProcess], *, hurry: Callable[[], bool] = lambda: False
) -> list[str]:
    """Stage by stage: the stop signal, each part's grace (none in a hurry), then SIGKILL.
    Names who needed it.
    """
    killed = []
    for stage in sorted({process.part.stop_stage for process in running}):
        stopping = [process for process in running if process.part.stop_stage == stage]
        for process in stopping:
            process.send_stop()
        asked_at = time.monotonic()
        for process in stopping:
            deadline = asked_at + process.part.grace_seconds
            if not _ended_by(process, deadline, hurry):
                killed.append(process.part.name)
                process.kill()
                _ended_by(process, time.monotonic() + 5, lambda: False)
            process.forget()
    return killed


def python_argv(*arguments: str) -> tuple[str, ...]:
    """A program of ours under the interpreter that runs now."""
    return (sys.executable, *arguments)


def _ended_by(process: PartProcess, deadline: float, hurry: Callable[[], bool]) -> bool:
    while process.is_running():
        if hurry() or time.monotonic() >= deadline:
            return False
        time.sleep(0.01)
    return True


def proven_process(record: Mapping[str, Any]) -> psutil.Process | None:
    """The running process that a pid file describes: same pid, start and command line."""
    try:
        process = psutil.Process(record["pid"])
        same_start = abs(process.create_time() - record["started"]) < CLOCK_TOLERANCE_SECONDS
        return process if same_start and process.cmdline() == record["argv"] else None
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return None  # gone, or somebody else's


def _rotated(log: Path) -> Path:
    """`log`, put aside as ``<name>.1`` when it has grown beyond the limit."""
    log.parent.mkdir(parents=True, exist_ok=True)
    if log.exists() and log.stat().st_size > LOG_BYTES_MAX:
        log.replace(log.with_name(f"{log.name}.1"))
    return log
