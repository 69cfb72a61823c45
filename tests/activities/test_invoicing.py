"""Invoices and credit notes come with the entry that they are for, in its transaction; their
numbers have no gap, whatever fails and however many write at once.
"""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
import pytest_asyncio
from journaling import journal_return
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from activities.effects import OrderTurn, journal
from adapters.postgres.auditing.auditor import audit_books
from adapters.postgres.engine import PostgresDatabase, create_engine
from adapters.postgres.intake import PostgresIntake
from adapters.postgres.reads_invoices import PostgresInvoiceReads
from adapters.postgres.return_requests import request_return
from domain import journal as j
from domain.access import SYSTEM, Principal, Role
from domain.errors import OutOfStock
from domain.invoices import InvoiceStatus
from domain.order import LineUnits, PaymentMethod
from domain.process import InvoicePolicy, ProcessDefinition
from ports.front_office import OrderRequest, Person, RequestedLine
from ports.unit_of_work import UnitOfWork

CATALOG = (
    "INSERT INTO product (sku, name) VALUES ('TEA', 'Tea')",
    "INSERT INTO price VALUES ('TEA', 'USD', 500)",
    "INSERT INTO location (id, name, country) VALUES ('BOS', 'Boston', 'US')",
    "INSERT INTO tax_rate VALUES ('US', '', 600)",
    "INSERT INTO stock (sku, location, on_hand, opening) VALUES ('TEA', 'BOS', 9999, 9999)",
)
CREDIT_BY_HAND = """
    WITH note AS (
        INSERT INTO invoice (number, series, ordinal, kind, operation, order_number, subject,
                             credits, currency, issued_at, issued_on, due_on)
        VALUES ('CN-1', 'INV-2026', 2, 'credit_note', 'by hand', :order, '', 'INV-2026-000001',
                'USD', now(), now(), now()) RETURNING number)
    INSERT INTO invoice_line
    SELECT number, 1, :line, 'TEA', 0, :quantity, 500, 0, 0, 600, :net, :tax, :net + :tax,
           CAST(:credits AS int)
    FROM note
    """
WEB = Principal("channel:web", frozenset({Role.CHANNEL}), "web")
ANA = Principal("ana", frozenset({Role.AGENT}))
PROCESS = ProcessDefinition()
AT = datetime(2026, 11, 22, 10, tzinfo=UTC)


class Books:
    """Orders of three units of tea and shipping, and what is journaled of them."""

    def __init__(self, engine: AsyncEngine) -> None:
        self.engine = engine
        self.at = AT
        self.database = PostgresDatabase(engine, self._now)
        self.reads = PostgresInvoiceReads(engine)

    async def _now(self) -> datetime:
        return self.at

    async def place(self, reference: str, process: ProcessDefinition = PROCESS) -> str:
        request = OrderRequest(
            "web", reference, "USD", (RequestedLine("TEA", 3),),
            Person("Ana", "1 St", "Boston", "US"), PaymentMethod.CARD, "tok_ok", shipping=700,
        )  # fmt: skip
        intake = PostgresIntake(self.engine, b"k" * 32, process)
        number = (await intake.place(WEB, reference, request)).number
        await self.journal(number, j.Reviewed("approve", "v1", "r1", "fine"))
        return number

    async def journal(self, order: str, *bodies: j.Body, fails: bool = False) -> None:
        async def work(uow: UnitOfWork) -> None:
            turn = OrderTurn(uow, await uow.orders.lock(order))
            await journal(turn, bodies, "system")
            if fails:
                raise OutOfStock("as if something went wrong after all")

        await self.database.run(work)

    async def source(self, order: str, *parcels: int) -> None:
        """A parcel for each number, with as many units."""
        planned = (
            j.PlannedParcel(f"{order}-F{n}", "BOS", units(quantity))
            for n, quantity in enumerate(parcels, 1)
        )
        await self.journal(order, j.Sourced(tuple(planned), "v1"))

    async def ship(self, order: str, parcel: int = 1, quantity: int = 3, **rest: bool) -> None:
        shipped = j.Shipped(f"{order}-F{parcel}", (), units(quantity), 0)
        await self.journal(order, shipped, **rest)

    async def deliver(self, order: str, *parcels: int) -> None:
        await self.journal(order, *(j.Delivered(f"{order}-F{n}") for n in parcels))

    async def give_back(self, order: str, quantity: int, disposition: str = "restock") -> str:
        """A return of so many units, inspected."""
        rma = await request_return(
            self.engine, ANA, f"return-{quantity}-{self.at}", order, units(quantity), "damaged"
        )
        for body in (
            j.ReturnApproved(),
            j.ReturnReceived(units(quantity), "BOS"),
            j.ReturnInspected((j.InspectedUnits(1, "TEA", quantity, disposition),), 0),
        ):
            await journal_return(self.database, rma, body)
        return rma

    async def documents(self, order: str) -> list[tuple[Any, ...]]:
        found = await self.reads.of_order(SYSTEM, order)
        return [(each.number, each.credits, each.gross) for each in found]

    async def violations(self) -> dict[str, Any]:
        found = await audit_books(self.engine)
        return {each.id: each.violations for each in found if each.id in {"M6", "M7", "M8"}}

    async def somebody_waits(self) -> None:
        for _ in range(1_000):
            if await self.rows("SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock'"):
                return
            await asyncio.sleep(0.01)
        raise AssertionError("nobody waits for a lock")

    async def rows(self, statement: str, **values: Any) -> list[tuple[Any, ...]]:
        async with self.engine.begin() as connection:
            result = await connection.execute(text(statement), values)
            return [tuple(row) for row in result] if result.returns_rows else []


def units(quantity: int) -> tuple[LineUnits, ...]:
    return (LineUnits(1, "TEA", quantity),)


ALL_WELL: dict[str, list[Any]] = {"M6": [], "M7": [], "M8": []}


@pytest_asyncio.fixture
async def books(database_url: str) -> AsyncIterator[Books]:
    engine = create_engine(database_url, pool_size=12)
    books = Books(engine)
    for statement in CATALOG:
        await books.rows(statement)
    yield books
    await engine.dispose()


async def test_each_shipment_is_invoiced_with_it_and_shipping_with_the_first(books: Books) -> None:
    order = await books.place("W-1")
    await books.source(order, 2, 1)
    assert await books.documents(order) == []
    await books.ship(order, 2, 1)
    await books.ship(order, 1, 2)
    assert await books.documents(order) == [
        ("INV-2026-000001", "", 1_200),
        ("INV-2026-000002", "", 1_000),
    ]
    detail = await books.reads.invoice(SYSTEM, "INV-2026-000001")
    assert [(line.line, line.net, line.tax) for line in detail.lines] == [
        (1, 472, 28),
        (0, 660, 40),
    ]
    assert (detail.summary.issued_on, detail.summary.due_on) == (date(2026, 11, 22),) * 2
    assert await books.violations() == ALL_WELL


async def test_an_order_invoiced_as_a_whole_has_its_invoice_at_completion(books: Books) -> None:
    order = await books.place("W-1", replace(PROCESS, invoice=InvoicePolicy.PER_ORDER))
    await books.source(order, 2, 1)
    await books.ship(order, 1, 2)
    await books.ship(order, 2, 1)
    assert await books.documents(order) == []
    assert await books.violations() == ALL_WELL
    await books.deliver(order, 1, 2)
    await books.journal(order, j.Completed())
    assert await books.documents(order) == [("INV-2026-000001", "", 2_200)]
    assert await books.violations() == ALL_WELL


async def test_what_came_back_before_the_order_was_complete_is_on_no_paper(books: Books) -> None:
    order = await books.place("W-1", replace(PROCESS, invoice=InvoicePolicy.PER_ORDER))
    await books.source(order, 2, 1)
    await books.ship(order, 1, 2)
    await books.deliver(order, 1)
    await books.give_back(order, 1)
    await books.ship(order, 2, 1)
    await books.deliver(order, 2)
    await books.journal(order, j.Completed())
    assert await books.documents(order) == [("INV-2026-000001", "", 1_700)]
    await books.give_back(order, 2)
    assert await books.documents(order) == [
        ("INV-2026-000001", "", 1_700),
        ("CN-2026-000001", "INV-2026-000001", 1_000),
    ]
    assert await books.violations() == ALL_WELL


async def test_somebody_else_may_invoice(books: Books) -> None:
    order = await books.place("W-1", replace(PROCESS, invoice=InvoicePolicy.NONE))
    await books.source(order, 3)
    await books.ship(order)
    assert await books.documents(order) == []
    assert await books.violations() == ALL_WELL


async def test_a_refund_credits_the_invoices_that_have_its_units_and_no_other(books: Books) -> None:
    order = await books.place("W-1")
    await books.source(order, 2, 1)
    await books.ship(order, 1, 2)
    await books.ship(order, 2, 1)
    await books.deliver(order, 1, 2)
    await books.give_back(order, 1)
    rma = await books.give_back(order, 2)
    assert await books.documents(order) == [
        ("INV-2026-000001", "", 1_700),
        ("INV-2026-000002", "", 500),
        ("CN-2026-000001", "INV-2026-000001", 500),
        ("CN-2026-000002", "INV-2026-000001", 500),
        ("CN-2026-000003", "INV-2026-000002", 500),
    ]
    note = (await books.reads.invoice(SYSTEM, "CN-2026-000003")).summary
    assert (note.subject, note.status, note.open) == (rma, InvoiceStatus.ISSUED, 0)
    credited = await books.reads.invoice(SYSTEM, "INV-2026-000001")
    assert credited.credit_notes == ("CN-2026-000001", "CN-2026-000002")
    assert await books.violations() == ALL_WELL


async def test_goods_that_are_sent_back_to_the_customer_are_not_credited(books: Books) -> None:
    order = await books.place("W-1")
    await books.source(order, 3)
    await books.ship(order)
    await books.deliver(order, 1)
    await books.give_back(order, 3, "send_back")
    assert await books.documents(order) == [("INV-2026-000001", "", 2_200)]
    assert await books.violations() == ALL_WELL


async def test_a_shortage_that_ends_is_over_before_a_number_is_taken(books: Books) -> None:
    """Somebody has its task under lock; nobody else's invoice shall wait for that."""
    order = await books.place("W-1")
    await books.source(order, 3)
    await books.ship(order)
    await books.deliver(order, 1)
    await books.give_back(order, 1)  # the first number of its series
    await books.rows("UPDATE stock SET on_hand = 4, opening = opening - 9993, reorder_point = 5")
    async with books.engine.begin() as somebody:
        await somebody.execute(text("SELECT FROM task FOR UPDATE"))
        giving_back = asyncio.create_task(books.give_back(order, 2))
        await books.somebody_waits()
        await somebody.execute(text("SELECT FROM number_series FOR UPDATE NOWAIT"))
    await giving_back
    assert await books.rows("SELECT closed_by FROM task") == [("system",)]
    assert [number for number, _, _ in await books.documents(order)] == [
        "INV-2026-000001", "CN-2026-000001", "CN-2026-000002"
    ]  # fmt: skip


async def test_an_entry_that_fails_gives_its_number_back(books: Books) -> None:
    first, second = await books.place("W-1"), await books.place("W-2")
    for order in (first, second):
        await books.source(order, 3)
    with pytest.raises(OutOfStock):
        await books.ship(first, fails=True)
    assert await books.documents(first) == []
    await books.ship(second)
    await books.ship(first)
    assert await books.documents(second) == [("INV-2026-000001", "", 2_200)]
    assert await books.documents(first) == [("INV-2026-000002", "", 2_200)]


async def test_a_document_that_is_asked_for_again_takes_no_number(books: Books) -> None:
    order = await books.place("W-1")
    await books.source(order, 3)
    twice = j.Shipped(f"{order}-F1", (), units(3), 0)
    await books.journal(order, twice, twice)
    assert await books.documents(order) == [("INV-2026-000001", "", 2_200)]
    assert await books.rows("SELECT series, last FROM number_series") == [("INV-2026", 1)]


async def test_eight_writers_and_failures_among_them_leave_no_gap_and_no_double(
    books: Books,
) -> None:
    orders = [await books.place(f"W-{n}") for n in range(48)]
    for order in orders:
        await books.source(order, 3)
    waiting = list(enumerate(orders))

    async def writer() -> None:
        while waiting:
            n, order = waiting.pop()
            if n % 3 == 0:
                with pytest.raises(OutOfStock):
                    await books.ship(order, fails=True)
            await books.ship(order)

    await asyncio.gather(*(writer() for _ in range(8)))
    numbers = await books.rows("SELECT number FROM invoice ORDER BY number")
    assert [number for (number,) in numbers] == [f"INV-2026-{n:06}" for n in range(1, 49)]
    assert await books.rows("SELECT count(DISTINCT order_number) FROM invoice") == [(48,)]
    assert await books.violations() == ALL_WELL


async def test_a_year_begins_at_one_by_the_calendar_of_its_time_zone(books: Books) -> None:
    shanghai = replace(PROCESS, invoice_time_zone="Asia/Shanghai", invoice_series="A")
    orders = [await books.place(f"W-{n}", shanghai) for n in range(3)]
    for order in orders:
        await books.source(order, 3)
    moments = (
        datetime(2026, 12, 31, 15, 59, tzinfo=UTC),
        datetime(2026, 12, 31, 16, 0, tzinfo=UTC),
        datetime(2026, 12, 31, 15, 59, 59, tzinfo=UTC),
    )
    for order, moment in zip(orders, moments, strict=True):
        books.at = moment
        await books.ship(order)
    assert [(await books.documents(order))[0][0] for order in orders] == [
        "A-2026-000001",
        "A-2027-000001",
        "A-2026-000002",
    ]


async def test_dates_never_fall_while_numbers_rise(books: Books) -> None:
    """The one that locked its order first may come to its number second."""
    orders = [await books.place(f"W-{n}") for n in range(2)]
    for order, day in zip(orders, (23, 22), strict=True):
        await books.source(order, 3)
        books.at = datetime(2026, 11, day, tzinfo=UTC)
        await books.ship(order)
    dates = await books.rows("SELECT number, issued_on FROM invoice ORDER BY number")
    assert dates == [
        ("INV-2026-000001", date(2026, 11, 23)),
        ("INV-2026-000002", date(2026, 11, 23)),
    ]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE invoice SET currency = 'EUR'",
        "DELETE FROM invoice",
        "UPDATE invoice_line SET net = net + 1, gross = gross + 1",
        "DELETE FROM invoice_line WHERE line = 0",
        "TRUNCATE invoice CASCADE",
        """
        INSERT INTO invoice_line SELECT invoice, 9, line, sku, first, quantity, unit_price,
            discount, order_discount, tax_rate_bp, net, tax, gross, credits
        FROM invoice_line WHERE line = 0
        """,
    ],
)
async def test_what_was_issued_is_never_changed(books: Books, statement: str) -> None:
    order = await books.place("W-1")
    await books.source(order, 3)
    await books.ship(order)
    before = await books.rows("SELECT * FROM invoice_line ORDER BY position")
    with pytest.raises(DBAPIError, match=r"never changed or deleted|was issued without this line"):
        await books.rows(statement)
    assert await books.rows("SELECT * FROM invoice_line ORDER BY position") == before


async def test_a_document_that_a_subtransaction_wrote_takes_its_lines(books: Books) -> None:
    """The number of a subtransaction is another one than its transaction's."""
    order = await books.place("W-1")
    await books.source(order, 3)
    await books.ship(order)
    values = {"order": order, "line": 1, "quantity": 1, "net": 500, "tax": 30, "credits": 1}
    async with books.engine.begin() as connection, connection.begin_nested():
        await connection.execute(text(CREDIT_BY_HAND), values)
    assert await books.rows("SELECT invoice, quantity FROM invoice_line WHERE credits = 1") == [
        ("CN-1", 1)
    ]


@pytest.mark.parametrize(
    ("line", "quantity", "net", "tax", "credits_"),
    [
        (1, 4, 1_415, 85, 1),  # more units
        (1, 3, 1_416, 84, 1),  # more money
        (1, 3, 1_415, 86, 1),  # more tax
        (2, 1, 100, 0, 1),  # another line of the order
        (1, 1, 100, 0, 7),  # a line that is not there
        (1, 1, 100, 0, None),  # no line at all
    ],
)
async def test_the_books_refuse_credits_beyond_the_line_that_they_credit(
    books: Books, line: int, quantity: int, net: int, tax: int, credits_: int | None
) -> None:
    order = await books.place("W-1")
    await books.source(order, 3)
    await books.ship(order)
    with pytest.raises(DBAPIError, match="credits more than line"):
        await books.rows(
            CREDIT_BY_HAND,
            order=order,
            line=line,
            quantity=quantity,
            net=net,
            tax=tax,
            credits=credits_,
        )
    assert await books.documents(order) == [("INV-2026-000001", "", 2_200)]
