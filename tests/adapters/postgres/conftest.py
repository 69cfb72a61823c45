"""A small shop on a real database: its catalog, its people, and the books behind the edges."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest_asyncio
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.postgres.back_office import PostgresBackOffice
from adapters.postgres.command_book import PostgresCommandBook
from adapters.postgres.dead_letters import PostgresDeadLetterOffice
from adapters.postgres.engine import create_engine
from adapters.postgres.facts.inbox import PostgresFactInbox
from adapters.postgres.intake import PostgresIntake
from adapters.postgres.orders import PostgresOrders
from adapters.postgres.outbox_queue import PostgresOutboxQueue
from adapters.postgres.reads import PostgresReads
from domain import journal as j
from domain.access import Principal, Role
from domain.facts import Package
from domain.fold import fold
from domain.order import LineUnits, PaymentMethod
from domain.payments import PaymentOperation, PaymentStatus
from domain.process import ProcessDefinition
from domain.waits import waits
from ports.front_office import OrderRequest, Person, PlacedAnswer, RequestedLine

SERVER_KEY = b"a key of the server, 32 bytes at"
CATALOG = """
INSERT INTO product (sku, name) VALUES ('TEA', 'Tea'), ('CUP', 'Cup'), ('POT', 'Pot');
INSERT INTO price VALUES ('TEA', 'USD', 500), ('CUP', 'USD', 900), ('TEA', 'EUR', 450);
INSERT INTO location (id, name, country) VALUES ('BOS', 'Boston', 'US');
INSERT INTO tax_rate VALUES ('US', '', 100), ('US', 'MA', 625), ('DE', '', 1900);
INSERT INTO place VALUES ('US', 'MA', 'boston', 42.4, -71.1), ('US', 'TX', 'austin', 30.3, -97.7);
"""


AUTHORIZED = j.PaymentMoved(
    "O/authorize/1", PaymentOperation.AUTHORIZE, 1, PaymentStatus.SUCCEEDED, 2550
)


class Shop:
    """Everything the edges use, and the hand of the workflow to move an order along."""

    web = Principal("channel:web", frozenset({Role.CHANNEL}), "web")
    pos = Principal("channel:pos", frozenset({Role.CHANNEL}), "pos")
    agent = Principal("ana", frozenset({Role.AGENT}))
    supervisor = Principal("sue", frozenset({Role.SUPERVISOR}))
    warehouse = Principal("will", frozenset({Role.WAREHOUSE}))
    developer = Principal("dev", frozenset({Role.DEVELOPER}))
    process = ProcessDefinition()
    request = OrderRequest(
        channel="web",
        channel_ref="WEB-1",
        currency="USD",
        lines=(RequestedLine("TEA", 3), RequestedLine("CUP", 1, 800, discount=50)),
        ship_to=Person("Ana Ruiz", "1 Main St", "Boston", "US", "MA", "02108", phone="+1 212"),
        payment_method=PaymentMethod.CARD,
        payment_source="tok_ok",
        shipping=300,
        customer_ref="C-17",
        raw={"order": "WEB-1"},
    )

    def __init__(self, engine: AsyncEngine) -> None:
        self.engine = engine
        self.intake = PostgresIntake(engine, SERVER_KEY, self.process)
        self.commands = PostgresCommandBook(engine)
        self.facts = PostgresFactInbox(engine)
        self.outbox = PostgresOutboxQueue(engine)
        self.dead_letters = PostgresDeadLetterOffice(engine)
        self.reads = PostgresReads(engine, SERVER_KEY)
        self.office = PostgresBackOffice(engine)

    @staticmethod
    def customer(order: str) -> Principal:
        return Principal(f"customer:{order}", frozenset({Role.CUSTOMER}), order)

    async def place(self, reference: str = "WEB-1", **changes: Any) -> PlacedAnswer:
        request = replace(self.request, channel_ref=reference, **changes)
        return await self.intake.place(self.web, f"message-{reference}", request)

    async def refold(self, order: str) -> None:
        await self.journal(order)

    async def journal(self, order: str, *bodies: j.Body, by: str = "system") -> None:
        async with self.engine.begin() as connection:
            orders = PostgresOrders(connection)
            locked = await orders.lock(order)
            after = len(locked.journal)
            new = await orders.append(order, order, after, bodies, by) if bodies else ()
            view = fold(locked.order, (*locked.journal, *new), locked.facts)
            await orders.project(view, waits(view, locked.process))
            await orders.closing.write(connection)

    async def source(self, order: str) -> str:
        """The order's goods in one parcel, handed to the warehouse; its id."""
        parcel = f"{order}-F1"
        plan = j.PlannedParcel(parcel, "BOS", (LineUnits(1, "TEA", 3), LineUnits(2, "CUP", 1)))
        await self.run(
            "INSERT INTO fulfillment_order (id, order_number, location)"
            " VALUES (:id, :order, 'BOS')",
            id=parcel,
            order=order,
        )
        await self.journal(
            order,
            j.Reviewed("approve", "v1", "r1", "fine"),
            j.Sourced((plan,), "v1"),
            AUTHORIZED,
            j.Submitted(parcel),
        )
        return parcel

    async def deliver(self, order: str) -> None:
        await self.deliver_parcel(order, await self.source(order))

    async def deliver_parcel(self, order: str, parcel: str) -> None:
        lines = (LineUnits(1, "TEA", 3), LineUnits(2, "CUP", 1))
        packages = (Package("1", "UPS", "1Z1", lines),)
        await self.journal(
            order, j.Shipped(parcel, packages, lines, 2550), j.Delivered(parcel), j.Completed()
        )

    async def run(self, statement: str, **values: Any) -> None:
        async with self.engine.begin() as connection:
            await connection.execute(text(statement), values)

    async def rows(self, statement: str, **values: Any) -> list[tuple[Any, ...]]:
        async with self.engine.connect() as connection:
            return [tuple(row) for row in await connection.execute(text(statement), values)]

    async def somebody_waits(self) -> None:
        """Until one transaction waits for what another one has locked."""
        for _ in range(1_000):
            if await self.rows(
                "SELECT 1 FROM pg_stat_activity WHERE datname = current_database()"
                " AND wait_event_type = 'Lock'"
            ):
                return
            await asyncio.sleep(0.01)
        raise AssertionError("nobody waits for a lock")

    async def count(self, table: str) -> int:
        return (await self.rows(f"SELECT count(*) FROM {table}"))[0][0]  # noqa: S608 - ours


@pytest_asyncio.fixture
async def shop(database_url: str) -> AsyncIterator[Shop]:
    engine = create_engine(database_url, pool_size=20)
    shop = Shop(engine)
    for statement in filter(str.strip, CATALOG.split(";")):
        await shop.run(statement)
    yield shop
    await engine.dispose()
