"""Each deadline is exceeded once, with the outside party silent: people see it, with reason and
owner, and a late fact still finishes the order.
"""

from datetime import timedelta
from typing import Any

from domain.commands import CommandKind
from domain.facts import FactKind
from domain.order import PaymentMethod
from ports.front_office import RequestedLine


async def test_a_warehouse_that_never_accepts(shop: Any) -> None:
    number, parcel = await _submitted(shop)

    await shop.env.sleep(timedelta(hours=5))

    assert await shop.tasks() == [("the warehouse has to accept the parcel", "warehouse")]
    await _late_facts_finish(shop, number, parcel)


async def test_a_warehouse_that_accepts_and_never_ships(shop: Any) -> None:
    number, parcel = await _submitted(shop)
    await shop.tell(parcel, FactKind.ACCEPTED)

    await shop.env.sleep(timedelta(hours=49))

    assert await shop.tasks() == [("the warehouse has to pick, pack and ship", "warehouse")]
    await _late_facts_finish(shop, number, parcel)


async def test_a_carrier_that_never_scans(shop: Any) -> None:
    number, parcel = await _submitted(shop)
    await shop.ship(parcel)

    await shop.env.sleep(timedelta(hours=25))

    assert await shop.tasks() == [("the carrier has to scan the parcel", "agent")]
    await _late_facts_finish(shop, number, parcel, shipped=True)


async def test_a_carrier_that_never_delivers(shop: Any) -> None:
    number, parcel = await _submitted(shop)
    await shop.ship(parcel)
    await shop.tell(parcel, FactKind.IN_TRANSIT, tracking_number=f"1Z{parcel}")

    await shop.env.sleep(timedelta(days=10, hours=1))

    assert await shop.tasks() == [("the carrier has to deliver the parcel", "agent")]
    await _late_facts_finish(shop, number, parcel, shipped=True)


async def test_a_lost_parcel_is_people_s_business_at_once_and_may_still_turn_up(
    shop: Any,
) -> None:
    number, parcel = await _submitted(shop)
    await shop.ship(parcel)
    await shop.tell(parcel, FactKind.IN_TRANSIT, tracking_number=f"1Z{parcel}")
    await shop.tell(parcel, FactKind.LOST, tracking_number=f"1Z{parcel}")

    await shop.env.sleep(timedelta(seconds=1))

    assert await shop.tasks() == [("the carrier reports: lost", "agent")]
    await _late_facts_finish(shop, number, parcel, shipped=True)


async def test_a_warehouse_that_never_answers_a_request_to_cancel(shop: Any) -> None:
    number, parcel = await _submitted(shop)
    wish = {"target": parcel, "location": "AUS", "reason": "closer"}
    await shop.command(shop.supervisor, CommandKind.OVERRIDE_SOURCE, number, **wish)

    await shop.env.sleep(timedelta(hours=5))

    assert ("the warehouse has to give the parcel back", "warehouse") in await shop.tasks()
    await shop.tell(parcel, FactKind.CANCEL_CONFIRMED)
    await shop.carry(f"{number}-F2")
    view = await shop.until_status(number, "COMPLETED")
    assert list(view.escalations) == [f"parcel/{parcel}/cancel"]  # the other one had its time


async def test_money_that_comes_days_later_leaves_the_warehouse_its_time(shop: Any) -> None:
    by_bank = {"payment_method": PaymentMethod.BANK_TRANSFER, "payment_source": ""}
    number = await shop.place(lines=(RequestedLine("TEA", 3, 500),), **by_bank)
    await shop.until_status(number, "PROCESSING")
    await shop.env.sleep(timedelta(days=2))
    await shop.tell(number, FactKind.TRANSFER_RECEIVED, amount=1800)
    await shop.until_submitted(f"{number}-F1")
    await shop.env.sleep(timedelta(hours=3))
    assert (await shop.view(number)).escalations == {}
    assert await shop.tasks() == []


async def test_a_task_left_alone_rises_to_a_supervisor_and_keeps_a_deadline_ahead(
    shop: Any,
) -> None:
    number, _ = await _submitted(shop)

    await shop.env.sleep(timedelta(hours=5))
    await shop.env.sleep(timedelta(hours=25))

    assert [owner for _, owner in await shop.tasks()] == ["supervisor"]
    waits = (await shop.live(number)).waits
    assert waits[0].level == 2
    assert waits[0].deadline > await shop.now()


async def _submitted(shop: Any) -> tuple[str, str]:
    number = await shop.place(lines=(RequestedLine("TEA", 3, 500),))
    parcel = f"{number}-F1"
    await shop.until_submitted(parcel)
    return number, parcel


async def _late_facts_finish(shop: Any, number: str, parcel: str, *, shipped: bool = False) -> None:
    if not shipped:
        await shop.ship(parcel)
    await shop.arrive(parcel)
    await shop.until_status(number, "COMPLETED")
    assert await shop.tasks() == []
