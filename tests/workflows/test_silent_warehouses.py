"""Warehouses that will not take a parcel, or do not answer: nothing of it is stuck, and of a parcel
and those that replace it one is sent.
"""

from datetime import date, timedelta
from typing import Any

import pytest

from domain.acts import ActKind
from domain.commands import CommandKind
from domain.facts import FactKind
from domain.payments import PaymentOperation
from ports.front_office import RequestedLine

TEA = (RequestedLine("TEA", 3, 500),)
OVERRIDE, WITHDRAWN = CommandKind.OVERRIDE_SOURCE, CommandKind.PARCEL_WITHDRAWN
GIVE_BACK = ("the warehouse has to give the parcel back", "warehouse")


async def test_a_parcel_that_a_warehouse_will_not_take_is_sourced_elsewhere(shop: Any) -> None:
    shop.warehouse.refuses = {"BOS": "location_closed"}
    number = await shop.place(lines=TEA)
    await shop.carry(f"{number}-F2")
    view = await shop.until_status(number, "COMPLETED")

    assert shop.warehouse.attempts == [f"{number}-F1", f"{number}-F2"]
    assert shop.warehouse.parcels[f"{number}-F2"].location == "NYC"
    assert await _reasons(shop, "SubmissionRefused") == ["location_closed"]
    assert view.parcels[f"{number}-F1"].status == "CANCELED"
    assert await shop.stock() == {("TEA", "NYC"): (7, 0)}
    assert shop.provider.moved(PaymentOperation.CAPTURE) == [1800]
    assert shop.warehouse.cancel_requests == []


async def test_an_order_that_no_warehouse_takes_waits_for_stock_and_can_be_canceled(
    shop: Any,
) -> None:
    shop.warehouse.refuses = dict.fromkeys(("BOS", "NYC", "AUS"), "location_closed")
    number = await shop.place(lines=TEA)
    await shop.until_held(number, "stock")

    assert await shop.command(shop.agent, CommandKind.CANCEL, number, reason="so be it") == ""

    assert (await shop.handle(number).result())["status"] == "CANCELED"
    assert await shop.stock() == {}
    assert shop.warehouse.parcels == {}


async def test_a_parcel_that_is_wanted_back_is_no_longer_submitted(shop: Any) -> None:
    """Its warehouse never had it, and says so."""
    shop.warehouse.silent = {"BOS"}
    number = await shop.place(lines=TEA)
    first, second = f"{number}-F1", f"{number}-F2"
    await _attempted(shop, first)
    await _override(shop, number, first)

    await shop.carry(second)
    view = await shop.until_status(number, "COMPLETED")

    assert list(shop.warehouse.parcels) == [second]
    assert shop.warehouse.cancel_requests == [first]
    assert await _reasons(shop, "NeverReceived") == [None]
    assert view.parcels[first].status == "CANCELED"
    assert await shop.stock() == {("TEA", "AUS"): (7, 0)}
    assert await shop.rows("SELECT reason FROM movement") == [("ship",)]
    assert await shop.tasks() == []


@pytest.mark.parametrize("sent", [False, True])
async def test_a_submission_whose_answer_was_lost_is_asked_back_or_sent_never_twice(
    shop: Any, sent: bool
) -> None:
    shop.warehouse.unheard = {"BOS"}
    number = await shop.place(lines=TEA)
    first, second = f"{number}-F1", f"{number}-F2"
    await _attempted(shop, first)
    await _override(shop, number, first)
    await shop.until_asked_back(first)
    assert list(shop.warehouse.parcels) == [first]

    if sent:
        await shop.ship(first)
        await shop.arrive(first)
    else:
        await shop.tell(first, FactKind.CANCEL_CONFIRMED)
        await shop.carry(second)
    await shop.until_status(number, "COMPLETED")

    assert (second in shop.warehouse.parcels) is not sent
    place = "BOS" if sent else "AUS"
    assert await shop.stock() == {("TEA", place): (7, 0)}
    assert await shop.rows("SELECT reason, location FROM movement") == [("ship", place)]
    assert shop.provider.moved(PaymentOperation.CAPTURE) == [1800]


async def test_what_is_told_of_a_parcel_whose_submission_is_not_answered_counts(shop: Any) -> None:
    """One is rejected, the other sent; neither is submitted any more."""
    shop.warehouse.unheard = {"BOS", "NYC"}
    number = await shop.place(lines=TEA)
    first, second = f"{number}-F1", f"{number}-F2"
    await _attempted(shop, first)
    await shop.tell(first, FactKind.REJECTED)
    await _attempted(shop, second)

    await shop.ship(second)
    await shop.arrive(second)
    await shop.until_status(number, "COMPLETED")

    assert await shop.stock() == {("TEA", "NYC"): (7, 0)}
    assert shop.provider.moved(PaymentOperation.CAPTURE) == [1800]
    attempts = len(shop.warehouse.attempts)
    await shop.env.sleep(timedelta(minutes=5))
    assert len(shop.warehouse.attempts) == attempts


async def test_staff_withdraws_a_parcel_from_a_warehouse_that_answers_nothing(shop: Any) -> None:
    shop.warehouse.silent, shop.warehouse.mute = {"BOS"}, True
    number = await shop.place(lines=TEA)
    first, second = f"{number}-F1", f"{number}-F2"
    await _attempted(shop, first)
    wish = {"target": first, "reason": "it has burnt down"}
    assert await shop.command(shop.keeper, WITHDRAWN, number, **wish) == "STEP_REFUSED"
    await _override(shop, number, first)
    assert await shop.command(shop.keeper, WITHDRAWN, number, **wish) == "STEP_REFUSED"

    await shop.env.sleep(timedelta(hours=5))
    assert GIVE_BACK in await shop.tasks()
    assert await shop.command(shop.agent, WITHDRAWN, number, **wish) == "FORBIDDEN"
    assert await shop.command(shop.keeper, WITHDRAWN, number, **wish) == ""

    await shop.carry(second)
    view = await shop.until_status(number, "COMPLETED")
    assert view.parcels[first].status == "CANCELED"
    assert await shop.stock() == {("TEA", "AUS"): (7, 0)}
    assert await shop.tasks() == []
    by = await shop.rows("SELECT by FROM journal WHERE kind = 'Withdrawn'")
    assert by == [("will",)]
    asked = len(shop.warehouse.cancel_requests)
    await shop.env.sleep(timedelta(minutes=5))
    assert len(shop.warehouse.cancel_requests) == asked


async def test_a_withdrawn_parcel_that_is_sent_after_all_leaves_the_stock_unasked(
    shop: Any,
) -> None:
    shop.warehouse.unheard, shop.warehouse.mute = {"BOS"}, True
    number = await shop.place(lines=TEA)
    first, second = f"{number}-F1", f"{number}-F2"
    await _attempted(shop, first)
    await _override(shop, number, first)
    await shop.env.sleep(timedelta(hours=5))
    wish = {"target": first, "reason": "nobody answers"}
    assert await shop.command(shop.supervisor, WITHDRAWN, number, **wish) == ""
    await shop.carry(second)
    await shop.until_status(number, "COMPLETED")

    await shop.ship(first)
    await shop.until(lambda: _booked_unasked(shop))

    assert await shop.stock() == {("TEA", "BOS"): (7, 0), ("TEA", "AUS"): (7, 0)}
    assert shop.provider.moved(PaymentOperation.CAPTURE) == [1800]


async def test_an_order_is_canceled_while_its_warehouse_does_not_answer(shop: Any) -> None:
    shop.warehouse.silent = {"BOS", "NYC"}
    number = await shop.place()
    await _attempted(shop, f"{number}-F1")

    assert await shop.command(shop.agent, CommandKind.CANCEL, number, reason="changed") == ""

    assert (await shop.handle(number).result())["status"] == "CANCELED"
    assert shop.warehouse.parcels == {}
    assert await shop.stock() == {}
    assert await _reasons(shop, "Canceled") == ["changed"]
    assert shop.provider.moved(PaymentOperation.CAPTURE) == []


async def test_an_order_whose_parcel_is_withdrawn_is_canceled_as_was_wanted(shop: Any) -> None:
    shop.warehouse.silent, shop.warehouse.mute = {"BOS"}, True
    number = await shop.place(lines=TEA)
    first = f"{number}-F1"
    await _attempted(shop, first)
    assert await shop.command(shop.web, CommandKind.CANCEL, number) == ""
    assert await shop.command(shop.web, CommandKind.CANCEL, number) == "STEP_REFUSED"

    await shop.env.sleep(timedelta(hours=5))
    view = await shop.view(number)
    assert (view.status, list(view.parcels)) == ("PROCESSING", [first])
    assert GIVE_BACK in await shop.tasks()
    wish = {"target": first, "reason": "nobody answers"}
    assert await shop.command(shop.keeper, WITHDRAWN, number, **wish) == ""

    assert (await shop.handle(number).result())["status"] == "CANCELED"
    assert await shop.stock() == {}
    assert await shop.tasks() == []


async def test_an_order_is_not_canceled_when_its_warehouse_keeps_the_parcel(shop: Any) -> None:
    shop.warehouse.unheard = {"BOS"}
    number = await shop.place(lines=TEA)
    first = f"{number}-F1"
    await _attempted(shop, first)
    assert await shop.command(shop.agent, CommandKind.CANCEL, number, reason="changed") == ""
    await shop.until_asked_back(first)

    await shop.tell(first, FactKind.CANCEL_REFUSED)
    await shop.carry(first)
    view = await shop.until_status(number, "COMPLETED")

    assert list(view.parcels) == [first]
    assert await shop.stock() == {("TEA", "BOS"): (7, 0)}
    assert shop.provider.moved(PaymentOperation.CAPTURE) == [1800]


async def test_what_was_given_up_for_a_cancel_is_sourced_anew_when_the_rest_is_kept(
    shop: Any,
) -> None:
    """Its process is lost meanwhile, and begins anew."""
    supply = {"location": "NYC", "reference": "PO-1"}
    day = (date.today() + timedelta(days=3)).isoformat()  # noqa: DTZ011 - as the database's
    await shop.act(ActKind.SUPPLY_EXPECT, "CUP", **supply, quantity=5, available_on=day)
    shop.warehouse.unheard = {"NYC"}
    number = await shop.place(lines=(RequestedLine("CUP", 15, 900),))
    first, second, third = (f"{number}-F{n}" for n in (1, 2, 3))
    await _attempted(shop, first)
    assert await shop.command(shop.agent, CommandKind.CANCEL, number, reason="changed") == ""
    await shop.until_asked_back(first)
    view = await shop.view(number)
    assert (view.parcels[second].status, view.unallocated[0].quantity) == ("CANCELED", 5)

    await shop.handle(number).terminate()
    await shop.desk.start_order(number, "web")
    shop.warehouse.unheard = set()
    await shop.tell(first, FactKind.CANCEL_REFUSED)
    await shop.until(lambda: _has(shop, number, third))
    await shop.act(ActKind.SUPPLY_RECEIVE, "CUP", **supply, units=5, last=True)
    for parcel in (first, third):
        await shop.carry(parcel)
    await shop.until_status(number, "COMPLETED")

    assert list(shop.warehouse.parcels) == [first, third]
    assert await shop.stock() == {("CUP", "NYC"): (0, 0)}
    assert await _reasons(shop, "Canceled") == []


async def _has(shop: Any, number: str, parcel: str) -> bool:
    return parcel in (await shop.view(number)).parcels


async def _attempted(shop: Any, parcel: str) -> None:
    async def attempted() -> bool:
        return parcel in shop.warehouse.attempts

    await shop.until(attempted)


async def _override(shop: Any, number: str, parcel: str) -> None:
    wish = {"target": parcel, "location": "AUS", "reason": "Boston does not answer"}
    assert await shop.command(shop.supervisor, OVERRIDE, number, **wish) == ""


async def _booked_unasked(shop: Any) -> bool:
    return bool(await _reasons(shop, "ShippedUnasked"))


async def _reasons(shop: Any, kind: str) -> list[Any]:
    found = await shop.rows(
        "SELECT data->>'reason' FROM journal WHERE kind = :kind ORDER BY seq", kind=kind
    )
    return [reason for (reason,) in found]
