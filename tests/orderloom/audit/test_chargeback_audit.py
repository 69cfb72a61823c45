"""Chargebacks in the audit: what breaks a rule by hand is named, and what finance has is no debt
that nobody knows of.
"""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from disputed_books import GIVEN, TAKEN, DisputedBooks

from adapters.postgres.auditing.books import PaymentSays, read_books
from adapters.postgres.engine import create_engine
from domain.acts import ActKind
from tests.orderloom.audit.conftest import FINN, TOTAL


@pytest_asyncio.fixture
async def books(database_url: str) -> AsyncIterator[DisputedBooks]:
    """Closed, and charged back."""
    engine = create_engine(database_url)
    books = DisputedBooks(engine, database_url)
    await books.open()
    await books.close()
    await books.tell(TAKEN)
    yield books
    await engine.dispose()


CHARGEBACK = "UPDATE payment_transaction SET amount = {} WHERE operation = 'chargeback'"

REVERSAL = "UPDATE payment_transaction SET amount = {} WHERE operation = 'chargeback_reversal'"


async def test_a_chargeback_that_says_less_than_the_ledger_is_named(books: DisputedBooks) -> None:
    found = await books.violations_after(CHARGEBACK.format(TOTAL - 1))
    assert found["M2"] == [{"order": books.delivered, "payments": 1, "ledger": 0}]
    owed = {"order": books.delivered, "status": "CLOSED", "account": "receivable"}
    assert found["M5"] == [{**owed, "balance": TOTAL}]  # more is owed than was charged back


async def test_a_chargeback_beyond_what_was_captured_is_named(books: DisputedBooks) -> None:
    found = await books.violations_after(CHARGEBACK.format(TOTAL + 1))
    assert set(found) == {"M2", "M3"}
    assert found["M3"] == [
        {
            "order": books.delivered,
            "authorization": f"{books.delivered}/authorize/1",
            "refunds": 0,
            "charged_back": TOTAL + 1,
            "captured": TOTAL,
            "authorized": TOTAL,
        }
    ]


async def test_a_reversal_of_more_than_was_charged_back_is_named(books: DisputedBooks) -> None:
    await books.tell(GIVEN)
    assert await books.violations() == {}
    found = await books.violations_after(REVERSAL.format(TOTAL + 1))
    assert set(found) == {"M2", "M3"}
    assert found["M3"][0]["charged_back"] == -1


@pytest.mark.parametrize(
    "by_hand",
    [
        "DELETE FROM task WHERE kind = 'chargeback'",
        "UPDATE task SET closed_at = now(), closed_by = 'system' WHERE kind = 'chargeback'",
    ],
    ids=["nobody was told", "the task was taken away"],
)
async def test_what_was_charged_back_of_a_closed_order_is_finances_or_a_violation(
    books: DisputedBooks, by_hand: str
) -> None:
    assert await books.violations() == {}
    assert await books.violations_after(by_hand) == {
        "M5": [
            {
                "order": books.delivered,
                "status": "CLOSED",
                "account": "receivable",
                "balance": TOTAL,
            }
        ]
    }


async def test_a_person_who_closes_the_task_has_decided_to_leave_it(books: DisputedBooks) -> None:
    task = f"chargeback/{books.key}"
    await books.office.act(FINN, "c1", ActKind.TASK_CLOSE, task, {}, "we ask the customer")
    assert await books.balances() == {"receivable": TOTAL}
    assert await books.violations() == {}


async def test_each_dispute_is_one_effect_to_the_auditor(books: DisputedBooks) -> None:
    says = (await read_books(books.engine)).payments[books.key]
    assert says == PaymentSays("SUCCEEDED", "chargeback", TOTAL, f"chargeback of {books.key}")
