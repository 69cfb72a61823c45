"""Paid by card: what is given back, taken in advance, and told."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from domain.commands import CommandKind
from domain.facts import FactKind
from domain.payments import PaymentOperation as Op
from domain.payments import PaymentStatus
from domain.process import PaymentTiming
from ports.front_office import RequestedLine


async def test_a_void_that_is_refused_for_good_is_finances_to_end_after_the_order_has_ended(
    shop: Any,
) -> None:
    shop.provider.source = "tok_requires_action"
    number = await shop.place()
    key = f"{number}/void/1"
    await shop.until_payment(number, f"{number}/authorize/1")
    shop.provider.source = "tok_void_fails"
    assert await shop.command(shop.agent, CommandKind.CANCEL, number) == ""
    await shop.until_payment(number, key)
    assert (await shop.view(number)).status == "CANCELED"
    assert await shop.tasks() == [("void failed: void_failed", "finance")]

    await shop.env.sleep(timedelta(days=2))  # it does not go away by itself
    assert [owner for _, owner in await shop.tasks()] == ["supervisor"]
    retry = CommandKind.RETRY_OPERATION
    assert await shop.command(shop.agent, retry, number, target=key) == "FORBIDDEN"
    assert await shop.command(shop.finance, retry, number, target=key) == ""
    second = f"{number}/void/2"
    await shop.until_payment(number, second)
    leave = CommandKind.LEAVE_OPERATION
    left = await shop.command(shop.finance, leave, number, target=second, reason="it lapses")
    assert left == ""

    assert (await shop.handle(number).result())["status"] == "CANCELED"
    assert await shop.tasks() == []
    assert [key for key in shop.provider.effects if "/void/" in key] == [key, second]
    assert shop.provider.moved(Op.VOID) == []


async def test_a_deposit_whose_refund_is_refused_for_good_is_transferred_by_finance(
    shop: Any,
) -> None:
    shop.process = replace(shop.process, payment_timing=PaymentTiming.PLACEMENT)
    shop.provider.source = "tok_refund_fails"
    number = await _cancel_right_after(shop, Op.CAPTURE)
    key = f"{number}/refund/1"
    await shop.until_payment(number, key)
    leave = CommandKind.LEAVE_OPERATION
    assert await shop.command(shop.finance, leave, number, target=key, reason="by bank") == ""
    assert (await shop.handle(number).result())["status"] == "CANCELED"
    assert await shop.balances(number) == {"provider_clearing": 2600, "refunds_payable": -2600}

    rma = f"{number}-R1"
    await shop.relay()
    await shop.until(lambda: _queued(shop, "the refund has to be transferred to the customer"))
    transfer = CommandKind.RETURN_TRANSFER_REFUND
    assert await shop.command(shop.finance, transfer, rma, reference="OUT-1") == ""
    assert await shop.balances(number) == {"provider_clearing": 2600, "bank": -2600}
    assert shop.provider.moved(Op.REFUND) == []


async def test_paid_in_advance_is_captured_once_and_used_up_by_what_is_shipped(shop: Any) -> None:
    shop.process = replace(shop.process, payment_timing=PaymentTiming.PLACEMENT)
    number = await shop.place()
    await shop.until_submitted(f"{number}-F1")
    assert shop.provider.moved(Op.CAPTURE) == [2600]
    assert await shop.balances(number) == {"provider_clearing": 2600, "deposits": -2600}

    await shop.carry(f"{number}-F1")
    await shop.until_status(number, "COMPLETED")
    assert list(shop.provider.effects) == [f"{number}/authorize/1", f"{number}/capture/1"]
    balances = await shop.balances(number)
    assert "deposits" not in balances
    assert "receivable" not in balances
    assert balances["provider_clearing"] == 2600


async def test_a_canceled_order_that_was_paid_in_advance_is_refunded_once(shop: Any) -> None:
    shop.process = replace(shop.process, payment_timing=PaymentTiming.PLACEMENT)
    number = await _canceled_right_after(shop, Op.CAPTURE)
    assert shop.provider.moved(Op.CAPTURE) == [2600]
    assert shop.provider.moved(Op.REFUND) == [2600]
    assert shop.provider.moved(Op.VOID) == []
    assert await shop.balances(number) == {}
    assert (await shop.reads.order(shop.agent, number)).summary.payment_status == "REFUNDED"


@pytest.mark.parametrize(
    ("weather", "taken", "given_back", "freed"),
    [("lost", [2600], [2600], []), ("down", [], [], [2600])],
)
async def test_a_cancel_waits_while_a_capture_is_unknown_and_is_decided_by_the_answer(
    shop: Any, weather: str, taken: list[int], given_back: list[int], freed: list[int]
) -> None:
    """Captured after all: refunded. Not captured: voided."""
    shop.process = replace(shop.process, payment_timing=PaymentTiming.PLACEMENT)
    shop.provider.weather = ["fair", weather]
    inquire, may_answer = shop.provider.inquire, asyncio.Event()

    async def slowly(request: Any) -> Any:
        await may_answer.wait()
        return await inquire(request)

    shop.provider.inquire = slowly
    number = await shop.place()
    await shop.until_payment(number, f"{number}/capture/1")
    cancel = asyncio.create_task(_cancel(shop, number))
    await asyncio.sleep(1)
    assert not cancel.done()
    assert (await shop.view(number)).status == "PROCESSING"

    may_answer.set()
    assert await cancel == ""
    assert (await shop.handle(number).result())["status"] == "CANCELED"
    assert shop.provider.moved(Op.CAPTURE) == taken
    assert shop.provider.moved(Op.REFUND) == given_back
    assert shop.provider.moved(Op.VOID) == freed
    assert await shop.balances(number) == {}


async def test_a_capture_in_advance_that_fails_waits_for_another_card(shop: Any) -> None:
    shop.process = replace(shop.process, payment_timing=PaymentTiming.PLACEMENT)
    number = await shop.place(payment_source="tok_capture_fails")
    await shop.until_held(number, "payment")
    assert shop.warehouse.parcels == {}

    paid = await shop.command(shop.agent, CommandKind.RETRY_PAYMENT, number, source="tok_ok")
    assert paid == ""
    await shop.until_submitted(f"{number}-F1")
    assert shop.provider.moved(Op.AUTHORIZE) == [2600, 2600]
    assert shop.provider.moved(Op.VOID) == [2600]
    assert shop.provider.moved(Op.CAPTURE) == [2600]


async def test_a_void_that_failed_stays_finances_though_that_of_another_card_was_done(
    shop: Any,
) -> None:
    """Neither the second card's void hides it, nor does the order close before it is decided."""
    shop.process = replace(shop.process, payment_timing=PaymentTiming.PLACEMENT)
    number = await shop.place()
    _refuse(shop, *(f"{number}/{what}" for what in ("capture/1", "void/1", "capture/2")))
    failed = f"{number}/void/1"
    for again in (1, 2):
        await shop.until_held(number, "payment")
        await shop.until_payment(number, f"{number}/void/{again}")
        paid = await shop.command(shop.agent, CommandKind.RETRY_PAYMENT, number, source="tok_ok")
        assert paid == ""
    await shop.carry(f"{number}-F1")
    await shop.until_status(number, "COMPLETED")
    moved = [key.removeprefix(number) for key in shop.provider.effects]
    steps = (f"/{what}/{n}" for n in (1, 2, 3) for what in ("authorize", "capture", "void"))
    assert moved == list(steps)[:-1]
    assert shop.provider.moved(Op.CAPTURE) == shop.provider.moved(Op.VOID) == [2600]
    assert await shop.tasks() == [("void failed: refused", "finance")]

    await shop.env.sleep(timedelta(days=40))
    assert (await shop.view(number)).status == "COMPLETED"
    left = await shop.command(
        shop.finance, CommandKind.LEAVE_OPERATION, number, target=failed, reason="it lapsed"
    )
    assert left == ""
    assert (await shop.handle(number).result())["status"] == "CLOSED"
    assert await shop.tasks() == []


@pytest.mark.parametrize(("currency", "total"), [("JPY", 3801), ("KWD", 3801)])
async def test_currencies_without_and_with_three_decimals_add_up_from_order_to_refund(
    shop: Any, currency: str, total: int
) -> None:
    """Twelve units for 3,500, split over two shipments, and shipping: in the smallest units."""
    await shop.run(
        "INSERT INTO price (sku, currency, unit_price)"
        " VALUES ('CUP', 'JPY', 292), ('CUP', 'KWD', 292)"
    )
    number = await shop.place(
        currency=currency, lines=(RequestedLine("CUP", 12, 292, 4),), shipping=301
    )
    for n in (1, 2):
        await shop.carry(f"{number}-F{n}")
    view = await shop.until_status(number, "COMPLETED")
    assert view.order.total == total
    assert sum(shop.provider.moved(Op.CAPTURE)) == total
    assert {request.currency for request in shop.provider.effects.values()} == {currency}
    balances = await shop.balances(number)
    assert balances["provider_clearing"] == total
    assert balances["revenue"] + balances.get("tax", 0) == -total
    assert "receivable" not in balances


async def test_what_is_told_of_payments_twice_late_and_in_any_order_changes_nothing(
    shop: Any,
) -> None:
    number = await shop.place()
    parcel = f"{number}-F1"
    told = [
        (f"{parcel}/capture/1", FactKind.PAYMENT_CAPTURED),
        (f"{number}/authorize/1", FactKind.PAYMENT_AUTHORIZED),
    ]
    await shop.until_submitted(parcel)
    early = [await shop.tell(*each) for each in told]  # the capture before it was asked for
    await shop.carry(parcel)
    await shop.until_status(number, "COMPLETED")
    for fact in (*early, *early):
        await shop.tell_again(fact)
    late = [await shop.tell(*each) for each in told]
    await shop.env.sleep(timedelta(days=31))
    assert (await shop.handle(number).result())["status"] == "CLOSED"
    for fact in late:
        await shop.tell_again(fact)
    assert list(shop.provider.effects) == [f"{number}/authorize/1", f"{parcel}/capture/1"]
    assert shop.provider.moved(Op.CAPTURE) == [2600]
    quarantined = "SELECT subject FROM fact WHERE quarantined IS NOT NULL"
    assert await shop.rows(quarantined) == [(f"{parcel}/capture/1",)]  # told before it was ours


async def test_a_payment_told_while_the_order_completes_neither_stops_nor_moves_it(
    shop: Any,
) -> None:
    """The webhook of the capture races with the last parcel's arrival."""
    number = await shop.place()
    parcel = f"{number}-F1"
    await shop.until_submitted(parcel)
    await shop.ship(parcel)
    await asyncio.gather(
        shop.arrive(parcel), shop.tell(f"{parcel}/capture/1", FactKind.PAYMENT_CAPTURED)
    )
    await shop.until_status(number, "COMPLETED")
    await shop.env.sleep(timedelta(days=31))
    assert (await shop.handle(number).result())["status"] == "CLOSED"
    assert shop.provider.moved(Op.CAPTURE) == [2600]


async def _queued(shop: Any, reason: str) -> bool:
    return reason in [why for why, _ in await shop.tasks()]


def _refuse(shop: Any, *keys: str) -> None:
    """The provider says no to these operations."""
    perform = shop.provider.perform

    async def refuses(request: Any) -> Any:
        answer = await perform(request)
        if request.key in keys:
            answer = replace(answer, status=PaymentStatus.FAILED, reason="refused")
            shop.provider.answers[request.key] = answer
        return answer

    shop.provider.perform = refuses


async def _canceled_right_after(shop: Any, operation: Op) -> str:
    """As below, and to its end."""
    number = await _cancel_right_after(shop, operation)
    assert (await shop.handle(number).result())["status"] == "CANCELED"
    return number


async def _cancel_right_after(shop: Any, operation: Op) -> str:
    """Canceled while the answer of an operation is on its way back."""
    perform = shop.provider.perform
    tasks: list[asyncio.Task[str]] = []

    async def cancels(request: Any) -> Any:
        answer = await perform(request)
        if request.operation is operation and not tasks:
            tasks.append(asyncio.create_task(_cancel(shop, request.key.partition("/")[0])))
            await asyncio.sleep(0.5)
        return answer

    shop.provider.perform = cancels
    number: str = await shop.place()
    await shop.until(lambda: _stopped(shop, number))
    assert await tasks[0] == ""
    return number


async def _cancel(shop: Any, number: str) -> str:
    outcome: str = await shop.command(shop.agent, CommandKind.CANCEL, number)
    return outcome


async def _stopped(shop: Any, number: str) -> bool:
    return (await shop.view(number)).status == "CANCELED"
