"""What is available to promise, on PostgreSQL: neither more nor less than can be reserved."""

import random
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.postgres.availability import PostgresAvailability
from adapters.postgres.engine import PostgresDatabase
from domain.access import Principal, Role
from domain.availability import Availability, Available, Step
from domain.errors import Forbidden, Malformed, NotFound
from domain.journal import PlannedParcel
from domain.order import LineUnits
from domain.process import ProcessDefinition
from ports.availability import SKUS_MAX, AvailabilityQuestion
from tests.support.reserving import reserves

Sql = Callable[..., Awaitable[list[tuple[Any, ...]]]]
WEB = Principal("channel:web", frozenset({Role.CHANNEL}), "web")
CUSTOMER = Principal("customer:O", frozenset({Role.CUSTOMER}), "O")
SHOP = (
    "INSERT INTO product (sku, name) VALUES ('TEA', 'Tea'), ('CUP', 'Cup'), ('SET', 'Tea set')",
    "INSERT INTO bundle_component VALUES ('SET', 'TEA', 1), ('SET', 'CUP', 4)",
    (
        "INSERT INTO location (id, name, country, active) VALUES ('BOS', 'Boston', 'US', true),"
        " ('NYC', 'New York', 'US', true), ('OLD', 'Old one', 'US', false)"
    ),
    (
        "INSERT INTO person (name, line1, line2, city, region, postal_code, country, email, phone)"
        " VALUES ('Ana', '', '', '', '', '', '', '', '')"
    ),
    (
        "INSERT INTO customer_order (number, channel, channel_ref, customer_ref, currency, total,"
        " placed, process, person_id, tracking_hash, placed_at)"
        " VALUES ('O', 'web', 'O', '', 'USD', 0, '{}', '{}', 1, 'O', now())"
    ),
)
PUT = (
    "INSERT INTO stock (sku, location, on_hand, reserved, safety)"
    " VALUES (:sku, :location, :on_hand, :reserved, :safety)"
)
EXPECT = (
    "INSERT INTO supply (kind, reference, sku, location, available_on, quantity, received,"
    " reserved) VALUES (:kind, :reference, :sku, :location, :day, :quantity, :received, :reserved)"
)


@pytest_asyncio.fixture
async def reads(engine: AsyncEngine, run_sql: Sql) -> PostgresAvailability:
    for statement in SHOP:
        await run_sql(statement)
    return PostgresAvailability(engine)


@pytest.fixture
def today() -> date:
    return datetime.now(UTC).date()


async def put(run_sql: Sql, sku: str, location: str, on_hand: int, **more: int) -> None:
    values = {"reserved": 0, "safety": 0, **more}
    await run_sql(PUT, sku=sku, location=location, on_hand=on_hand, **values)


async def expect(
    run_sql: Sql, sku: str, location: str, day: date, quantity: int, **more: Any
) -> None:
    values = {"kind": "inbound", "reference": "PO-1", "received": 0, "reserved": 0, **more}
    await run_sql(EXPECT, sku=sku, location=location, day=day, quantity=quantity, **values)


async def test_many_skus_are_answered_at_once_in_the_order_asked(
    reads: PostgresAvailability, run_sql: Sql, today: date
) -> None:
    soon, later = today + timedelta(days=2), today + timedelta(days=9)
    await put(run_sql, "TEA", "BOS", 10, reserved=4, safety=2)
    await put(run_sql, "TEA", "NYC", 1, safety=5)
    await put(run_sql, "CUP", "BOS", 7)
    await put(run_sql, "TEA", "OLD", 500)
    await expect(run_sql, "TEA", "NYC", soon, 20, received=3, reserved=7)
    await expect(run_sql, "TEA", "NYC", later, 2, reference="PO-2")
    await expect(run_sql, "TEA", "OLD", soon, 500)
    await expect(run_sql, "TEA", "BOS", later, 6, kind="presale", reserved=1)
    await expect(run_sql, "CUP", "BOS", soon, 5, received=5)

    asked = AvailabilityQuestion(["SET", "TEA", "NIX", "TEA"])
    assert await reads.availability(WEB, asked) == [
        Availability(
            "SET", Available("", 1), (Available("BOS", 1), Available("NYC", 0))
        ),
        Availability(
            "TEA",
            Available("", 4, (Step(soon, 10), Step(later, 12)), (Step(later, 5),)),
            (
                Available("BOS", 4, (), (Step(later, 5),)),
                Available("NYC", 0, (Step(soon, 6), Step(later, 8))),
            ),
        ),
    ]  # fmt: skip
    [there] = await reads.availability(WEB, AvailabilityQuestion(["TEA"], "NYC", soon))
    assert there.total == Available("", 0, (Step(soon, 6),))
    [closed] = await reads.availability(WEB, AvailabilityQuestion(["TEA"], "OLD"))
    assert (closed.total, closed.locations) == (Available("", 0), ())


async def test_questions_that_make_no_sense_are_refused(
    reads: PostgresAvailability, today: date
) -> None:
    yesterday = today - timedelta(days=1)
    for asked in (
        AvailabilityQuestion([]),
        AvailabilityQuestion([f"S{n}" for n in range(SKUS_MAX + 1)]),
        AvailabilityQuestion(["TEA"], until=yesterday),
    ):
        with pytest.raises(Malformed):
            await reads.availability(WEB, asked)
    for nowhere in ("MARS", "a\0b"):
        with pytest.raises(NotFound):
            await reads.availability(WEB, AvailabilityQuestion(["TEA"], nowhere))
    with pytest.raises(Forbidden):
        await reads.availability(CUSTOMER, AvailabilityQuestion(["TEA"]))
    assert await reads.availability(WEB, AvailabilityQuestion(["a\0b", "\ud800", ""])) == []


@pytest.mark.parametrize("seed", range(12))
async def test_exactly_what_is_available_now_can_be_reserved_and_not_one_more(
    reads: PostgresAvailability, engine: AsyncEngine, run_sql: Sql, today: date, seed: int
) -> None:
    chance = random.Random(seed)
    for sku in ("TEA", "CUP"):
        for place in ("BOS", "NYC"):
            on_hand = chance.randint(0, 30)
            reserved = chance.randint(0, on_hand)
            await put(run_sql, sku, place, on_hand, reserved=reserved, safety=chance.randint(0, 6))
            await expect(run_sql, sku, place, today, 1 + chance.randint(0, 9))
    database = PostgresDatabase(engine)
    parcels = 0

    async def reserve(sku: str, place: str, units: int) -> bool:
        nonlocal parcels
        parcels += 1
        plan = PlannedParcel(f"P{parcels}", place, (LineUnits(1, sku, units),))
        return await reserves(database, "O", plan)

    for sku in chance.sample(["TEA", "CUP", "SET"], 3):
        [found] = await reads.availability(WEB, AvailabilityQuestion([sku]))
        assert found.total.immediate == sum(place.immediate for place in found.locations)
        for place in found.locations:
            assert not await reserve(sku, place.location, place.immediate + 1)
            if place.immediate:
                assert await reserve(sku, place.location, place.immediate)
        [left] = await reads.availability(WEB, AvailabilityQuestion([sku]))
        assert left.total.immediate == 0


async def test_what_comes_later_than_orders_are_promised_from_is_promised_to_nobody(
    reads: PostgresAvailability, engine: AsyncEngine, run_sql: Sql, today: date
) -> None:
    soon, late = today + timedelta(days=30), today + timedelta(days=31)
    await expect(run_sql, "TEA", "BOS", soon, 5)
    await expect(run_sql, "TEA", "BOS", late, 7, reference="PO-2")
    await expect(run_sql, "TEA", "BOS", late, 2, kind="presale")
    asked = AvailabilityQuestion(["TEA"])
    [found] = await reads.availability(WEB, asked)
    assert found.total == Available("", 0, (Step(soon, 5),), (Step(late, 2),))
    farther = ProcessDefinition(backorder_horizon=31 * 86_400)
    [found] = await PostgresAvailability(engine, farther).availability(WEB, asked)
    assert found.total.steps == (Step(soon, 5), Step(late, 12))
