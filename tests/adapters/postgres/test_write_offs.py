"""What nobody will pay is written off once, on a real PostgreSQL; what is paid after all is
recovered.
"""

import asyncio
from typing import Any

import pytest
import pytest_asyncio
from owing_books import CARD, FIN, OwingBooks
from sqlalchemy.ext.asyncio import AsyncEngine

from domain.access import Principal, Role
from domain.acts import ActKind
from domain.errors import BadAmount, Forbidden, LimitExceeded, NotFound, StepRefused
from ports.front_office import RequestedLine
from ports.unit_of_work import UnitOfWork

SUE = Principal("sue", frozenset({Role.SUPERVISOR}))
WRITE_OFF = ActKind.RECEIVABLE_WRITE_OFF


@pytest_asyncio.fixture
async def books(engine: AsyncEngine, run_sql: Any) -> OwingBooks:
    books = OwingBooks(engine, run_sql)
    await books.open()
    return books


async def test_what_nobody_will_pay_is_written_off_and_its_task_and_its_debt_are_gone(
    books: OwingBooks,
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


async def test_no_more_is_written_off_than_is_owed_now(books: OwingBooks) -> None:
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


async def test_much_of_an_order_needs_a_second_person_be_it_in_parts(books: OwingBooks) -> None:
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


async def test_only_finance_writes_off_and_for_a_reason(books: OwingBooks) -> None:
    order = await books.sent("W-1", 45)
    for role in set(Role) - {Role.FINANCE, Role.SUPERVISOR}:
        with pytest.raises(Forbidden):
            await books.act(WRITE_OFF, order, by=Principal("x", frozenset({role})), amount=1)
    with pytest.raises(StepRefused, match="needs a reason"):
        await books.office.act(FIN, "k", WRITE_OFF, order, {"amount": 1}, " ")
    assert (await books.balances(order))["receivable"] == 2_000


async def test_of_two_who_write_the_same_debt_off_at_once_one_does(books: OwingBooks) -> None:
    order = await books.sent("W-1", 45)
    tries = (books.act(WRITE_OFF, order, amount=2_000) for _ in range(4))
    done = await asyncio.gather(*tries, return_exceptions=True)
    assert sum(isinstance(each, LimitExceeded) for each in done) == 3
    assert await books.balances(order) == {"bad_debt": 2_000, "revenue": -2_000}


@pytest.mark.parametrize("paid_first", [True, False])
async def test_a_debt_that_is_paid_while_it_is_written_off_is_gone_once(
    books: OwingBooks, paid_first: bool
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


async def test_what_is_paid_after_all_is_recovered_and_not_given_back(books: OwingBooks) -> None:
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
    books: OwingBooks,
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
    books: OwingBooks,
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
