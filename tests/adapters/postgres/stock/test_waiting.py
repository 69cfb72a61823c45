"""News of stock: it comes to everybody whom it concerns, and is done with then."""

from typing import Any

import pytest_asyncio

from adapters.postgres.stock.waiting import TOLD_MAX, PostgresStockNews
from domain import journal as j
from domain.access import Role
from ports.front_office import RequestedLine

APPROVED = j.Reviewed("approve", "v1", "r1", "fine")


@pytest_asyncio.fixture
async def scattered(shop: Any) -> Any:
    """A set of a pot and a cup, each of which is somewhere else: nobody can pack one."""
    for statement in (
        "INSERT INTO location (id, name, country) VALUES ('NYC', 'New York', 'US')",
        "INSERT INTO product (sku, name) VALUES ('SET', 'Set')",
        "INSERT INTO price VALUES ('SET', 'USD', 900), ('POT', 'USD', 900)",
        "INSERT INTO bundle_component VALUES ('SET', 'POT', 1), ('SET', 'CUP', 1)",
        "INSERT INTO stock (sku, location, on_hand, opening) VALUES ('CUP', 'BOS', 90, 90)",
        "DELETE FROM stock_news",
    ):
        await shop.run(statement)
    return shop


async def waits_for(shop: Any, reference: str, sku: str) -> str:
    number: str = (await shop.place(reference, lines=(RequestedLine(sku, 1),))).number
    await shop.journal(number, APPROVED)
    await looks_in_vain(shop, number, 0)
    return number


async def looks_in_vain(shop: Any, number: str, news: int) -> None:
    why = "units are out of stock"
    await shop.journal(number, j.HoldPlaced("stock", why, Role.AGENT, "", news))


async def comes(shop: Any, sku: str, location: str, units: int) -> None:
    await shop.run(
        "INSERT INTO stock (sku, location, on_hand, opening) VALUES (:s, :l, :n, :n)"
        " ON CONFLICT (sku, location) DO UPDATE SET on_hand = stock.on_hand + excluded.on_hand,"
        " opening = stock.opening + excluded.opening",
        s=sku, l=location, n=units,
    )  # fmt: skip


async def told(shop: Any) -> list[str]:
    """Who is told now."""
    before = await _told(shop)
    await PostgresStockNews(shop.engine, grace_seconds=0).tell(500)
    return [order for order in await _told(shop) if order not in before]


async def _told(shop: Any) -> list[str]:
    rows = await shop.rows("SELECT id, subject FROM fact WHERE kind = 'stock.came' ORDER BY id")
    return [f"{subject} by {fact}" for fact, subject in rows]


async def test_those_who_look_in_vain_keep_nobody_else_from_being_told(scattered: Any) -> None:
    """There are enough pots and cups for all of them, and no place has both."""
    sets = [await waits_for(scattered, f"S{n}", "SET") for n in range(TOLD_MAX + 1)]
    pot = await waits_for(scattered, "P", "POT")
    await comes(scattered, "POT", "NYC", 50)

    first = await told(scattered)
    assert sorted(line[:14] for line in first) == sorted(sets[:TOLD_MAX])
    for number in sets[:TOLD_MAX]:
        await looks_in_vain(scattered, number, 1)

    assert sorted(line[:14] for line in await told(scattered)) == sorted([sets[TOLD_MAX], pot])
    assert await told(scattered) == []
    assert await scattered.rows("SELECT sku FROM stock_news") == []


async def test_whoever_looked_in_vain_is_told_of_what_comes_after_that(scattered: Any) -> None:
    sets = [await waits_for(scattered, f"S{n}", "SET") for n in range(TOLD_MAX + 1)]
    await comes(scattered, "POT", "NYC", 50)
    assert len(await told(scattered)) == TOLD_MAX
    for number in sets[:TOLD_MAX]:
        await looks_in_vain(scattered, number, 1)

    await comes(scattered, "POT", "BOS", 50)
    again = await told(scattered)
    assert sorted(line[:14] for line in again) == sorted(sets[:TOLD_MAX])
    assert [line[:14] for line in await told(scattered)] == [sets[TOLD_MAX]]


async def test_orders_that_wait_for_something_else_are_not_even_looked_at(scattered: Any) -> None:
    await waits_for(scattered, "T", "TEA")
    await comes(scattered, "POT", "NYC", 1)
    assert await told(scattered) == []
    assert await scattered.rows("SELECT sku FROM stock_news") == []
