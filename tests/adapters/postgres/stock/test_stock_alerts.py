"""Alerts: each told once per crossing, by what stock was before a transaction and is after it."""

import asyncio
from typing import Any

import pytest_asyncio
from sqlalchemy import text

from adapters.postgres.engine import PostgresDatabase
from adapters.postgres.outcomes import AUDIT_LOCK
from domain.acts import ActKind
from domain.journal import PlannedParcel
from domain.order import LineUnits
from domain.sourcing_entries import SupplyUnits
from ports.front_office import RequestedLine
from tests.support.reserving import reserves

BOS = {"location": "BOS"}
LOW = "UPDATE stock SET reorder_point = 5, reorder_to = 20 WHERE sku = 'TEA'"


@pytest_asyncio.fixture
async def stocked(shop: Any) -> Any:
    await shop.run(
        "INSERT INTO stock (sku, location, on_hand, opening) VALUES ('TEA', 'BOS', 10, 10)"
    )
    return shop


async def act(shop: Any, kind: ActKind, key: str, **body: Any) -> Any:
    return await shop.office.act(shop.warehouse, key, kind, "TEA", {**BOS, **body}, "as seen")


async def reserve(
    shop: Any, reference: str, units: int, supplies: tuple[SupplyUnits, ...] = ()
) -> str:
    order: str = (await shop.place(reference, lines=(RequestedLine("TEA", units),))).number
    lines, day = (LineUnits(1, "TEA", units),), "2026-12-01" if supplies else ""
    plan = PlannedParcel(f"{order}-F1", "BOS", lines, supplies, day)
    database = PostgresDatabase(shop.engine)
    assert await reserves(database, order, plan)
    return order


async def told(shop: Any) -> list[tuple[Any, ...]]:
    """(event, free units, who closed its task)."""
    return await shop.rows(
        "SELECT event_id, (payload->'data'->>'free')::int, closed_by FROM outbox"
        " JOIN task ON task.id = event_id WHERE outbox.kind LIKE 'stock.%' ORDER BY outbox.id"
    )


async def test_a_count_that_breaks_promises_tells_no_shortage_twice(stocked: Any) -> None:
    """What was reserved is free for a moment, until the count says that it is not there."""
    await reserve(stocked, "WEB-1", 8)
    await stocked.run(LOW)
    assert await told(stocked) == [("stock/TEA@BOS/1", 2, "")]
    await act(stocked, ActKind.STOCK_COUNT, "c", counted=2)
    assert await stocked.rows("SELECT on_hand, reserved, crossings FROM stock") == [(2, 2, 1)]
    assert await told(stocked) == [("stock/TEA@BOS/1", 2, "")]


async def test_a_delivery_that_was_promised_already_ends_no_shortage(stocked: Any) -> None:
    await act(stocked, ActKind.SUPPLY_EXPECT, "e", reference="PO", quantity=6,
              available_on="2026-12-01")  # fmt: skip
    [(supply,)] = await stocked.rows("SELECT id FROM supply")
    await reserve(stocked, "WEB-1", 6, (SupplyUnits(1, "TEA", 6, supply),))
    await act(stocked, ActKind.STOCK_ADJUST, "a", units=-8)
    await stocked.run(LOW)
    await act(stocked, ActKind.SUPPLY_RECEIVE, "r", reference="PO", units=6)
    assert await stocked.rows("SELECT on_hand, reserved FROM stock") == [(8, 6)]
    assert await told(stocked) == [("stock/TEA@BOS/1", 2, "")]


async def test_an_order_that_is_sourced_from_what_it_had_softly_ends_no_shortage(
    stocked: Any,
) -> None:
    await stocked.run(LOW)
    lines = (RequestedLine("TEA", 6),)
    order = (await stocked.place("SOFT", lines=lines, only_if_in_stock=True)).number
    plan = PlannedParcel(f"{order}-F1", "BOS", (LineUnits(1, "TEA", 6),))
    assert await reserves(PostgresDatabase(stocked.engine), order, plan)
    assert await stocked.rows("SELECT state FROM reservation ORDER BY id") == [
        ("RELEASED",), ("HARD",)
    ]  # fmt: skip
    assert await told(stocked) == [("stock/TEA@BOS/1", 4, "")]


async def test_what_passes_a_level_and_comes_back_within_one_transaction_is_no_shortage(
    stocked: Any,
) -> None:
    await stocked.run(LOW)
    async with stocked.engine.begin() as connection:
        for on_hand in (3, 9, 1, 8):
            await connection.execute(text("UPDATE stock SET on_hand = :n"), {"n": on_hand})
    assert await told(stocked) == []
    assert await stocked.rows("SELECT crossings FROM stock") == [(0,)]


async def test_what_a_savepoint_took_back_was_no_crossing(stocked: Any) -> None:
    await stocked.run(LOW)
    async with stocked.engine.begin() as connection:
        taken_back = await connection.begin_nested()
        await connection.execute(text("UPDATE stock SET on_hand = 1"))
        await taken_back.rollback()
        await connection.execute(text("UPDATE stock SET on_hand = 9"))
    assert await told(stocked) == []


async def test_both_levels_passed_at_once_are_told_each_once(stocked: Any) -> None:
    await stocked.run("UPDATE stock SET safety = 2, reorder_point = 5, reorder_to = 20")
    await act(stocked, ActKind.STOCK_COUNT, "c", counted=1)
    assert await stocked.rows(
        "SELECT event_id, kind FROM outbox WHERE kind LIKE 'stock.%' ORDER BY id"
    ) == [
        ("stock/TEA@BOS/1", "stock.safety_reached"),
        ("stock/TEA@BOS/2", "stock.reorder_reached"),
    ]
    await act(stocked, ActKind.STOCK_COUNT, "d", counted=9)
    assert await stocked.rows("SELECT closed_by FROM task WHERE kind LIKE 'stock.%'") == [
        ("system",), ("system",)
    ]  # fmt: skip


async def test_a_shortage_whose_task_somebody_closed_by_hand_is_not_told_again(
    stocked: Any,
) -> None:
    await stocked.run(LOW)
    await act(stocked, ActKind.STOCK_COUNT, "c", counted=4)
    await stocked.office.act(
        stocked.warehouse, "t", ActKind.TASK_CLOSE, "stock/TEA@BOS/1", {}, "ordered"
    )
    await act(stocked, ActKind.STOCK_COUNT, "d", counted=3)
    assert await told(stocked) == [("stock/TEA@BOS/1", 4, "will")]
    await act(stocked, ActKind.STOCK_COUNT, "e", counted=9)
    await act(stocked, ActKind.STOCK_COUNT, "f", counted=4)
    assert await told(stocked) == [("stock/TEA@BOS/1", 4, "will"), ("stock/TEA@BOS/2", 4, "")]


async def test_a_sku_that_is_opened_below_its_level_is_told_of(shop: Any) -> None:
    await shop.run(
        "INSERT INTO stock (sku, location, on_hand, opening, reorder_point)"
        " VALUES ('TEA', 'BOS', 3, 3, 5)"
    )
    assert await told(shop) == [("stock/TEA@BOS/1", 3, "")]


async def test_an_act_waits_for_a_task_before_it_holds_the_audit_trail(stocked: Any) -> None:
    """Somebody closes the task that the act closes too, and is about to write the trail."""
    await stocked.run(LOW)
    await act(stocked, ActKind.STOCK_COUNT, "c", counted=4)
    async with stocked.engine.begin() as closing:
        await closing.execute(text("SELECT FROM task FOR UPDATE"))
        counting = asyncio.create_task(act(stocked, ActKind.STOCK_COUNT, "d", counted=9))
        await stocked.somebody_waits()
        free = await closing.scalar(
            text("SELECT pg_try_advisory_xact_lock(:lock)"), {"lock": AUDIT_LOCK}
        )
    assert free
    assert (await counting).result["on_hand"] == 9
