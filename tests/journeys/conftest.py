"""The whole stack, once for all journeys, and anew for each run that kills parts of it."""

from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from typing import Any

import httpx
import pytest
import pytest_asyncio

from orderloom.demo.world import FAST, World
from tests.journeys.catalog import write_catalog
from tests.journeys.shop import Shop
from tests.journeys.stack import Stack, violations

_STEPS = ("accept_after", "pick_after", "pack_after", "ship_after")
_SIMULATORS: dict[str, dict[str, Any]] = {
    "payment": {},
    "warehouse": dict.fromkeys(_STEPS, 0.1),
    "carrier": {"transit_after": 0.1, "deliver_after": 0.1},
}
# A parcel is shipped within half a second: `ship_within` is for the one that is not.
JOURNEYS = World(
    replace(FAST.process, name="journeys", return_window=8, ship_within=6), _SIMULATORS
)
# Parts that are killed on purpose are started again at once, however often.
KILLS = World(
    replace(FAST.process, name="kills", stock_within=300, return_window=2),
    _SIMULATORS,
    {"restart_seconds_max": 0.2},
)


@contextmanager
def running(world: World, failpoints: Mapping[str, str] | None = None) -> Iterator[Stack]:
    stack = Stack(world, failpoints)
    try:
        stack.wait_until_ready()
        stack.load(*write_catalog(stack.folder))
        yield stack
    finally:
        stack.end()


@asynccontextmanager
async def opened(stack: Stack) -> AsyncIterator[Shop]:
    async with httpx.AsyncClient(timeout=15) as http:
        yield Shop(http, stack)


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    with running(JOURNEYS) as stack:
        yield stack


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def shop(stack: Stack) -> AsyncIterator[Shop]:
    """Whatever journeys there were: the books are right in the end."""
    async with opened(stack) as shop:
        yield shop
        await shop.until_told()
        report = await stack.audit()
        assert violations(report) == []
        assert report["left_out"] == []


@pytest_asyncio.fixture(loop_scope="session")
async def shop_with(
    request: pytest.FixtureRequest,
) -> AsyncIterator[Callable[[Mapping[str, str]], Any]]:
    """A shop on a stack of its own, whose failpoints are armed."""

    @asynccontextmanager
    async def open_shop(failpoints: Mapping[str, str], world: World = KILLS) -> AsyncIterator[Shop]:
        with running(world, failpoints) as stack:
            async with opened(stack) as shop:
                yield shop

    yield open_shop
