"""`orderloom demo`: a whole simulated system, real baskets to their end, then the books checked."""

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from itertools import islice

from orderloom.cost.reading import connect_for, cost_of
from orderloom.demo.cast import Cast, demo_files, gathered, load_all, prepared
from orderloom.demo.chaos import Chaos
from orderloom.demo.figures import Figures
from orderloom.demo.files import DemoFiles, Handed
from orderloom.demo.sample import choose_sample, most, set_pace, undisturbed
from orderloom.demo.stack import Stopped, running_stack
from orderloom.demo.stream import Look, at_most_open
from orderloom.demo.world import FAST, furnish
from orderloom.embedded.ports import free_port
from orderloom.errors import Refused
from orderloom.home import Home
from orderloom.running import say
from orderloom.settings import Settings
from orderloom.supervisor.stop_request import StopRequest

OPEN_MAX = 120  # orders under way at once: enough to keep the engine busy
SAMPLE_FROM = 10  # smaller demos have no orders to spare for the cost sample
SAY_SECONDS = 5.0
AUDIT_GRACE_SECONDS = 2.0  # everything has ended: only the last webhooks may still be under way


@dataclass(frozen=True)
class Wanted:
    orders: int
    seed: int
    chaos: bool


def run_demo(home: Home, wanted: Wanted, stop: StopRequest) -> Figures:
    """Refuses when something cannot start; raises `Stuck` when orders do not come to an end and
    `Stopped` when somebody asked for it.
    """
    furnish(home, FAST)
    files = demo_files(home)
    with (
        prepared(files, baskets=wanted.orders, seed=wanted.seed) as files_are_new,
        running_stack(home, stop, port=free_port()) as settings,
    ):
        if files_are_new():
            load_all(files.csv_files(), settings, say)
        return asyncio.run(_play(home, settings, files, wanted, stop))


async def _play(
    home: Home, settings: Settings, files: DemoFiles, wanted: Wanted, stop: StopRequest
) -> Figures:
    baskets = list(islice(files.baskets(), wanted.orders))
    sample = choose_sample(baskets) if wanted.orders >= SAMPLE_FROM else []
    streamed = [basket for basket in baskets if basket not in sample]
    async with gathered(home, settings, files) as cast:
        chaos = Chaos(home.run, wanted.seed)
        async with _raging(chaos, wanted=wanted.chaos):
            begun = time.monotonic()
            await _stream(cast, streamed, stop)
            seconds = time.monotonic() - begun
        cost = await _cost_of_sample(cast, sample, stop) if sample else {}
        look = await cast.stream().look_once()
        return Figures(
            orders=wanted.orders,
            counts=look.counts,
            returned=cast.people.returned,
            streamed=len(streamed),
            seconds=seconds,
            violations=await audit(home),
            cost=cost,
            kills=chaos.kills if wanted.chaos else {},
        )


async def _stream(cast: Cast, baskets: list[Handed], stop: StopRequest) -> None:
    said_at = 0.0

    def on_look(look: Look) -> None:
        nonlocal said_at
        if time.monotonic() - said_at > SAY_SECONDS:
            said_at = time.monotonic()
            words = ", ".join(f"{count} {status}" for status, count in sorted(look.counts.items()))
            say(f"{look.handed_in} of {len(baskets)} orders handed in: {words or 'none yet'}")

    await cast.stream().run(iter(baskets), at_most_open(OPEN_MAX), on_look, lambda: stop.requested)
    if stop.requested:
        raise Stopped


async def _cost_of_sample(
    cast: Cast, sample: list[Handed], stop: StopRequest
) -> dict[str, dict[str, int]]:
    """The maximum over undisturbed orders, by their number of parcels."""
    say(f"{len(sample)} orders at a slow pace, to see what one costs")
    await set_pace(cast.http, cast.settings)
    await _stream(cast, sample, stop)
    numbers = [cast.answers.numbers[basket.reference].number for basket in sample]
    parcels = await undisturbed(cast.people.staff.agent, numbers)
    client = await connect_for(cast.settings)
    costs = {number: await cost_of(client, f"order/{number}") for number in parcels}
    return {
        str(count): most(costs[number] for number in parcels if parcels[number] == count)
        for count in sorted(set(parcels.values()))
    }


async def audit(home: Home) -> int:
    """How many violations `orderloom audit` finds, against the outside parties' own journals.
    Refuses when it cannot tell.
    """
    words = ["audit", "--home", str(home.path), "--journals", str(home.journals), "--json"]
    words += ["--grace", str(AUDIT_GRACE_SECONDS)]
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "orderloom", *words), stdout=asyncio.subprocess.PIPE
    )
    output, _ = await child.communicate()
    try:
        found = json.loads(output)
    except ValueError as error:
        raise Refused(f"The audit gave no report: {output[-500:].decode()!r}") from error
    for check in found["checks"]:
        for row in check["violations"]:
            say(f"violation of {check['id']}, {check['title']}: {json.dumps(row)}")
    return int(found["violations"])


@asynccontextmanager
async def _raging(chaos: Chaos, *, wanted: bool) -> AsyncIterator[None]:
    rage = asyncio.create_task(chaos.rage()) if wanted else None
    try:
        yield
    finally:
        if rage is not None:
            rage.cancel()
            with suppress(asyncio.CancelledError):
                await rage
