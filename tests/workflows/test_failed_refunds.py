"""Refunds that fail after they had succeeded, in the life of orders and returns: the customer is
owed them once more, and nothing goes before finance has said how.
"""

import asyncio
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from adapters.postgres.auditing.auditor import audit_books
from domain.acts import ActKind
from domain.commands import CommandKind
from domain.facts import FactKind
from domain.payments import PaymentOperation as Op
from domain.process import PaymentTiming
from ports.desk import NoSuchProcess
from ports.front_office import RequestedLine
from ports.outside import OutcomeUnknown
from workflows.rma import ReturnWorkflow

WHY = "the refund failed: it has to be tried again, become store credit or be transferred"
RETRY, TRANSFER = CommandKind.RETURN_RETRY_REFUND, CommandKind.RETURN_TRANSFER_REFUND
PAID = 2600
GIVEN = 500


async def delivered(shop: Any) -> str:
    number: str = await shop.place(customer_ref="C-1")
    await shop.carry(f"{number}-F1")
    await shop.until_status(number, "COMPLETED")
    return number


async def refunded(shop: Any) -> str:
    """Delivered, and 5.00 given back for a broken cup."""
    number = await delivered(shop)
    await shop.act_as(shop.finance, ActKind.GOODWILL_GRANT, number, amount=GIVEN)
    await end(shop, f"{number}-R1")
    assert shop.provider.moved(Op.REFUND) == [GIVEN]
    return number


async def fails(shop: Any, refund: str, amount: int = GIVEN) -> None:
    """The customer's bank does not take it, and the provider says so."""
    shop.provider.fail_refund(refund)
    await told(shop, refund, amount)
    await shop.relay()


async def told(shop: Any, refund: str, amount: int = GIVEN) -> None:
    about = {"amount": amount, "currency": "USD", "code": "account_closed"}
    with suppress(NoSuchProcess):  # an order that has ended hears nothing of it
        await shop.tell(refund, FactKind.REFUND_FAILED, **about)


async def look_again(shop: Any) -> None:
    await shop.run("UPDATE fact SET due_at = now() WHERE due_at IS NOT NULL")
    await shop.relay()


async def end(shop: Any, rma: str) -> None:
    await shop.env.client.get_workflow_handle(f"return/{rma}").result()


async def is_finances(shop: Any) -> None:
    async def stands() -> bool:
        return (WHY, "finance") in await shop.tasks()

    await shop.until(stands)


async def left(shop: Any, number: str) -> dict[str, int]:
    """Balances, but for what was sold."""
    balances = await shop.balances(number)
    return {name: balances[name] for name in balances if name not in ("revenue", "tax")}


async def holds(shop: Any) -> None:
    found = {each.id: each.violations for each in await audit_books(shop.engine)}
    checks = ("M1", "M2", "M3", "M3-settled", "M3-granted", "M3-owed", "M5", "A2-refunds")
    assert {check: found[check] for check in checks if found[check]} == {}


async def test_what_came_back_waits_for_finance_and_is_tried_again_when_it_says_so(
    shop: Any,
) -> None:
    number = await refunded(shop)
    await fails(shop, f"{number}-R1/refund/1")
    await is_finances(shop)
    assert await left(shop, number) == {
        "provider_clearing": PAID, "goodwill": GIVEN, "refunds_payable": -GIVEN,
    }  # fmt: skip
    assert await shop.payment_status(number) == "CAPTURED"
    await shop.env.sleep(timedelta(hours=2))
    assert shop.provider.moved(Op.REFUND) == []
    assert len(shop.provider.effects) == 3  # an authorization, a capture, the refund that failed
    await holds(shop)

    assert await shop.command(shop.finance, RETRY, f"{number}-R2") == ""
    await end(shop, f"{number}-R2")
    assert list(shop.provider.effects)[3:] == [f"{number}-R2/refund/1"]
    assert shop.provider.moved(Op.REFUND) == [GIVEN]
    assert await left(shop, number) == {"provider_clearing": PAID - GIVEN, "goodwill": GIVEN}
    assert await shop.payment_status(number) == "PARTIALLY_REFUNDED"
    reads = (await shop.reads.order(shop.agent, number)).returns
    assert [(each.kind, each.status, each.refund, each.refunded) for each in reads] == [
        ("goodwill", "COMPLETED", GIVEN, 0), ("refund_failed", "COMPLETED", GIVEN, GIVEN),
    ]  # fmt: skip
    await holds(shop)


async def test_finance_may_transfer_it_and_the_provider_is_asked_for_nothing(shop: Any) -> None:
    number = await refunded(shop)
    await fails(shop, f"{number}-R1/refund/1")
    await is_finances(shop)
    assert await shop.command(shop.finance, TRANSFER, f"{number}-R2", reference="OUT-1") == ""
    await end(shop, f"{number}-R2")
    assert shop.provider.moved(Op.REFUND) == []
    assert await left(shop, number) == {
        "provider_clearing": PAID, "goodwill": GIVEN, "bank": -GIVEN,
    }  # fmt: skip
    await holds(shop)


@pytest.mark.parametrize("credit", [200, 9_999])
async def test_it_may_become_store_credit_in_part_or_whole(shop: Any, credit: int) -> None:
    number = await refunded(shop)
    await fails(shop, f"{number}-R1/refund/1")
    await is_finances(shop)
    assert await shop.command(shop.finance, RETRY, f"{number}-R2", store_credit=credit) == ""
    await end(shop, f"{number}-R2")
    given, rest = min(credit, GIVEN), max(0, GIVEN - credit)
    assert shop.provider.moved(Op.REFUND) == ([rest] if rest else [])
    assert await left(shop, number) == {
        "provider_clearing": PAID - rest, "goodwill": GIVEN, "store_credit": -given,
    }  # fmt: skip
    await holds(shop)


async def test_an_order_that_is_closed_owes_it_all_the_same(shop: Any) -> None:
    number = await refunded(shop)
    await shop.env.sleep(timedelta(days=31))
    assert (await shop.handle(number).result())["status"] == "CLOSED"
    await fails(shop, f"{number}-R1/refund/1")
    await is_finances(shop)
    assert (await shop.view(number)).status == "CLOSED"
    assert await shop.command(shop.finance, RETRY, f"{number}-R2") == ""
    await end(shop, f"{number}-R2")
    assert await left(shop, number) == {"provider_clearing": PAID - GIVEN, "goodwill": GIVEN}
    await holds(shop)


async def test_an_attempt_that_fails_again_is_finances_again_at_once_or_later(shop: Any) -> None:
    number = await refunded(shop)
    await fails(shop, f"{number}-R1/refund/1")
    await is_finances(shop)
    shop.provider.source = "tok_refund_fails"
    assert await shop.command(shop.finance, RETRY, f"{number}-R2") == ""
    await is_finances(shop)
    shop.provider.source = ""
    assert await shop.command(shop.finance, RETRY, f"{number}-R2") == ""
    await end(shop, f"{number}-R2")
    await fails(shop, f"{number}-R2/refund/2")
    assert await shop.command(shop.finance, TRANSFER, f"{number}-R3", reference="OUT-1") == ""
    await end(shop, f"{number}-R3")
    assert list(shop.provider.effects)[3:] == [f"{number}-R2/refund/1", f"{number}-R2/refund/2"]
    assert shop.provider.moved(Op.REFUND) == []
    assert await left(shop, number) == {
        "provider_clearing": PAID, "goodwill": GIVEN, "bank": -GIVEN,
    }  # fmt: skip
    await holds(shop)


@pytest.mark.parametrize("heard", [True, False], ids=["answered as done", "inquired as failed"])
async def test_a_failure_that_beats_the_answer_ends_the_same(shop: Any, heard: bool) -> None:
    number = await delivered(shop)
    perform, first = shop.provider.perform, f"{number}-R1/refund/1"

    async def beaten(request: Any) -> Any:
        answer = await perform(request)
        if request.key == first and not await shop.rows("SELECT id FROM fact WHERE subject = :k",
                                                        k=first):  # fmt: skip
            shop.provider.fail_refund(first)
            await told(shop, first)
            assert (await shop.view(number)).failed_refunds == ()
            if not heard:
                raise OutcomeUnknown(first)
        return answer

    shop.provider.perform = beaten
    await shop.act_as(shop.finance, ActKind.GOODWILL_GRANT, number, amount=GIVEN)
    if heard:
        await end(shop, f"{number}-R1")
        await look_again(shop)
    await is_finances(shop)
    await look_again(shop)
    owed = f"{number}-R2" if heard else f"{number}-R1"
    assert await left(shop, number) == {
        "provider_clearing": PAID, "goodwill": GIVEN, "refunds_payable": -GIVEN,
    }  # fmt: skip
    assert await shop.rows("SELECT number FROM return_order WHERE status = 'GRANTED'") == [(owed,)]
    assert await shop.rows("SELECT quarantined FROM fact WHERE subject = :k", k=first) == [(None,)]
    assert await shop.command(shop.finance, RETRY, owed) == ""
    await end(shop, owed)
    assert shop.provider.moved(Op.REFUND) == [GIVEN]
    assert await left(shop, number) == {"provider_clearing": PAID - GIVEN, "goodwill": GIVEN}
    await holds(shop)


async def test_a_refund_that_waits_for_finance_waits_on_when_its_process_begins_anew(
    shop: Any,
) -> None:
    number = await refunded(shop)
    await fails(shop, f"{number}-R1/refund/1")
    await is_finances(shop)
    await shop.env.client.get_workflow_handle(f"return/{number}-R2").terminate()
    await shop.desk.start_return(f"{number}-R2")
    anew = shop.env.client.get_workflow_handle_for(ReturnWorkflow.run, f"return/{number}-R2")
    for _ in range(400):
        if await anew.query(ReturnWorkflow.status) == "GRANTED":
            break
        await asyncio.sleep(0.05)
    assert len(shop.provider.effects) == 3
    assert await shop.command(shop.finance, RETRY, f"{number}-R2") == ""
    await end(shop, f"{number}-R2")
    assert list(shop.provider.effects)[3:] == [f"{number}-R2/refund/1"]
    assert shop.provider.moved(Op.REFUND) == [GIVEN]


async def test_what_came_back_and_was_charged_back_meanwhile_is_netted_and_not_paid(
    shop: Any,
) -> None:
    number = await refunded(shop)
    await fails(shop, f"{number}-R1/refund/1")
    await is_finances(shop)
    with suppress(NoSuchProcess):
        await shop.tell(f"{number}-F1/capture/1", FactKind.CHARGED_BACK, amount=PAID,
                        dispute="dp_1", currency="USD")  # fmt: skip
    assert await shop.command(shop.finance, TRANSFER, f"{number}-R2", reference="B-1") == (
        "STEP_REFUSED"
    )
    assert await shop.command(shop.finance, RETRY, f"{number}-R2") == ""
    await end(shop, f"{number}-R2")
    assert shop.provider.moved(Op.REFUND) == []
    assert await left(shop, number) == {"receivable": PAID - GIVEN, "goodwill": GIVEN}
    await holds(shop)


DEPOSIT = 2700  # three cups that are to come, paid in advance


async def test_a_deposit_whose_refund_failed_is_owed_by_a_refund_of_its_own(shop: Any) -> None:
    shop.process = replace(shop.process, payment_timing=PaymentTiming.PLACEMENT)
    for location in ("NYC", "AUS"):
        await shop.act(ActKind.STOCK_COUNT, "CUP", location=location, counted=0)
    day = (await shop.now() + timedelta(days=5)).date().isoformat()
    await shop.act(ActKind.SUPPLY_EXPECT, "CUP", location="NYC", reference="PO-1", quantity=5,
                   available_on=day)  # fmt: skip
    number = await shop.place(lines=(RequestedLine("CUP", 3, 900),), shipping=0)

    async def captured() -> bool:
        return bool(shop.provider.moved(Op.CAPTURE) == [DEPOSIT])

    await shop.until(captured)
    assert await shop.command(shop.agent, CommandKind.CANCEL, number) == ""
    assert (await shop.handle(number).result())["status"] == "CANCELED"
    assert (await left(shop, number), await shop.payment_status(number)) == ({}, "REFUNDED")

    await fails(shop, f"{number}/refund/1", DEPOSIT)
    await is_finances(shop)
    owed = {"provider_clearing": DEPOSIT, "refunds_payable": -DEPOSIT}
    assert (await left(shop, number), await shop.payment_status(number)) == (owed, "CAPTURED")
    assert (await shop.view(number)).deposit == 0
    await holds(shop)
    assert await shop.command(shop.finance, RETRY, f"{number}-R1") == ""
    await end(shop, f"{number}-R1")
    assert shop.provider.moved(Op.REFUND) == [DEPOSIT]
    assert (await left(shop, number), await shop.payment_status(number)) == ({}, "REFUNDED")
    await holds(shop)
