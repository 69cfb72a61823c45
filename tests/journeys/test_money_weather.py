"""Money in bad weather: a provider that does as it is told and answers a third of the calls with a
fault, a hang or a dropped connection, and tells everything twice, late and out of order; workers
that are killed, or stopped, at each point of a money step. One operation has one effect.
"""

import asyncio
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import psutil
import pytest

from orderloom.home import HOME_VARIABLE
from tests.journeys.conftest import KILLS, opened, running
from tests.journeys.shop import Shop
from tests.journeys.stack import Stack, eventually, violations

STORM = {
    "fault_after": 0.14,
    "reset": 0.12,
    "hang": 0.06,
    "hang_seconds": 12,  # longer than our own patience
    "duplicate": 0.5,
    "reorder": 0.5,
    "seed": 7,
}
PATIENT = replace(KILLS, process=replace(KILLS.process, return_window=300))
OPERATIONS = ("authorize", "capture", "void", "refund")
POINTS = (
    "worker.payment.before_effect@{}",
    "worker.payment.after_effect@{}",
    "worker.database.after_commit@payment.perform.{}",
    "worker.activity.before_acknowledge@payment.perform.{}",
)
CHALLENGED = {"method": "card", "source": "tok_requires_action"}
PAID_ONCE = {("authorize", "authorized"): 1, ("capture", "succeeded"): 1}
RETURNED = {**PAID_ONCE, ("refund", "succeeded"): 1}
FREED = {("authorize", "requires_action"): 1, ("void", "succeeded"): 1}


def effects(shop: Shop, number: str) -> dict[tuple[str, str], int]:
    """How often what took effect at the provider."""
    done = [(kind, status) for kind, status, _ in shop.effects(number)]
    return dict(Counter(each for each in done if each[1] not in ("refused", "failed")))


async def send_back(shop: Shop, number: str) -> None:
    """The whole of what was ordered, restocked and refunded."""
    rma, tea = f"{number}-R1", [{"line": 1, "quantity": 1}]
    asked = {"order": number, "lines": tea, "reason": "not as hoped"}
    await shop.done(shop.agent, "returnRequest", f"{rma}-1", **asked)
    named = {"return": rma}
    await shop.done(shop.agent, "returnApprove", f"{rma}-2", reason="in time", **named)
    await shop.done(shop.keeper, "returnReceive", f"{rma}-3", lines=tea, location="BOS", **named)
    units = [{"line": 1, "quantity": 1, "disposition": "RESTOCK"}]
    await shop.done(shop.keeper, "returnInspect", f"{rma}-4", units=units, **named)


async def refunded(shop: Shop, number: str) -> None:
    await shop.until(number, lambda view: view["returns"][0]["status"] == "COMPLETED", 240)


async def canceled(shop: Shop, number: str) -> None:
    await shop.until(number, lambda view: bool(view["payments"]), 240)
    await shop.done(shop.agent, "orderCancel", f"cancel-{number}", order=number, reason="asked")


async def closed(shop: Shop, number: str, *statuses: str) -> None:
    await shop.until(number, lambda view: view["status"] in statuses, 240)


async def assert_books_are_right(shop: Shop) -> None:
    await shop.until_told()
    assert violations(await shop.stack.audit()) == []


@pytest.mark.timeout(500)
async def test_a_provider_that_applies_and_then_answers_nothing_charges_once() -> None:
    world = replace(PATIENT, simulators={**PATIENT.simulators, "payment": STORM})
    with running(world) as stack:
        async with opened(stack) as shop:
            plain = [(await shop.place(f"STORM-{n}")).number for n in range(10)]
            back = [(await shop.place(f"STORM-BACK-{n}")).number for n in range(2)]
            off = [(await shop.place(f"STORM-OFF-{n}", payment=CHALLENGED)).number for n in "ab"]
            await asyncio.gather(*(canceled(shop, number) for number in off))
            for number in (*plain, *back):
                await closed(shop, number, "COMPLETED", "CLOSED")
            await asyncio.gather(*(send_back(shop, number) for number in back))
            await asyncio.gather(*(refunded(shop, number) for number in back))

            assert {number: effects(shop, number) for number in (*plain, *back, *off)} == {
                **dict.fromkeys(plain, PAID_ONCE),
                **dict.fromkeys(back, RETURNED),
                **dict.fromkeys(off, FREED),
            }
            await assert_books_are_right(shop)


@pytest.mark.timeout(800)
async def test_a_money_step_whose_worker_dies_at_any_point_has_one_effect() -> None:
    points = [point.format(each) for each in OPERATIONS for point in POINTS]
    with running(PATIENT, dict.fromkeys(points, "kill")) as stack:
        async with opened(stack) as shop:
            paid = [await paid_while(shop, point, n) for n, point in enumerate(points[:8])]
            off = [await freed_while(shop, point, n) for n, point in enumerate(points[8:12])]
            for number in paid:
                await closed(shop, number, "COMPLETED")
            back = paid[:4]
            for number, point in zip(back, points[12:], strict=True):
                await send_back(shop, number)
                await eventually(lambda point=point: stack.is_hit(point))
            await asyncio.gather(*(refunded(shop, number) for number in back))
            for number in off:
                await closed(shop, number, "CANCELED")

            assert stack.unhit() == []
            assert stack.deaths("worker") == ["killed by signal 9"] * len(points)
            assert {number: effects(shop, number) for number in (*paid, *off)} == {
                **dict.fromkeys(paid, PAID_ONCE),
                **dict.fromkeys(back, RETURNED),
                **dict.fromkeys(off, FREED),
            }
            await assert_books_are_right(shop)


async def paid_while(shop: Shop, point: str, n: int) -> str:
    placed = await shop.place(f"PAID-{n}")
    await eventually(lambda: shop.stack.is_hit(point))
    return placed.number


async def freed_while(shop: Shop, point: str, n: int) -> str:
    placed = await shop.place(f"FREED-{n}", payment=CHALLENGED)
    await canceled(shop, placed.number)
    await eventually(lambda: shop.stack.is_hit(point))
    return placed.number


@pytest.mark.timeout(400)
async def test_a_worker_that_is_stopped_before_it_captures_and_wakes_later_captures_nothing() -> (
    None
):
    """Two live attempts of one step: the second one's inquiry has closed the first one's key."""
    point = "worker.payment.before_effect@capture"
    with running(KILLS, {point: "wait"}) as stack:
        async with opened(stack) as shop:
            number = (await shop.place("STOPPED-1")).number
            await eventually(lambda: stack.is_hit(point))
            stopped = stack.part("worker")
            stopped.send_signal(signal.SIGSTOP)
            with second_worker(stack):
                await closed(shop, number, "COMPLETED", "CLOSED")
                assert effects(shop, number) == PAID_ONCE
                stack.let_go(point)
                stopped.send_signal(signal.SIGCONT)
                await eventually(lambda: key_voided(shop, number))
            assert effects(shop, number) == PAID_ONCE
            await assert_books_are_right(shop)


def key_voided(shop: Shop, number: str) -> list[dict[str, Any]]:
    lines = shop.stack.journal("payment", "key_voided")
    return [line for line in lines if line["key"].startswith(number)]


@contextmanager
def second_worker(stack: Stack) -> Iterator[psutil.Process]:
    words = [sys.executable, "-m", "orderloom", "worker"]
    process = subprocess.Popen(
        ["setpriv", "--pdeathsig", "TERM", *words],
        env={HOME_VARIABLE: str(stack.home.path), "PATH": "/usr/bin:/bin"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    yield psutil.Process(process.pid)
    process.terminate()
    process.wait(15)
