"""Refunds that failed after they had succeeded: the audit names what breaks a rule by hand."""

from collections.abc import AsyncIterator

import pytest_asyncio
from refunded_books import REFUND, RefundedBooks

from adapters.postgres.auditing.books import PaymentSays, read_books
from adapters.postgres.engine import create_engine
from domain import journal as j
from tests.orderloom.audit.conftest import FINN, TOTAL


@pytest_asyncio.fixture
async def books(database_url: str) -> AsyncIterator[RefundedBooks]:
    """Closed, refunded, and the refund has failed."""
    engine = create_engine(database_url)
    books = RefundedBooks(engine, database_url)
    await books.open()
    await books.begin()
    await books.end()
    await books.close()
    await books.fail()
    yield books
    await engine.dispose()


FAILURE = "UPDATE payment_transaction SET amount = {} WHERE operation = 'refund_failure'"


async def test_a_failure_that_says_less_than_the_ledger_is_named(books: RefundedBooks) -> None:
    assert await books.violations() == {}
    assert await books.violations_after(FAILURE.format(REFUND - 1)) == {
        "M2": [{"order": books.delivered, "payments": TOTAL - 1, "ledger": TOTAL}]
    }


async def test_a_failure_of_more_than_was_refunded_is_named(books: RefundedBooks) -> None:
    found = await books.violations_after(FAILURE.format(REFUND + 1))
    assert set(found) == {"M2", "M3"}
    assert found["M3"] == [
        {
            "order": books.delivered,
            "authorization": f"{books.delivered}/authorize/1",
            "refunds": -1,
            "charged_back": 0,
            "captured": TOTAL,
            "authorized": TOTAL,
        }
    ]


async def test_a_failure_whose_row_is_gone_is_named(books: RefundedBooks) -> None:
    gone = "DELETE FROM payment_transaction WHERE operation = 'refund_failure'"
    assert await books.violations_after(gone) == {
        "M2": [{"order": books.delivered, "payments": TOTAL - REFUND, "ledger": TOTAL}]
    }


async def test_what_came_back_is_finances_or_a_violation(books: RefundedBooks) -> None:
    """Its return has ended without giving it back."""
    found = await books.violations_after(
        "UPDATE return_order SET status = 'COMPLETED' WHERE view->>'kind' = 'refund_failed'"
    )
    owed = {"order": books.delivered, "status": "CLOSED", "account": "refunds_payable"}
    assert found["M5"] == [{**owed, "balance": -REFUND}]


async def test_given_back_by_transfer_everything_holds_again(books: RefundedBooks) -> None:
    rma = f"{books.delivered}-R2"
    await books.journal_return(rma, FINN, j.RefundTransferred(REFUND, "OUT-1"), j.ReturnCompleted())
    assert await books.balances() == {
        "provider_clearing": TOTAL, "goodwill": REFUND, "bank": -REFUND,
    }  # fmt: skip
    assert await books.violations() == {}


async def test_each_failure_is_one_effect_to_the_auditor(books: RefundedBooks) -> None:
    says = (await read_books(books.engine)).payments[books.failure]
    assert says == PaymentSays(
        "SUCCEEDED", "refund_failure", REFUND, f"refund_failure of {books.failure}"
    )
