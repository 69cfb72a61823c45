"""Payment at the provider: declines, the cardholder's confirmation, and outcomes not heard."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from activities.messages import PaymentCall, Step
from domain.commands import CommandKind
from domain.facts import Fact, FactKind
from domain.payments import PaymentOperation


async def test_a_declined_customer_may_pay_otherwise(shop: Any) -> None:
    number = await shop.place(payment_source="tok_declined")
    await shop.until_held(number, "payment")

    assert await shop.command(shop.agent, CommandKind.RETRY_PAYMENT, number, source="tok_ok") == ""

    await shop.until_submitted(f"{number}-F1")
    keys = sorted(shop.provider.effects)
    assert keys == [f"{number}/authorize/1", f"{number}/authorize/2"]
    assert shop.provider.moved(PaymentOperation.AUTHORIZE) == [2600]


async def test_a_command_is_decided_by_the_books_while_the_process_waits_for_an_answer(
    shop: Any,
) -> None:
    """Another attempt of the step has booked the decline; the process has not heard of it."""
    perform = shop.provider.perform
    answered, heard = asyncio.Event(), asyncio.Event()

    async def slowly(request: Any) -> Any:
        answer = await perform(request)
        answered.set()
        await heard.wait()
        return answer

    shop.provider.perform = slowly
    number = await shop.place(payment_source="tok_declined")
    await answered.wait()
    shop.provider.perform = perform
    step = Step(number, "authorize/1", 2)
    await shop.payments.perform(PaymentCall(step, PaymentOperation.AUTHORIZE, 1, 2600))

    done = await shop.command(shop.agent, CommandKind.RETRY_PAYMENT, number, source="tok_ok")
    heard.set()

    assert done == ""
    await shop.until_submitted(f"{number}-F1")
    assert shop.provider.moved(PaymentOperation.AUTHORIZE) == [2600]


async def test_a_decline_left_alone_expires_and_gives_the_stock_back(shop: Any) -> None:
    number = await shop.place(payment_source="tok_declined")
    await shop.until_held(number, "payment")
    assert await shop.stock() == {("TEA", "NYC"): (10, 3), ("CUP", "NYC"): (10, 1)}

    await shop.env.sleep(timedelta(hours=25))

    assert (await shop.handle(number).result())["status"] == "EXPIRED"
    assert await shop.stock() == {}
    assert shop.provider.moved(PaymentOperation.AUTHORIZE) == []


async def test_the_cardholder_confirms_and_the_order_goes_on(shop: Any) -> None:
    number = await shop.place(payment_source="tok_requires_action")
    await shop.until(lambda: _payment_waits(shop, number))
    waits = (await shop.live(number)).waits
    assert [(w.owner, w.queued) for w in waits if w.key.startswith("payment/")] == [
        ("customer", False)
    ]

    key = f"{number}/authorize/1"
    shop.provider.passed.add(key)
    await shop.tell(key, FactKind.PAYMENT_AUTHORIZED)

    await shop.until_submitted(f"{number}-F1")
    assert list(shop.provider.effects) == [key]


async def test_a_confirmation_that_never_comes_expires_the_order(shop: Any) -> None:
    number = await shop.place(payment_source="tok_requires_action")
    await shop.until(lambda: _payment_waits(shop, number))

    await shop.env.sleep(timedelta(hours=1))

    assert (await shop.handle(number).result())["status"] == "EXPIRED"
    assert await shop.stock() == {}
    assert shop.provider.moved(PaymentOperation.VOID) == [2600]


async def test_a_webhook_alone_is_not_believed(shop: Any) -> None:
    number = await shop.place(payment_source="tok_requires_action")
    await shop.until(lambda: _payment_waits(shop, number))

    await shop.tell(f"{number}/authorize/1", FactKind.PAYMENT_AUTHORIZED)
    await shop.env.sleep(timedelta(minutes=1))

    assert (await shop.view(number)).parcels[f"{number}-F1"].status == "OPEN"
    assert shop.warehouse.parcels == {}


@pytest.mark.parametrize("weather", [["lost"], ["down"], ["down", "lost"], ["lost", "down"]])
async def test_an_answer_not_heard_never_charges_twice(shop: Any, weather: list[str]) -> None:
    shop.provider.weather = list(weather)
    number = await shop.place()
    await shop.carry(f"{number}-F1")
    await shop.until_status(number, "COMPLETED")

    assert shop.provider.moved(PaymentOperation.AUTHORIZE) == [2600]
    assert shop.provider.moved(PaymentOperation.CAPTURE) == [2600]
    rows = await shop.rows(
        "SELECT operation, status, reason FROM payment_transaction ORDER BY created_at"
    )
    assert [row for row in rows if row[1] == "SUCCEEDED"] == [
        ("authorize", "SUCCEEDED", ""),
        ("capture", "SUCCEEDED", ""),
    ]
    assert {row[2] for row in rows if row[1] == "FAILED"} <= {"no_effect"}


async def test_while_the_provider_refuses_our_key_nobody_is_declined_and_staff_hears_of_it(
    shop: Any,
) -> None:
    shop.provider.refuses_our_key = True
    number = await shop.place()
    await shop.env.sleep(timedelta(minutes=20))
    assert shop.provider.refused > 2
    view = await shop.view(number)
    assert (view.status, view.holds, view.payments) == ("PROCESSING", {}, {})
    failures = (await shop.handle(number).describe()).raw_description.pending_activities
    assert [each.last_failure.message for each in failures] == [
        "the payment provider refuses our key"
    ]
    await shop.env.sleep(timedelta(minutes=20))
    assert await shop.tasks() == [("the payment has to be authorized", "agent")]

    shop.provider.refuses_our_key = False
    await shop.carry(f"{number}-F1")
    await shop.until_status(number, "COMPLETED")
    assert list(shop.provider.effects) == [f"{number}/authorize/1", f"{number}-F1/capture/1"]
    assert shop.provider.moved(PaymentOperation.AUTHORIZE) == [2600]
    rows = await shop.rows("SELECT DISTINCT status, reason FROM payment_transaction")
    assert rows == [("SUCCEEDED", "")]


async def test_a_capture_whose_key_is_refused_is_waited_for_after_the_parcel_has_arrived(
    shop: Any,
) -> None:
    shop.process = replace(shop.process, task_within=600.0)
    number = await shop.place()
    parcel = f"{number}-F1"
    await shop.until_submitted(parcel)
    shop.provider.refuses_our_key = True
    await shop.ship(parcel)
    await shop.arrive(parcel)
    await shop.until(lambda: _is_refused(shop))
    waits = (await shop.live(number)).waits
    assert [(wait.key, wait.owner) for wait in waits] == [
        (f"payment/{parcel}/capture", "payment provider")
    ]
    await shop.env.sleep(timedelta(minutes=12))
    view = await shop.view(number)
    assert (view.status, list(view.payments)) == ("PROCESSING", [f"{number}/authorize/1"])
    assert await shop.tasks() == [("the payment of the parcel has to be captured", "agent")]

    shop.provider.refuses_our_key = False
    await shop.until_status(number, "COMPLETED")
    assert shop.provider.moved(PaymentOperation.CAPTURE) == [2600]
    assert (await shop.tasks()) == []


async def test_a_capture_that_fails_after_shipping_becomes_a_receivable_and_a_task(
    shop: Any,
) -> None:
    number = await shop.place(payment_source="tok_capture_fails")
    parcel = f"{number}-F1"
    await shop.carry(parcel)
    await shop.until_status(number, "COMPLETED")

    assert await shop.tasks() == [("capture failed: capture_failed", "finance")]
    assert (await shop.balances(number))["receivable"] == 2600

    await shop.env.sleep(timedelta(days=40))  # the return window closes nothing that is owed
    assert (await shop.view(number)).status == "COMPLETED"
    done = await shop.command(
        shop.finance, CommandKind.LEAVE_RECEIVABLE, number, target=parcel, reason="by letter"
    )
    assert done == ""
    assert (await shop.handle(number).result())["status"] == "CLOSED"
    assert shop.provider.moved(PaymentOperation.CAPTURE) == []


async def test_a_failed_capture_can_be_tried_again(shop: Any) -> None:
    number = await shop.place(payment_source="tok_capture_fails")
    parcel = f"{number}-F1"
    await shop.carry(parcel)
    await shop.until_status(number, "COMPLETED")
    async with shop.engine.begin() as connection:
        from sqlalchemy import text

        await connection.execute(text("UPDATE payment_source SET source = 'tok_ok'"))

    again = await shop.command(shop.finance, CommandKind.RETRY_CAPTURE, number, target=parcel)
    assert again == ""

    async def captured() -> bool:
        return shop.provider.moved(PaymentOperation.CAPTURE) == [2600]

    await shop.until(captured)
    await shop.env.sleep(timedelta(days=31))
    assert (await shop.handle(number).result())["status"] == "CLOSED"
    assert "receivable" not in await shop.balances(number)


async def test_what_an_authorization_that_is_gone_could_not_pay_is_tried_again_by_another(
    shop: Any,
) -> None:
    number = await shop.place()
    parcel = f"{number}-F1"
    await shop.until_submitted(parcel)
    shop.provider.voided.add(f"pay_{number}/authorize/1")  # by its bank
    await shop.carry(parcel)
    await shop.until_status(number, "COMPLETED")
    assert await shop.tasks() == [("capture failed: not_authorized", "finance")]

    again = await shop.command(shop.finance, CommandKind.RETRY_CAPTURE, number, target=parcel)
    assert again == ""

    async def captured() -> bool:
        return shop.provider.moved(PaymentOperation.CAPTURE) == [2600]

    await shop.until(captured)
    assert shop.provider.moved(PaymentOperation.AUTHORIZE) == [2600, 2600]
    await shop.env.sleep(timedelta(days=31))
    assert (await shop.handle(number).result())["status"] == "CLOSED"
    assert await shop.tasks() == []


async def _is_refused(shop: Any) -> bool:
    return bool(shop.provider.refused)


async def _payment_waits(shop: Any, number: str) -> bool:
    payments = (await shop.view(number)).payments.values()
    return any(payment.status == "REQUIRES_ACTION" for payment in payments)


async def test_a_confirmation_that_is_told_before_the_answer_comes_is_not_missed(
    shop: Any,
) -> None:
    """The webhook beats the answer of the call: the order must not wait for news that came."""
    perform = shop.provider.perform

    async def told_first(request: Any) -> Any:
        answer = await perform(request)
        shop.provider.passed.add(request.key)
        fact = Fact("test:early", FactKind.PAYMENT_AUTHORIZED, request.key, await shop.now())
        await shop.desk.tell(request.key.partition("/")[0], fact)
        return answer

    shop.provider.perform = told_first
    number = await shop.place(payment_source="tok_requires_action")

    await shop.until_submitted(f"{number}-F1")

    assert list(shop.provider.effects) == [f"{number}/authorize/1"]
