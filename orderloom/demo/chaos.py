"""kill -9 of the engine and the worker at random moments; the supervisor starts them again."""

import asyncio
from pathlib import Path

import psutil

from orderloom.demo.chance import chance
from orderloom.home import read_json
from orderloom.supervisor.process import CLOCK_TOLERANCE_SECONDS

VICTIMS = ("worker", "temporal")
PAUSE_SECONDS = (3.0, 8.0)
KILLS_MAX = 10  # then the system has to recover by itself; the supervisor waits longer each time


class Chaos:
    """`kills` counts by part. Only a process that its pid file proves is ever killed."""

    def __init__(self, run: Path, seed: int) -> None:
        self.kills = dict.fromkeys(VICTIMS, 0)
        self._run = run
        self._draw = chance(seed, "chaos")

    async def rage(self) -> None:
        """Until it is canceled, or has killed enough."""
        while sum(self.kills.values()) < KILLS_MAX:
            await asyncio.sleep(self._draw.uniform(*PAUSE_SECONDS))
            victim = self._draw.choice(VICTIMS)
            process = proven_process(self._run / f"{victim}.json")
            if process is not None:
                process.kill()
                self.kills[victim] += 1


def proven_process(pid_file: Path) -> psutil.Process | None:
    """The running process that the supervisor's pid file describes: same pid, start and command."""
    record = read_json(pid_file)
    if not record:
        return None
    try:
        process = psutil.Process(record["pid"])
        same_start = abs(process.create_time() - record["started"]) < CLOCK_TOLERANCE_SECONDS
        return process if same_start and process.cmdline() == record["argv"] else None
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return None
