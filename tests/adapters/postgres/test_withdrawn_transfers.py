"""Transfers that were registered by mistake, on a real PostgreSQL: what they had paid is owed again
as it was, with its task; and what the bank's statement says of them stays.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio
from owing_books import OwingBooks, units
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.postgres.settlements import PostgresSettlements
from domain import journal as j
from domain.access import Principal, Role
from domain.acts import ActKind
from domain.errors import Forbidden, NotFound, StepRefused
from domain.order import PaymentMethod
from domain.settlement import Line, LineKind, PartyKind, Settlement
from ports.settlements import Reconciled

SUE = Principal("sue", frozenset({Role.SUPERVISOR}))
OWED = {"receivable": 2_000, "revenue": -2_000}
TRANSFER = {"payment_method": PaymentMethod.BANK_TRANSFER}


@pytest_asyncio.fixture
async def books(engine: AsyncEngine, run_sql: Any) -> OwingBooks:
    books = OwingBooks(engine, run_sql)
    await books.open()
    return books


async def withdraw(books: OwingBooks, order: str = "", bank: str = "B-1") -> Any:
    return (await books.act(ActKind.TRANSFER_WITHDRAW, bank, order=order)).result


async def statement(books: OwingBooks, name: str, gross: int, fee: int = 0) -> Reconciled:
    line = Line(1, LineKind.CHARGE, "B-1", gross, fee, datetime.now(UTC))
    settlements = PostgresSettlements(books.engine)
    given = Settlement(PartyKind.BANK, "first-bank", name, "USD", (line,))
    await settlements.take_in(given, name, name)
    return await settlements.match_open()


async def test_a_debt_that_was_paid_by_mistake_is_overdue_and_finances_again(
    books: OwingBooks,
) -> None:
    order = await books.sent("W-1", 40)
    await books.overdue.tell()
    before = await books.tasks()
    assert len(before) == 2
    await books.pay(order, 2_000)
    assert await books.tasks() == []
    await withdraw(books, order)
    assert await books.tasks() == before
    assert await books.balances(order) == OWED
    assert [left for *_, left in await books.invoices(order)] == [1_000, 1_000]
    assert await books.aging() == {("C-1", "USD"): {"days_1_30": 2_000}}
    await books.overdue.tell()
    assert await books.tasks() == before
    assert await books.violations() == {}


async def test_a_task_that_a_person_has_closed_stays_closed(books: OwingBooks) -> None:
    order = await books.sent("W-1", 40, parcels=1)
    await books.overdue.tell()
    [(task, *_)] = await books.tasks()
    await books.act(ActKind.TASK_CLOSE, task)
    await books.pay(order, 1_000)
    await withdraw(books, order)
    assert await books.tasks() == []


async def test_the_part_that_is_still_paid_is_not_owed_again(books: OwingBooks) -> None:
    order = await books.sent("W-1", 40)
    await books.pay(order, 1_200)
    await books.pay(order, 800, "B-2")
    await withdraw(books, order)
    assert await books.balances(order) == {"bank": 800, "receivable": 1_200, "revenue": -2_000}
    assert [left for *_, left in await books.invoices(order)] == [200, 1_000]
    assert await books.violations() == {}


async def test_what_was_written_off_is_lost_again(books: OwingBooks) -> None:
    order = await books.sent("W-1", 40)
    await books.act(ActKind.RECEIVABLE_WRITE_OFF, order, amount=500)
    await books.pay(order, 1_700)
    assert (await books.balances(order)).get("bad_debt") == 300
    await withdraw(books, order)
    assert await books.balances(order) == {
        "receivable": 1_500, "bad_debt": 500, "revenue": -2_000,
    }  # fmt: skip
    assert await books.violations() == {}


async def test_what_was_paid_in_advance_and_sent_is_owed_and_dunned(books: OwingBooks) -> None:
    order = await books.sent("W-1", 40, parcels=0, **TRANSFER)
    await books.pay(order, 2_000)
    await _ship(books, order, 40)
    assert await books.balances(order) == {"bank": 2_000, "revenue": -2_000}
    assert (await withdraw(books, order))["owed"] == 2_000
    assert await books.balances(order) == OWED
    told = await books.tasks()
    assert [each for _, each, _ in told] == [order, order]
    assert await books.overdue.tell() == 2
    assert await books.tasks() == told
    assert await books.violations() == {}


async def test_what_was_sent_keeps_the_money_that_did_come(books: OwingBooks) -> None:
    """Of a deposit that is used up in part the rest is taken first."""
    order = await books.sent("W-1", 2, parcels=0, **TRANSFER)
    await books.pay(order, 800)
    await books.pay(order, 1_200, "B-2")
    await _ship(books, order, 2, parcels=1)
    told = await withdraw(books, order, "B-2")
    assert told["owed"] == 200
    assert await books.balances(order) == {"bank": 800, "receivable": 200, "revenue": -1_000}
    told = await books.pay(order, 1_200, "B-2")
    assert told == {"order": order, "used": 1_200, "refund": None}
    left = {"bank": 2_000, "deposits": -1_000, "revenue": -1_000}
    assert await books.balances(order) == left
    assert await books.violations() == {}


@pytest.mark.parametrize(
    ("gross", "fee", "others"),
    [
        (2_000, 0, {}),
        (1_999, 0, {}),
        (2_001, 0, {}),
        (2_000, 30, {"fees": 30}),
    ],
)
async def test_what_a_statement_confirmed_stands_unmatched_as_the_bank_had_it(
    books: OwingBooks, gross: int, fee: int, others: dict[str, int]
) -> None:
    order = await books.sent("W-1")
    await books.pay(order, 2_000)
    assert await statement(books, "day-1", gross, fee) == Reconciled(matched=1)
    told = await withdraw(books, order)
    assert told["task"] == "transfer-2/B-1"
    assert await books.balances(order) == {
        "bank": gross - fee, "unmatched": -gross, **OWED, **others,
    }  # fmt: skip
    assert await books.violations() == {}
    with pytest.raises(StepRefused, match="so that it is ended by transfer_assign"):
        await withdraw(books)
    sent = await books.act(ActKind.TRANSFER_SEND_BACK, "B-1", reference="OUT-1")
    assert sent.result == {"sent_back": gross}
    assert await books.tasks() == []
    assert await books.violations() == {}
    with pytest.raises(StepRefused, match="was sent back, or written off"):
        await withdraw(books)


async def test_a_difference_that_was_written_off_is_written_off_no_more(books: OwingBooks) -> None:
    """Finance typed 20.00 for 15.00, gave the difference up, and then finds the mistake."""
    order = await books.sent("W-1", 40)
    await books.pay(order, 2_000)
    assert await statement(books, "day-1", 1_500) == Reconciled(differing=1)
    [(line,)] = await books.sql("SELECT id FROM settlement_line")
    item = f"bank/B-1/{order}"
    await books.act(ActKind.SETTLEMENT_WRITE_OFF, str(line), item=item)
    assert (await books.balances(order))["written_off"] == 500
    await withdraw(books, order)
    left = {"bank": 1_500, "unmatched": -1_500, **OWED}
    assert await books.balances(order) == left
    assert await books.violations() == {}
    answer = await books.act(ActKind.TRANSFER_ASSIGN, "B-1", order=order)
    assert answer.result == {"order": order, "used": 1_500, "refund": None}
    assert (await books.balances(order))["receivable"] == 500
    assert await statement(books, "day-2", 1_500) == Reconciled(differing=1)
    assert await books.violations() == {}


async def test_an_item_that_a_statement_lacks_is_missed_no_more(books: OwingBooks) -> None:
    order = await books.sent("W-1")
    await books.pay(order, 2_000)
    values = {"id": f"settlement-missing/bank/B-1/{order}", "subject": f"bank/B-1/{order}"}
    await books.sql(
        "INSERT INTO task (id, kind, subject, reason, owner, data, deadline)"
        " VALUES (:id, 'settlement_missing', :subject, 'missing', 'finance', '{}', now())",
        **values,
    )
    await withdraw(books, order)
    assert await books.tasks() == []
    with pytest.raises(NotFound, match="there is no open item"):
        await books.act(ActKind.SETTLEMENT_GIVE_UP, values["subject"])


async def test_what_went_out_is_not_withdrawn(books: OwingBooks) -> None:
    await books.pay("", 2_000)
    await books.act(ActKind.TRANSFER_SEND_BACK, "B-1", reference="OUT-1")
    with pytest.raises(NotFound, match="no transfer 'OUT-1' that came in"):
        await withdraw(books, bank="OUT-1")
    assert await books.violations() == {}


async def test_each_time_it_is_registered_it_has_names_of_its_own(books: OwingBooks) -> None:
    order = await books.sent("W-1")
    for amount in (1, 2, 3):
        await books.pay(order, amount)
        await withdraw(books, order)
    await books.pay("", 4)
    await withdraw(books)
    assert await books.tasks() == []
    await books.pay(order, 5)
    operations = await books.sql(
        "SELECT operation FROM ledger_transaction WHERE operation LIKE '%bank%' ORDER BY id"
    )
    assert [each for (each,) in operations] == [
        f"bank/B-1/{order}", f"withdrawn/bank/B-1/{order}",
        f"bank-2/B-1/{order}", f"withdrawn/bank-2/B-1/{order}",
        f"bank-3/B-1/{order}", f"withdrawn/bank-3/B-1/{order}",
        "bank-4/B-1/", "withdrawn/bank-4/B-1/", f"bank-5/B-1/{order}",
    ]  # fmt: skip
    assert await books.balances(order) == {"bank": 5, "receivable": 1_995, "revenue": -2_000}
    assert await statement(books, "day-1", 5) == Reconciled(matched=1)
    assert await books.violations() == {}


async def test_only_finance_and_supervisors_withdraw(books: OwingBooks) -> None:
    order = await books.sent("W-1", 40)
    await books.pay(order, 2_000)
    for role in set(Role) - {Role.FINANCE, Role.SUPERVISOR}:
        somebody = Principal("x", frozenset({role}), "web")
        with pytest.raises(Forbidden):
            await books.act(ActKind.TRANSFER_WITHDRAW, "B-1", by=somebody, order=order)
    answer = await books.act(ActKind.TRANSFER_WITHDRAW, "B-1", by=SUE, order=order)
    assert (answer.result["withdrawn"], answer.approval) == (2_000, "")
    rows = await books.sql(
        "SELECT principal, act, outcome FROM audit WHERE act = 'transfer_withdraw'"
        " AND outcome = 'DONE'"
    )
    assert rows == [("sue", "transfer_withdraw", "DONE")]


async def _ship(books: OwingBooks, order: str, ago: int, parcels: int = 2) -> None:
    books.ago = timedelta(days=ago)
    for n in range(1, parcels + 1):
        await books.journal(order, j.Shipped(f"{order}-F{n}", (), units(2), 1_000))
    books.ago = timedelta()
