"""Asking for returns, under the order's lock."""

import asyncio
from typing import Any

import pytest

from domain import journal as j
from domain.errors import BadQuantity, Forbidden, KeyConflict, LimitExceeded, NotFound, StepRefused
from domain.order import LineUnits


async def delivered(shop: Any) -> str:
    order: str = (await shop.place()).number
    await shop.deliver(order)
    return order


async def ask(shop: Any, order: str, units: int = 1, key: str = "k", by: Any = None) -> str:
    number: str = await shop.commands.request_return(
        by or shop.customer(order), key, order, [LineUnits(1, "TEA", units)], "too strong"
    )
    return number


async def test_a_return_exists_as_soon_as_it_is_allowed(shop: Any) -> None:
    order = await delivered(shop)
    rma = await ask(shop, order, 2)
    assert rma == f"{order}-R1"
    detail = await shop.reads.order(shop.agent, order)
    assert [(r.number, r.status, r.refund, r.lines) for r in detail.returns] == [
        (rma, "REQUESTED", 1000, [{"line": 1, "sku": "TEA", "quantity": 2}])
    ]
    assert await shop.rows(
        "SELECT subject, seq, by, kind FROM journal WHERE subject = :rma", rma=rma
    ) == [(rma, 1, f"customer:{order}", "ReturnRequested")]
    assert await shop.rows("SELECT event_id, subject FROM outbox WHERE kind = 'return.start'") == [
        (f"return/{rma}/start", rma)
    ]
    assert await shop.rows("SELECT status, outcome FROM command WHERE key = 'k'") == [
        ("DONE", {"result": {"return": rma}})
    ]
    assert await shop.rows("SELECT principal, act, subject, reason, outcome FROM audit") == [
        (f"customer:{order}", "return_request", order, "too strong", "DONE")
    ]


async def test_the_same_key_and_body_are_the_same_return(shop: Any) -> None:
    order = await delivered(shop)
    assert await ask(shop, order) == await ask(shop, order)
    assert await shop.count("return_order") == 1
    assert await shop.count("audit") == 1
    with pytest.raises(KeyConflict):
        await ask(shop, order, 2)


async def test_two_partial_returns_racing_past_the_limit_leave_one_refused(shop: Any) -> None:
    order = await delivered(shop)
    outcomes = await asyncio.gather(
        *(ask(shop, order, 2, key=f"k{n}") for n in range(2)), return_exceptions=True
    )
    refused = [outcome for outcome in outcomes if isinstance(outcome, LimitExceeded)]
    assert [refusal.message for refusal in refused] == ["line 1: 2 units asked, 1 can be returned"]
    assert await shop.count("return_order") == 1
    assert sorted(await shop.rows("SELECT outcome FROM audit")) == [("DONE",), ("REFUSED",)]


async def test_partial_refund_estimates_add_up_to_the_line(shop: Any) -> None:
    order = (await shop.place(lines=(shop.request.lines[0], shop.request.lines[1]))).number
    await shop.deliver(order)
    first, second = await ask(shop, order, 1, "k1"), await ask(shop, order, 2, "k2")
    detail = await shop.reads.order(shop.agent, order)
    assert {r.number: r.refund for r in detail.returns} == {first: 500, second: 1000}


async def test_a_refused_request_is_refused_again_under_its_key(shop: Any) -> None:
    order = await delivered(shop)
    for _ in range(2):
        with pytest.raises(LimitExceeded, match="4 units asked, 3 can be returned"):
            await ask(shop, order, 4)
    assert await shop.count("return_order") == 0
    assert await shop.rows("SELECT outcome FROM audit") == [("REFUSED",)]


async def test_a_declined_return_frees_its_units(shop: Any) -> None:
    order = await delivered(shop)
    await ask(shop, order, 3, "k1")
    with pytest.raises(LimitExceeded):
        await ask(shop, order, 1, "k2")
    await shop.run("UPDATE return_order SET status = 'DECLINED'")
    assert await ask(shop, order, 3, "k3") == f"{order}-R2"


async def test_nothing_is_returned_before_delivery(shop: Any) -> None:
    order = (await shop.place()).number
    with pytest.raises(StepRefused, match="RECEIVED takes no return"):
        await ask(shop, order)
    await shop.source(order)
    with pytest.raises(LimitExceeded):
        await ask(shop, order, key="k2")


async def test_nothing_is_returned_after_the_window_has_closed(shop: Any) -> None:
    order = await delivered(shop)
    await shop.run("UPDATE journal SET at = at - interval '31 days'")
    with pytest.raises(StepRefused, match="return window closed"):
        await ask(shop, order)
    await shop.journal(order, j.Closed())
    with pytest.raises(StepRefused, match="CLOSED takes no return"):
        await ask(shop, order, key="k2")


async def test_who_may_not_see_or_ask_gets_nothing_and_leaves_nothing(shop: Any) -> None:
    order = await delivered(shop)
    with pytest.raises(NotFound):
        await ask(shop, order, by=shop.customer("7K3M-9QXT-2AVB"))
    with pytest.raises(NotFound):
        await ask(shop, "no-such-order", by=shop.agent)
    for principal in (shop.warehouse, shop.developer):
        with pytest.raises(Forbidden):
            await ask(shop, order, by=principal)
    assert await shop.count("return_order") == 0
    assert await shop.rows("SELECT kind FROM command") == [("place",)]


@pytest.mark.parametrize(
    ("line", "refusal"),
    [(LineUnits(9, "TEA", 1), LimitExceeded), (LineUnits(1, "TEA", 0), BadQuantity)],
)
async def test_what_is_no_unit_of_the_order_is_refused(
    shop: Any, line: LineUnits, refusal: type[Exception]
) -> None:
    order = await delivered(shop)
    with pytest.raises(refusal):
        await shop.commands.request_return(shop.agent, "k", order, [line], "why")
    with pytest.raises(StepRefused, match="at least one line"):
        await shop.commands.request_return(shop.agent, "k2", order, [], "why")
