"""kill -9 of the engine and the worker at random moments; the supervisor starts them again."""

import asyncio
from pathlib import Path

from orderloom.demo.chance import chance
from orderloom.home import read_json
from orderloom.supervisor.process import proven_process

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
            self.strike(self._draw.choice(VICTIMS))

    def strike(self, victim: str) -> None:
        """Kills it, if it runs: one that is being started again has no pid file."""
        record = read_json(self._run / f"{victim}.json")
        process = proven_process(record) if record else None
        if process is not None:
            process.kill()
            self.kills[victim] += 1
