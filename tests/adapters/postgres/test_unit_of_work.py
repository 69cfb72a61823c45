"""How a unit of work ends: what many wait for is locked last, and everything is committed at once
or not at all.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.postgres.engine import PostgresDatabase
from domain.errors import OutOfStock
from domain.journal import PlannedParcel
from domain.ledger import Account, Leg, Posting
from domain.order import LineUnits
from ports.unit_of_work import StepName, UnitOfWork

Sql = Callable[..., Awaitable[list[tuple[Any, ...]]]]
SHOP = """
INSERT INTO product (sku, name) VALUES ('TEA', 'Tea'), ('CUP', 'Cup');
INSERT INTO location (id, name, country) VALUES ('BOS', 'Boston', 'US');
INSERT INTO stock (sku, location, on_hand, opening)
  VALUES ('TEA', 'BOS', 10, 10), ('CUP', 'BOS', 10, 10);
INSERT INTO person (name, line1, line2, city, region, postal_code, country, email, phone)
  VALUES ('Ana', '', '', '', '', '', '', '', '');
INSERT INTO customer_order (number, channel, channel_ref, customer_ref, currency, total, placed,
                            process, person_id, tracking_hash, placed_at)
  VALUES ('O', 'web', 'O', '', 'USD', 0, '{}', '{}', 1, 'O', now())
"""
SALE = Posting("O/sale", "O", "USD", (Leg(Account.RECEIVABLE, 107), Leg(Account.REVENUE, -107)))
NO_WAITING = text("SET LOCAL lock_timeout = '50ms'")


@pytest_asyncio.fixture
async def database(engine: AsyncEngine, run_sql: Sql) -> PostgresDatabase:
    for statement in SHOP.split(";"):
        await run_sql(statement)
    return PostgresDatabase(engine)


def parcel(*units: tuple[str, int]) -> PlannedParcel:
    lines = tuple(LineUnits(n, sku, quantity) for n, (sku, quantity) in enumerate(units, start=1))
    return PlannedParcel("O-F1", "BOS", lines)


async def everything(uow: UnitOfWork, wanted: PlannedParcel) -> None:
    await uow.inventory.reserve("O", [wanted])
    await uow.ledger.post(SALE)
    await uow.steps.save("O", StepName("source", 1), {"outcome": "sourced"})
    await uow.outbox.put("O/1", "order.sourced", "O", {})


async def written(run_sql: Sql) -> dict[str, int]:
    tables = ("fulfillment_order", "reservation", "ledger_entry", "step", "outbox")
    counts = {name: (await run_sql(f"SELECT count(*) FROM {name}"))[0][0] for name in tables}  # noqa: S608 - ours
    [(counts["reserved"],)] = await run_sql("SELECT sum(reserved)::int FROM stock")
    return counts


async def somebody_waits(run_sql: Sql) -> None:
    """Until one transaction waits for what another one has locked."""
    others = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database()"
    for _ in range(1_000):
        if await run_sql(f"{others} AND wait_event_type = 'Lock'"):
            return
        await asyncio.sleep(0.01)
    raise AssertionError("nobody waits for a lock")


NOTHING = {
    "fulfillment_order": 0, "reservation": 0, "ledger_entry": 0, "step": 0, "outbox": 0,
    "reserved": 0,
}  # fmt: skip
ALL = {
    "fulfillment_order": 1, "reservation": 2, "ledger_entry": 2, "step": 1, "outbox": 1,
    "reserved": 5,
}  # fmt: skip


async def test_a_unit_of_work_whose_stock_is_gone_leaves_nothing_behind(
    database: PostgresDatabase, run_sql: Sql
) -> None:
    with pytest.raises(OutOfStock):
        await database.run(lambda uow: everything(uow, parcel(("CUP", 2), ("TEA", 11))))
    assert await written(run_sql) == NOTHING
    await database.run(lambda uow: everything(uow, parcel(("CUP", 2), ("TEA", 3))))
    assert await written(run_sql) == ALL


async def test_stock_that_a_unit_of_work_reserves_is_free_for_others_until_it_commits(
    database: PostgresDatabase, engine: AsyncEngine, run_sql: Sql
) -> None:
    async def work(uow: UnitOfWork) -> None:
        await everything(uow, parcel(("CUP", 2), ("TEA", 3)))
        async with engine.begin() as other:
            await other.execute(NO_WAITING)
            await other.execute(text("UPDATE stock SET safety = 1"))

    await database.run(work)
    assert await written(run_sql) == ALL
    assert await run_sql("SELECT DISTINCT safety FROM stock") == [(1,)]


async def test_a_unit_of_work_that_a_deadlock_undid_as_it_ended_is_done_again(
    database: PostgresDatabase, engine: AsyncEngine, run_sql: Sql
) -> None:
    """Somebody else locks tea first and then cups; the unit of work has waited for longer."""
    tries = 0

    async def work(uow: UnitOfWork) -> None:
        nonlocal tries
        tries += 1
        await everything(uow, parcel(("TEA", 3), ("CUP", 2)))

    async with engine.begin() as other:
        await other.execute(text("SELECT FROM stock WHERE sku = 'TEA' FOR UPDATE"))
        at_work = asyncio.create_task(database.run(work))
        await somebody_waits(run_sql)
        await other.execute(text("SELECT FROM stock WHERE sku = 'CUP' FOR UPDATE"))
    await at_work
    assert tries == 2
    assert await written(run_sql) == ALL


async def test_a_connection_that_is_cut_at_the_end_has_committed_nothing_and_is_replaced(
    database: PostgresDatabase, run_sql: Sql
) -> None:
    async def work(uow: UnitOfWork) -> None:
        await uow.inventory.reserve("O", [parcel(("CUP", 2), ("TEA", 3))])
        await uow.ledger.post(SALE)
        found = "SELECT pid FROM pg_stat_activity WHERE datname = current_database()"
        at_work = f"{found} AND state = 'idle in transaction'"
        assert await run_sql(f"SELECT pg_terminate_backend(({at_work}))") == [(True,)]

    with pytest.raises(OperationalError):
        await database.run(work)
    assert await written(run_sql) == NOTHING
    await database.run(lambda uow: everything(uow, parcel(("CUP", 2), ("TEA", 3))))
    assert await written(run_sql) == ALL


async def test_what_was_reserved_softly_becomes_hard_without_a_lock_of_the_stock(
    database: PostgresDatabase, engine: AsyncEngine, run_sql: Sql
) -> None:
    """As many units of the same rows: nobody has to wait for a row that does not change."""
    await run_sql(
        "INSERT INTO reservation (order_number, line, sku, location, quantity, state, expires_at)"
        " VALUES ('O', 1, 'TEA', 'BOS', 3, 'SOFT', now() + interval '1 day')"
    )
    await run_sql("UPDATE stock SET reserved = 3 WHERE sku = 'TEA'")
    async with engine.begin() as other:
        await other.execute(text("SELECT FROM stock WHERE sku = 'TEA' FOR UPDATE"))
        async with asyncio.timeout(20):
            await database.run(lambda uow: uow.inventory.reserve("O", [parcel(("TEA", 3))]))
    states = "SELECT state, quantity FROM reservation ORDER BY state"
    assert await run_sql(states) == [("HARD", 3), ("RELEASED", 3)]
    assert await run_sql("SELECT reserved FROM stock WHERE sku = 'TEA'") == [(3,)]
