"""The ledger on a real PostgreSQL: it balances by the database's own hand, and never changes."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, date
from typing import Any

import pytest
import pytest_asyncio
from psycopg import errors
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.postgres.accounts import PostgresAccounts
from adapters.postgres.auditing.money_checks import MONEY_CHECKS
from adapters.postgres.engine import PostgresDatabase
from domain.access import Principal, Role
from domain.errors import Forbidden, NotFound
from domain.ledger import Account, Leg, PostedOtherwise, Posting
from ports.accounts import AccountTotals, TrialBalance
from ports.unit_of_work import UnitOfWork

Sql = Callable[..., Awaitable[list[tuple[Any, ...]]]]
FIN = Principal("fin", frozenset({Role.FINANCE}))
ORDER = (
    (
        "INSERT INTO person (name, line1, line2, city, region, postal_code, country, email, phone)"
        " VALUES ('Ana', '', '', '', '', '', '', '', '')"
    ),
    (
        "INSERT INTO customer_order (number, channel, channel_ref, customer_ref, currency, total,"
        " placed, process, person_id, tracking_hash, placed_at)"
        " VALUES ('O1', 'web', 'O1', '', 'USD', 0, '{}', '{}', 1, 'O1', now())"
    ),
)
ENTRIES = "SELECT account, amount FROM ledger_entry ORDER BY transaction_id, leg"


def posting(operation: str, amount: int, order: str = "O1", currency: str = "USD") -> Posting:
    legs = (Leg(Account.RECEIVABLE, amount), Leg(Account.REVENUE, -amount))
    return Posting(operation, order, currency, legs)


@pytest_asyncio.fixture
async def database(engine: AsyncEngine, run_sql: Sql) -> PostgresDatabase:
    for statement in ORDER:
        await run_sql(statement)
    return PostgresDatabase(engine)


async def post(database: PostgresDatabase, *postings: Posting) -> None:
    async def work(uow: UnitOfWork) -> None:
        for each in postings:
            await uow.ledger.post(each)

    await database.run(work)


async def test_an_operation_is_posted_once_however_often_and_by_whomever_it_is_asked(
    database, run_sql
):
    await asyncio.gather(*(post(database, posting("sale", 100)) for _ in range(8)))
    legs = (Leg(Account.REVENUE, -100), Leg(Account.RECEIVABLE, 100))
    await post(database, Posting("sale", "O1", "USD", legs))
    assert await run_sql(ENTRIES) == [("receivable", 100), ("revenue", -100)]


@pytest.mark.parametrize(
    "other",
    [
        posting("sale", 900),
        posting("sale", 100, order=""),
        posting("sale", 100, currency="EUR"),
        Posting("sale", "O1", "USD", (Leg(Account.BANK, 100), Leg(Account.REVENUE, -100))),
        Posting(
            "sale", "O1", "USD", (Leg(Account.RECEIVABLE, 100), Leg(Account.REVENUE, -100, "C"))
        ),
        Posting("sale", "O1", "USD", ()),
    ],
)
async def test_an_operation_that_was_posted_is_never_another_posting(database, run_sql, other):
    """Nor does what comes with it stay."""
    await post(database, posting("sale", 100))

    async def work(uow: UnitOfWork) -> None:
        await uow.ledger.post(posting("new", 7), other)

    with pytest.raises(PostedOtherwise, match="sale is"):
        await post(database, other)
    with pytest.raises(PostedOtherwise, match="sale is"):
        await database.run(work)
    assert await run_sql(ENTRIES) == [("receivable", 100), ("revenue", -100)]


async def test_what_moves_nothing_is_posted_once_and_is_nothing_else_either(database, run_sql):
    nothing = Posting("told", "O1", "USD", ())
    await post(database, nothing, nothing)
    with pytest.raises(PostedOtherwise):
        await post(database, posting("told", 100))
    assert await run_sql("SELECT operation FROM ledger_transaction") == [("told",)]
    assert await run_sql(ENTRIES) == []


async def test_what_does_not_add_up_is_refused_by_the_database_itself(database, run_sql):
    await post(database, posting("sale", 100))
    with pytest.raises(DBAPIError) as refused:
        await run_sql(
            "INSERT INTO ledger_entry (transaction_id, leg, account, amount)"
            " VALUES (1, 3, 'revenue', -1)"
        )
    assert isinstance(refused.value.orig, errors.CheckViolation)
    assert await run_sql(ENTRIES) == [("receivable", 100), ("revenue", -100)]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE ledger_entry SET amount = 1",
        "UPDATE ledger_entry SET amount = 1 WHERE account = 'nothing'",
        "DELETE FROM ledger_entry",
        "TRUNCATE ledger_entry",
        "UPDATE ledger_transaction SET currency = 'EUR'",
        "DELETE FROM ledger_transaction",
        "TRUNCATE ledger_transaction CASCADE",
    ],
)
async def test_not_even_the_owner_of_the_tables_changes_what_was_posted(
    database, run_sql, statement
):
    await post(database, posting("sale", 100))
    with pytest.raises(DBAPIError, match="append-only") as refused:
        await run_sql(statement)
    assert isinstance(refused.value.orig, errors.RestrictViolation)
    assert await run_sql(ENTRIES) == [("receivable", 100), ("revenue", -100)]


async def test_what_was_wrong_is_taken_back_by_its_reverse(database, engine):
    await post(
        database, posting("sale", 100), posting("sale/reversed", -100), posting("sale/2", 90)
    )
    account = await PostgresAccounts(engine).order_account(FIN, "O1")
    assert [(e.operation, e.account, e.amount, e.balance) for e in account.entries] == [
        ("sale", "receivable", 100, 100),
        ("sale", "revenue", -100, -100),
        ("sale/reversed", "receivable", -100, 0),
        ("sale/reversed", "revenue", 100, 0),
        ("sale/2", "receivable", 90, 90),
        ("sale/2", "revenue", -90, -90),
    ]
    assert account.balances == {"receivable": 90, "revenue": -90}


async def test_a_posting_may_be_about_no_order_and_still_balances_in_the_audit(database, engine):
    fees = (Leg(Account.BANK, 970), Leg(Account.FEES, 30), Leg(Account.PROVIDER_CLEARING, -1_000))
    await post(database, Posting("settlement/7", "", "USD", fees), posting("sale", 5))
    assert await database.run(lambda uow: uow.ledger.balances("O1")) == {
        Account.RECEIVABLE: 5,
        Account.REVENUE: -5,
    }
    [debits_are_credits] = [check for check in MONEY_CHECKS if check.id == "M1"]
    async with engine.connect() as connection:
        assert await debits_are_credits.find(connection, 0) == []


async def test_the_trial_balance_is_by_currency_and_as_of_a_day(database, engine, run_sql):
    await post(database, posting("sale", 100), posting("sale/2", 50))
    await post(database, posting("yen", 7, order="", currency="JPY"))
    await post(database, posting("back", -50))
    accounts = PostgresAccounts(engine)
    usd = TrialBalance(
        "USD", (AccountTotals("receivable", 150, 50), AccountTotals("revenue", 50, 150))
    )
    jpy = TrialBalance("JPY", (AccountTotals("receivable", 7, 0), AccountTotals("revenue", 0, 7)))
    assert await accounts.trial_balance(FIN, None) == [jpy, usd]
    assert await accounts.trial_balance(FIN, date.max) == [jpy, usd]
    assert (usd.debits, usd.credits) == (200, 200)
    [(posted,)] = await run_sql("SELECT min(at) FROM ledger_transaction")
    day = posted.astimezone(UTC).date()
    assert await accounts.trial_balance(FIN, day) == [jpy, usd]
    assert await accounts.trial_balance(FIN, date(day.year - 1, 12, 31)) == []


async def test_an_account_of_no_order_or_of_a_strange_name_is_not_found(database, engine):
    accounts = PostgresAccounts(engine)
    for number in ("O2", "", "\x00", "O1'"):
        with pytest.raises(NotFound):
            await accounts.order_account(FIN, number)
    nothing = await accounts.order_account(FIN, "O1")
    assert (nothing.entries, nothing.balances) == ((), {})


@pytest.mark.parametrize("role", [Role.AGENT, Role.WAREHOUSE, Role.CHANNEL, Role.CUSTOMER])
async def test_the_ledger_is_not_for_everybody(database, engine, role):
    asker = Principal("x", frozenset({role}), "web")
    with pytest.raises(Forbidden):
        await PostgresAccounts(engine).trial_balance(asker, None)
    with pytest.raises(Forbidden):
        await PostgresAccounts(engine).order_account(asker, "O1")
