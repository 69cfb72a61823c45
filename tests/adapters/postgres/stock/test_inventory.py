"""Stock on a real PostgreSQL: never oversold, whoever races; every unit explained."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.postgres.engine import PostgresDatabase
from domain.coming_back import UnitsBack
from domain.errors import LimitExceeded
from domain.journal import PlannedParcel
from domain.order import LineUnits
from ports.unit_of_work import UnitOfWork
from tests.support.reserving import reserves

Sql = Callable[..., Awaitable[list[tuple[Any, ...]]]]
SHOP = (
    "INSERT INTO product (sku, name) SELECT 'S' || n, 'thing' FROM generate_series(1, 50) n",
    (
        "INSERT INTO location (id, name, country) VALUES ('BOS', 'Boston', 'US'),"
        " ('NYC', 'New York', 'US')"
    ),
    (
        "INSERT INTO stock (sku, location, on_hand, opening)"
        " SELECT 'S' || n, 'BOS', 100, 100 FROM generate_series(1, 50) n"
    ),
    (
        "INSERT INTO person (name, line1, line2, city, region, postal_code, country, email, phone)"
        " VALUES ('Ana', '', '', '', '', '', '', '', '')"
    ),
    (
        "INSERT INTO customer_order (number, channel, channel_ref, customer_ref, currency, total,"
        " placed, process, person_id, tracking_hash, placed_at)"
        " SELECT 'O' || n, 'web', 'O' || n, '', 'USD', 0, '{}', '{}', 1, 'O' || n, now()"
        " FROM generate_series(1, 400) n"
    ),
)


@pytest_asyncio.fixture
async def database(engine: AsyncEngine, run_sql: Sql) -> PostgresDatabase:
    for statement in SHOP:
        await run_sql(statement)
    return PostgresDatabase(engine)


def parcel(order: int, *lines: tuple[str, int], location: str = "BOS") -> PlannedParcel:
    units = tuple(LineUnits(n, sku, q) for n, (sku, q) in enumerate(lines, start=1))
    return PlannedParcel(f"O{order}-F1", location, units)


async def reserve(database: PostgresDatabase, order: int, *parcels: PlannedParcel) -> bool:
    return await reserves(database, f"O{order}", *parcels)


async def stock_of(run_sql: Sql, sku: str = "S1", location: str = "BOS") -> tuple[int, int, int]:
    """(on hand, reserved, quarantined)."""
    [row] = await run_sql(
        "SELECT on_hand, reserved, quarantined FROM stock WHERE sku = :s AND location = :l",
        s=sku,
        l=location,
    )
    return row


async def test_more_buyers_than_units_get_exactly_the_units(
    database: PostgresDatabase, run_sql: Sql
) -> None:
    got = await asyncio.gather(*(reserve(database, n, parcel(n, ("S1", 1))) for n in range(1, 301)))
    assert sum(got) == 100
    assert await stock_of(run_sql) == (100, 100, 0)
    assert await run_sql("SELECT sum(quantity)::int FROM reservation") == [(100,)]


async def test_ten_thousand_buyers_of_a_thousand_units_get_exactly_the_thousand(
    database: PostgresDatabase, run_sql: Sql
) -> None:
    """Bugs that others shipped: confirmed by a check that others passed at the same time."""
    await run_sql("UPDATE stock SET on_hand = 1000, opening = 1000 WHERE sku = 'S1'")
    buyers, orders = 10_000, 400
    at_once = asyncio.Semaphore(20)  # as many as there are connections

    async def buy(buyer: int) -> bool:
        line = (LineUnits(1, "S1", 1),)
        plan = PlannedParcel(f"B{buyer}", "BOS", line)
        async with at_once:
            return await reserve(database, 1 + buyer % orders, plan)

    got = await asyncio.gather(*map(buy, range(buyers)))

    assert sum(got) == 1_000
    assert await stock_of(run_sql) == (1_000, 1_000, 0)
    assert await run_sql("SELECT sum(quantity)::int, count(*) FROM reservation") == [(1_000, 1_000)]
    assert await run_sql("SELECT count(*) FROM fulfillment_order") == [(1_000,)]


async def test_baskets_in_opposite_orders_neither_deadlock_nor_oversell(
    database: PostgresDatabase, run_sql: Sql
) -> None:
    skus = [f"S{n}" for n in range(1, 51)]

    def basket(order: int) -> PlannedParcel:
        ordered = skus if order % 2 else skus[::-1]
        return parcel(order, *((sku, 3) for sku in ordered))

    got = await asyncio.gather(*(reserve(database, n, basket(n)) for n in range(1, 41)))
    assert sum(got) == 33  # 100 units, three at a time
    assert await run_sql("SELECT DISTINCT reserved FROM stock") == [(99,)]


async def test_all_units_of_an_order_or_none(database: PostgresDatabase, run_sql: Sql) -> None:
    assert not await reserve(database, 1, parcel(1, ("S1", 5), ("S2", 101)))
    assert await stock_of(run_sql, "S1") == (100, 0, 0)
    assert await run_sql("SELECT count(*) FROM fulfillment_order") == [(0,)]


async def test_two_lines_of_one_sku_count_together(database: PostgresDatabase) -> None:
    assert not await reserve(database, 1, parcel(1, ("S1", 60), ("S1", 60)))
    assert await reserve(database, 2, parcel(2, ("S1", 40), ("S1", 60)))


async def test_a_sku_that_no_location_keeps_is_not_reserved(database: PostgresDatabase) -> None:
    assert not await reserve(database, 1, parcel(1, ("S1", 1), location="NYC"))


async def test_safety_stock_is_not_for_sale(database: PostgresDatabase, run_sql: Sql) -> None:
    await run_sql("UPDATE stock SET safety = 90")
    assert not await reserve(database, 1, parcel(1, ("S1", 11)))
    available = await database.run(lambda uow: uow.inventory.sources("O1", ["S1"], 30))
    assert available.stock == {"BOS": {"S1": 10}}


async def test_releasing_in_parts_and_twice_gives_back_each_unit_once(
    database: PostgresDatabase, run_sql: Sql
) -> None:
    await reserve(database, 1, parcel(1, ("S1", 10)))
    for units in (4, 6, 6):

        async def release(uow: UnitOfWork, units: int = units) -> None:
            await uow.inventory.release("O1-F1", [LineUnits(1, "S1", units)])

        await database.run(release)
    assert await stock_of(run_sql) == (100, 0, 0)
    rows = await run_sql("SELECT quantity, state FROM reservation ORDER BY quantity")
    assert rows == [(4, "RELEASED"), (6, "RELEASED")]


async def test_releasing_what_was_never_reserved_changes_nothing(
    database: PostgresDatabase, run_sql: Sql
) -> None:
    await database.run(lambda uow: uow.inventory.release("O1-F1", [LineUnits(1, "S1", 5)]))
    await database.run(lambda uow: uow.inventory.release_all("O1"))
    assert await stock_of(run_sql) == (100, 0, 0)


async def test_shipping_or_missing_what_was_never_reserved_changes_nothing(
    database: PostgresDatabase, run_sql: Sql
) -> None:
    for _ in range(2):
        await database.run(lambda uow: uow.inventory.consume("O1-F1", [LineUnits(1, "S1", 5)]))
        await database.run(
            lambda uow: uow.inventory.write_off_missing("O1-F1", [LineUnits(1, "S1", 5)])
        )
    assert await stock_of(run_sql) == (100, 0, 0)
    assert await run_sql("SELECT count(*) FROM movement") == [(0,)]


async def test_a_bundle_is_reserved_with_all_its_components_or_not_at_all(
    database: PostgresDatabase, run_sql: Sql
) -> None:
    """Of fifty orders for two each, as many as the scarcest component allows."""
    await run_sql("INSERT INTO product (sku, name) VALUES ('SET', 'set')")
    await run_sql("INSERT INTO bundle_component VALUES ('SET', 'S1', 3), ('SET', 'S2', 1)")
    got = await asyncio.gather(
        *(reserve(database, n, parcel(n, ("SET", 2), ("S2", 1))) for n in range(1, 51))
    )
    assert sum(got) == 16  # of 100 units of S1, six at a time
    assert await stock_of(run_sql, "S1") == (100, 96, 0)
    assert await stock_of(run_sql, "S2") == (100, 48, 0)
    assert await run_sql(
        "SELECT sku, per_unit, sum(quantity)::int FROM reservation GROUP BY 1, 2 ORDER BY 1, 2"
    ) == [("S1", 3, 96), ("S2", 1, 48)]


async def test_all_of_an_order_is_released_at_once_though_its_line_comes_from_several_parcels(
    database: PostgresDatabase, run_sql: Sql
) -> None:
    parcels = [
        PlannedParcel(f"O1-F{n}", "BOS", (LineUnits(1, "S1", units),))
        for n, units in enumerate((4, 2, 3), start=1)
    ]
    await reserve(database, 1, *parcels)
    assert await stock_of(run_sql) == (100, 9, 0)
    await database.run(lambda uow: uow.inventory.release_all("O1"))
    assert await stock_of(run_sql) == (100, 0, 0)
    assert await run_sql("SELECT DISTINCT state FROM reservation") == [("RELEASED",)]


async def test_consuming_takes_the_units_out_with_a_movement(
    database: PostgresDatabase, run_sql: Sql
) -> None:
    await reserve(database, 1, parcel(1, ("S1", 10)))
    lines = [LineUnits(1, "S1", 10)]
    await database.run(lambda uow: uow.inventory.consume("O1-F1", lines))
    await database.run(lambda uow: uow.inventory.consume("O1-F1", lines))
    assert await stock_of(run_sql) == (90, 0, 0)
    movements = await run_sql("SELECT reason, reference, line, units FROM movement")
    assert movements == [("ship", "O1-F1", 1, -10)]


async def test_what_a_picker_did_not_find_leaves_the_stock_with_a_reason(
    database: PostgresDatabase, run_sql: Sql
) -> None:
    await reserve(database, 1, parcel(1, ("S1", 10)))
    missing = [LineUnits(1, "S1", 3)]
    await database.run(lambda uow: uow.inventory.write_off_missing("O1-F1", missing))
    assert await stock_of(run_sql) == (97, 7, 0)
    assert await run_sql("SELECT reason, units FROM movement") == [("short_pick", -3)]


async def test_a_parcel_may_come_up_short_again(database: PostgresDatabase, run_sql: Sql) -> None:
    """Three were not picked; of the seven that were, two are not in the packages."""
    await reserve(database, 1, parcel(1, ("S1", 10)))
    for short in (3, 2):
        missing = [LineUnits(1, "S1", short)]
        await database.run(
            lambda uow, missing=missing: uow.inventory.write_off_missing("O1-F1", missing)
        )
    shipped = [LineUnits(1, "S1", 5)]
    await database.run(lambda uow: uow.inventory.consume("O1-F1", shipped))
    assert await stock_of(run_sql) == (90, 0, 0)
    assert await run_sql("SELECT reason, reference, units FROM movement ORDER BY id") == [
        ("short_pick", "O1-F1", -3),
        ("short_pick", "O1-F1/1", -2),
        ("ship", "O1-F1", -5),
    ]


async def test_returned_units_go_where_inspection_says(
    database: PostgresDatabase, run_sql: Sql
) -> None:
    units = [
        UnitsBack("", 1, "S1", 2, "restock"),
        UnitsBack("", 1, "S1", 3, "quarantine"),
        UnitsBack("", 1, "S1", 1, "scrap"),
    ]
    await database.run(lambda uow: uow.inventory.take_back("O1-R1", "NYC", units))
    assert await stock_of(run_sql, "S1", "NYC") == (2, 0, 3)
    rows = await run_sql("SELECT reason, units, bucket_units FROM movement ORDER BY reason")
    assert rows == [("quarantine", 0, 3), ("restock", 2, 0), ("scrap", 0, 0)]


async def test_the_database_itself_forbids_reserving_more_than_there_is(run_sql: Sql) -> None:
    from sqlalchemy.exc import IntegrityError

    await run_sql(SHOP[0])
    await run_sql(SHOP[1])
    await run_sql(SHOP[2])
    with pytest.raises(IntegrityError, match="reserved_within_on_hand"):
        await run_sql("UPDATE stock SET reserved = 101")


async def test_what_comes_back_beyond_what_the_books_can_hold_is_refused_and_nothing_moves(
    database: PostgresDatabase, run_sql: Sql
) -> None:
    await run_sql("UPDATE stock SET on_hand = 2147483647, opening = on_hand WHERE sku = 'S1'")
    units = [UnitsBack("", n, sku, 1, "restock") for n, sku in ((1, "S1"), (2, "S2"))]

    with pytest.raises(LimitExceeded, match="2,147,483,647 units"):
        await database.run(lambda uow: uow.inventory.take_back("O1-R1", "BOS", units))

    assert await run_sql("SELECT 1 FROM movement") == []
    assert await stock_of(run_sql, "S2") == (100, 0, 0)
    quarantined = [UnitsBack("", 1, "S1", 1, "quarantine")]
    await database.run(lambda uow: uow.inventory.take_back("O1-R1", "BOS", quarantined))
    assert await stock_of(run_sql) == (2147483647, 0, 1)
