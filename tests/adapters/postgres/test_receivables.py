"""Receivables on a real PostgreSQL: by age they are the ledger's account to the cent; what is
overdue is finance's task for as long as it is; what nobody will pay is written off once.
"""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio
from journaling import journal_order, journal_return
from sqlalchemy.ext.asyncio import AsyncEngine

from activities.effects import ReturnTurn, journal
from adapters.postgres.accounts import PostgresAccounts
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
from domain.access import SYSTEM, Principal, Role
from domain.acts import ActKind
from domain.aging import Age
from domain.errors import BadAmount, Forbidden, LimitExceeded, Malformed, NotFound, StepRefused
from domain.order import LineUnits, PaymentMethod
from domain.process import InvoicePolicy, ProcessDefinition
from domain.refunds import refund_plan
from ports.front_office import OrderRequest, Person, RequestedLine
from ports.unit_of_work import UnitOfWork

WEB = Principal("channel:web", frozenset({Role.CHANNEL}), "web")
ANA = Principal("ana", frozenset({Role.AGENT}))
FIN = Principal("fin", frozenset({Role.FINANCE}))
SUE = Principal("sue", frozenset({Role.SUPERVISOR}))
ON_CREDIT, CARD = PaymentMethod.CREDIT_TERMS, PaymentMethod.CARD
REQUEST = OrderRequest(
    "web", "", "USD", (RequestedLine("TEA", 4),), Person("Ana", "1 St", "Boston", "US"),
    ON_CREDIT, "", customer_ref="C-1",
)  # fmt: skip
TERMS = 30  # days
WRITE_OFF = ActKind.RECEIVABLE_WRITE_OFF


class Books:
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


@pytest_asyncio.fixture
async def books(engine: AsyncEngine, run_sql: Any) -> Books:
    for statement in (
        "INSERT INTO product (sku, name) VALUES ('TEA', 'Tea')",
        "INSERT INTO price VALUES ('TEA', 'USD', 500), ('TEA', 'EUR', 500), ('TEA', 'JPY', 500)",
        "INSERT INTO location (id, name, country) VALUES ('BOS', 'Boston', 'US')",
        "INSERT INTO stock (sku, location, on_hand, opening) VALUES ('TEA', 'BOS', 999, 999)",
        "INSERT INTO customer VALUES ('C-1', '', false, 500000, 'USD', 30)",
    ):
        await run_sql(statement)
    return Books(engine, run_sql)


# By age


async def test_what_is_owed_stands_by_customer_currency_and_age(books: Books) -> None:
    for n, ago in enumerate((121, 120, 91, 90, 61, 60, 31, 30)):
        await books.sent(f"W-{n}", ago, parcels=1)
        if ago == 60:
            await books.sent("E-1", 40, currency="EUR")
    await books.sent("B-1", 0, customer_ref="B-9")
    assert await books.aging() == {
        ("B-9", "USD"): {"not_due": 2_000},
        ("C-1", "EUR"): {"days_1_30": 2_000},
        ("C-1", "USD"): {
            "not_due": 1_000, "days_1_30": 2_000, "days_31_60": 2_000, "days_61_90": 2_000,
            "over_90": 1_000,
        },
    }  # fmt: skip


async def test_all_that_is_open_is_the_ledgers_account_of_receivables(books: Books) -> None:
    """Invoiced or not, paid in part, credited, owed by card or by terms."""
    order = await books.sent("W-1", 40)
    await books.pay(order, 300)
    await books.give_back(order, 1)
    await books.sent("W-2", 40, payment_method=CARD, payment_source="tok_ok")
    books.process = ProcessDefinition(invoice=InvoicePolicy.NONE)
    bare = await books.sent("W-3", 40)
    assert await books.aging() == {
        ("C-1", "USD"): {"days_1_30": 1_200, "days_31_60": 2_000, "not_due": 2_000}
    }
    items = (await books.receivables.items(FIN, "C-1", 100, None)).items
    assert [(item.order, item.invoice) for item in items if not item.invoice] == [(bare, "")]
    (trial,) = await PostgresAccounts(books.engine).trial_balance(FIN, None)
    [receivable] = [each.balance for each in trial.accounts if each.account == "receivable"]
    assert sum(item.amount for item in items) == receivable == 5_200


async def test_what_a_return_takes_off_a_debt_is_not_counted_as_paid_as_well(books: Books) -> None:
    order = await books.sent("W-1")
    await books.give_back(order, 2)
    assert (await books.balances(order))["receivable"] == 1_000
    (_, first, _), (_, second, left), *_ = await books.invoices(order)
    assert (first, second, left) == ("PAID", "ISSUED", 1_000)
    await books.pay(order, 1_000)
    assert [status for _, status, _ in await books.invoices(order)][:2] == ["PAID", "PAID"]
    assert await books.aging() == {}


async def test_items_go_page_by_page_what_was_due_first_before_what_is_on_no_invoice(
    books: Books,
) -> None:
    books.process = ProcessDefinition(invoice=InvoicePolicy.NONE)
    bare = await books.sent("W-1", 99)
    books.process = ProcessDefinition()
    old, new = await books.sent("W-2", 60), await books.sent("W-3", 0, parcels=1)
    pages, after = [], None
    while True:
        page = await books.receivables.items(SUE, "C-1", 2, after)
        pages.append([(item.order, item.amount, item.days) for item in page.items])
        if not page.more:
            break
        after = page.cursors[-1]
    assert pages == [[(old, 1_000, 30), (old, 1_000, 30)], [(new, 1_000, 0), (bare, 2_000, 0)]]
    assert (await books.receivables.items(SUE, "C-2", 2, None)).items == []
    assert (await books.receivables.items(SUE, "\x00", 2, None)).items == []


async def test_customers_go_page_by_page(books: Books) -> None:
    for n, customer in enumerate(("b", "B", "", "é")):
        await books.sent(f"W-{n}", customer_ref=customer)
    found, after = [], None
    while True:
        page = await books.receivables.customers(SYSTEM, 1, after)
        found += [(each.customer, each.total) for each in page.items]
        if not page.more:
            break
        after = page.cursors[-1]
    assert found == [("", 2_000), ("B", 2_000), ("b", 2_000), ("é", 2_000)]


async def test_receivables_are_for_finance_and_supervisors_only(books: Books) -> None:
    for role in set(Role) - {Role.FINANCE, Role.SUPERVISOR, Role.SYSTEM}:
        somebody = Principal("x", frozenset({role}), "web")
        with pytest.raises(Forbidden):
            await books.receivables.customers(somebody, 5, None)
        with pytest.raises(Forbidden):
            await books.receivables.items(somebody, "C-1", 5, None)
    for first, after in ((0, None), (101, None), (5, "nonsense")):
        with pytest.raises(Malformed):
            await books.receivables.customers(FIN, first, after)
        with pytest.raises(Malformed):
            await books.receivables.items(FIN, "C-1", first, after)


# Overdue


async def test_an_unpaid_invoice_is_a_task_from_the_day_after_it_was_due(books: Books) -> None:
    late = await books.sent("W-1", TERMS + 1, parcels=1)
    await books.sent("W-2", TERMS, parcels=1)
    assert await books.overdue.tell() == 1
    [(number, _, _)] = await books.invoices(late)
    words = f"{number} is 1 day overdue: customer C-1 owes 10.00 USD of it"
    assert await books.tasks() == [(f"receivable/{number}", late, words)]
    [(data,)] = await books.sql("SELECT data FROM task")
    assert (data["amount"], data["days"], data["customer"]) == (1_000, 1, "C-1")


async def test_the_task_is_raised_once_an_invoice_says_what_is_true_and_ends_by_itself(
    books: Books,
) -> None:
    order = await books.sent("W-1", 45)
    looks = await asyncio.gather(*(books.overdue.tell() for _ in range(3)))
    assert max(looks) == 2
    first, second = await books.tasks()
    await books.pay(order, 400)
    assert len(await books.tasks()) == 2
    await books.overdue.tell()
    assert "15 days overdue: customer C-1 owes 6.00 USD of it" in (await books.tasks())[0][2]
    await books.pay(order, 600, "B-2")
    assert await books.tasks() == [second]
    await books.sql("UPDATE task SET reason = 'x' WHERE closed_at IS NULL")
    await books.give_back(order, 2)
    assert await books.overdue.tell() == 0
    assert await books.tasks() == []
    closed = await books.sql("SELECT id, closed_by FROM task ORDER BY id")
    assert closed == [(first[0], "fin"), (second[0], "receivables")]


async def test_a_task_that_a_person_closed_stays_closed(books: Books) -> None:
    await books.sent("W-1", 45, parcels=1)
    await books.overdue.tell()
    [(task, _, _)] = await books.tasks()
    await books.act(ActKind.TASK_CLOSE, task)
    assert await books.overdue.tell() == 1
    assert await books.tasks() == []


async def test_what_somebody_else_collects_is_no_task_of_finance(books: Books) -> None:
    await books.sent("W-1", 9, payment_method=CARD, payment_source="tok_ok")
    await books.sent("W-2", 9, payment_method=PaymentMethod.CASH_ON_DELIVERY)
    left = await books.sent("W-3", 9, payment_method=CARD, payment_source="tok_ok", customer_ref="")
    await books.journal(left, j.ReceivableLeft(f"{left}-F2", "the card is closed"))
    assert await books.overdue.tell() == 1
    number = (await books.invoices(left))[1][0]
    words = f"{number} is 9 days overdue: the customer of order {left} owes 10.00 USD of it"
    assert await books.tasks() == [(f"receivable/{number}", left, words)]


async def test_days_are_counted_by_the_calendar_that_dates_the_invoice(books: Books) -> None:
    """It is still the day before on Niue, or already the next day on Kiritimati."""
    counts = set()
    for n, zone in enumerate(("Pacific/Niue", "Pacific/Kiritimati")):
        books.process = ProcessDefinition(invoice_time_zone=zone)
        order = await books.sent(f"W-{n}", TERMS + 5, parcels=1)
        items = (await books.receivables.items(FIN, "C-1", 9, None)).items
        counts |= {item.days for item in items if item.order == order}
    assert counts == {5}


# Written off


async def test_what_nobody_will_pay_is_written_off_and_its_task_and_its_debt_are_gone(
    books: Books,
) -> None:
    order = await books.sent("W-1", 45)
    await books.overdue.tell()
    (first, _, _), (second, _, _) = await books.invoices(order)
    answer = await books.act(WRITE_OFF, second, amount=1_000)
    assert answer.result == {"order": order, "written_off": 1_000, "still_owed": 0}
    assert await books.invoices(order) == [(first, "ISSUED", 1_000), (second, "WRITTEN_OFF", 0)]
    assert [task for task, _, _ in await books.tasks()] == [f"receivable/{first}"]
    await books.act(WRITE_OFF, order, amount=400)
    assert await books.invoices(order) == [
        (first, "ISSUED", 600), (second, "WRITTEN_OFF", 0)
    ]  # fmt: skip
    await books.pay(order, 600)
    assert await books.balances(order) == {"bank": 600, "bad_debt": 1_400, "revenue": -2_000}
    assert await books.tasks() == []
    assert await books.violations() == {}


async def test_no_more_is_written_off_than_is_owed_now(books: Books) -> None:
    order = await books.sent("W-1", 45)
    await books.pay(order, 1_300)
    (paid, _, _), (half, _, _) = await books.invoices(order)
    for subject, amount, owed in ((paid, 1, "0.00"), (half, 701, "7.00"), (order, 701, "7.00")):
        with pytest.raises(LimitExceeded, match=f"owes us {owed} USD of it, not"):
            await books.act(WRITE_OFF, subject, amount=amount)
    for amount in (0, -1):
        with pytest.raises(BadAmount):
            await books.act(WRITE_OFF, order, amount=amount)
    for nothing in ("INV-1999-000001", "", "发票"):
        with pytest.raises(NotFound):
            await books.act(WRITE_OFF, nothing, amount=1)
    card = await books.sent("W-2", 45, payment_method=CARD, payment_source="tok_ok")
    with pytest.raises(LimitExceeded, match=r"owes us 0\.00 USD"):
        await books.act(WRITE_OFF, card, amount=1)
    assert (await books.balances(order))["receivable"] == 700
    assert "bad_debt" not in await books.balances(card)


async def test_much_of_an_order_needs_a_second_person_be_it_in_parts(books: Books) -> None:
    order = await books.sent("W-1", 45, lines=(RequestedLine("TEA", 4, 2_000),))
    await books.act(WRITE_OFF, order, amount=3_000)
    asked = await books.act(WRITE_OFF, order, amount=2_001)
    assert (await books.balances(order))["bad_debt"] == 3_000
    with pytest.raises(Forbidden):
        await books.act(ActKind.APPROVAL_APPROVE, asked.approval)
    await books.pay(order, 4_000)
    with pytest.raises(LimitExceeded):  # decided by what is owed then
        await books.act(ActKind.APPROVAL_APPROVE, asked.approval, by=SUE)
    assert await books.balances(order) == {
        "bank": 4_000, "bad_debt": 3_000, "receivable": 1_000, "revenue": -8_000,
    }  # fmt: skip


async def test_only_finance_writes_off_and_for_a_reason(books: Books) -> None:
    order = await books.sent("W-1", 45)
    for role in set(Role) - {Role.FINANCE, Role.SUPERVISOR}:
        with pytest.raises(Forbidden):
            await books.act(WRITE_OFF, order, by=Principal("x", frozenset({role})), amount=1)
    with pytest.raises(StepRefused, match="needs a reason"):
        await books.office.act(FIN, "k", WRITE_OFF, order, {"amount": 1}, " ")
    assert (await books.balances(order))["receivable"] == 2_000


async def test_of_two_who_write_the_same_debt_off_at_once_one_does(books: Books) -> None:
    order = await books.sent("W-1", 45)
    tries = (books.act(WRITE_OFF, order, amount=2_000) for _ in range(4))
    done = await asyncio.gather(*tries, return_exceptions=True)
    assert sum(isinstance(each, LimitExceeded) for each in done) == 3
    assert await books.balances(order) == {"bad_debt": 2_000, "revenue": -2_000}


@pytest.mark.parametrize("paid_first", [True, False])
async def test_a_debt_that_is_paid_while_it_is_written_off_is_gone_once(
    books: Books, paid_first: bool
) -> None:
    order = await books.sent("W-1", 45)
    deeds = [books.pay(order, 2_000), books.act(WRITE_OFF, order, amount=2_000)]
    done = await asyncio.gather(*(deeds if paid_first else deeds[::-1]), return_exceptions=True)
    refused = [each for each in done if isinstance(each, BaseException)]
    assert all(isinstance(each, LimitExceeded) for each in refused)
    assert await books.balances(order) == {"bank": 2_000, "revenue": -2_000}
    assert await books.sql("SELECT count(*) FROM return_order") == [(0,)]
    assert [status for _, status, _ in await books.invoices(order)] == ["PAID", "PAID"]
    assert await books.violations() == {}


async def test_what_is_paid_after_all_is_recovered_and_not_given_back(books: Books) -> None:
    order = await books.sent("W-1", 45)
    await books.act(WRITE_OFF, order, amount=2_000)
    assert (await books.pay(order, 1_500))["refund"] is None
    assert await books.balances(order) == {"bank": 1_500, "bad_debt": 500, "revenue": -2_000}
    assert [(status, left) for _, status, left in await books.invoices(order)] == [
        ("PAID", 0), ("WRITTEN_OFF", 0)
    ]  # fmt: skip
    assert (await books.pay(order, 600, "B-2"))["used"] == 500
    assert (await books.balances(order))["refunds_payable"] == -100


async def test_who_never_paid_gets_nothing_back_neither_money_nor_store_credit(
    books: Books,
) -> None:
    """What is still owed is owed no more; what was written off was never paid."""
    owing = await books.sent("W-1", 45)
    await books.give_back(owing, 3, store_credit=1_500)
    assert await books.balances(owing) == {"receivable": 500, "revenue": -500}
    lost = await books.sent("W-2", 45)
    await books.act(WRITE_OFF, lost, amount=1_200)
    await books.pay(lost, 800)
    await books.give_back(lost, 3, store_credit=1_000)
    assert await books.balances(lost) == {"bank": 800, "store_credit": -300, "revenue": -500}
    assert {status for _, status, _ in await books.invoices(lost) if status != "ISSUED"} == {"PAID"}
    await books.act(ActKind.GOODWILL_GRANT, owing, amount=500)
    assert await books.balances(owing) == {"goodwill": 500, "revenue": -500}
    assert await books.aging() == {}
    assert await books.violations() == {}


async def test_a_debt_that_was_written_off_still_counts_against_the_customers_limit(
    books: Books,
) -> None:
    order = await books.sent("W-1", 45)
    await books.sql("UPDATE order_view SET committed = 0")

    async def exposure() -> int:
        async def work(uow: UnitOfWork) -> int:
            line = await uow.credit.lock("C-1", "USD")
            assert line is not None
            return line.exposure

        return await books.database.run(work)

    before = await exposure()
    await books.act(WRITE_OFF, order, amount=2_000)
    assert await exposure() == before == 2_000


def test_every_age_has_its_days() -> None:
    assert [age.value for age in Age] == [
        "not_due", "days_1_30", "days_31_60", "days_61_90", "over_90"
    ]  # fmt: skip
