"""Receivables on a real PostgreSQL: by age they are the ledger's account to the cent; what is
overdue is finance's task for as long as it is.
"""

import asyncio
from typing import Any

import pytest
import pytest_asyncio
from owing_books import CARD, FIN, TERMS, OwingBooks
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.postgres.accounts import PostgresAccounts
from domain import journal as j
from domain.access import SYSTEM, Principal, Role
from domain.acts import ActKind
from domain.aging import Age
from domain.errors import Forbidden, Malformed
from domain.order import PaymentMethod
from domain.process import InvoicePolicy, ProcessDefinition

SUE = Principal("sue", frozenset({Role.SUPERVISOR}))


@pytest_asyncio.fixture
async def books(engine: AsyncEngine, run_sql: Any) -> OwingBooks:
    books = OwingBooks(engine, run_sql)
    await books.open()
    return books


async def test_what_is_owed_stands_by_customer_currency_and_age(books: OwingBooks) -> None:
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


async def test_all_that_is_open_is_the_ledgers_account_of_receivables(books: OwingBooks) -> None:
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


async def test_what_a_return_takes_off_a_debt_is_not_counted_as_paid_as_well(
    books: OwingBooks,
) -> None:
    order = await books.sent("W-1")
    await books.give_back(order, 2)
    assert (await books.balances(order))["receivable"] == 1_000
    (_, first, _), (_, second, left), *_ = await books.invoices(order)
    assert (first, second, left) == ("PAID", "ISSUED", 1_000)
    await books.pay(order, 1_000)
    assert [status for _, status, _ in await books.invoices(order)][:2] == ["PAID", "PAID"]
    assert await books.aging() == {}


async def test_items_go_page_by_page_what_was_due_first_before_what_is_on_no_invoice(
    books: OwingBooks,
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


async def test_customers_go_page_by_page(books: OwingBooks) -> None:
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


async def test_receivables_are_for_finance_and_supervisors_only(books: OwingBooks) -> None:
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


async def test_an_unpaid_invoice_is_a_task_from_the_day_after_it_was_due(books: OwingBooks) -> None:
    late = await books.sent("W-1", TERMS + 1, parcels=1)
    await books.sent("W-2", TERMS, parcels=1)
    assert await books.overdue.tell() == 1
    [(number, _, _)] = await books.invoices(late)
    words = f"{number} is 1 day overdue: customer C-1 owes 10.00 USD of it"
    assert await books.tasks() == [(f"receivable/{number}", late, words)]
    [(data,)] = await books.sql("SELECT data FROM task")
    assert (data["amount"], data["days"], data["customer"]) == (1_000, 1, "C-1")


async def test_the_task_is_raised_once_an_invoice_says_what_is_true_and_ends_by_itself(
    books: OwingBooks,
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


async def test_a_task_that_a_person_closed_stays_closed(books: OwingBooks) -> None:
    await books.sent("W-1", 45, parcels=1)
    await books.overdue.tell()
    [(task, _, _)] = await books.tasks()
    await books.act(ActKind.TASK_CLOSE, task)
    assert await books.overdue.tell() == 1
    assert await books.tasks() == []


async def test_what_somebody_else_collects_is_no_task_of_finance(books: OwingBooks) -> None:
    await books.sent("W-1", 9, payment_method=CARD, payment_source="tok_ok")
    await books.sent("W-2", 9, payment_method=PaymentMethod.CASH_ON_DELIVERY)
    left = await books.sent("W-3", 9, payment_method=CARD, payment_source="tok_ok", customer_ref="")
    await books.journal(left, j.ReceivableLeft(f"{left}-F2", "the card is closed"))
    assert await books.overdue.tell() == 1
    number = (await books.invoices(left))[1][0]
    words = f"{number} is 9 days overdue: the customer of order {left} owes 10.00 USD of it"
    assert await books.tasks() == [(f"receivable/{number}", left, words)]


async def test_days_are_counted_by_the_calendar_that_dates_the_invoice(books: OwingBooks) -> None:
    """It is still the day before on Niue, or already the next day on Kiritimati."""
    counts = set()
    for n, zone in enumerate(("Pacific/Niue", "Pacific/Kiritimati")):
        books.process = ProcessDefinition(invoice_time_zone=zone)
        order = await books.sent(f"W-{n}", TERMS + 5, parcels=1)
        items = (await books.receivables.items(FIN, "C-1", 9, None)).items
        counts |= {item.days for item in items if item.order == order}
    assert counts == {5}


def test_every_age_has_its_days() -> None:
    assert [age.value for age in Age] == [
        "not_due", "days_1_30", "days_31_60", "days_61_90", "over_90"
    ]  # fmt: skip
