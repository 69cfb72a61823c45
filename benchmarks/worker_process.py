"""The worker of a benchmark as its driver sees it: it starts, announces parcels, and ends."""

import asyncio
import json
import os
import sys
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from benchmarks.worker import READY

Parcel = dict[str, Any]  # as `benchmarks.worker` announces it


class WorkerProcess:
    """`handed_over` fails when the process has ended, so that nobody waits for it for ever."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._announced: defaultdict[str, asyncio.Future[Parcel]] = defaultdict(
            asyncio.get_running_loop().create_future
        )
        self._listening = asyncio.create_task(self._listen())

    @property
    def pid(self) -> int:
        return self._process.pid

    async def handed_over(self, order: str) -> Parcel:
        """When the order's parcel has been handed to the warehouse."""
        announced = self._announced[order]
        either: set[asyncio.Future[Any]] = {announced, self._listening}
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        if not announced.done():
            raise RuntimeError("the worker of the benchmark ended")
        del self._announced[order]
        return announced.result()

    async def stop(self) -> None:
        assert self._process.stdin is not None  # noqa: S101  # it is a pipe
        self._process.stdin.close()
        await self._listening
        await self._process.wait()

    async def _listen(self) -> None:
        assert self._process.stdout is not None  # noqa: S101  # it is a pipe
        async for line in self._process.stdout:
            parcel = json.loads(line)
            announced = self._announced[parcel["order"]]
            if not announced.done():  # a retried hand-over announces again
                announced.set_result(parcel)


@asynccontextmanager
async def running_worker(kind: str, env: dict[str, str]) -> AsyncIterator[WorkerProcess]:
    """`kind` is orders or noop; `env` is added to this process's own environment."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "benchmarks.worker", kind),
        env={**os.environ, **env},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None  # noqa: S101  # it is a pipe
    if (await process.stdout.readline()).decode().strip() != READY:
        raise RuntimeError("the worker of the benchmark did not start")
    worker = WorkerProcess(process)
    try:
        yield worker
    finally:
        await worker.stop()
