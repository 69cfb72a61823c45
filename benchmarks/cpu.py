"""CPU seconds of programs."""

import os
from collections.abc import Mapping

import psutil


class CpuMeter:
    """`pids` by the name that the figures have; each with everything that it has started, but for
    this process, which has started the others.
    """

    def __init__(self, pids: Mapping[str, int]) -> None:
        self._processes = {name: psutil.Process(pid) for name, pid in pids.items()}

    def seconds(self) -> dict[str, float]:
        """Used since each program's start."""
        return {
            name: _alone(process) if process.pid == os.getpid() else _with_children(process)
            for name, process in self._processes.items()
        }


def _with_children(root: psutil.Process) -> float:
    ended = root.cpu_times()
    running = sum(_of_child(child) for child in root.children(recursive=True))
    return float(_alone(root) + ended.children_user + ended.children_system + running)


def _of_child(process: psutil.Process) -> float:
    try:
        return _alone(process)
    except psutil.NoSuchProcess:
        return 0.0  # what it used stands among its parent's ended children


def _alone(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)
