"""Checks against the engine: every unfinished order has its process, and both say the same."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

from adapters.postgres.auditing.auditor import Finding
from adapters.postgres.auditing.check import Violation
from ports.census import WorkflowCensus
from ports.desk import DeskUnavailable, LiveProcess, NoSuchProcess, OrderDesk

LIVE_MAX = 200  # orders that are asked: a process that has to replay takes 60 ms
AT_ONCE = 8
SETTLING_SECONDS = 2.0  # what is moving is asked once more after this time

ENGINE_TITLES = {
    "O1-engine": "every order and return that has something to wait for has a running workflow",
    "O3": "no workflow has reported task problems",
    "O5-engine": f"projection = the workflow's own answer (the newest {LIVE_MAX} orders)",
}

Unfinished = Callable[[], Awaitable[list[str]]]
LastKnown = Callable[[], Awaitable[dict[str, LiveProcess]]]


async def missing_processes(census: WorkflowCensus, unfinished: Unfinished) -> Finding:
    """The names are read first: a process may end in between, none that has to run may begin."""
    wanted = await unfinished()
    running = await census.running()
    candidates = [name for name in wanted if name not in running]
    ended_meanwhile = set(candidates) - set(await unfinished()) if candidates else set()
    missing = sorted(set(candidates) - ended_meanwhile)
    return _finding("O1-engine", [{"process": name, "why": "does not run"} for name in missing])


async def troubled_processes(census: WorkflowCensus) -> Finding:
    return _finding("O3", [{"process": name} for name in await census.troubled()])


async def differing_answers(desk: OrderDesk, last_known: LastKnown) -> Finding:
    """Orders that move are asked again; one that stands still and differs is named."""
    known = await last_known()
    first = await _compare(desk, known)
    if not first:
        return _finding("O5-engine", [])
    await asyncio.sleep(SETTLING_SECONDS)
    later = await last_known()
    still = {n: later[n] for n in first if n in later and _same_moment(known[n], later[n])}
    second = await _compare(desk, still)
    return _finding("O5-engine", [second[number] for number in sorted(second)])


async def _compare(desk: OrderDesk, known: dict[str, LiveProcess]) -> dict[str, Violation]:
    """The orders whose process answers otherwise. One that does not answer at all says nothing."""
    gate = asyncio.Semaphore(AT_ONCE)

    async def ask(number: str) -> tuple[str, Violation | None]:
        async with gate:
            try:
                live = await desk.process(number)
            except (DeskUnavailable, NoSuchProcess):
                return number, None
        return number, _difference(known[number], live)

    answers = await asyncio.gather(*map(ask, known))
    return {number: violation for number, violation in answers if violation}


def _difference(projected: LiveProcess, live: LiveProcess) -> Violation | None:
    if live.seq == projected.seq:
        if not _same_facts(projected, live):
            return None  # facts that it has not been told yet are due
        if replace(live, facts=[], live=False) == replace(projected, facts=[]):
            return None
    return {
        "order": projected.order,
        "projection": f"{projected.status} at {projected.seq}",
        "workflow": f"{live.status} at {live.seq}",
    }


def _same_moment(one: LiveProcess, other: LiveProcess) -> bool:
    return one.seq == other.seq and one.facts == other.facts


def _same_facts(one: LiveProcess, other: LiveProcess) -> bool:
    """About payments the books learn for themselves: the projection need not have heard of them."""
    return _deeds(one) == _deeds(other)


def _deeds(process: LiveProcess) -> set[str]:
    return {fact for fact in process.facts if not fact.startswith("payment:")}


def _finding(check: str, violations: list[Violation]) -> Finding:
    return Finding(check, ENGINE_TITLES[check], violations)
