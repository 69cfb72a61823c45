"""Parcels that never arrive: lost, or returned to sender. Nobody pays for what did not come."""

from datetime import timedelta
from typing import Any

import pytest

from domain.commands import CommandKind
from domain.errors import LimitExceeded
from domain.facts import FactKind
from domain.order import LineUnits, PaymentMethod
from domain.payments import PaymentOperation, PaymentStatus
from ports.front_office import RequestedLine

CASH, CARD = PaymentMethod.CASH_ON_DELIVERY, PaymentMethod.CARD
LOST, RETURNED = CommandKind.PARCEL_LOST, CommandKind.PARCEL_RETURNED
SOLD = {"revenue": -2574, "tax": -26}


async def test_a_lost_parcel_is_paid_back_with_its_shipping_and_credited(shop: Any) -> None:
    number, parcel = await _on_its_way(shop, CARD)
    await shop.tell(parcel, FactKind.LOST, tracking_number=f"1Z{parcel}")

    assert await shop.command(shop.agent, LOST, number, target=parcel, reason="searched") == ""
    await shop.until_status(number, "COMPLETED")
    await _returned(shop, number, "COMPLETED")

    assert shop.provider.moved(PaymentOperation.REFUND) == [2600]
    assert await shop.balances(number) == {}
    assert (await shop.stock())["TEA", "NYC"] == (7, 0)  # gone for good
    notes = await shop.rows(
        "SELECT sum(gross)::int FROM invoice_line JOIN invoice ON number = invoice"
        " WHERE kind = 'credit_note'"
    )
    assert notes == [(2600,)]
    assert (await shop.view(number)).parcels[parcel].status == "LOST"


async def test_cash_for_a_parcel_refused_at_the_door_is_owed_no_more_once_it_is_back(
    shop: Any,
) -> None:
    number, parcel = await _on_its_way(shop, CASH)
    assert await shop.command(shop.keeper, RETURNED, number, target=parcel, reason="refused") == ""
    await shop.until_status(number, "COMPLETED")
    rma = await _returned(shop, number, "APPROVED")
    assert await shop.balances(number) == {"receivable": 2600, **SOLD}
    assert await shop.tasks() == [("the parcel has to come back", "warehouse")]

    receive, inspect = CommandKind.RETURN_RECEIVE, CommandKind.RETURN_INSPECT
    assert await shop.command(shop.keeper, receive, rma, location="NYC") == ""
    units = [
        {"line": 1, "quantity": 3, "disposition": "restock"},
        {"line": 2, "quantity": 1, "disposition": "scrap"},
    ]
    assert await shop.command(shop.keeper, inspect, rma, units=units) == ""
    await _returned(shop, number, "COMPLETED")

    assert await shop.balances(number) == {}
    assert (await shop.stock())["CUP", "NYC"] == (9, 0)
    assert ("TEA", "NYC") not in await shop.stock()  # as it was
    assert await shop.payment_status(number) == "NONE"
    assert shop.provider.effects == {}


async def test_what_does_not_come_back_of_a_returned_parcel_is_refunded_all_the_same(
    shop: Any,
) -> None:
    number, parcel = await _on_its_way(shop, CARD)
    assert await shop.command(shop.agent, RETURNED, number, target=parcel, reason="refused") == ""
    rma = await _returned(shop, number, "APPROVED")
    lines = [{"line": 1, "quantity": 2}]
    receive, inspect = CommandKind.RETURN_RECEIVE, CommandKind.RETURN_INSPECT
    assert await shop.command(shop.keeper, receive, rma, location="AUS", lines=lines) == ""
    units = [{"line": 1, "quantity": 2, "disposition": "restock"}]
    assert await shop.command(shop.keeper, inspect, rma, units=units) == ""
    await _returned(shop, number, "COMPLETED")

    assert shop.provider.moved(PaymentOperation.REFUND) == [2600]
    assert (await shop.stock())["TEA", "AUS"] == (12, 0)
    assert await shop.balances(number) == {}


async def test_what_did_not_come_back_is_neither_asked_for_nor_received_later(shop: Any) -> None:
    """It is refunded already: once more would pay it twice."""
    number, parcel = await _on_its_way(shop, CARD)
    assert await shop.command(shop.agent, RETURNED, number, target=parcel, reason="refused") == ""
    rma = await _returned(shop, number, "APPROVED")
    receive, inspect = CommandKind.RETURN_RECEIVE, CommandKind.RETURN_INSPECT
    lines = [{"line": 1, "quantity": 2}]
    assert await shop.command(shop.keeper, receive, rma, location="AUS", lines=lines) == ""
    with pytest.raises(LimitExceeded, match="line 1: 1 units asked, 0 can be returned"):
        await shop.commands.request_return(
            shop.agent, "r-1", number, [LineUnits(1, "TEA", 1)], "found"
        )
    units = [{"line": 1, "quantity": 2, "disposition": "restock"}]
    assert await shop.command(shop.keeper, inspect, rma, units=units) == ""
    await _returned(shop, number, "COMPLETED")

    for line in (LineUnits(1, "TEA", 1), LineUnits(2, "CUP", 1)):
        with pytest.raises(LimitExceeded, match="1 units asked, 0 can be returned"):
            await shop.commands.request_return(shop.agent, f"r-{line}", number, [line], "found")
    late = [{"line": 1, "quantity": 1}]
    assert await shop.command(shop.keeper, receive, rma, location="AUS", lines=late) == (
        "STEP_REFUSED"
    )
    assert shop.provider.moved(PaymentOperation.REFUND) == [2600]
    assert (await shop.stock())["TEA", "AUS"] == (12, 0)


async def test_a_returned_parcel_that_never_comes_is_written_off(shop: Any) -> None:
    number, parcel = await _on_its_way(shop, CARD)
    assert await shop.command(shop.agent, RETURNED, number, target=parcel, reason="refused") == ""
    rma = await _returned(shop, number, "APPROVED")
    await shop.env.sleep(timedelta(days=22))
    assert ("the parcel has to come back", "supervisor") in await shop.tasks()  # it never expires

    cancel, write_off = CommandKind.RETURN_CANCEL, CommandKind.RETURN_WRITE_OFF
    assert await shop.command(shop.agent, cancel, rma, reason="no") == "STEP_REFUSED"
    assert await shop.command(shop.agent, write_off, rma, reason="gone") == ""
    await _returned(shop, number, "COMPLETED")
    assert shop.provider.moved(PaymentOperation.REFUND) == [2600]
    assert await shop.balances(number) == {}


async def test_of_two_parcels_with_cash_only_the_one_that_arrived_is_paid_to_the_cent(
    shop: Any,
) -> None:
    """Three units for 26.99 in two parcels: each is rounded by its place."""
    await shop.run("UPDATE stock SET on_hand = 1, opening = 1 WHERE sku = 'CUP'")
    await shop.run(
        "UPDATE stock SET on_hand = 2, opening = 2 WHERE sku = 'CUP' AND location = 'AUS'"
    )
    number = await shop.place(
        payment_method=CASH, payment_source="", lines=(RequestedLine("CUP", 3, 900, 1),)
    )
    first, second = f"{number}-F1", f"{number}-F2"
    for parcel in (first, second):
        await shop.until_submitted(parcel)
        await shop.ship(parcel)

    async def booked() -> bool:
        return all(parcel.booked for parcel in (await shop.view(number)).parcels.values())

    await shop.until(booked)
    await shop.arrive(first)
    assert await shop.command(shop.agent, LOST, number, target=second, reason="searched") == ""
    await shop.until_status(number, "COMPLETED")
    await _returned(shop, number, "COMPLETED")

    balances = await shop.balances(number)
    view = await shop.view(number)
    assert balances["cod_clearing"] == view.parcels[first].amount
    assert not balances.keys() & {"receivable", "refunds_payable"}
    assert abs(balances.get("rounding", 0)) <= 1
    assert sum(balances.values()) == 0
    assert await shop.payment_status(number) == "PAID"


async def test_a_lost_parcel_whose_capture_failed_is_owed_by_nobody(shop: Any) -> None:
    number = await shop.place(payment_source="tok_capture_fails")
    parcel = f"{number}-F1"
    await shop.until_submitted(parcel)
    await shop.ship(parcel)
    await shop.until(lambda: _awaits_finance(shop))

    assert await shop.command(shop.agent, LOST, number, target=parcel, reason="searched") == ""
    await shop.until_status(number, "COMPLETED")
    await _returned(shop, number, "COMPLETED")
    assert await shop.balances(number) == {}
    assert shop.provider.moved(PaymentOperation.REFUND) == []


async def test_a_return_takes_off_what_a_failed_capture_left_owed(shop: Any) -> None:
    number = await shop.place(payment_source="tok_capture_fails")
    parcel = f"{number}-F1"
    await shop.until_submitted(parcel)
    await shop.ship(parcel)
    await shop.until(lambda: _awaits_finance(shop))
    leave = CommandKind.LEAVE_RECEIVABLE
    assert await shop.command(shop.finance, leave, number, target=parcel, reason="call") == ""
    await shop.arrive(parcel)
    await shop.until_status(number, "COMPLETED")
    rma = await shop.commands.request_return(
        shop.agent, "r-1", number, [LineUnits(2, "CUP", 1)], "worn"
    )
    await shop.desk.start_return(rma)
    await _returned(shop, number, "APPROVED")
    receive, inspect = CommandKind.RETURN_RECEIVE, CommandKind.RETURN_INSPECT
    assert await shop.command(shop.keeper, receive, rma, location="NYC") == ""
    units = [{"line": 2, "quantity": 1, "disposition": "restock"}]
    assert await shop.command(shop.keeper, inspect, rma, units=units) == ""
    await _returned(shop, number, "COMPLETED")

    assert (await shop.balances(number))["receivable"] == 2600 - 900
    assert shop.provider.moved(PaymentOperation.REFUND) == []


async def test_what_has_arrived_is_not_lost_and_what_is_lost_does_not_arrive(shop: Any) -> None:
    number, parcel = await _on_its_way(shop, CARD)
    early = await shop.command(shop.agent, LOST, number, target=f"{number}-F9", reason="why")
    assert early == "STEP_REFUSED"
    assert await shop.command(shop.agent, LOST, number, target=parcel, reason="") == "STEP_REFUSED"
    assert await shop.command(shop.finance, LOST, number, target=parcel, reason="x") == "FORBIDDEN"
    assert await shop.command(shop.agent, LOST, number, target=parcel, reason="searched") == ""
    assert await shop.command(shop.agent, LOST, number, target=parcel, reason="again") == (
        "STEP_REFUSED"
    )
    await shop.until_status(number, "COMPLETED")
    await shop.arrive(parcel)  # the carrier found it after all: people see it, nothing is booked
    assert (await shop.view(number)).parcels[parcel].status == "LOST"
    kinds = await shop.rows("SELECT kind FROM journal WHERE kind = 'Delivered'")
    assert kinds == []
    assert await shop.rows("SELECT count(*) FROM return_order") == [(1,)]

    other, sent = await _on_its_way(shop, CARD, "WEB-2")
    await shop.arrive(sent)
    await shop.until_status(other, "COMPLETED")
    assert await shop.command(shop.agent, LOST, other, target=sent, reason="x") == "STEP_REFUSED"


async def test_no_more_is_returned_of_an_order_than_arrived(shop: Any) -> None:
    number, parcel = await _on_its_way(shop, CARD)
    assert await shop.command(shop.agent, LOST, number, target=parcel, reason="searched") == ""
    await shop.until_status(number, "COMPLETED")
    with pytest.raises(Exception, match="0 can be returned"):
        await shop.commands.request_return(
            shop.agent, "r-1", number, [LineUnits(1, "TEA", 1)], "worn"
        )


async def _on_its_way(
    shop: Any, method: PaymentMethod, reference: str = "WEB-1"
) -> tuple[str, str]:
    source = "tok_ok" if method is CARD else ""
    number = await shop.place(reference, payment_method=method, payment_source=source)
    parcel = f"{number}-F1"
    await shop.until_submitted(parcel)
    await shop.ship(parcel)

    async def settled() -> bool:
        view = await shop.view(number)
        taken = view.last_payment(PaymentOperation.CAPTURE, parcel)
        done = taken is not None and taken.status is PaymentStatus.SUCCEEDED
        return view.parcels[parcel].booked and (done or method is not CARD)

    await shop.until(settled)
    return number, parcel


async def _returned(shop: Any, number: str, status: str) -> str:
    """The order's return, once it has the status."""

    async def reached() -> bool:
        found = await shop.rows("SELECT number, status FROM return_order")
        for rma, _ in found:
            await shop.desk.start_return(rma)
        return [(f"{number}-R1", status)] == found

    await shop.until(reached)
    return f"{number}-R1"


async def _awaits_finance(shop: Any) -> bool:
    return any(owner == "finance" for _, owner in await shop.tasks())
