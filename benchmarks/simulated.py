"""Orders a second through the whole system: simulators, signed webhooks over HTTP, API and relay,
all on this machine.
"""

import asyncio
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path

from benchmarks.pace import RETURN_WINDOW_SECONDS
from benchmarks.saturation import Load
from benchmarks.start_up import running_up
from orderloom.demo.cast import demo_files, gathered, load_all
from orderloom.demo.files import DemoFiles, Handed
from orderloom.demo.stories import Story
from orderloom.demo.stream import Look, at_most_open
from orderloom.demo.world import FAST, furnish
from orderloom.home import Home, HomeKind
from orderloom.settings import load_settings

SEED = 1
BASKETS_PER_ORDER = 3  # read for each order that is wanted: not all are undisturbed
SHORT_WINDOW = replace(FAST, process=replace(FAST.process, return_window=RETURN_WINDOW_SECONDS))


def simulated_per_second(folder: Path, load: Load) -> float:
    """Real baskets that nothing befalls, of one parcel each; the middle is counted, as with
    `benchmarks.saturation`.
    """
    home = Home.create(folder, HomeKind.SIMULATED)
    furnish(home, SHORT_WINDOW)
    files = demo_files(home)
    orders = load.orders + 2 * load.under_way
    files.prepare(baskets=orders * BASKETS_PER_ORDER, seed=SEED)
    baskets = list(islice(_undisturbed(files), orders))
    with running_up(folder):
        load_all(files.csv_files(), load_settings(home=folder), lambda _: None)
        return asyncio.run(_rate(home, files, baskets, load))


def _undisturbed(files: DemoFiles) -> Iterator[Handed]:
    return (b for b in files.baskets() if b.story is Story.STRAIGHT and b.sources == 1)


async def _rate(home: Home, files: DemoFiles, baskets: list[Handed], load: Load) -> float:
    ends = _Ends()
    async with gathered(home, load_settings(home=home.path), files) as cast:
        await cast.stream().run(
            iter(baskets), at_most_open(load.under_way), ends.seen, stopped=lambda: False
        )
    return ends.rate(load)


@dataclass
class _Ends:
    """When how many orders were at their end."""

    seen_at: list[tuple[float, int]] = field(default_factory=list)

    def seen(self, look: Look) -> None:
        self.seen_at.append((time.monotonic(), look.final))

    def rate(self, load: Load) -> float:
        """Raises `RuntimeError` when there were too few looks to tell."""
        last = load.under_way + load.orders
        counted = [seen for seen in self.seen_at if load.under_way <= seen[1] <= last]
        if len(counted) < 2:
            raise RuntimeError("too few orders: nothing was seen of the middle")
        (begun, before), (ended, after) = counted[0], counted[-1]
        return (after - before) / (ended - begun)
