"""Our books against the engine: which processes run, and what they answer."""

import asyncio
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest
from temporalio.client import Client

from adapters.postgres.auditing.books import last_known, unfinished
from adapters.temporal.census import TemporalCensus
from adapters.temporal.connect import connect
from domain import journal as j
from domain.payments import PaymentOperation, PaymentStatus
from orderloom.audit import engine as engine_checks
from orderloom.audit.engine import differing_answers, missing_processes, troubled_processes
from ports.desk import DeskUnavailable, LiveProcess, NoSuchProcess


class Census:
    def __init__(self, *running: str, troubled: list[str] | None = None) -> None:
        self._running = set(running)
        self._troubled = troubled or []

    async def running(self) -> set[str]:
        return self._running

    async def troubled(self) -> list[str]:
        return self._troubled


class Desk:
    def __init__(self, answers: dict[str, LiveProcess | Exception]) -> None:
        self._answers = answers

    async def process(self, order: str) -> LiveProcess:
        answer = self._answers[order]
        if isinstance(answer, Exception):
            raise answer
        return answer


@pytest.fixture(autouse=True)
def _quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine_checks, "SETTLING_SECONDS", 0.01)


async def all_running(world: Any) -> list[str]:
    await world.run("UPDATE customer_order SET created_at = created_at - interval '2 minutes'")
    await world.run("UPDATE return_order SET created_at = created_at - interval '2 minutes'")
    return await unfinished(world.engine, 60)


async def test_unfinished_orders_and_returns_need_a_process(world: Any) -> None:
    assert await unfinished(world.engine, 60) == []  # just placed: it may still be starting
    orders = [f"order/{world.delivered}", f"order/{world.fresh}"]
    returns = [f"return/{world.rma}", f"return/{world.refunding}-R1"]
    assert sorted(await all_running(world)) == sorted(orders + returns)


async def test_an_ended_order_needs_its_process_as_long_as_it_owes_money(world: Any) -> None:
    assert f"order/{world.canceled}" not in await all_running(world)
    key = f"{world.canceled}/authorize/1"
    authorized = j.PaymentMoved(key, PaymentOperation.AUTHORIZE, 1, PaymentStatus.SUCCEEDED, 1500)
    await world.journal(world.canceled, authorized)
    assert f"order/{world.canceled}" in await all_running(world)
    assert world.canceled in await last_known(world.engine, 10)
    voided = j.PaymentMoved(
        f"{world.canceled}/void/1", PaymentOperation.VOID, 1, PaymentStatus.SUCCEEDED, 1500,
        authorization=key,
    )  # fmt: skip
    await world.journal(world.canceled, voided)
    assert f"order/{world.canceled}" not in await all_running(world)
    assert world.canceled not in await last_known(world.engine, 10)


async def test_an_order_whose_process_does_not_run_is_named(world: Any) -> None:
    names = await all_running(world)

    async def wanted() -> list[str]:
        return names

    others = [name for name in names if name != f"order/{world.fresh}"]
    assert (await missing_processes(Census(*names), wanted)).violations == []
    assert (await missing_processes(Census(*others), wanted)).violations == [
        {"process": f"order/{world.fresh}", "why": "does not run"}
    ]


async def test_an_order_that_ends_while_it_is_looked_for_is_not_missed() -> None:
    answers = [["order/A"], []]

    async def wanted() -> list[str]:
        return answers.pop(0)

    assert (await missing_processes(Census(), wanted)).violations == []


async def test_processes_with_task_problems_are_named() -> None:
    found = await troubled_processes(Census(troubled=["order/A"]))
    assert (found.id, found.violations) == ("O3", [{"process": "order/A"}])


async def compared(world: Any, **changes: Any) -> list[dict[str, Any]]:
    """What is found when the process of the delivered order answers with these changes."""

    async def known() -> dict[str, LiveProcess]:
        return await last_known(world.engine, 10)

    answers: dict[str, LiveProcess | Exception] = dict(await known())
    answers[world.fresh] = NoSuchProcess("it has not started")
    answers[world.delivered] = replace(answers[world.delivered], live=True, **changes)  # type: ignore[type-var]
    return (await differing_answers(Desk(answers), known)).violations


async def test_a_process_that_answers_what_the_projection_says_is_fine(world: Any) -> None:
    assert await compared(world) == []


async def test_a_process_that_answers_otherwise_is_named(world: Any) -> None:
    assert await compared(world, status="PROCESSING") == [
        {"order": world.delivered, "projection": "COMPLETED at 8", "workflow": "PROCESSING at 8"}
    ]


async def test_a_process_that_stays_behind_is_named(world: Any) -> None:
    assert await compared(world, seq=3) == [
        {"order": world.delivered, "projection": "COMPLETED at 8", "workflow": "COMPLETED at 3"}
    ]


async def test_a_process_that_has_not_been_told_a_fact_says_nothing_yet(world: Any) -> None:
    assert await compared(world, facts=[], status="PROCESSING") == []


async def test_facts_about_payments_need_not_have_been_told(world: Any) -> None:
    facts = ["payment:e9", "warehouse:e1", "warehouse:e2", "warehouse:e3"]
    assert await compared(world, facts=facts) == []


async def test_a_projection_that_moves_on_meanwhile_is_not_named(world: Any) -> None:
    before = await last_known(world.engine, 10)
    after = {world.delivered: replace(before[world.delivered], seq=11)}
    snapshots = [{world.delivered: before[world.delivered]}, after]

    async def known() -> dict[str, LiveProcess]:
        return snapshots.pop(0)

    desk = Desk({world.delivered: replace(before[world.delivered], seq=11)})
    assert (await differing_answers(desk, known)).violations == []


async def test_the_census_counts_the_workflows_that_run(temporal_client: Client) -> None:
    name = f"order/{uuid4()}"
    handle = await temporal_client.start_workflow("order", id=name, task_queue="nobody")
    census = TemporalCensus(temporal_client)
    await _until(census, name, runs=True)
    assert name not in await census.troubled()
    await handle.terminate()
    await _until(census, name, runs=False)


async def _until(census: TemporalCensus, name: str, *, runs: bool) -> None:
    """Visibility follows within moments."""
    async with asyncio.timeout(10):
        while (name in await census.running()) is not runs:  # noqa: ASYNC110 - it tells nobody
            await asyncio.sleep(0.05)


async def test_an_engine_that_is_away_is_unavailable() -> None:
    census = TemporalCensus(await connect("127.0.0.1:9", "default", lazy=True))
    with pytest.raises(DeskUnavailable):
        await census.running()
