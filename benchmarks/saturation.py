"""A closed loop: as many jobs under way as asked for, all the time, measured in the middle."""

import asyncio
import itertools
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from benchmarks.cpu import CpuMeter


@dataclass(frozen=True)
class Load:
    """`orders` are counted; so many as are under way at once come before, to get going."""

    orders: int
    under_way: int


@dataclass(frozen=True)
class Window:
    """What was measured between the end of the warm-up and the last counted order's end."""

    orders: int
    seconds: float
    cpu_seconds: Mapping[str, float]  # by process

    @property
    def per_second(self) -> float:
        return self.orders / self.seconds

    @property
    def cpu_per_order(self) -> dict[str, float]:
        return {name: seconds / self.orders for name, seconds in self.cpu_seconds.items()}


async def saturate(
    job: Callable[[], Awaitable[object]],
    load: Load,
    cpu: CpuMeter,
    on_done: Callable[[], None] = lambda: None,
) -> Window:
    """Jobs that are under way when the last counted one ends are let finish, uncounted."""
    warm = load.under_way
    done = itertools.count(1)
    begun_at = ended_at = 0.0
    before: Mapping[str, float] = {}
    after: Mapping[str, float] = {}

    async def lane() -> None:
        nonlocal begun_at, ended_at, before, after
        while not ended_at:
            await job()
            on_done()
            ordinal = next(done)
            if ordinal == warm:
                begun_at, before = time.monotonic(), cpu.seconds()
            if ordinal == warm + load.orders:
                ended_at, after = time.monotonic(), cpu.seconds()

    async with asyncio.TaskGroup() as lanes:
        for _ in range(load.under_way):
            lanes.create_task(lane())
    spent = {name: after[name] - before[name] for name in after}
    return Window(load.orders, ended_at - begun_at, spent)
