"""Orders whose customers owe us something, on a real PostgreSQL."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from journaling import journal_order, journal_return
from sqlalchemy.ext.asyncio import AsyncEngine

from activities.effects import ReturnTurn, journal
from adapters.postgres.auditing.auditor import audit_books
from adapters.postgres.back_office import PostgresBackOffice
from adapters.postgres.engine import PostgresDatabase
from adapters.postgres.intake import PostgresIntake
from adapters.postgres.overdue import PostgresOverdue
from adapters.postgres.reads import PostgresReads
from adapters.postgres.reads_invoices import PostgresInvoiceReads
from adapters.postgres.receivables import PostgresReceivables
from adapters.postgres.return_requests import request_return
from domain import journal as j
from domain.access import Principal, Role
from domain.acts import ActKind
from domain.order import LineUnits, PaymentMethod
from domain.process import ProcessDefinition
from domain.refunds import refund_plan
from ports.front_office import OrderRequest, Person, RequestedLine
from ports.unit_of_work import UnitOfWork

WEB = Principal("channel:web", frozenset({Role.CHANNEL}), "web")
ANA = Principal("ana", frozenset({Role.AGENT}))
FIN = Principal("fin", frozenset({Role.FINANCE}))
ON_CREDIT, CARD = PaymentMethod.CREDIT_TERMS, PaymentMethod.CARD
CATALOG = (
    "INSERT INTO product (sku, name) VALUES ('TEA', 'Tea')",
    "INSERT INTO price VALUES ('TEA', 'USD', 500), ('TEA', 'EUR', 500), ('TEA', 'JPY', 500)",
    "INSERT INTO location (id, name, country) VALUES ('BOS', 'Boston', 'US')",
    "INSERT INTO stock (sku, location, on_hand, opening) VALUES ('TEA', 'BOS', 999, 999)",
    "INSERT INTO customer VALUES ('C-1', '', false, 500000, 'USD', 30)",
)
REQUEST = OrderRequest(
    "web", "", "USD", (RequestedLine("TEA", 4),), Person("Ana", "1 St", "Boston", "US"),
    ON_CREDIT, "", customer_ref="C-1",
)  # fmt: skip
TERMS = 30  # days


class OwingBooks:
    """Orders of four teas for 20.00 USD in two parcels, sent so many days ago: the oldest first,
    since the dates of invoices rise with their numbers.
    """

    def __init__(self, engine: AsyncEngine, run_sql: Any) -> None:
        self.engine, self.sql = engine, run_sql
        self.database = PostgresDatabase(engine, clock=self._clock)
        self.office = PostgresBackOffice(engine)
        self.receivables = PostgresReceivables(engine)
        self.overdue = PostgresOverdue(engine)
        self.process = ProcessDefinition()
        self.ago = timedelta()
        self._keys = 0

    async def open(self) -> None:
        for statement in CATALOG:
            await self.sql(statement)

    async def _clock(self) -> datetime:
        return datetime.now(UTC) - self.ago

    async def sent(self, reference: str, ago: int = 0, parcels: int = 2, **more: Any) -> str:
        request = replace(REQUEST, channel_ref=reference, **more)
        intake = PostgresIntake(self.engine, b"k" * 32, self.process)
        number: str = (await intake.place(WEB, reference, request)).number
        planned = tuple(j.PlannedParcel(f"{number}-F{n}", "BOS", units(2)) for n in (1, 2))
        self.ago = timedelta(days=ago)
        await self.journal(number, j.Reviewed("approve", "v1", "r1", ""), j.Sourced(planned, "v1"))
        if request.payment_method is ON_CREDIT:
            await self.journal(number, j.CreditGranted(2_000, TERMS))
        for n in range(1, parcels + 1):
            await self.journal(number, j.Shipped(f"{number}-F{n}", (), units(2), 1_000))
        self.ago = timedelta()
        return number

    async def journal(self, order: str, *bodies: j.Body) -> None:
        await journal_order(self.database, order, *bodies)

    async def give_back(self, order: str, quantity: int, store_credit: int = 0) -> None:
        """Delivered, and returned: so much less is owed."""
        for n in (1, 2):
            await self.journal(order, j.Delivered(f"{order}-F{n}"))
        rma = await request_return(self.engine, ANA, order, order, units(quantity), "damaged")
        for body in (j.ReturnApproved(), j.ReturnReceived(units(quantity), "BOS")):
            await journal_return(self.database, rma, body)
        await self._inspect(rma, quantity, store_credit)

    async def _inspect(self, rma: str, quantity: int, store_credit: int) -> None:
        back, refund = (j.InspectedUnits(1, "TEA", quantity, "restock"),), 500 * quantity

        async def work(uow: UnitOfWork) -> None:
            turn = ReturnTurn(uow, rma, await uow.orders.lock_return(rma))
            balances = await uow.ledger.balances(turn.order.number)
            view = (await uow.orders.lock(turn.order.number)).view()
            plan = refund_plan(view, balances, refund, store_credit)
            await journal(turn, [j.ReturnInspected(back, refund, plan, store_credit)], "system")

        await self.database.run(work)

    async def act(self, kind: ActKind, subject: str, by: Principal = FIN, **body: Any) -> Any:
        self._keys += 1
        return await self.office.act(by, f"k{self._keys}", kind, subject, body, "as agreed")

    async def pay(self, order: str, amount: int, bank: str = "B-1") -> Any:
        wanted = {"amount": amount, "currency": "USD", "order": order}
        return (await self.act(ActKind.TRANSFER_REGISTER, bank, **wanted)).result

    async def invoices(self, order: str) -> list[tuple[str, str, int]]:
        """(number, status, open)"""
        found = await PostgresInvoiceReads(self.engine).of_order(FIN, order)
        return [(each.number, each.status.value, each.open) for each in found]

    async def balances(self, order: str) -> dict[str, int]:
        found = await self.sql(
            "SELECT account, sum(amount)::int FROM ledger_transaction JOIN ledger_entry"
            " ON transaction_id = id WHERE order_number = :order GROUP BY 1"
            " HAVING sum(amount) <> 0",
            order=order,
        )
        return dict(found)

    async def aging(self) -> dict[tuple[str, str], dict[str, int]]:
        """What is not zero, by customer and currency."""
        page = await self.receivables.customers(FIN, 100, None)
        return {
            (each.customer, each.currency): {age.value: n for age, n in each.by_age.items() if n}
            for each in page.items
        }

    async def tasks(self) -> list[tuple[str, str, str]]:
        page = await PostgresReads(self.engine, b"k" * 32).tasks(FIN, "finance", 100, None)
        return [(task.id, task.order, task.reason) for task in page.items]

    async def violations(self) -> dict[str, Any]:
        found = await audit_books(self.engine)
        return {f.id: f.violations for f in found if f.id[0] == "M" and f.violations}


def units(quantity: int) -> tuple[LineUnits, ...]:
    return (LineUnits(1, "TEA", quantity),)
