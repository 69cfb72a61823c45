"""Chargebacks in the life of an order: nothing is charged anew, nothing is paid back twice, and the
books say what the provider's say.
"""

from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from adapters.postgres.auditing.money_checks import MONEY_CHECKS
from domain.acts import ActKind
from domain.commands import CommandKind
from domain.facts import FactKind
from domain.order import LineUnits
from domain.payments import PaymentOperation as Op
from domain.payments import PaymentStatus
from domain.process import PaymentTiming
from ports.desk import NoSuchProcess
from ports.front_office import RequestedLine

TEA = LineUnits(1, "TEA", 3)  # 14.00 of 26.00 USD


async def delivered(shop: Any, **more: Any) -> str:
    number: str = await shop.place(customer_ref="C-1", **more)
    await shop.carry(f"{number}-F1")
    await shop.until_status(number, "COMPLETED")
    return number


async def bank(shop: Any, kind: FactKind, capture: str, amount: int, dispute: str = "dp_1") -> None:
    """It takes back, or gives back; an order that has ended hears nothing of it."""
    with suppress(NoSuchProcess):
        await shop.tell(
            capture, kind, amount=amount, dispute=dispute, currency="USD", code="fraudulent"
        )


async def taken(shop: Any, capture: str, amount: int) -> None:
    await bank(shop, FactKind.CHARGED_BACK, capture, amount)


async def given(shop: Any, capture: str, amount: int) -> None:
    await bank(shop, FactKind.CHARGEBACK_REVERSED, capture, amount)


async def broken_rules(shop: Any) -> list[Any]:
    async with shop.engine.connect() as connection:
        found = [(check.id, await check.find(connection, 0)) for check in MONEY_CHECKS]
    return [each for each in found if each[1]]


async def left(shop: Any, number: str) -> dict[str, int]:
    """Balances, but for what was sold."""
    balances = await shop.balances(number)
    return {name: balances[name] for name in balances if name not in ("revenue", "tax")}


async def returned(shop: Any, number: str) -> str:
    rma: str = await shop.commands.request_return(shop.agent, "back", number, [TEA], "why")
    await shop.desk.start_return(rma)

    async def approved() -> bool:
        found = await shop.rows("SELECT status FROM return_order WHERE number = :r", r=rma)
        return bool(found == [("APPROVED",)])

    await shop.until(approved)
    units = [{"line": 1, "quantity": 3, "disposition": "restock"}]
    receive, inspect = CommandKind.RETURN_RECEIVE, CommandKind.RETURN_INSPECT
    assert await shop.command(shop.keeper, receive, rma, location="NYC") == ""
    assert await shop.command(shop.keeper, inspect, rma, units=units) == ""
    return rma


async def end(shop: Any, rma: str) -> None:
    await shop.env.client.get_workflow_handle(f"return/{rma}").result()


async def test_an_order_that_is_still_open_hears_of_it_and_goes_its_way(shop: Any) -> None:
    number = await delivered(shop)
    await taken(shop, f"{number}-F1/capture/1", 2600)
    live = await shop.live(number)
    assert live.payment_status == "CHARGED_BACK" == await shop.payment_status(number)
    assert await left(shop, number) == {"receivable": 2600}
    assert [owner for reason, owner in await shop.tasks() if "charged back" in reason] == [
        "finance"
    ]

    await shop.env.sleep(timedelta(days=31))
    assert (await shop.handle(number).result())["status"] == "CLOSED"
    assert await shop.rows("SELECT handled_by IS NULL, quarantined FROM fact WHERE kind = :k",
                           k=FactKind.CHARGED_BACK) == [(False, None)]  # fmt: skip
    assert list(shop.provider.effects) == [f"{number}/authorize/1", f"{number}-F1/capture/1"]
    assert await broken_rules(shop) == []


async def test_goods_that_come_back_after_a_chargeback_are_netted_and_not_paid_for_twice(
    shop: Any,
) -> None:
    number = await delivered(shop)
    await taken(shop, f"{number}-F1/capture/1", 1000)
    await end(shop, await returned(shop, number))
    assert shop.provider.moved(Op.REFUND) == [400]
    assert await left(shop, number) == {"provider_clearing": 1200}
    assert await broken_rules(shop) == []

    await given(shop, f"{number}-F1/capture/1", 1000)  # the dispute is won after all
    await shop.relay()
    await end(shop, f"{number}-R2")
    assert shop.provider.moved(Op.REFUND) == [400, 1000]
    assert await left(shop, number) == {"provider_clearing": 1200}
    assert await broken_rules(shop) == []


async def test_goods_that_come_back_after_the_loss_was_accepted_lessen_the_loss(shop: Any) -> None:
    number = await delivered(shop)
    capture = f"{number}-F1/capture/1"
    await taken(shop, capture, 2600)
    accept = ActKind.CHARGEBACK_ACCEPT
    await shop.act_as(shop.finance, accept, f"{capture}/chargeback/dp_1")
    assert await left(shop, number) == {"bad_debt": 2600}
    await end(shop, await returned(shop, number))
    assert shop.provider.moved(Op.REFUND) == []
    assert await left(shop, number) == {"bad_debt": 1200}
    assert await broken_rules(shop) == []


async def test_a_refund_that_a_chargeback_has_overtaken_is_not_paid_a_second_time(
    shop: Any,
) -> None:
    """Granted to the card, and refused by the provider, since the bank has the money already."""
    number = await delivered(shop)
    capture = f"{number}-F1/capture/1"
    shop.provider.source = "tok_refund_fails"
    rma = await returned(shop, number)

    async def failed() -> bool:
        found = await shop.rows("SELECT status FROM payment_transaction WHERE operation = 'refund'")
        return bool(found == [("FAILED",)])

    await shop.until(failed)
    await taken(shop, capture, 2600)
    by_hand = CommandKind.RETURN_TRANSFER_REFUND
    assert await shop.command(shop.finance, by_hand, rma, reference="B-1") == "STEP_REFUSED"
    assert await shop.command(shop.finance, CommandKind.RETURN_RETRY_REFUND, rma) == ""
    await end(shop, rma)
    assert shop.provider.moved(Op.REFUND) == []
    assert await left(shop, number) == {"receivable": 1200}
    assert await broken_rules(shop) == []


ALL = 2700  # three cups that are to come in five days, paid in advance


async def backordered(shop: Any) -> str:
    """Captured, and not handed to a warehouse: it can still be canceled."""
    shop.process = replace(shop.process, payment_timing=PaymentTiming.PLACEMENT)
    day = (await shop.now() + timedelta(days=5)).date().isoformat()
    for location in ("NYC", "AUS"):
        await shop.act(ActKind.STOCK_COUNT, "CUP", location=location, counted=0)
    await shop.act(ActKind.SUPPLY_EXPECT, "CUP", location="NYC", reference="PO-1", quantity=5,
                   available_on=day)  # fmt: skip
    number: str = await shop.place(lines=(RequestedLine("CUP", 3, 900),), shipping=0)

    async def captured() -> bool:
        return bool(shop.provider.moved(Op.CAPTURE) == [ALL])

    await shop.until(captured)
    return number


@pytest.mark.parametrize("amount", [1000, ALL])
async def test_a_deposit_that_the_bank_took_is_not_refunded_when_the_order_is_canceled(
    shop: Any, amount: int
) -> None:
    number = await backordered(shop)
    await taken(shop, f"{number}/capture/1", amount)
    rest = {"provider_clearing": ALL - amount} if amount < ALL else {}
    assert await left(shop, number) == {"deposits": -ALL, "receivable": amount, **rest}
    assert await shop.command(shop.agent, CommandKind.CANCEL, number) == ""
    assert (await shop.handle(number).result())["status"] == "CANCELED"
    assert shop.provider.moved(Op.REFUND) == ([ALL - amount] if rest else [])
    assert await left(shop, number) == {}
    assert await broken_rules(shop) == []

    await given(shop, f"{number}/capture/1", amount)
    await shop.relay()
    await end(shop, f"{number}-R1")
    assert sum(shop.provider.moved(Op.REFUND)) == ALL
    assert await left(shop, number) == {}
    assert await broken_rules(shop) == []


async def test_a_deposit_that_came_back_before_the_order_was_canceled_is_refunded_whole(
    shop: Any,
) -> None:
    number = await backordered(shop)
    await taken(shop, f"{number}/capture/1", 1000)
    await given(shop, f"{number}/capture/1", 1000)
    assert await shop.command(shop.agent, CommandKind.CANCEL, number) == ""
    await shop.relay()
    await end(shop, f"{number}-R1")
    assert (await shop.handle(number).result())["status"] == "CANCELED"
    assert sorted(shop.provider.moved(Op.REFUND)) == [1000, ALL - 1000]
    assert await left(shop, number) == {}
    assert await broken_rules(shop) == []


async def test_what_is_charged_back_after_the_order_was_canceled_is_settled_with_its_deposit(
    shop: Any,
) -> None:
    """The refund has failed, and the bank has taken the money instead."""
    number = await backordered(shop)
    failing = f"{number}/refund/1"
    perform = shop.provider.perform

    async def refuses(request: Any) -> Any:
        answer = await perform(request)
        if request.key == failing:
            answer = replace(answer, status=PaymentStatus.FAILED, reason="card_closed")
            shop.provider.answers[request.key] = answer
        return answer

    shop.provider.perform = refuses
    assert await shop.command(shop.agent, CommandKind.CANCEL, number) == ""

    async def failed() -> bool:
        return failing in (await shop.view(number)).payments

    await shop.until(failed)
    assert await left(shop, number) == {"provider_clearing": ALL, "deposits": -ALL}
    await taken(shop, f"{number}/capture/1", ALL)
    assert await left(shop, number) == {}
    leave = CommandKind.LEAVE_OPERATION
    done = await shop.command(shop.finance, leave, number, target=failing, reason="the bank did")
    assert done == ""
    assert (await shop.handle(number).result())["status"] == "CANCELED"
    assert shop.provider.moved(Op.REFUND) == []
    assert await broken_rules(shop) == []


async def test_a_parcel_paid_in_advance_and_charged_back_is_not_charged_anew_when_it_is_sent(
    shop: Any,
) -> None:
    shop.process = replace(shop.process, payment_timing=PaymentTiming.PLACEMENT)
    number = await shop.place()
    await shop.until_submitted(f"{number}-F1")
    await taken(shop, f"{number}/capture/1", 2600)
    await shop.carry(f"{number}-F1")
    await shop.until_status(number, "COMPLETED")
    assert list(shop.provider.effects) == [f"{number}/authorize/1", f"{number}/capture/1"]
    assert await left(shop, number) == {"receivable": 2600}
    await shop.env.sleep(timedelta(days=31))
    assert (await shop.handle(number).result())["status"] == "CLOSED"
    assert await broken_rules(shop) == []
