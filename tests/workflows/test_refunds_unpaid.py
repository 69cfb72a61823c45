"""Refunds of what has not been paid, or not yet: cash that no carrier has collected, and captures
that failed and that finance has not decided. Who never paid gets nothing back, and owes nothing for
what never came.
"""

from typing import Any

import pytest

from adapters.postgres.auditing.auditor import audit_books
from domain.acts import ActKind
from domain.commands import CommandKind as C
from domain.errors import LimitExceeded, StepRefused
from domain.order import LineUnits, PaymentMethod
from domain.payments import PaymentOperation
from ports.front_office import RequestedLine

GOODWILL = ActKind.GOODWILL_GRANT


async def test_goodwill_is_of_cash_that_was_collected_and_what_never_came_is_owed_by_nobody(
    shop: Any,
) -> None:
    number, first, second = await two_parcels_with_cash(shop)
    for amount in (1, 999):  # both are on their way, and nothing has been paid
        with pytest.raises(LimitExceeded, match="not within the 0 that is left"):
            await shop.act_as(shop.finance, GOODWILL, number, amount=amount)
    await shop.arrive(first)
    await shop.until(lambda: _arrived(shop, number, first))
    parcel = (await shop.view(number)).parcels[first]
    with pytest.raises(LimitExceeded):
        await shop.act_as(shop.finance, GOODWILL, number, amount=parcel.amount + 1)
    await shop.act_as(shop.finance, GOODWILL, number, amount=parcel.amount)
    await ended(shop, f"{number}-R1", "OUT-1")

    back = await returned(shop, number, parcel.units_of(1))
    assert await refunds(shop) == {f"{number}-R1": parcel.amount, back: 0}
    lost = await shop.command(shop.agent, C.PARCEL_LOST, number, target=second, reason="searched")
    assert lost == ""
    await ended(shop, f"{number}-R3")

    balances = await shop.balances(number)
    assert {name: amount for name, amount in balances.items() if abs(amount) > 1} == {
        "cod_clearing": parcel.amount, "bank": -parcel.amount
    }  # fmt: skip
    assert balances.keys() <= {"cod_clearing", "bank", "rounding", "goodwill"}
    found = {each.id: each.violations for each in await audit_books(shop.engine)}
    assert {name: rows for name, rows in found.items() if name[0] == "M" and rows} == {}


async def test_who_has_not_paid_is_refunded_when_finance_has_said_what_is_owed(shop: Any) -> None:
    """Nobody knows until then what the refund is to be taken off."""
    number = await shop.place(payment_source="tok_capture_fails", customer_ref="C-1")
    parcel = f"{number}-F1"
    await shop.carry(parcel)
    await shop.until_status(number, "COMPLETED")
    with pytest.raises(StepRefused, match="retry it, or leave it as a receivable, first"):
        await shop.act_as(shop.finance, GOODWILL, number, amount=500, store_credit=500)
    rma = await returned(shop, number, 3, store_credit=9_999)
    assert sorted(await shop.tasks()) == [
        ("a second person has to approve the refund", "finance"),
        ("capture failed: capture_failed", "finance"),
    ]
    approve = C.RETURN_APPROVE_REFUND
    assert await shop.command(shop.finance, approve, rma, reason="") == "STEP_REFUSED"
    assert "store_credit" not in await shop.balances(number)

    leave = C.LEAVE_RECEIVABLE
    assert await shop.command(shop.finance, leave, number, target=parcel, reason="call") == ""
    assert await shop.command(shop.finance, approve, rma, reason="") == ""
    await ended(shop, rma)
    balances = await shop.balances(number)
    assert balances["receivable"] == 2600 - 1400
    assert balances.keys() <= {"receivable", "revenue", "tax"}
    assert shop.provider.moved(PaymentOperation.REFUND) == []


async def two_parcels_with_cash(shop: Any) -> tuple[str, str, str]:
    """Three cups for 26.99, on their way from two places."""
    await shop.run("UPDATE stock SET on_hand = 1, opening = 1 WHERE sku = 'CUP'")
    await shop.run(
        "UPDATE stock SET on_hand = 2, opening = 2 WHERE sku = 'CUP' AND location = 'AUS'"
    )
    number = await shop.place(
        payment_method=PaymentMethod.CASH_ON_DELIVERY,
        payment_source="",
        lines=(RequestedLine("CUP", 3, 900, 1),),
        shipping=0,
    )
    parcels = f"{number}-F1", f"{number}-F2"
    for parcel in parcels:
        await shop.until_submitted(parcel)
        await shop.ship(parcel)

    async def booked() -> bool:
        return all(parcel.booked for parcel in (await shop.view(number)).parcels.values())

    await shop.until(booked)
    return number, *parcels


async def returned(shop: Any, number: str, quantity: int, **more: Any) -> str:
    """Units of the first line, as good as new."""
    sku = (await shop.view(number)).order.line(1).sku
    rma: str = await shop.commands.request_return(
        shop.agent, f"return-{quantity}", number, [LineUnits(1, sku, quantity)], "changed_mind"
    )
    await shop.desk.start_return(rma)
    await shop.until(lambda: _status(shop, rma, "APPROVED"))
    assert await shop.command(shop.keeper, C.RETURN_RECEIVE, rma, location="NYC") == ""
    units = [{"line": 1, "quantity": quantity, "disposition": "restock"}]
    assert await shop.command(shop.keeper, C.RETURN_INSPECT, rma, units=units, **more) == ""
    return rma


async def ended(shop: Any, rma: str, reference: str = "") -> None:
    """Transferred by finance, where a bank's reference is given."""
    await shop.desk.start_return(rma)
    if reference:
        transfer = C.RETURN_TRANSFER_REFUND
        assert await shop.command(shop.finance, transfer, rma, reference=reference) == ""
    await shop.env.client.get_workflow_handle(f"return/{rma}").result()


async def refunds(shop: Any) -> dict[str, int]:
    found = await shop.rows("SELECT number, (view->>'refund')::int FROM return_order")
    return {number: amount for number, amount in found}  # noqa: C416 - rows of two


async def _arrived(shop: Any, number: str, parcel: str) -> bool:
    return bool((await shop.view(number)).parcels[parcel].arrival_booked)


async def _status(shop: Any, rma: str, status: str) -> bool:
    rows = await shop.rows("SELECT status FROM return_order WHERE number = :n", n=rma)
    return bool(rows == [(status,)])
