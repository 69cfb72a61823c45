"""Invoices as they are read: what was paid is what the ledger received; lists go page by page."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio
from journaling import journal_order, journal_return
from sqlalchemy.ext.asyncio import AsyncEngine

from activities.effects import OrderTurn, journal
from adapters.postgres.back_office import PostgresBackOffice
from adapters.postgres.engine import PostgresDatabase
from adapters.postgres.intake import PostgresIntake
from adapters.postgres.reads_invoices import PostgresInvoiceReads
from domain import journal as j
from domain.access import Principal, Role
from domain.acts import ActKind
from domain.codec import to_json
from domain.errors import Forbidden, Malformed, NotFound
from domain.invoices import InvoiceStatus
from domain.ledger import Account
from domain.order import LineUnits, PaymentMethod
from domain.payments import PaymentOperation, PaymentStatus, operation_key
from domain.process import ProcessDefinition
from domain.refunds import Goodwill
from domain.tenders import Tender
from ports.front_office import OrderRequest, Person, RequestedLine
from ports.invoice_reads import InvoiceFilter
from ports.payment_book import PaymentRow
from ports.unit_of_work import UnitOfWork

RunSql = Callable[..., Awaitable[list[tuple[Any, ...]]]]
WEB = Principal("channel:web", frozenset({Role.CHANNEL}), "web")
POS = Principal("channel:pos", frozenset({Role.CHANNEL}), "pos")
FINN = Principal("finn", frozenset({Role.FINANCE}))
DEV = Principal("dev", frozenset({Role.DEVELOPER}))
ALL = InvoiceFilter()


def customer(order: str) -> Principal:
    return Principal(f"customer:{order}", frozenset({Role.CUSTOMER}), order)


@dataclass
class Shop:
    engine: AsyncEngine
    reads: PostgresInvoiceReads
    database: PostgresDatabase

    async def place(self, reference: str, method: PaymentMethod = PaymentMethod.CARD) -> str:
        """Four units in two parcels of two, 500 each."""
        request = OrderRequest(
            "web", reference, "USD", (RequestedLine("TEA", 4),),
            Person("Ana", "1 St", "Boston", "US"), method, "tok_ok",
        )  # fmt: skip
        intake = PostgresIntake(self.engine, b"k" * 32, ProcessDefinition())
        number = (await intake.place(WEB, reference, request)).number
        parcels = tuple(j.PlannedParcel(f"{number}-F{n}", "BOS", units()) for n in (1, 2))
        await self.journal(number, j.Reviewed("approve", "v1", "r1", ""), j.Sourced(parcels, "v1"))
        return number

    async def journal(self, order: str, *bodies: j.Body) -> None:
        await journal_order(self.database, order, *bodies)

    async def ship(self, order: str, *parcels: int) -> None:
        for n in parcels:
            await self.journal(order, j.Shipped(f"{order}-F{n}", (), units(), 1_000))

    async def capture(self, order: str, parcel: int, amount: int = 1_000) -> None:
        name = f"{order}-F{parcel}"
        key = operation_key(name, PaymentOperation.CAPTURE, 1)
        status = PaymentStatus.SUCCEEDED
        row = PaymentRow(
            key,
            order,
            order,
            PaymentOperation.CAPTURE,
            1,
            status,
            amount,
            "USD",
            name,
            authorization=f"{order}/a",
        )

        async def work(uow: UnitOfWork) -> None:
            turn = OrderTurn(uow, await uow.orders.lock(order))
            held = PaymentRow(
                f"{order}/a", order, order, PaymentOperation.AUTHORIZE, 1, status, 9_999, "USD"
            )
            await uow.payments.begin(held)
            await uow.payments.begin(row)
            moved = j.PaymentMoved(key, row.operation, 1, status, amount, "", name)
            await journal(turn, [moved], "system")

        await self.database.run(work)

    async def give_back(self, order: str, quantity: int, *shares: j.Share) -> str:
        """So many units, 500 each; the return waits for what is not executed in our books."""
        lines = (LineUnits(1, "TEA", quantity),)
        asked = j.ReturnRequested(lines, "", sum(share.amount for share in shares))

        async def ask(uow: UnitOfWork) -> str:
            locked = await uow.orders.lock(order)
            return await uow.orders.open_return(locked.order, locked.process, asked, "ana")

        rma = await self.database.run(ask)
        restocked = (j.InspectedUnits(1, "TEA", quantity, "restock"),)
        await self.journal_return(rma, j.ReturnApproved(), j.ReturnReceived(lines, "BOS"))
        await self.journal_return(rma, j.ReturnInspected(restocked, asked.amount, shares))
        return rma

    async def journal_return(self, rma: str, *bodies: j.Body) -> None:
        await journal_return(self.database, rma, *bodies)

    async def receivable(self, order: str) -> int:
        async def work(uow: UnitOfWork) -> int:
            return (await uow.ledger.balances(order)).get(Account.RECEIVABLE, 0)

        return await self.database.run(work)

    async def told(self, order: str) -> list[tuple[str, int, int]]:
        """Whatever happened: what is open of all is what the ledger says is owed."""
        found = await self.reads.of_order(FINN, order)
        assert sum(each.open for each in found) == await self.receivable(order)
        return [(each.status.value, each.paid, each.open) for each in found]


def units() -> tuple[LineUnits, ...]:
    return (LineUnits(1, "TEA", 2),)


@pytest_asyncio.fixture
async def shop(engine: AsyncEngine, run_sql: RunSql) -> Shop:
    for statement in (
        "INSERT INTO product (sku, name) VALUES ('TEA', 'Tea')",
        "INSERT INTO price (sku, currency, unit_price) VALUES ('TEA', 'USD', 500)",
        "INSERT INTO location (id, name, country) VALUES ('BOS', 'Boston', 'US')",
        "INSERT INTO stock (sku, location, on_hand, opening) VALUES ('TEA', 'BOS', 999, 999)",
    ):
        await run_sql(statement)
    return Shop(engine, PostgresInvoiceReads(engine), PostgresDatabase(engine))


async def test_a_capture_pays_the_invoice_of_its_parcel_and_no_other(shop: Shop) -> None:
    order = await shop.place("W-1")
    await shop.ship(order, 1, 2)
    assert await shop.told(order) == [("ISSUED", 0, 1_000), ("ISSUED", 0, 1_000)]
    await shop.capture(order, 2)
    assert await shop.told(order) == [("ISSUED", 0, 1_000), ("PAID", 1_000, 0)]
    await shop.capture(order, 1, 999)
    assert await shop.told(order) == [("PARTIALLY_PAID", 999, 1), ("PAID", 1_000, 0)]


async def test_what_was_paid_at_the_channel_pays_each_invoice_as_it_is_issued(shop: Shop) -> None:
    order = await shop.place("W-1", PaymentMethod.PAID_AT_CHANNEL)
    await shop.journal(order, j.PaymentRegistered(1_500, "ref"))
    await shop.ship(order, 1)
    assert await shop.told(order) == [("PAID", 1_000, 0)]
    await shop.ship(order, 2)
    assert await shop.told(order) == [("PAID", 1_000, 0), ("PARTIALLY_PAID", 500, 500)]


async def test_what_a_return_takes_off_the_debt_is_not_paid_as_well(shop: Shop) -> None:
    order = await shop.place("W-1", PaymentMethod.CREDIT_TERMS)
    await shop.ship(order, 1)
    await shop.give_back(order, 1, j.Share(Tender.RECEIVABLE, 500))
    assert await shop.told(order) == [("ISSUED", 0, 500), ("ISSUED", 0, 0)]


async def test_a_refund_of_one_parcel_pays_for_no_other(shop: Shop) -> None:
    order = await shop.place("W-1")
    await shop.ship(order, 1, 2)
    await shop.capture(order, 1)
    rma = await shop.give_back(order, 1, j.Share(Tender.BANK, 500))
    owed = [("PAID", 500, 0), ("ISSUED", 0, 1_000), ("ISSUED", 0, 0)]
    assert await shop.told(order) == owed  # granted: the money is not ours any more
    await shop.journal_return(rma, j.RefundTransferred(500, "OUT-1"), j.ReturnCompleted())
    assert await shop.told(order) == owed


async def test_goodwill_that_is_taken_off_the_debt_is_as_good_as_paid(shop: Shop) -> None:
    order = await shop.place("W-1", PaymentMethod.CREDIT_TERMS)
    await shop.ship(order, 1)
    office = PostgresBackOffice(shop.engine)
    asked = to_json(Goodwill(300))
    await office.act(FINN, "sorry", ActKind.GOODWILL_GRANT, order, asked, "late")
    assert await shop.told(order) == [("PARTIALLY_PAID", 300, 700)]
    await shop.give_back(order, 1, j.Share(Tender.RECEIVABLE, 500))
    assert await shop.told(order) == [("PARTIALLY_PAID", 300, 200), ("ISSUED", 0, 0)]


async def test_only_who_may_read_the_order_reads_its_invoices(shop: Shop) -> None:
    order, other = await shop.place("W-1"), await shop.place("W-2")
    await shop.ship(order, 1)
    [number] = [each.number for each in await shop.reads.of_order(customer(order), order)]
    assert (await shop.reads.invoice(customer(order), number)).buyer == Person(
        "Ana", "1 St", "Boston", "US"
    )
    assert (await shop.reads.invoice(WEB, number)).summary.order == order
    assert (await shop.reads.invoice(DEV, number)).buyer is None
    for stranger in (customer(other), POS, Principal("nobody", frozenset())):
        with pytest.raises(NotFound, match=f"there is no invoice {number}"):
            await shop.reads.invoice(stranger, number)
        with pytest.raises(NotFound, match=f"there is no order {order}"):
            await shop.reads.of_order(stranger, order)


@pytest.mark.parametrize("number", ["", "INV-2026-000001", "\x00", "发票", "x" * 10_000, "'; --"])
async def test_what_is_no_number_of_ours_is_not_there(shop: Shop, number: str) -> None:
    with pytest.raises(NotFound):
        await shop.reads.invoice(FINN, number)


async def listed(shop: Shop, wanted: InvoiceFilter, first: int) -> list[list[str]]:
    """The numbers of all pages."""
    pages: list[list[str]] = []
    after: str | None = None
    while True:
        page = await shop.reads.invoices(FINN, wanted, first, after)
        pages.append([item.number for item in page.items])
        if not page.more:
            return pages
        after = page.cursors[-1]


async def test_the_list_goes_page_by_page_newest_first(shop: Shop) -> None:
    for n in range(3):
        await shop.ship(await shop.place(f"W-{n}"), 1, 2)
    numbers = [f"INV-{datetime.now(UTC).year}-{n:06}" for n in range(6, 0, -1)]
    assert await listed(shop, ALL, 4) == [numbers[:4], numbers[4:]]
    assert await listed(shop, ALL, 6) == [numbers]


async def test_the_list_by_status_has_those_of_that_status_only(shop: Shop) -> None:
    numbers: dict[str, list[str]] = {"PAID": [], "ISSUED": [], "PARTIALLY_PAID": []}
    for n in range(4):
        order = await shop.place(f"W-{n}")
        await shop.ship(order, 1, 2)
        await shop.capture(order, 1, 1_000 if n % 2 else 400)
        first, second = await shop.reads.of_order(FINN, order)
        numbers["PAID" if n % 2 else "PARTIALLY_PAID"].insert(0, first.number)
        numbers["ISSUED"].insert(0, second.number)
    for status, expected in numbers.items():
        pages = await listed(shop, InvoiceFilter(status=InvoiceStatus(status)), 1)
        assert [number for page in pages for number in page] == expected


async def test_the_list_by_series_and_by_day(shop: Shop) -> None:
    await shop.ship(await shop.place("W-1"), 1)
    [[number]] = await listed(shop, ALL, 9)
    series, day = number[:8], timedelta(days=1)
    issued_on = (await shop.reads.invoice(FINN, number)).summary.issued_on
    for wanted, found in (
        (InvoiceFilter(series=series), [number]),
        (InvoiceFilter(series="INV-1999"), []),
        (InvoiceFilter(series="\x00"), []),
        (InvoiceFilter(issued_from=issued_on, issued_to=issued_on), [number]),
        (InvoiceFilter(issued_from=issued_on + day), []),
        (InvoiceFilter(issued_to=issued_on - day), []),
    ):
        assert await listed(shop, wanted, 9) == [found]


async def test_the_list_is_for_finance_and_its_cursors_are_ours(shop: Shop) -> None:
    for stranger in (WEB, customer("O"), Principal("ana", frozenset({Role.AGENT}))):
        with pytest.raises(Forbidden):
            await shop.reads.invoices(stranger, ALL, 5, None)
    for first, after in ((0, None), (101, None), (5, "nonsense")):
        with pytest.raises(Malformed):
            await shop.reads.invoices(FINN, ALL, first, after)
