"""A provider that takes no orders for a while and answers questions proves of every attempt at once
that it had no effect: it is asked for anew after pauses that grow, and somebody hears of it.
"""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from domain.acts import ActKind
from domain.commands import CommandKind
from domain.payments import PaymentOperation as Op
from domain.process import PaymentTiming

PLACEMENT = PaymentTiming.PLACEMENT
TWO_DAYS = 2 * 86_400.0


async def test_a_capture_that_is_refused_for_days_is_made_once_and_escalates_once(
    shop: Any,
) -> None:
    shop.process = replace(shop.process, task_within=TWO_DAYS)
    shop.provider.closed = {Op.CAPTURE}
    number = await shop.place()
    parcel = f"{number}-F1"
    await shop.carry(parcel)
    key = f"payment/{parcel}/capture/1/outcome"
    await shop.env.sleep(timedelta(hours=30))
    [wait] = (await shop.live(number)).waits
    assert (wait.key, wait.owner, wait.queued) == (key, "payment provider", False)
    assert await shop.tasks() == []

    await shop.env.sleep(timedelta(hours=42))
    [task] = await shop.tasks()
    assert task == ("capture has had no effect so far, and is asked for anew", "agent")
    assert (await shop.view(number)).status == "PROCESSING"
    shop.provider.closed = set()
    await shop.env.sleep(timedelta(hours=1.1))

    await shop.until_status(number, "COMPLETED")
    assert shop.provider.moved(Op.CAPTURE) == [2600]
    assert [row[0] for row in await _escalated(shop)] == [key]
    assert await shop.tasks() == []
    assert 75 <= await _attempts(shop, Op.CAPTURE) <= 85
    history = await shop.handle(number).fetch_history()
    assert len(history.events) < 85 * 12 + 100


async def test_a_cancel_in_such_weather_is_decided_at_once(shop: Any) -> None:
    shop.provider.closed = {Op.AUTHORIZE}
    number = await shop.place()
    await shop.env.sleep(timedelta(hours=2.2))
    key = f"payment/{number}/authorize/1/outcome"
    assert [wait.key for wait in (await shop.live(number)).waits] == [key]
    assert await shop.payment_status(number) == "NONE"
    asked = await _attempts(shop, Op.AUTHORIZE)
    assert 9 <= asked <= 13

    assert await shop.command(shop.agent, CommandKind.CANCEL, number) == ""
    assert (await shop.handle(number).result())["status"] == "CANCELED"
    assert shop.provider.effects == {}
    assert await _attempts(shop, Op.AUTHORIZE) == asked
    assert await shop.stock() == {}


async def test_what_is_paid_in_advance_is_captured_once_when_the_weather_is_fair(shop: Any) -> None:
    shop.process = replace(shop.process, payment_timing=PLACEMENT)
    shop.provider.closed = {Op.CAPTURE}
    number = await shop.place()
    await shop.env.sleep(timedelta(hours=2.2))
    key = f"payment/{number}/capture/1/outcome"
    assert key in [wait.key for wait in (await shop.live(number)).waits]
    assert shop.warehouse.parcels == {}
    shop.provider.closed = set()
    await shop.env.sleep(timedelta(hours=1.1))
    await shop.until_submitted(f"{number}-F1")
    assert shop.provider.moved(Op.CAPTURE) == [2600]
    assert shop.provider.moved(Op.VOID) == []


async def _canceled(shop: Any) -> str:
    """What was promised is to be given back."""
    number: str = await shop.place(payment_source="tok_requires_action")
    await shop.until(lambda: _has(shop, f"{number}/authorize/1"))
    assert await shop.command(shop.agent, CommandKind.CANCEL, number) == ""
    return number


async def _canceled_and_paid(shop: Any) -> str:
    """What was paid is to be refunded. Units to come keep it from being sent."""
    shop.process = replace(shop.process, payment_timing=PLACEMENT)
    day = (await shop.now() + timedelta(days=5)).date().isoformat()
    await shop.run("UPDATE stock SET on_hand = 0, opening = 0")
    for sku in ("TEA", "CUP"):
        await shop.act(ActKind.SUPPLY_EXPECT, sku, location="NYC", reference=f"PO-{sku}",
                       quantity=5, available_on=day)  # fmt: skip
    number: str = await shop.place()
    await shop.until(lambda: _has(shop, f"{number}/capture/1"))
    assert await shop.command(shop.agent, CommandKind.CANCEL, number) == ""
    return number


async def _goodwill(shop: Any) -> str:
    number: str = await shop.place()
    await shop.carry(f"{number}-F1")
    await shop.until_status(number, "COMPLETED")
    await shop.act_as(shop.finance, ActKind.GOODWILL_GRANT, number, amount=500)
    return number


@pytest.mark.parametrize(
    ("begin", "operation", "amount"),
    [
        (_canceled, Op.VOID, 2600),
        (_canceled_and_paid, Op.REFUND, 2600),
        (_goodwill, Op.REFUND, 500),
    ],
)
async def test_what_is_to_be_given_back_is_given_back_once_when_the_weather_is_fair(
    shop: Any, begin: Callable[[Any], Awaitable[str]], operation: Op, amount: int
) -> None:
    shop.process = replace(shop.process, task_within=7200.0)
    shop.provider.closed = {operation}
    number = await begin(shop)
    await shop.env.sleep(timedelta(hours=2.2))
    assert 9 <= await _attempts(shop, operation) <= 13
    assert shop.provider.moved(operation) == []
    [(wait, level)] = await _escalated(shop)
    assert (wait in ("refund", f"payment/{number}/{operation}/1/outcome"), level) == (True, 1)
    assert len(await shop.tasks()) == 1

    shop.provider.closed = set()
    await shop.env.sleep(timedelta(hours=1.1))
    assert shop.provider.moved(operation) == [amount]
    assert await shop.tasks() == []


async def _attempts(shop: Any, operation: Op) -> int:
    """Operations that were asked for, each under a key of its own."""
    count = "SELECT count(*) FROM payment_transaction WHERE operation = :o"
    [(number,)] = await shop.rows(count, o=operation.value)
    return int(number)


async def _escalated(shop: Any) -> list[tuple[str, int]]:
    found: list[tuple[str, int]] = await shop.rows(
        "SELECT data->>'wait', (data->>'level')::int FROM journal WHERE kind = 'Escalated'"
        " ORDER BY at, seq"
    )
    return found


async def _has(shop: Any, key: str) -> bool:
    query = "SELECT 1 FROM payment_transaction WHERE key = :k AND status <> 'REQUESTED'"
    return bool(await shop.rows(query, k=key))
