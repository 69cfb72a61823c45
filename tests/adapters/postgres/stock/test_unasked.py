"""What a warehouse sends although it was not to leaves the stock once, whenever it is heard of."""

from typing import Any

import pytest_asyncio

from adapters.postgres.auditing.auditor import audit_books
from adapters.postgres.engine import PostgresDatabase
from domain import journal as j
from domain.access import SYSTEM
from domain.facts import Fact, FactKind, Package
from domain.order import LineUnits

TWO = (LineUnits(1, "TEA", 2),)


@pytest_asyncio.fixture
async def stocked(shop: Any) -> Any:
    await shop.run(
        "INSERT INTO stock (sku, location, on_hand, opening) VALUES ('TEA', 'BOS', 10, 10)"
    )
    return shop


async def given_up(shop: Any) -> str:
    """A parcel of three teas and a cup that was sourced, and given up; its name."""
    order = (await shop.place()).number
    parcel: str = await shop.source(order)
    lines = (LineUnits(1, "TEA", 3), LineUnits(2, "CUP", 1))
    await shop.journal(order, j.ReservationReleased(parcel, lines, "rejected by the warehouse"))
    return parcel


async def shipped(shop: Any, parcel: str, package: str, lines: tuple[LineUnits, ...] = TWO) -> Fact:
    at = (await shop.rows("SELECT clock_timestamp()"))[0][0]
    packages = (Package(package, "UPS", f"1Z{package}", lines),)
    fact = Fact(f"warehouse:{package}", FactKind.SHIPPED, parcel, at, packages=packages)
    await shop.facts.store("warehouse", package, fact, {})
    return fact


async def left(shop: Any) -> list[tuple[Any, ...]]:
    return await shop.rows("SELECT reason, reference, sku, units FROM movement ORDER BY id")


async def unasked(shop: Any, parcel: str, lines: tuple[LineUnits, ...]) -> None:
    database = PostgresDatabase(shop.engine)
    await database.run(lambda uow: uow.inventory.ship_unasked(parcel[:14], parcel, lines))


async def broken_books(shop: Any) -> list[str]:
    wanted = {"S1", "S2", "S3", "O4", "O5"}
    return [f.id for f in await audit_books(shop.engine, 0) if f.id in wanted and f.violations]


async def test_what_was_told_before_its_order_ended_is_booked_when_nobody_takes_it(
    stocked: Any,
) -> None:
    parcel = await given_up(stocked)
    fact = await shipped(stocked, parcel, "1")
    assert await left(stocked) == []
    await stocked.journal(parcel[:14], j.Canceled("asked"))
    for _ in range(2):
        await stocked.facts.nobody_there(fact.id)
    assert await left(stocked) == [("ship_unasked", parcel, "TEA", -2)]
    assert await stocked.rows("SELECT handled_by FROM fact") == [("closed",)]
    assert await stocked.rows("SELECT kind, by FROM journal ORDER BY seq DESC LIMIT 1") == [
        ("ShippedUnasked", SYSTEM.name)
    ]
    assert await broken_books(stocked) == []


async def test_what_is_due_when_its_order_has_ended_is_booked_by_the_relay(stocked: Any) -> None:
    parcel = await given_up(stocked)
    await shipped(stocked, parcel, "1")
    await stocked.journal(parcel[:14], j.Canceled("asked"))
    await stocked.run("UPDATE fact SET due_at = clock_timestamp()")
    assert await stocked.facts.untold(10) == []
    assert await left(stocked) == [("ship_unasked", parcel, "TEA", -2)]
    assert await stocked.rows("SELECT handled_by, due_at FROM fact") == [("closed", None)]
    assert await broken_books(stocked) == []


async def test_another_package_leaves_too_and_one_that_is_told_again_does_not(
    stocked: Any,
) -> None:
    parcel = await given_up(stocked)
    await stocked.journal(parcel[:14], j.Canceled("asked"))
    for package in ("1", "2", "1"):
        await shipped(stocked, parcel, package)
    assert await left(stocked) == [
        ("ship_unasked", parcel, "TEA", -2),
        ("ship_unasked", f"{parcel}/1", "TEA", -2),
    ]
    assert await stocked.rows("SELECT on_hand FROM stock WHERE sku = 'TEA'") == [(6,)]
    assert await stocked.count("task") == 2
    assert await broken_books(stocked) == []


async def test_more_than_the_books_have_was_there_after_all(stocked: Any) -> None:
    parcel = await given_up(stocked)
    await unasked(stocked, parcel, (LineUnits(1, "TEA", 12), LineUnits(2, "CUP", 1)))
    assert await left(stocked) == [
        ("found", parcel, "CUP", 1),
        ("ship_unasked", parcel, "CUP", -1),
        ("found", parcel, "TEA", 2),
        ("ship_unasked", parcel, "TEA", -12),
    ]
    assert await broken_books(stocked) == []


async def test_a_bundle_leaves_as_its_components(stocked: Any) -> None:
    parcel = await given_up(stocked)
    await stocked.run("INSERT INTO product (sku, name) VALUES ('SET', 'Set')")
    await stocked.run("INSERT INTO bundle_component VALUES ('SET', 'TEA', 2), ('SET', 'CUP', 1)")
    await unasked(stocked, parcel, (LineUnits(3, "SET", 2),))
    gone = [row for row in await left(stocked) if row[0] == "ship_unasked"]
    assert gone == [("ship_unasked", parcel, "CUP", -2), ("ship_unasked", parcel, "TEA", -4)]


async def test_a_sku_that_nobody_knows_is_a_task_only(stocked: Any) -> None:
    parcel = await given_up(stocked)
    await unasked(stocked, parcel, (LineUnits(9, "NO-SUCH", 1),))
    assert await left(stocked) == []
    [(reason,)] = await stocked.rows("SELECT reason FROM task")
    assert reason.startswith(f"1 of NO-SUCH (line 9) left in {parcel}")
