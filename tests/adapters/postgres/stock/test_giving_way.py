"""A parcel is shipped although a count had broken it, and others give way: their orders are locked
after the stock, which everybody else locks first. Whoever gets in whose way, nobody is told of it.
"""

import asyncio
from typing import Any

import pytest_asyncio

from activities.messages import ParcelCall, Step
from activities.orders import OrderActivities
from adapters.postgres.auditing.auditor import audit_books
from adapters.postgres.engine import PostgresDatabase
from adapters.rules.zen_rules import ZenReviewRules
from domain import journal as j
from domain.acts import ActKind
from domain.facts import Fact, FactKind, Package
from domain.order import LineUnits
from ports.front_office import RequestedLine
from ports.unit_of_work import UnitOfWork
from tests.support.reserving import reserves

LINES = (RequestedLine("TEA", 4), RequestedLine("CUP", 2))
UNITS = (LineUnits(1, "TEA", 4), LineUnits(2, "CUP", 2))


@pytest_asyncio.fixture
async def stocked(shop: Any) -> Any:
    await shop.run(
        "INSERT INTO stock (sku, location, on_hand, opening)"
        " VALUES ('TEA', 'BOS', 8, 8), ('CUP', 'BOS', 4, 4)"
    )
    return shop


async def sourced(shop: Any, reference: str) -> str:
    order: str = (await shop.place(reference, lines=LINES)).number
    plan = j.PlannedParcel(f"{order}-F1", "BOS", UNITS)
    assert await reserves(PostgresDatabase(shop.engine), order, plan)
    await shop.journal(order, j.Reviewed("approve", "v1", "r1", "fine"), j.Sourced((plan,), "v1"))
    return order


async def count(shop: Any, sku: str, counted: int) -> None:
    body = {"location": "BOS", "counted": counted}
    await shop.office.act(
        shop.warehouse, f"{sku}{counted}", ActKind.STOCK_COUNT, sku, body, "as seen"
    )


async def reserved(shop: Any, order: str) -> list[tuple[Any, ...]]:
    return await shop.rows(
        "SELECT sku, state, sum(quantity)::int FROM reservation WHERE order_number = :o"
        " GROUP BY 1, 2 ORDER BY 1, 2", o=order
    )  # fmt: skip


async def sound(shop: Any) -> bool:
    found = await audit_books(shop.engine, 60)
    return not [f.violations for f in found if f.id in ("S1", "S2", "S3") and f.violations]


async def test_who_ships_what_others_hold_and_who_works_on_it_both_come_to_their_end(
    stocked: Any,
) -> None:
    """The old order is at work and reaches for tea; the young one, whose cups were counted away,
    has the tea and reaches for the old one.
    """
    old, young = await sourced(stocked, "OLD"), await sourced(stocked, "YOUNG")
    await count(stocked, "CUP", 2)
    database, tries = PostgresDatabase(stocked.engine), {"ship": 0, "release": 0}
    at_work, shipping = asyncio.Event(), asyncio.Event()

    async def release(uow: UnitOfWork) -> None:
        tries["release"] += 1
        await uow.orders.lock(old)
        at_work.set()
        await shipping.wait()
        if tries["release"] == 1:
            await stocked.somebody_waits()
        await uow.inventory.release(f"{old}-F1", [UNITS[0]])

    async def ship(uow: UnitOfWork) -> None:
        tries["ship"] += 1
        await uow.orders.lock(young)
        shipping.set()
        await uow.inventory.consume(f"{young}-F1", UNITS)

    releasing = asyncio.create_task(database.run(release))
    await at_work.wait()
    await database.run(ship)
    await releasing
    assert sorted(tries.values()) == [1, 2]  # one of them was undone, and done again
    assert await reserved(stocked, young) == [("CUP", "CONSUMED", 2), ("TEA", "CONSUMED", 4)]
    assert await reserved(stocked, old) == [("CUP", "BROKEN", 2), ("TEA", "RELEASED", 4)]
    assert await stocked.rows("SELECT sku, on_hand, reserved FROM stock ORDER BY sku") == [
        ("CUP", 0, 0), ("TEA", 4, 0)
    ]  # fmt: skip
    assert await sound(stocked)


async def test_two_that_take_from_one_another_are_both_shipped(stocked: Any) -> None:
    """One has no cups by the books, the other no tea, and each is at work meanwhile."""
    one, other = await sourced(stocked, "ONE"), await sourced(stocked, "OTHER")
    await stocked.run(
        "UPDATE reservation SET created_at = now() WHERE sku = 'CUP' AND order_number = :o", o=one
    )
    await count(stocked, "TEA", 4)
    await count(stocked, "CUP", 2)
    assert await reserved(stocked, one) == [("CUP", "BROKEN", 2), ("TEA", "HARD", 4)]
    assert await reserved(stocked, other) == [("CUP", "HARD", 2), ("TEA", "BROKEN", 4)]
    database, both = PostgresDatabase(stocked.engine), asyncio.Barrier(2)
    tries: list[str] = []

    async def ship(order: str) -> None:
        async def work(uow: UnitOfWork) -> None:
            tries.append(order)
            await uow.orders.lock(order)
            if tries.count(order) == 1:
                await both.wait()
            await uow.inventory.consume(f"{order}-F1", UNITS)

        await database.run(work)

    await asyncio.gather(ship(one), ship(other))
    assert len(tries) > 2  # somebody was undone, and did it again
    for order in (one, other):
        assert await reserved(stocked, order) == [("CUP", "CONSUMED", 2), ("TEA", "CONSUMED", 4)]
    assert await stocked.rows("SELECT DISTINCT on_hand, reserved FROM stock") == [(0, 0)]
    assert await sound(stocked)


async def test_an_order_whose_own_parcel_gives_way_is_shown_as_it_is(stocked: Any) -> None:
    """A count had broken the first parcel, which is sent nevertheless; the second has its units."""
    order: str = (await stocked.place("BOTH", lines=LINES)).number
    first, second = f"{order}-F1", f"{order}-F2"
    two = (LineUnits(1, "TEA", 2),)
    plans = [j.PlannedParcel(parcel, "BOS", two) for parcel in (first, second)]
    database = PostgresDatabase(stocked.engine)
    assert await reserves(database, order, *plans)
    await stocked.run(
        "UPDATE reservation SET created_at = now() WHERE fulfillment_order = :f", f=first
    )
    handed = (j.Submitted(first), j.Submitted(second))
    approved = j.Reviewed("approve", "v1", "r1", "fine")
    await stocked.journal(order, approved, j.Sourced(tuple(plans), "v1"), *handed)
    await count(stocked, "TEA", 2)
    at = (await stocked.rows("SELECT clock_timestamp()"))[0][0]
    sent = Fact("w:1", FactKind.SHIPPED, first, at, packages=(Package("1", "UPS", "1Z", two),))
    await stocked.facts.store("w", "1", sent, {})

    step = Step(order, f"ship/{first}", 4)
    await OrderActivities(database, ZenReviewRules()).ship(ParcelCall(step, first))

    assert await reserved(stocked, order) == [("TEA", "BROKEN", 2), ("TEA", "CONSUMED", 2)]
    view = (await stocked.reads.order(stocked.agent, order)).view
    assert view.parcels[second].unmended == two
    found = await audit_books(stocked.engine, 60)
    assert [f.violations for f in found if f.id in ("S1", "S2", "S3", "O5") and f.violations] == []
