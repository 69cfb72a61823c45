"""Refunds that failed after they had succeeded: booked with the fact that tells it, once, whatever
the order is doing; owed again, and given back as finance says.
"""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from disputed_books import TAKEN
from refunded_books import FAILED, REFUND, RefundedBooks

from adapters.postgres.engine import PostgresDatabase, create_engine
from domain.errors import LimitExceeded
from domain.payments import PaymentStatus
from tests.orderloom.audit.conftest import ANA, TOTAL

AT_PROVIDER = {"provider_clearing": TOTAL - REFUND, "goodwill": REFUND}
CAME_BACK = {"provider_clearing": TOTAL, "goodwill": REFUND, "refunds_payable": -REFUND}
WHY = "the refund failed: it has to be tried again, become store credit or be transferred"


@pytest_asyncio.fixture
async def begun(database_url: str) -> AsyncIterator[RefundedBooks]:
    """The refund is under way."""
    engine = create_engine(database_url, pool_size=10)
    books = RefundedBooks(engine, database_url)
    await books.open()
    await books.begin()
    yield books
    await engine.dispose()


@pytest_asyncio.fixture
async def books(begun: RefundedBooks) -> RefundedBooks:
    """It has gone."""
    await begun.end()
    assert await begun.balances() == AT_PROVIDER
    assert await begun.status() == "PARTIALLY_REFUNDED"
    return begun


async def quarantined(books: RefundedBooks) -> list[Any]:
    return await books.rows("SELECT quarantined FROM fact WHERE kind = :k AND quarantined <> ''",
                            k=FAILED)  # fmt: skip


async def owed_once(books: RefundedBooks) -> None:
    assert await books.balances() == CAME_BACK
    assert [row[0] for row in await books.failures()] == [books.failure]
    assert [row[1:3] for row in await books.returns()] == [
        ("goodwill", "COMPLETED"), ("refund_failed", "GRANTED"),
    ]  # fmt: skip
    await books.holds()


async def test_a_failure_of_a_closed_order_is_booked_with_the_fact_that_tells_it(
    books: RefundedBooks,
) -> None:
    await books.close()
    stored = await books.fail()
    assert (stored.order, stored.repeated, stored.signal) == (books.delivered, False, False)
    assert await books.failures() == [
        (
            books.failure, books.delivered, 1, "SUCCEEDED", REFUND,
            f"{books.delivered}/authorize/1", "account_closed",
        )
    ]  # fmt: skip
    assert await books.rows(
        "SELECT handled_by, quarantined, due_at FROM fact WHERE kind = :k", k=FAILED
    ) == [("closed", None, None)]
    await owed_once(books)
    assert await books.status() == "CAPTURED"
    detail = await books.reads.order(ANA, books.delivered)
    shares = [{"tender": "provider", "amount": REFUND}]
    assert [(each.kind, each.refund, each.refunded, each.shares) for each in detail.returns] == [
        ("goodwill", REFUND, 0, shares), ("refund_failed", REFUND, 0, shares),
    ]  # fmt: skip
    assert detail.view.status == "CLOSED"
    assert detail.payments[-1].operation == "refund_failure"


async def test_finance_has_it_to_give_back_by_a_process_of_its_own(books: RefundedBooks) -> None:
    await books.fail()
    rma = f"{books.delivered}-R2"
    assert await books.queue() == [(rma, WHY)]
    plan = [{"tender": "provider", "amount": REFUND}]
    assert (await books.returns())[1] == (rma, "refund_failed", "GRANTED", plan)
    assert await books.rows(
        "SELECT subject FROM outbox WHERE event_id = :e", e=f"return/{rma}/start"
    ) == [(rma,)]
    assert await books.rows("SELECT count(*)::int FROM payment_transaction WHERE subject = :r",
                            r=rma) == [(0,)]  # fmt: skip


async def test_an_order_that_is_not_closed_is_told(books: RefundedBooks) -> None:
    stored = await books.fail()
    assert stored.signal
    assert await books.look_again() == [stored]
    await owed_once(books)


async def test_several_events_of_one_failure_are_one_effect(books: RefundedBooks) -> None:
    for event in ("refund.failed", "refund.updated", "charge.refund.updated"):
        assert not (await books.fail(event=event)).repeated
    assert (await books.fail(event="refund.failed")).repeated
    await owed_once(books)


async def test_a_failure_told_twenty_times_at_once_is_one_effect(books: RefundedBooks) -> None:
    await asyncio.gather(*(books.fail(event=f"e{n % 4}") for n in range(20)))
    assert await books.rows("SELECT count(*)::int FROM fact WHERE kind = :k", k=FAILED) == [(4,)]
    await owed_once(books)


async def test_a_failure_that_beats_the_answer_waits_for_it_and_tells_nobody(
    begun: RefundedBooks,
) -> None:
    before = await begun.balances()
    await begun.fail()
    await begun.look_again()
    assert await quarantined(begun) == [(f"{begun.refund} has no outcome yet",)]
    assert (await begun.failures(), await begun.tasks()) == ([], [])
    assert await begun.balances() == before
    await begun.end()
    [told] = await begun.look_again()
    assert told.fact.kind is FAILED
    assert await quarantined(begun) == []
    await owed_once(begun)


@pytest.mark.parametrize("told_first", [True, False])
async def test_a_failure_of_a_refund_that_our_books_have_as_failed_changes_nothing(
    begun: RefundedBooks, told_first: bool
) -> None:
    """An inquiry was answered by what had become of it already."""
    before = await begun.balances()
    if told_first:
        await begun.fail()
        await begun.end(PaymentStatus.FAILED)
        await begun.look_again()
    else:
        await begun.end(PaymentStatus.FAILED)
        await begun.fail()
    assert await begun.balances() == before
    assert (await quarantined(begun), await begun.failures()) == ([], [])
    assert [row[1] for row in await begun.returns()] == ["goodwill"]
    assert await begun.queue() == [(begun.rma, WHY)]
    assert await begun.status() == "CAPTURED"
    await begun.holds()


@pytest.mark.parametrize("wrong", [{"amount": REFUND - 1}, {"currency": "EUR"}])
async def test_a_failure_that_does_not_fit_is_kept_apart_and_finances(
    books: RefundedBooks, wrong: dict[str, Any]
) -> None:
    stored = await books.fail(event="odd", **wrong)
    assert not stored.signal
    assert await books.failures() == []
    [(name, owner)] = await books.tasks()
    assert (name, owner) == ("failed_refund/payment:odd", "finance")
    [(reason,)] = await books.rows("SELECT reason FROM task WHERE id = :t", t=name)
    assert reason.startswith(f"refund failed, {books.refund}, is not booked: it is of ")
    assert await books.rows("SELECT due_at FROM fact WHERE kind = :k", k=FAILED) == [(None,)]
    assert await books.balances() == AT_PROVIDER
    await books.fail()
    await owed_once(books)


async def test_a_refund_that_is_none_of_ours_and_a_capture_are_kept_apart(
    books: RefundedBooks,
) -> None:
    for subject in ("re_of_somebody_else", books.capture):
        assert (await books.fail(event=subject, subject=subject)).order == ""
    assert await books.failures() == []
    assert await quarantined(books) == [
        ("nothing of ours is called re_of_somebody_else",),
        (f"nothing of ours is called {books.capture}",),
    ]


async def test_what_came_back_can_be_refunded_again_and_no_more_than_that(
    books: RefundedBooks,
) -> None:
    with pytest.raises(LimitExceeded, match="more than the 900 that is left"):
        await books.begin_refund(TOTAL)
    await books.fail()
    left = await PostgresDatabase(books.engine).run(
        lambda uow: uow.payments.refundable(books.delivered)
    )
    assert left == {f"{books.delivered}/authorize/1": TOTAL}
    with pytest.raises(LimitExceeded, match="more than the 1500 that is left"):
        await books.begin_refund(TOTAL + 1)
    await books.begin_refund(TOTAL)


async def test_a_bank_may_take_back_what_it_did_not_take_and_the_rest_is_netted(
    books: RefundedBooks,
) -> None:
    """Told in the other order: the chargeback waits until it fits."""
    await books.tell(TAKEN)
    assert await books.disputed() == []
    await books.fail()
    await books.look_again()
    assert [row[4] for row in await books.disputed()] == [TOTAL]
    assert await books.balances() == {
        "receivable": TOTAL, "goodwill": REFUND, "refunds_payable": -REFUND,
    }  # fmt: skip
    await books.holds()


async def test_what_the_customer_owes_already_is_netted_with_what_came_back(
    books: RefundedBooks,
) -> None:
    await books.tell(TAKEN, 500)
    await books.fail()
    assert await books.balances() == {
        "provider_clearing": TOTAL - 500, "goodwill": REFUND, "refunds_payable": 500 - REFUND,
    }  # fmt: skip
    assert (await books.returns())[1][3] == [
        {"tender": "receivable", "amount": 500}, {"tender": "provider", "amount": REFUND - 500},
    ]  # fmt: skip
    await books.holds()
