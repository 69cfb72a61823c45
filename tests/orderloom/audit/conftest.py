"""A small world in which everything holds: one order delivered, one canceled, one just placed, and
one canceled whose money, which came too late, is on its way back.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest_asyncio
from journaling import journal_order, journal_return
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from activities.effects import OrderTurn
from adapters.postgres.auditing.auditor import Finding, audit_books, audit_on
from adapters.postgres.back_office import PostgresBackOffice
from adapters.postgres.command_book import PostgresCommandBook
from adapters.postgres.engine import PostgresDatabase, create_engine
from adapters.postgres.facts.inbox import PostgresFactInbox
from adapters.postgres.intake import PostgresIntake
from adapters.postgres.reads_invoices import PostgresInvoiceReads
from domain import journal as j
from domain.access import Principal, Role
from domain.acts import ActKind
from domain.commands import CommandKind
from domain.facts import Fact, FactKind, Package
from domain.order import LineUnits, PaymentMethod
from domain.payments import PaymentOperation, PaymentStatus, operation_key
from domain.process import ProcessDefinition
from domain.tenders import Tender
from ports.front_office import OrderRequest, Person, RequestedLine
from ports.payment_book import PaymentRow
from ports.unit_of_work import UnitOfWork

WEB = Principal("channel:web", frozenset({Role.CHANNEL}), "web")
ANA = Principal("ana", frozenset({Role.AGENT}))
WILL = Principal("will", frozenset({Role.WAREHOUSE}))
SUE = Principal("sue", frozenset({Role.SUPERVISOR}))
FINN = Principal("finn", frozenset({Role.FINANCE}))
UNITS = (LineUnits(1, "TEA", 3),)
TOTAL = 1_500
PROCESS = ProcessDefinition(refund_four_eyes_above=600)
CATALOG = (
    "INSERT INTO product (sku, name) VALUES ('TEA', 'Tea'), ('CUP', 'Cup')",
    "INSERT INTO location (id, name, country) VALUES ('BOS', 'Boston', 'US')",
    "INSERT INTO stock (sku, location, on_hand, opening) VALUES ('TEA', 'BOS', 10, 10)",
)
REQUEST = OrderRequest(
    "web", "WEB-1", "USD", (RequestedLine("TEA", 3, 500),), Person("Ana", "1 St", "Boston", "US"),
    PaymentMethod.CARD, "tok_ok",
)  # fmt: skip


@dataclass
class World:
    """Its orders by what became of them."""

    engine: AsyncEngine
    url: str
    delivered: str = ""
    canceled: str = ""
    fresh: str = ""
    refunding: str = ""
    rma: str = ""
    cancel_command: str = ""
    invoice: str = ""
    approval: str = ""

    @property
    def parcel(self) -> str:
        return f"{self.delivered}-F1"

    @property
    def names(self) -> dict[str, str]:
        """What statements and expectations may call things by."""
        names = (
            *("delivered", "canceled", "fresh", "refunding", "rma", "parcel", "cancel_command"),
            *("invoice", "series", "approval"),
        )
        return {name: getattr(self, name) for name in names}

    @property
    def series(self) -> str:
        return self.invoice.rpartition("-")[0]

    async def build(self) -> None:
        await self.run(*CATALOG)
        self.delivered = await self.place("WEB-1")
        self.canceled = await self.place("WEB-2")
        self.fresh = await self.place("WEB-3")
        await self._deliver()
        await self._cancel()
        self.rma = await PostgresCommandBook(self.engine).request_return(
            ANA, "return", self.delivered, [LineUnits(1, "TEA", 2)], "too strong"
        )
        await self._count_with_four_eyes()
        await self._pay_too_late()

    async def _count_with_four_eyes(self) -> None:
        office, count = PostgresBackOffice(self.engine), {"location": "BOS", "counted": 500}
        asked = await office.act(WILL, "count", ActKind.STOCK_COUNT, "CUP", count, "inventory")
        self.approval = asked.approval
        await office.act(SUE, "yes", ActKind.APPROVAL_APPROVE, asked.approval, {})

    async def _pay_too_late(self) -> None:
        """A large refund, approved and still to be transferred; and a small one, transferred."""
        unpaid = {"payment_method": PaymentMethod.BANK_TRANSFER, "payment_source": ""}
        self.refunding = await self.place("WEB-4", **unpaid)
        await self.journal(self.refunding, j.Canceled("asked"))
        office = PostgresBackOffice(self.engine)
        for reference, amount in (("B-700", 700), ("B-100", 100)):
            paid = {"amount": amount, "currency": "USD", "order": self.refunding}
            await office.act(FINN, reference, ActKind.TRANSFER_REGISTER, reference, paid)
        await self._approve_refund(f"{self.refunding}-R1", 700)
        done = (j.RefundTransferred(100, "OUT-100"), j.ReturnCompleted())
        await self.journal_return(f"{self.refunding}-R2", FINN, *done)

    async def _approve_refund(self, rma: str, amount: int) -> None:
        kind = CommandKind.RETURN_APPROVE_REFUND
        accepted = await PostgresCommandBook(self.engine).accept(
            SUE, "approve-refund", kind, rma, {"reason": "as agreed"}
        )
        await self.journal_return(rma, SUE, j.RefundApproved((j.Share(Tender.BANK, amount),)))

        async def work(uow: UnitOfWork) -> None:
            await uow.commands.settle(accepted.command.id, refusal=None, result={})

        await PostgresDatabase(self.engine).run(work)

    async def journal_return(self, rma: str, by: Principal, *bodies: j.Body) -> None:
        await journal_return(PostgresDatabase(self.engine), rma, *bodies, by=by.name)

    async def place(self, reference: str, **more: Any) -> str:
        intake = PostgresIntake(self.engine, b"key", PROCESS)
        request = replace(REQUEST, channel_ref=reference, **more)
        return (await intake.place(WEB, reference, request)).number

    async def journal(self, order: str, *bodies: j.Body) -> None:
        await journal_order(PostgresDatabase(self.engine), order, *bodies)

    async def refold(self, order: str) -> None:
        """The projection as it would be, had the rows always been like this."""

        async def work(uow: UnitOfWork) -> None:
            await OrderTurn(uow, await uow.orders.lock(order)).project(())

        await PostgresDatabase(self.engine).run(work)

    async def pay(self, operation: PaymentOperation, parcel: str = "") -> None:
        order, key = self.delivered, operation_key(self.delivered, operation, 1)
        first = operation_key(order, PaymentOperation.AUTHORIZE, 1)
        drawn_on = "" if operation is PaymentOperation.AUTHORIZE else first
        row = PaymentRow(
            key, order, order, operation, 1, PaymentStatus.REQUESTED, TOTAL, "USD", parcel,
            authorization=drawn_on,
        )  # fmt: skip

        async def work(uow: UnitOfWork) -> None:
            await uow.orders.lock(order)
            await uow.payments.begin(row)
            await uow.payments.move(key, PaymentStatus.SUCCEEDED, provider_payment="pay_1")

        await PostgresDatabase(self.engine).run(work)
        await self.journal(
            order,
            j.PaymentMoved(key, operation, 1, PaymentStatus.SUCCEEDED, TOTAL, "", parcel, drawn_on),
        )

    async def hear(self, kind: FactKind, event: str, **more: Any) -> None:
        at = datetime.now(UTC) - timedelta(seconds=1)
        fact = Fact(f"warehouse:{event}", kind, self.parcel, at, **more)
        await PostgresFactInbox(self.engine).store("warehouse", event, fact, {})

    async def _deliver(self) -> None:
        packages = (Package("1", "UPS", "1Z1", UNITS),)
        plan = j.PlannedParcel(self.parcel, "BOS", UNITS)
        await self.journal(
            self.delivered, j.Reviewed("approve", "v1", "r1", "fine"), j.Sourced((plan,), "v1")
        )
        await self.pay(PaymentOperation.AUTHORIZE)
        await self.journal(self.delivered, j.Submitted(self.parcel))
        await self.hear(FactKind.ACCEPTED, "e1")
        await self.hear(FactKind.PICKED, "e2", lines=UNITS)
        await self.hear(FactKind.SHIPPED, "e3", packages=packages)
        await self.journal(self.delivered, j.Shipped(self.parcel, packages, UNITS, TOTAL))
        await self.pay(PaymentOperation.CAPTURE, self.parcel)
        await self.journal(self.delivered, j.Delivered(self.parcel), j.Completed())
        (issued,) = await PostgresInvoiceReads(self.engine).of_order(ANA, self.delivered)
        self.invoice = issued.number

    async def _cancel(self) -> None:
        accepted = await PostgresCommandBook(self.engine).accept(
            ANA, "cancel", CommandKind.CANCEL, self.canceled, {"reason": "asked"}
        )
        self.cancel_command = accepted.command.id
        await self.journal(self.canceled, j.Canceled("asked"))

        async def work(uow: UnitOfWork) -> None:
            await uow.commands.settle(accepted.command.id, refusal=None, result={})

        await PostgresDatabase(self.engine).run(work)

    async def run(self, *statements: str) -> None:
        """As the owner of the tables, who may do anything. `:name` is one of `names`."""
        async with self.engine.begin() as connection:
            await self._execute(connection, statements)

    async def _execute(self, connection: AsyncConnection, statements: Sequence[str]) -> None:
        for statement in statements:
            wanted = {name: v for name, v in self.names.items() if f":{name}" in statement}
            await connection.execute(text(statement), wanted)

    async def violations(self) -> dict[str, list[dict[str, Any]]]:
        return _named(await audit_books(self.engine))

    async def violations_after(self, *statements: str) -> dict[str, list[dict[str, Any]]]:
        """As the owner of the tables would cause them; nothing of it is kept."""
        async with self.engine.connect() as connection:
            await self._execute(connection, statements)
            return _named(await audit_on(connection))


def _named(findings: Sequence[Finding]) -> dict[str, list[dict[str, Any]]]:
    return {finding.id: finding.violations for finding in findings if finding.violations}


@pytest_asyncio.fixture
async def world(database_url: str) -> AsyncIterator[World]:
    async with _world(database_url) as world:
        yield world


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def shared_world(module_database_url: str) -> AsyncIterator[World]:
    """For tests that leave it as it was."""
    async with _world(module_database_url) as world:
        yield world


@asynccontextmanager
async def _world(database_url: str) -> AsyncIterator[World]:
    engine = create_engine(database_url)
    world = World(engine, database_url)
    await world.build()
    yield world
    await engine.dispose()
