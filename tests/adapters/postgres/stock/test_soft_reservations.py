"""Flash sales: an order that is placed only with its goods, and what becomes of them."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import text

from activities.orders import SOURCING_TRIES
from adapters.postgres.auditing.auditor import audit_books
from adapters.postgres.engine import PostgresDatabase
from adapters.postgres.intake import PostgresIntake
from adapters.postgres.stock.soft import PostgresSoftReservations
from domain.errors import OutOfStock
from domain.journal import PlannedParcel
from domain.order import LineUnits
from ports.front_office import RequestedLine
from tests.adapters.postgres.conftest import SERVER_KEY
from tests.support.reserving import reserves

LINES = (RequestedLine("TEA", 2),)


@pytest_asyncio.fixture
async def sale(shop: Any) -> Any:
    await shop.run(
        "INSERT INTO stock (sku, location, on_hand, opening) VALUES ('TEA', 'BOS', 10, 10)"
    )
    return shop


async def buy(shop: Any, reference: str, **changes: Any) -> str:
    placed = await shop.place(reference, lines=LINES, only_if_in_stock=True, **changes)
    number: str = placed.number
    return number


async def reserved(shop: Any) -> list[tuple[Any, ...]]:
    return await shop.rows("SELECT state, quantity, line FROM reservation ORDER BY id")


async def sound(shop: Any) -> bool:
    found = await audit_books(shop.engine, 60)
    return not [f.violations for f in found if f.id in ("S1", "S2", "S3", "S6") and f.violations]


async def test_losers_of_a_flash_sale_leave_no_trace_and_cost_no_workflow(sale: Any) -> None:
    answers = await asyncio.gather(*(buy(sale, f"F{n}") for n in range(40)), return_exceptions=True)
    won = [answer for answer in answers if isinstance(answer, str)]
    lost = [answer for answer in answers if not isinstance(answer, str)]
    assert len(won) == 5
    assert {type(answer) for answer in lost} == {OutOfStock}
    assert await sale.rows("SELECT on_hand, reserved FROM stock") == [(10, 10)]
    assert await reserved(sale) == [("SOFT", 2, 1)] * 5
    for table in ("customer_order", "command", "outbox", "person", "order_view"):
        assert await sale.count(table) == 5
    assert await sound(sale)


async def test_an_order_that_a_deadlock_undid_is_placed_nonetheless(sale: Any) -> None:
    """Somebody else locks tea first and then cups; the order has waited for longer, and gives up
    first. It looks for a deadlock once, after the timeout, by when the other one has to wait, too.
    """
    await sale.run(f"ALTER DATABASE {sale.engine.url.database} SET deadlock_timeout = '3s'")
    await sale.engine.dispose()
    await sale.run(
        "INSERT INTO stock (sku, location, on_hand, opening) VALUES ('CUP', 'BOS', 10, 10)"
    )
    lines = (RequestedLine("TEA", 2), RequestedLine("CUP", 1))
    async with sale.engine.begin() as other:
        await other.execute(text("SELECT FROM stock WHERE sku = 'TEA' FOR UPDATE"))
        placing = asyncio.create_task(sale.place("WEB-1", lines=lines, only_if_in_stock=True))
        await sale.somebody_waits()
        await other.execute(text("SELECT FROM stock WHERE sku = 'CUP' FOR UPDATE"))
    assert not (await placing).repeated
    assert await reserved(sale) == [("SOFT", 2, 1), ("SOFT", 1, 2)]
    assert await sale.count("customer_order") == 1


async def test_a_loser_may_try_again_under_the_same_key(sale: Any) -> None:
    await sale.run("UPDATE stock SET safety = 9")
    with pytest.raises(OutOfStock):
        await buy(sale, "F1")
    await sale.run("UPDATE stock SET safety = 0")
    number = await buy(sale, "F1")
    assert await buy(sale, "F1") == number
    assert await reserved(sale) == [("SOFT", 2, 1)]


async def test_what_is_reserved_softly_becomes_hard_when_the_order_is_sourced(sale: Any) -> None:
    number = await buy(sale, "F1")
    await sale.run("UPDATE stock SET safety = 8")  # nothing is left for anybody else
    database = PostgresDatabase(sale.engine)
    found = await database.run(lambda uow: uow.inventory.sources(number, ["TEA"], 0))
    assert found.stock == {"BOS": {"TEA": 2}}
    assert (await database.run(lambda uow: uow.inventory.sources("X", ["TEA"], 0))).stock == {}
    plan = PlannedParcel(f"{number}-F1", "BOS", (LineUnits(1, "TEA", 2),))
    assert await reserves(database, number, plan)
    assert await reserved(sale) == [("RELEASED", 2, 1), ("HARD", 2, 1)]
    assert await sale.rows("SELECT reserved FROM stock") == [(2,)]
    assert await sound(sale)


async def test_a_plan_that_falls_short_leaves_the_soft_reservation_as_it_was(sale: Any) -> None:
    number = await buy(sale, "F1")
    database = PostgresDatabase(sale.engine)
    plan = PlannedParcel(f"{number}-F1", "BOS", (LineUnits(1, "TEA", 11),))
    assert not await reserves(database, number, plan)
    assert await reserved(sale) == [("SOFT", 2, 1)]
    assert await sound(sale)


async def test_what_nothing_has_come_of_is_given_back_once(sale: Any) -> None:
    await buy(sale, "F1")
    sweepers = [PostgresSoftReservations(sale.engine) for _ in range(3)]
    assert await sweepers[0].expire(10) == 0
    await sale.run("UPDATE reservation SET expires_at = now() - interval '1 second'")
    assert sum(await asyncio.gather(*(sweeper.expire(10) for sweeper in sweepers))) == 1
    assert await reserved(sale) == [("EXPIRED", 2, 1)]
    assert await sale.rows("SELECT on_hand, reserved FROM stock") == [(10, 0)]
    assert await sound(sale)


async def test_sourcing_and_expiry_that_race_give_each_unit_back_once(sale: Any) -> None:
    numbers = [await buy(sale, f"F{n}") for n in range(5)]
    await sale.run("UPDATE reservation SET expires_at = now()")
    database, sweeper = PostgresDatabase(sale.engine), PostgresSoftReservations(sale.engine)

    async def source(number: str) -> bool:
        """As the sourcing step does: stock that is just being given back is looked for again."""
        plan = PlannedParcel(f"{number}-F1", "BOS", (LineUnits(1, "TEA", 2),))
        for _ in range(SOURCING_TRIES):
            if await reserves(database, number, plan):
                return True
        return False

    got = await asyncio.gather(*map(source, numbers), *(sweeper.expire(2) for _ in range(4)))
    assert got[:5] == [True] * 5
    assert await sale.rows("SELECT on_hand, reserved FROM stock") == [(10, 10)]
    assert await sound(sale)


async def test_a_canceled_order_gives_back_what_it_had_reserved_softly(sale: Any) -> None:
    number = await buy(sale, "F1")
    database = PostgresDatabase(sale.engine)
    for _ in range(2):
        await database.run(lambda uow: uow.inventory.release_all(number))
    assert await reserved(sale) == [("RELEASED", 2, 1)]
    assert await sale.rows("SELECT reserved FROM stock") == [(0,)]


async def test_how_long_goods_are_kept_is_a_promise_of_the_process_definition(sale: Any) -> None:
    process = replace(sale.process, soft_reservation=60.0)
    sale.intake = PostgresIntake(sale.engine, SERVER_KEY, process)
    await buy(sale, "F1")
    [(seconds,)] = await sale.rows(
        "SELECT extract(epoch FROM expires_at - created_at)::int FROM reservation"
    )
    assert 58 <= seconds <= 60
