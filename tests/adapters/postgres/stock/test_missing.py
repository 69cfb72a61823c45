"""A bundle that was not found whole: what its warehouse names is written off, and what nobody names
is counted before the order gets it from there again.
"""

from collections.abc import Sequence
from typing import Any

import pytest_asyncio

from adapters.postgres.auditing.auditor import audit_books
from adapters.postgres.engine import PostgresDatabase
from domain.acts import ActKind
from domain.journal import PlannedParcel
from domain.order import LineUnits
from tests.support.reserving import reserves

LEVELS = "SELECT sku, on_hand, reserved FROM stock ORDER BY sku"
MOVED = "SELECT reference, line, sku, units FROM movement WHERE reason = 'short_pick' ORDER BY id"
TO_COUNT = "SELECT subject FROM task WHERE kind = 'stock.count' AND closed_at IS NULL ORDER BY id"
CHECKED = ("S1", "S2", "S3", "S6")


class Sets:
    """An order has three sets, of two teas and a cup each, in a parcel at Boston."""

    def __init__(self, shop: Any) -> None:
        self.shop = shop
        self.database = PostgresDatabase(shop.engine)

    async def reserve(self) -> None:
        for statement in (
            "INSERT INTO product (sku, name) VALUES ('SET', 'Set')",
            "INSERT INTO bundle_component VALUES ('SET', 'TEA', 2), ('SET', 'CUP', 1)",
            "INSERT INTO stock VALUES ('TEA', 'BOS', 10), ('CUP', 'BOS', 10)",
            "UPDATE stock SET opening = on_hand",
        ):
            await self.shop.run(statement)
        self.order = (await self.shop.place("W")).number
        self.parcel = f"{self.order}-F1"
        plan = PlannedParcel(self.parcel, "BOS", (LineUnits(1, "SET", 3),))
        assert await reserves(self.database, self.order, plan)
        await self.shop.run("DELETE FROM stock_news")

    async def miss(self, sets: int, **named: int) -> None:
        parts = [LineUnits(1, sku, units) for sku, units in named.items()]
        missing = [LineUnits(1, "SET", sets)]
        await self.database.run(
            lambda uow: uow.inventory.write_off_missing(self.parcel, missing, parts)
        )

    async def uncounted(self, *skus: str) -> set[str]:
        return await self.database.run(lambda uow: uow.inventory.uncounted(self.order, skus))

    async def count(self, sku: str, counted: int) -> None:
        body = {"location": "BOS", "counted": counted}
        shop = self.shop
        await shop.office.act(shop.warehouse, f"{sku}", ActKind.STOCK_COUNT, sku, body, "looked")

    async def rows(self, statement: str) -> Sequence[tuple[Any, ...]]:
        found: Sequence[tuple[Any, ...]] = await self.shop.rows(statement)
        return found

    async def is_sound(self) -> bool:
        found = await audit_books(self.shop.engine)
        return not any(each.violations for each in found if each.id in CHECKED)


@pytest_asyncio.fixture
async def sets(shop: Any) -> Sets:
    sets = Sets(shop)
    await sets.reserve()
    return sets


async def test_components_that_are_named_are_written_off_and_their_siblings_are_free(
    sets: Sets,
) -> None:
    await sets.miss(2, CUP=2)
    assert await sets.rows(LEVELS) == [("CUP", 8, 1), ("TEA", 10, 2)]
    assert await sets.rows(MOVED) == [(sets.parcel, 1, "CUP", -2)]
    assert await sets.rows(TO_COUNT) == []
    assert await sets.uncounted("SET") == set()
    assert await sets.is_sound()


async def test_a_set_whose_warehouse_names_nothing_is_not_guessed_at_but_counted(
    sets: Sets,
) -> None:
    await sets.miss(2)
    assert await sets.rows(LEVELS) == [("CUP", 10, 1), ("TEA", 10, 2)]
    assert await sets.rows(MOVED) == []
    assert await sets.rows(TO_COUNT) == [("CUP@BOS",), ("TEA@BOS",)]
    assert await sets.uncounted("SET", "TEA") == {"BOS"}
    assert await sets.uncounted("TEA") == set()


async def test_what_the_named_components_do_not_explain_is_counted(sets: Sets) -> None:
    """One tea of four: it explains that one set is missing, not two."""
    await sets.miss(2, TEA=1)
    assert await sets.rows(LEVELS) == [("CUP", 10, 1), ("TEA", 9, 2)]
    assert await sets.rows(MOVED) == [(sets.parcel, 1, "TEA", -1)]
    assert await sets.rows(TO_COUNT) == [("CUP@BOS",), ("TEA@BOS",)]


async def test_no_more_is_written_off_than_the_missing_sets_had_of_a_component(sets: Sets) -> None:
    """And nothing of what is no component of it."""
    await sets.miss(1, TEA=7, POT=1)
    assert await sets.rows(LEVELS) == [("CUP", 10, 2), ("TEA", 8, 4)]
    assert await sets.rows(MOVED) == [(sets.parcel, 1, "TEA", -2)]
    assert await sets.rows(TO_COUNT) == []


async def test_a_parcel_of_sets_may_come_up_short_again(sets: Sets) -> None:
    for _ in range(2):
        await sets.miss(1, CUP=1)
    again = (f"{sets.parcel}/1", 1, "CUP", -1)
    assert await sets.rows(MOVED) == [(sets.parcel, 1, "CUP", -1), again]
    assert await sets.is_sound()


async def test_a_count_ends_its_task_and_is_news_though_it_finds_what_the_books_say(
    sets: Sets,
) -> None:
    await sets.miss(1)
    await sets.shop.run("DELETE FROM stock_news")
    await sets.count("CUP", 10)
    assert await sets.rows(TO_COUNT) == [("TEA@BOS",)]
    assert await sets.rows("SELECT sku FROM stock_news") == [("CUP",)]
    assert await sets.uncounted("SET") == {"BOS"}
    await sets.count("TEA", 9)
    assert (
        await sets.rows("SELECT closed_by, closed_why FROM task WHERE kind = 'stock.count'")
        == [(sets.shop.warehouse.name, "looked")] * 2
    )
    assert await sets.uncounted("SET") == set()


async def test_a_count_that_nobody_waits_for_is_no_news(sets: Sets) -> None:
    await sets.count("CUP", 10)
    assert await sets.rows("SELECT sku FROM stock_news") == []
