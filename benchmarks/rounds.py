"""Rounds by turns: orders, no-ops, orders … on the same servers, with the same worker options."""

import itertools
import os
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from temporalio.client import Client

from adapters.temporal.connect import connect
from benchmarks.cpu import CpuMeter
from benchmarks.jobs import Job, both_jobs
from benchmarks.saturation import Load, Window, saturate
from benchmarks.servers import Servers
from benchmarks.shape import Shape, shape_of
from benchmarks.worker_process import running_worker

TASK_QUEUE = "bench"

OnDone = Callable[[str], None]  # told the kind of job


@dataclass
class Found:
    """By kind of job: a window for each round, and the history of one that ran alone."""

    windows: defaultdict[str, list[Window]] = field(default_factory=lambda: defaultdict(list))
    shapes: dict[str, Shape] = field(default_factory=dict)


class Rounds:
    def __init__(self, servers: Servers, home: Path, load: Load, on_done: OnDone) -> None:
        self._servers = servers
        self._load = load
        self._on_done = on_done
        self._env = {
            "ORDERLOOM_HOME": str(home),
            "DATABASE_URL": servers.postgres.url(),
            "ORDERLOOM_TEMPORAL_ADDRESS": servers.temporal.address,
            "ORDERLOOM_TASK_QUEUE": TASK_QUEUE,
        }
        self._numbers = itertools.count(1)

    async def run(self, rounds: int) -> Found:
        found = Found()
        client = await connect(self._servers.temporal.address)
        async with both_jobs(self._servers.postgres.url(), client, TASK_QUEUE) as jobs:
            for _ in range(rounds):
                for job in jobs:
                    found.windows[job.kind].append(await self._measure(job, client, found.shapes))
        return found

    async def _measure(self, job: Job, client: Client, shapes: dict[str, Shape]) -> Window:
        async with running_worker(job.kind, self._env) as worker:
            lone = await job.run(next(self._numbers), worker)
            shapes.setdefault(job.kind, await shape_of(client, lone))
            return await saturate(
                lambda: job.run(next(self._numbers), worker),
                self._load,
                CpuMeter(self._pids(worker.pid)),
                lambda: self._on_done(job.kind),
            )

    def _pids(self, worker: int) -> dict[str, int]:
        postgres, temporal = self._servers.postgres.pid, self._servers.temporal.pid
        if postgres is None or temporal is None:
            raise RuntimeError("a server of the benchmark has stopped")
        return {"postgres": postgres, "temporal": temporal, "worker": worker, "driver": os.getpid()}
