"""A shop whose orders run under time skipping: real workflows and books, a warehouse and a payment
provider that do as the test says, and a clock that the test server turns forward.
"""

import os
import shutil
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from fake_parties import FakeWarehouse
from fake_provider import FakeProvider
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest
from temporalio.client import WorkflowHandle
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

from activities.orders import OrderActivities
from activities.payments import PaymentActivities
from activities.returns import ReturnActivities
from activities.warehouse import WarehouseActivities
from adapters.postgres.back_office import PostgresBackOffice
from adapters.postgres.command_book import PostgresCommandBook
from adapters.postgres.engine import PostgresDatabase, create_engine
from adapters.postgres.facts.inbox import PostgresFactInbox
from adapters.postgres.intake import PostgresIntake
from adapters.postgres.reads import PostgresReads
from adapters.rules.zen_rules import ZenReviewRules
from adapters.temporal.converter import DATA_CONVERTER
from adapters.temporal.desk import CHANNEL, TemporalOrderDesk
from domain.access import Principal, Role
from domain.acts import ActKind
from domain.commands import CommandKind
from domain.errors import Refusal
from domain.facts import Fact, FactKind, Package
from domain.order import LineUnits, PaymentMethod
from domain.process import ProcessDefinition
from domain.view import OrderView
from orderloom.worker import activity_methods, workflow_runner
from ports.back_office import ActAnswer
from ports.desk import LiveProcess, NoSuchProcess
from ports.front_office import OrderRequest, Person, RequestedLine
from ports.outside import PaymentProvider
from ports.payment_book import PaymentRow
from ports.unit_of_work import UnitOfWork
from workflows.order import OrderWorkflow
from workflows.rma import ReturnWorkflow

QUEUE = "orders"
KEY = b"a key of the server, 32 bytes at"
CATALOG = """
INSERT INTO product (sku, name) VALUES ('TEA', 'Tea'), ('CUP', 'Cup'), ('POT', 'Pot');
INSERT INTO price VALUES ('TEA', 'USD', 500), ('CUP', 'USD', 900), ('POT', 'USD', 40000);
INSERT INTO location (id, name, country, latitude, longitude) VALUES
  ('BOS', 'Boston', 'US', 42.4, -71.1), ('NYC', 'New York', 'US', 40.7, -74.0),
  ('AUS', 'Austin', 'US', 30.3, -97.7);
INSERT INTO stock (sku, location, on_hand, opening) VALUES
  ('TEA', 'BOS', 10, 10), ('TEA', 'NYC', 10, 10), ('TEA', 'AUS', 10, 10),
  ('CUP', 'NYC', 10, 10), ('CUP', 'AUS', 2, 2), ('POT', 'AUS', 3, 3);
INSERT INTO tax_rate VALUES ('US', '', 100);
INSERT INTO place VALUES ('US', 'MA', 'boston', 42.4, -71.1);
"""


class Shop:
    """Places orders, plays the outside parties, and looks at what became of it."""

    agent = Principal("ana", frozenset({Role.AGENT}))
    supervisor = Principal("sue", frozenset({Role.SUPERVISOR}))
    finance = Principal("finn", frozenset({Role.FINANCE}))
    keeper = Principal("will", frozenset({Role.WAREHOUSE}))
    web = Principal("channel:web", frozenset({Role.CHANNEL}), "web")
    request = OrderRequest(
        channel="web",
        channel_ref="WEB-1",
        currency="USD",
        lines=(RequestedLine("TEA", 3, 500, 100), RequestedLine("CUP", 1, 900)),
        ship_to=Person("Ana Ruiz", "1 Main St", "Boston", "US", "MA", "02108"),
        payment_method=PaymentMethod.CARD,
        payment_source="tok_ok",
        shipping=300,
    )

    def __init__(self, engine: AsyncEngine, env: WorkflowEnvironment) -> None:
        self.engine, self.env = engine, env
        self.provider, self.warehouse = FakeProvider(), FakeWarehouse()
        self.providers: dict[str, PaymentProvider] = {"http": self.provider}
        self.process = ProcessDefinition()
        self.commands = PostgresCommandBook(engine)
        self.facts = PostgresFactInbox(engine)
        self.reads = PostgresReads(engine, KEY)
        self.office = PostgresBackOffice(engine)
        self.desk = TemporalOrderDesk(env.client, QUEUE)
        self._facts = 0

    @asynccontextmanager
    async def open(
        self, order: type = OrderWorkflow, *, sandboxed: bool = True
    ) -> AsyncIterator["Shop"]:
        """A worker works for it, with this code for orders."""
        database = PostgresDatabase(self.engine, clock=self.env.get_current_time)
        self.books = OrderActivities(database, ZenReviewRules())
        self.payments = PaymentActivities(database, self.providers)
        owners = (
            self.books,
            self.payments,
            WarehouseActivities(database, self.warehouse),
            ReturnActivities(database),
        )
        async with Worker(
            self.env.client,
            task_queue=QUEUE,
            workflows=[order, ReturnWorkflow],
            activities=[method for owner in owners for method in activity_methods(owner)],
            workflow_runner=workflow_runner(sandboxed=sandboxed),
        ):
            yield self

    async def place(self, reference: str = "WEB-1", **changes: Any) -> str:
        request = replace(self.request, channel_ref=reference, **changes)
        request = replace(request, placed_at=await self.env.get_current_time())
        intake = PostgresIntake(self.engine, KEY, self.process)
        number = (await intake.place(self.web, f"message-{reference}", request)).number
        await self.desk.start_order(number, request.channel)
        return number

    async def tell(self, parcel: str, kind: FactKind, **details: Any) -> Fact:
        """A fact, stored and signaled as the webhooks' edge does."""
        self._facts += 1
        at = await self.env.get_current_time()
        fact = Fact(f"test:{self._facts}", kind, parcel, at, **details)
        await self.tell_again(fact)
        return fact

    async def tell_again(self, fact: Fact) -> None:
        stored = await self.facts.store("test", fact.id.removeprefix("test:"), fact, {})
        if stored.signal:
            await self.desk.tell(stored.order, fact)

    async def act(self, kind: ActKind, subject: str, **body: Any) -> None:
        """An act of the warehouse's people; what it tells orders is carried as the relay does."""
        self._facts += 1
        await self.office.act(self.keeper, f"act-{self._facts}", kind, subject, body, "as seen")
        await self.run("UPDATE fact SET due_at = now() WHERE due_at IS NOT NULL")
        for stored in await self.facts.untold(100):
            await self.desk.tell(stored.order, stored.fact)
            await self.facts.told([stored.fact.id])

    async def ship(self, parcel: str, lines: tuple[LineUnits, ...] | None = None) -> None:
        sent = lines or self.warehouse.parcels[parcel].lines
        package = Package("1", "UPS", f"1Z{parcel}", sent)
        await self.tell(parcel, FactKind.SHIPPED, packages=(package,))

    async def arrive(self, parcel: str) -> None:
        await self.tell(parcel, FactKind.IN_TRANSIT, tracking_number=f"1Z{parcel}")
        await self.tell(parcel, FactKind.DELIVERED, tracking_number=f"1Z{parcel}")

    async def carry(self, parcel: str) -> None:
        """Every fact of an undisturbed parcel."""
        await self.until_submitted(parcel)
        await self.tell(parcel, FactKind.ACCEPTED)
        lines = self.warehouse.parcels[parcel].lines
        await self.tell(parcel, FactKind.PICKED, lines=lines)
        await self.tell(parcel, FactKind.PACKED)
        await self.ship(parcel)
        await self.arrive(parcel)

    async def command(
        self, principal: Principal, kind: CommandKind, subject: str, **body: Any
    ) -> str:
        """Empty when it was done, else the refusal's code."""
        self._facts += 1
        try:
            accepted = await self.commands.accept(
                principal, f"key-{self._facts}", kind, subject, body
            )
            if accepted.refusal:
                return accepted.refusal[0]
            await self.desk.command(subject, accepted.command)
        except Refusal as refusal:
            return refusal.code
        return ""

    async def until(self, met: Callable[[], Awaitable[bool]], hours: float = 0.05) -> None:
        """Turns the clock in small steps until the condition holds; gives up after 400."""
        for _ in range(400):
            if await met():
                return
            await self.env.sleep(timedelta(seconds=hours * 3600 / 20))
        raise AssertionError("what was awaited did not come")

    async def until_submitted(self, parcel: str) -> None:
        async def submitted() -> bool:
            found = (await self.view(parcel[:14])).parcels.get(parcel)
            return found is not None and "submitted" in found.at

        await self.until(submitted)

    async def until_asked_back(self, parcel: str) -> None:
        """Until the warehouse was asked for it: what it answers before nobody has asked it."""

        async def asked_back() -> bool:
            return parcel in self.warehouse.cancel_requests

        await self.until(asked_back)

    async def until_held(self, number: str, hold: str) -> None:
        async def held() -> bool:
            return hold in (await self.view(number)).holds

        await self.until(held)

    async def until_payment(self, number: str, key: str) -> None:
        """Until the order knows what has become of an operation."""

        async def known() -> bool:
            return key in (await self.view(number)).payments

        await self.until(known)

    async def until_status(self, number: str, status: str) -> OrderView:
        async def reached() -> bool:
            return (await self.view(number)).status == status

        await self.until(reached)
        return await self.view(number)

    async def view(self, number: str) -> OrderView:
        return (await self.reads.order(self.agent, number)).view

    async def act_as(
        self, principal: Principal, kind: ActKind, subject: str, reason: str = "why", **body: Any
    ) -> ActAnswer:
        """Done by the back office, and what it told is signaled as the relay does."""
        self._facts += 1
        key = f"act-{self._facts}"
        answer = await self.office.act(principal, key, kind, subject, body, reason)
        await self.relay()
        return answer

    async def relay(self) -> None:
        for stored in await self.facts.untold(100):
            with suppress(NoSuchProcess):
                await self.desk.tell(stored.order, stored.fact)
        for (rma,) in await self.rows("SELECT number FROM return_order WHERE status = 'GRANTED'"):
            await self.desk.start_return(rma)

    async def begin(self, row: PaymentRow) -> None:
        """Writes an intent, as whoever then is lost."""

        async def work(uow: UnitOfWork) -> None:
            await uow.orders.lock(row.order)
            await uow.payments.begin(row)

        await PostgresDatabase(self.engine).run(work)

    async def begin_submission(self, parcel: str) -> None:
        """Marks that a warehouse may have it, as an attempt that then is lost."""

        async def work(uow: UnitOfWork) -> None:
            await uow.orders.lock(parcel[:14])
            await uow.submissions.begin(parcel)

        await PostgresDatabase(self.engine).run(work)

    async def payment_status(self, number: str) -> str:
        return (await self.reads.order(self.agent, number)).summary.payment_status

    async def live(self, number: str) -> LiveProcess:
        return await self.desk.process(number)

    def handle(self, number: str) -> WorkflowHandle[Any, Any]:
        return self.env.client.get_workflow_handle(f"order/{number}")

    async def rows(self, statement: str, **values: Any) -> list[tuple[Any, ...]]:
        async with self.engine.connect() as connection:
            return [tuple(row) for row in await connection.execute(text(statement), values)]

    async def run(self, statement: str) -> None:
        async with self.engine.begin() as connection:
            await connection.execute(text(statement))

    async def stock(self) -> dict[tuple[str, str], tuple[int, int]]:
        """(on hand, reserved) by SKU and location, where it differs from the opening."""
        rows = await self.rows("SELECT sku, location, on_hand, reserved, opening FROM stock")
        return {(r[0], r[1]): (r[2], r[3]) for r in rows if r[2] != r[4] or r[3]}

    async def balances(self, number: str) -> dict[str, int]:
        """Ledger balances of the order by account, without those that are zero."""
        rows = await self.rows(
            "SELECT account, sum(amount)::int FROM ledger_entry JOIN ledger_transaction"
            " ON id = transaction_id WHERE order_number = :n GROUP BY 1",
            n=number,
        )
        return {account: amount for account, amount in rows if amount}

    async def tasks(self) -> list[tuple[str, str]]:
        """(reason, owner) of the ops queue."""
        page = await self.reads.tasks(self.supervisor, "", 50, None)
        return [(task.reason, task.owner) for task in page.items]

    async def now(self) -> datetime:
        return await self.env.get_current_time()


@pytest_asyncio.fixture
async def env() -> AsyncIterator[WorkflowEnvironment]:
    server = shutil.which("temporal-test-server", path=str(Path(sys.executable).parent))
    async with await WorkflowEnvironment.start_time_skipping(
        test_server_existing_path=server, data_converter=DATA_CONVERTER
    ) as env:
        await env.client.operator_service.add_search_attributes(
            AddSearchAttributesRequest(
                search_attributes={CHANNEL.name: IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD},
                namespace=env.client.namespace,
            )
        )
        yield env


async def _record_histories(shop: Shop, folder: Path, test: str) -> None:
    """Adds to the corpus that tests/replay replays; see `make histories`."""
    found = await shop.rows(
        "SELECT 'order/' || number FROM customer_order"
        " UNION ALL SELECT 'return/' || number FROM return_order"
    )
    for (workflow_id,) in found:
        history = await shop.env.client.get_workflow_handle(workflow_id).fetch_history()
        kind = workflow_id.partition("/")[0]
        _write(folder / f"{test}.{kind}.json", history.to_json())


def _write(path: Path, content: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)


@pytest_asyncio.fixture
async def closed_shop(database_url: str, env: WorkflowEnvironment) -> AsyncIterator[Shop]:
    """Nobody works for it yet: a test that wants other code opens it."""
    engine = create_engine(database_url)
    async with engine.begin() as connection:
        for statement in CATALOG.split(";"):
            if statement.strip():
                await connection.execute(text(statement))
    yield Shop(engine, env)
    await engine.dispose()


@pytest_asyncio.fixture
async def shop(closed_shop: Shop, request: pytest.FixtureRequest) -> AsyncIterator[Shop]:
    async with closed_shop.open() as shop:
        yield shop
        if folder := os.environ.get("RECORD_HISTORIES"):
            await _record_histories(shop, Path(folder), request.node.name.partition("[")[0])
