"""A workflow that was lost begins anew from the books: what had been asked of the provider is
brought to its end under its own key, whoever asked for it.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from domain.acts import ActKind
from domain.commands import CommandKind
from domain.order import PaymentMethod
from domain.payments import PaymentOperation as Op
from domain.payments import PaymentStatus
from domain.process import AuthorizationScope, PaymentTiming
from ports.front_office import RequestedLine
from ports.payment_book import PaymentRow

OPEN = "SELECT key, status FROM payment_transaction WHERE status NOT IN ('SUCCEEDED', 'FAILED')"


@asynccontextmanager
async def under_way(shop: Any, operation: Op, *, happens: bool) -> AsyncIterator[asyncio.Event]:
    """Whoever asks the provider for an operation is lost: it happens or not, and nobody hears."""
    perform, asked, over = shop.provider.perform, asyncio.Event(), asyncio.Event()

    async def lost(request: Any) -> Any:
        if request.operation is not operation or over.is_set():
            return await perform(request)
        if happens:
            await perform(request)
        asked.set()
        await over.wait()
        raise RuntimeError("its worker died")

    shop.provider.perform = lost
    yield asked
    over.set()


async def lose(shop: Any, number: str) -> None:
    await shop.handle(number).terminate()


@pytest.mark.parametrize("happens", [True, False])
async def test_a_capture_under_way_when_its_order_was_canceled_and_lost_is_refunded(
    shop: Any, happens: bool
) -> None:
    shop.process = replace(shop.process, payment_timing=PaymentTiming.PLACEMENT)
    async with under_way(shop, Op.CAPTURE, happens=happens) as asked:
        number = await shop.place()
        await asyncio.wait_for(asked.wait(), 60)
        assert await shop.command(shop.agent, CommandKind.CANCEL, number) == ""
        assert await shop.rows(OPEN) == [(f"{number}/capture/1", "REQUESTED")]
        await lose(shop, number)
    await shop.desk.start_order(number, "web")

    assert (await shop.handle(number).result())["status"] == "CANCELED"
    assert await shop.rows(OPEN) == []
    assert shop.provider.moved(Op.CAPTURE) == shop.provider.moved(Op.REFUND)
    assert shop.provider.moved(Op.CAPTURE) == ([2600] if happens else [])
    assert shop.provider.moved(Op.VOID) == ([] if happens else [2600])
    assert await shop.balances(number) == {}


async def test_a_lost_order_goes_on_with_the_payment_that_was_under_way(shop: Any) -> None:
    async with under_way(shop, Op.AUTHORIZE, happens=True) as asked:
        number = await shop.place()
        await asyncio.wait_for(asked.wait(), 60)
        await lose(shop, number)
    await shop.desk.start_order(number, "web")
    await shop.until_submitted(f"{number}-F1")
    assert list(shop.provider.effects) == [f"{number}/authorize/1"]
    assert await shop.rows(OPEN) == []


async def test_a_capture_that_had_no_effect_yet_is_made_by_the_order_that_begins_anew(
    shop: Any,
) -> None:
    shop.provider.closed = {Op.CAPTURE}
    number = await shop.place()
    await shop.carry(f"{number}-F1")
    await shop.env.sleep(timedelta(hours=2.2))
    await lose(shop, number)
    shop.provider.closed = set()
    await shop.desk.start_order(number, "web")
    await shop.until_status(number, "COMPLETED")
    assert shop.provider.moved(Op.CAPTURE) == [2600]
    await shop.env.sleep(timedelta(days=31))
    assert (await shop.handle(number).result())["status"] == "CLOSED"


async def test_what_was_begun_for_a_parcel_that_is_none_any_more_is_given_back(shop: Any) -> None:
    """By an attempt that was lost with its process; the parcel comes from elsewhere."""
    shop.process = replace(shop.process, authorization_scope=AuthorizationScope.PARCEL)
    async with under_way(shop, Op.AUTHORIZE, happens=True) as asked:
        number = await shop.place()
        first, second = f"{number}-F1", f"{number}-F2"
        await asyncio.wait_for(asked.wait(), 60)
        override = CommandKind.OVERRIDE_SOURCE
        body = {"target": first, "location": "AUS", "reason": "nearer"}
        assert await shop.command(shop.supervisor, override, number, **body) == ""
        await lose(shop, number)
    await shop.desk.start_order(number, "web")
    await shop.carry(second)
    await shop.until_status(number, "COMPLETED")
    done = [f"{first}/authorize/1", f"{first}/void/1", f"{second}/authorize/1"]
    assert sorted(shop.provider.effects) == sorted([*done, f"{second}/capture/1"])
    assert await shop.rows(OPEN) == []


async def test_what_another_left_behind_when_the_order_ended_comes_to_its_end(shop: Any) -> None:
    """The order had begun anew before that was written."""
    number = await shop.place(payment_source="tok_declined")
    await shop.until_held(number, "payment")
    key = f"{number}-F1/authorize/1"
    row = PaymentRow(key, number, number, Op.AUTHORIZE, 1, PaymentStatus.REQUESTED, 2600, "USD",
                     f"{number}-F1")  # fmt: skip
    await shop.begin(row)

    assert await shop.command(shop.agent, CommandKind.CANCEL, number) == ""
    assert (await shop.handle(number).result())["status"] == "CANCELED"
    assert await shop.rows(OPEN) == []
    reasons = "SELECT reason FROM payment_transaction WHERE key = :k"
    assert await shop.rows(reasons, k=key) == [("no_effect",)]


async def test_a_refund_under_way_when_its_return_was_lost_is_paid_once(shop: Any) -> None:
    number = await shop.place()
    await shop.carry(f"{number}-F1")
    await shop.until_status(number, "COMPLETED")
    rma = f"{number}-R1"
    async with under_way(shop, Op.REFUND, happens=True) as asked:
        await shop.act_as(shop.finance, ActKind.GOODWILL_GRANT, number, amount=500)
        await asyncio.wait_for(asked.wait(), 60)
        handle = shop.env.client.get_workflow_handle(f"return/{rma}")
        await handle.terminate()
    await shop.desk.start_return(rma)
    assert (await handle.result())["status"] == "COMPLETED"
    assert shop.provider.moved(Op.REFUND) == [500]
    assert await shop.rows(OPEN) == []


async def test_an_order_of_which_the_channel_took_nothing_says_so_once_however_often_it_begins(
    shop: Any,
) -> None:
    number = await shop.place(
        lines=(RequestedLine("TEA", 1, 500, 500),),
        shipping=0,
        payment_method=PaymentMethod.PAID_AT_CHANNEL,
        payment_source="CH-1",
    )
    for _ in range(2):
        await shop.until_submitted(f"{number}-F1")
        await lose(shop, number)
        await shop.desk.start_order(number, "web")
    await shop.carry(f"{number}-F1")
    await shop.until_status(number, "COMPLETED")
    registered = "SELECT data->'amount' FROM journal WHERE kind = 'PaymentRegistered'"
    assert await shop.rows(registered) == [(0,)]


async def test_an_authorization_that_is_given_up_unconfirmed_is_settled_with_its_void(
    shop: Any,
) -> None:
    number = await shop.place(payment_source="tok_requires_action")

    async def challenged() -> bool:
        return await shop.rows(OPEN) == [(f"{number}/authorize/1", "REQUIRES_ACTION")]

    await shop.until(challenged)
    assert await shop.command(shop.agent, CommandKind.CANCEL, number) == ""
    assert (await shop.handle(number).result())["status"] == "CANCELED"
    assert await shop.rows(OPEN) == []
    assert await shop.payment_status(number) == "VOIDED"
    assert await shop.tasks() == []
