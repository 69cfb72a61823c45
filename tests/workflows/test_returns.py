"""Returns: asked for, approved, received, inspected per unit, refunded; the ledger follows."""

from datetime import timedelta
from typing import Any

import pytest

from domain.access import Principal, Role
from domain.commands import CommandKind
from domain.errors import LimitExceeded, StepRefused
from domain.order import LineUnits, PaymentMethod
from domain.payments import PaymentOperation

TWO_TEA = (LineUnits(1, "TEA", 2),)


async def test_a_return_restocks_scraps_and_refunds_unit_by_unit(shop: Any) -> None:
    number = await _delivered(shop)
    rma = await _request(shop, number, TWO_TEA)
    await _status(shop, rma, "APPROVED")  # small: approved by policy

    assert await _act(shop, shop.keeper, CommandKind.RETURN_RECEIVE, rma, location="NYC") == ""
    units = [
        {"line": 1, "quantity": 1, "disposition": "restock"},
        {"line": 1, "quantity": 1, "disposition": "scrap"},
    ]
    assert await _act(shop, shop.keeper, CommandKind.RETURN_INSPECT, rma, units=units) == ""
    await _status(shop, rma, "COMPLETED")

    # Two of three units of a line worth 1400.
    assert shop.provider.moved(PaymentOperation.REFUND) == [933]
    assert (await shop.stock())["TEA", "NYC"] == (8, 0)  # of two units one is sellable again
    balances = await shop.balances(number)
    assert balances["provider_clearing"] == 2600 - 933
    assert "refunds_payable" not in balances
    acts = await shop.rows("SELECT principal, act FROM audit ORDER BY id")
    assert acts == [
        ("ana", "return_request"),
        ("will", "return_receive"),
        ("will", "return_inspect"),
    ]


async def test_goods_come_back_to_a_location_that_there_is(shop: Any) -> None:
    number = await _delivered(shop)
    rma = await _request(shop, number, TWO_TEA)
    await _status(shop, rma, "APPROVED")

    for nowhere in ("NOPE", ""):
        refused = await _act(shop, shop.keeper, CommandKind.RETURN_RECEIVE, rma, location=nowhere)
        assert refused == "NOT_FOUND"

    assert await _act(shop, shop.keeper, CommandKind.RETURN_RECEIVE, rma, location="NYC") == ""


@pytest.mark.parametrize("quantity", [0, -1])
async def test_no_unit_is_inspected_that_is_none(shop: Any, quantity: int) -> None:
    number = await _delivered(shop)
    rma = await _request(shop, number, TWO_TEA)
    await _status(shop, rma, "APPROVED")
    assert await _act(shop, shop.keeper, CommandKind.RETURN_RECEIVE, rma, location="NYC") == ""

    units = [
        {"line": 1, "quantity": 2, "disposition": "restock"},
        {"line": 1, "quantity": quantity, "disposition": "scrap"},
    ]
    refused = await _act(shop, shop.keeper, CommandKind.RETURN_INSPECT, rma, units=units)

    assert refused == "BAD_QUANTITY"
    assert shop.provider.moved(PaymentOperation.REFUND) == []


async def test_a_large_return_waits_for_an_agent(shop: Any) -> None:
    shop.process = _process(return_auto_approve_max=100)
    number = await _delivered(shop)
    rma = await _request(shop, number, TWO_TEA)
    await shop.env.sleep(timedelta(minutes=1))
    assert await shop.tasks() == [("an agent has to decide the return", "agent")]

    assert await _act(shop, shop.agent, CommandKind.RETURN_DECLINE, rma, reason="worn") == ""

    await _status(shop, rma, "DECLINED")
    assert shop.provider.moved(PaymentOperation.REFUND) == []
    again = await _request(shop, number, TWO_TEA)  # declined units may be asked for again
    assert again == f"{number}-R2"


async def test_units_the_customer_kept_are_neither_restocked_nor_refunded(shop: Any) -> None:
    number = await _delivered(shop)
    rma = await _request(shop, number, TWO_TEA)
    await _status(shop, rma, "APPROVED")

    lines = [{"line": 1, "quantity": 1}]
    received = await _act(
        shop, shop.keeper, CommandKind.RETURN_RECEIVE, rma, lines=lines, location="NYC"
    )
    assert received == ""
    two = [{"line": 1, "quantity": 2, "disposition": "restock"}]
    assert await _act(shop, shop.keeper, CommandKind.RETURN_INSPECT, rma, units=two) == (
        "LIMIT_EXCEEDED"
    )
    one = [{"line": 1, "quantity": 1, "disposition": "restock"}]
    assert await _act(shop, shop.keeper, CommandKind.RETURN_INSPECT, rma, units=one) == ""
    await _status(shop, rma, "COMPLETED")

    assert shop.provider.moved(PaymentOperation.REFUND) == [467]
    assert (await shop.stock())["TEA", "NYC"] == (8, 0)


async def test_more_than_was_delivered_cannot_be_returned(shop: Any) -> None:
    number = await _delivered(shop)
    await _request(shop, number, TWO_TEA)
    with pytest.raises(LimitExceeded):
        await _request(shop, number, TWO_TEA)
    with pytest.raises(LimitExceeded):
        await _request(shop, number, (LineUnits(9, "TEA", 1),))


async def test_an_order_on_its_way_cannot_be_returned(shop: Any) -> None:
    number = await shop.place()
    await shop.until_submitted(f"{number}-F1")
    with pytest.raises((StepRefused, LimitExceeded)):
        await _request(shop, number, TWO_TEA)


async def test_goods_that_never_come_back_expire_the_return(shop: Any) -> None:
    number = await _delivered(shop)
    rma = await _request(shop, number, TWO_TEA)
    await _status(shop, rma, "APPROVED")

    await shop.env.sleep(timedelta(days=22))

    await _status(shop, rma, "EXPIRED")
    assert shop.provider.moved(PaymentOperation.REFUND) == []


async def test_a_return_may_outlive_its_order(shop: Any) -> None:
    number = await _delivered(shop)
    await shop.env.sleep(timedelta(days=29))
    rma = await _request(shop, number, TWO_TEA)
    await shop.env.sleep(timedelta(days=2))
    assert (await shop.handle(number).result())["status"] == "CLOSED"

    await _act(shop, shop.keeper, CommandKind.RETURN_RECEIVE, rma, location="NYC")
    units = [{"line": 1, "quantity": 2, "disposition": "quarantine"}]
    assert await _act(shop, shop.keeper, CommandKind.RETURN_INSPECT, rma, units=units) == ""
    await _status(shop, rma, "COMPLETED")
    assert shop.provider.moved(PaymentOperation.REFUND) == [933]


async def test_a_refund_at_the_channel_is_booked_and_not_paid_by_us(shop: Any) -> None:
    number = await _delivered(
        shop, payment_method=PaymentMethod.PAID_AT_CHANNEL, payment_source="CH-1"
    )
    rma = await _request(shop, number, TWO_TEA)
    await _status(shop, rma, "APPROVED")
    await _act(shop, shop.keeper, CommandKind.RETURN_RECEIVE, rma, location="NYC")
    units = [{"line": 1, "quantity": 2, "disposition": "restock"}]
    await _act(shop, shop.keeper, CommandKind.RETURN_INSPECT, rma, units=units)
    await _status(shop, rma, "COMPLETED")

    assert shop.provider.effects == {}
    assert (await shop.balances(number))["channel_clearing"] == 2600 - 933


async def test_a_refund_whose_answer_was_lost_is_paid_once(shop: Any) -> None:
    number = await _delivered(shop)
    rma = await _request(shop, number, TWO_TEA)
    await _status(shop, rma, "APPROVED")
    await _act(shop, shop.keeper, CommandKind.RETURN_RECEIVE, rma, location="NYC")
    shop.provider.weather = ["lost"]
    units = [{"line": 1, "quantity": 2, "disposition": "restock"}]
    await _act(shop, shop.keeper, CommandKind.RETURN_INSPECT, rma, units=units)
    await _status(shop, rma, "COMPLETED")

    assert shop.provider.moved(PaymentOperation.REFUND) == [933]


async def test_a_customer_returns_only_from_the_own_order(shop: Any) -> None:
    from domain.errors import NotFound

    number = await _delivered(shop)
    stranger = Principal("customer:other", frozenset({Role.CUSTOMER}), "OTHER")
    with pytest.raises(NotFound):
        await shop.commands.request_return(stranger, "k", number, TWO_TEA, "worn")


def _process(**changes: Any) -> Any:
    from dataclasses import replace

    from domain.process import ProcessDefinition

    return replace(ProcessDefinition(), **changes)


async def _delivered(shop: Any, **changes: Any) -> str:
    number = await shop.place(**changes)
    await shop.carry(f"{number}-F1")
    await shop.until_status(number, "COMPLETED")
    return str(number)


async def _request(shop: Any, number: str, lines: tuple[LineUnits, ...]) -> str:
    shop._facts += 1
    key = f"return-{shop._facts}"
    rma = await shop.commands.request_return(shop.agent, key, number, lines, "does not fit")
    await shop.desk.start_return(rma)
    return str(rma)


async def _act(shop: Any, who: Principal, kind: CommandKind, rma: str, **body: Any) -> str:
    return str(await shop.command(who, kind, rma, **body))


async def _status(shop: Any, rma: str, status: str) -> None:
    async def reached() -> bool:
        rows = await shop.rows("SELECT status FROM return_order WHERE number = :n", n=rma)
        return rows == [(status,)]

    await shop.until(reached)
