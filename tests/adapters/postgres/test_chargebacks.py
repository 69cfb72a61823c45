"""Chargebacks: booked with the fact that tells them, once for each dispute, whatever the order is
doing; seen by finance, and never paid back a second time.
"""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from disputed_books import GIVEN, TAKEN, DisputedBooks

from adapters.postgres.back_office import PostgresBackOffice
from adapters.postgres.engine import PostgresDatabase, create_engine
from domain.acts import ActKind, FourEyes
from domain.errors import LimitExceeded, NotFound, StepRefused
from domain.payments import PaymentStatus
from tests.orderloom.audit.conftest import ANA, FINN, SUE, TOTAL


@pytest_asyncio.fixture
async def books(database_url: str) -> AsyncIterator[DisputedBooks]:
    engine = create_engine(database_url, pool_size=10)
    books = DisputedBooks(engine, database_url)
    await books.open()
    yield books
    await engine.dispose()


PAID = {"provider_clearing": TOTAL}
OWED = {"receivable": TOTAL}


async def test_a_chargeback_of_a_closed_order_is_booked_with_the_fact_that_tells_it(
    books: DisputedBooks,
) -> None:
    await books.close()
    assert await books.balances() == PAID
    stored = await books.tell(TAKEN)
    assert (stored.order, stored.repeated, stored.signal) == (books.delivered, False, False)
    assert await books.balances() == OWED
    assert await books.disputed() == [
        (
            books.key, "chargeback", 1, "SUCCEEDED", TOTAL, books.parcel,
            f"{books.delivered}/authorize/1", "fraudulent",
        )
    ]  # fmt: skip
    assert await books.rows("SELECT handled_by, quarantined, due_at FROM fact WHERE kind = :k",
                            k=TAKEN) == [("closed", None, None)]  # fmt: skip
    assert await books.tasks() == [(f"chargeback/{books.key}", "finance")]
    [reason] = [row[0] for row in await books.rows("SELECT reason FROM task")]
    assert reason == (
        f"15.00 USD of {books.capture} was charged back (fraudulent): contest it at the provider"
        " as dispute dp_1, have the customer pay otherwise, or accept the loss (chargeback_accept)"
    )
    assert await books.status() == "CHARGED_BACK"
    detail = await books.reads.order(ANA, books.delivered)
    assert detail.view.status == "CLOSED"
    assert [(p.operation, p.amount) for p in detail.payments][-1] == ("chargeback", TOTAL)
    await books.holds()


async def test_an_order_that_is_not_closed_is_told(books: DisputedBooks) -> None:
    stored = await books.tell(TAKEN, 400)
    assert (stored.order, stored.signal) == (books.delivered, True)
    assert await books.status() == "PARTIALLY_CHARGED_BACK"
    assert await books.balances() == {"provider_clearing": TOTAL - 400, "receivable": 400}
    await books.holds()


async def test_an_order_that_nobody_told_is_told_by_the_relay(books: DisputedBooks) -> None:
    stored = await books.tell(TAKEN, 400)
    assert await books.look_again() == [stored]


async def test_two_events_of_one_dispute_are_one_effect(books: DisputedBooks) -> None:
    await books.tell(TAKEN, event="created")
    await books.tell(TAKEN, event="funds_withdrawn")
    again = await books.tell(TAKEN, event="created")
    assert again.repeated
    assert await books.balances() == OWED
    assert len(await books.disputed()) == 1
    assert len(await books.tasks()) == 1
    await books.holds()


async def test_a_dispute_told_twenty_times_at_once_by_several_events_is_one_effect(
    books: DisputedBooks,
) -> None:
    await asyncio.gather(*(books.tell(TAKEN, event=f"e{n % 4}") for n in range(20)))
    assert len(await books.disputed()) == 1
    assert await books.balances() == OWED
    assert await books.rows("SELECT count(*)::int FROM fact WHERE kind = :k", k=TAKEN) == [(4,)]
    await books.holds()


async def test_another_event_of_a_dispute_that_says_another_amount_is_kept_apart(
    books: DisputedBooks,
) -> None:
    await books.tell(TAKEN, 400, event="created")
    await books.tell(TAKEN, 500, event="funds_withdrawn")
    assert [row[4] for row in await books.disputed()] == [400]
    assert await books.rows("SELECT quarantined FROM fact WHERE quarantined IS NOT NULL") == [
        ("dispute dp_1 was booked with 400, not 500",)
    ]
    assert [name for name, _ in await books.tasks()] == [
        f"chargeback/{books.key}", "dispute/payment:funds_withdrawn",
    ]  # fmt: skip
    await books.holds()


async def test_several_disputes_of_one_capture_take_no_more_than_it_had(
    books: DisputedBooks,
) -> None:
    await books.tell(TAKEN, 1_000)
    await books.tell(TAKEN, 500, dispute="dp_2")
    await books.tell(TAKEN, 1, dispute="dp_3")
    assert [(row[2], row[4]) for row in await books.disputed()] == [(1, 1_000), (2, 500)]
    assert await books.status() == "CHARGED_BACK"
    await books.holds()


async def test_a_dispute_that_is_won_gives_it_back_and_ends_finances_task(
    books: DisputedBooks,
) -> None:
    await books.close()
    await books.tell(TAKEN)
    await books.tell(GIVEN)
    assert await books.balances() == PAID
    assert [row[:2] for row in await books.disputed()][1] == (
        f"{books.capture}/chargeback_reversal/dp_1", "chargeback_reversal",
    )  # fmt: skip
    assert await books.tasks() == []
    assert await books.rows("SELECT closed_by, closed_why FROM task") == [
        ("system", "the dispute was won: the money has come back")
    ]
    assert await books.status() == "CAPTURED"
    for event in ("funds_reinstated", "closed"):
        await books.tell(GIVEN, event=event)
    assert await books.balances() == PAID
    await books.holds()


async def test_a_dispute_that_is_won_in_part_leaves_the_rest_to_finance(
    books: DisputedBooks,
) -> None:
    await books.tell(TAKEN)
    await books.tell(GIVEN, 500)
    assert await books.balances() == {"provider_clearing": 500, "receivable": 1_000}
    assert [name for name, _ in await books.tasks()] == [f"chargeback/{books.key}"]
    assert await books.status() == "PARTIALLY_CHARGED_BACK"
    await books.holds()


async def test_a_reversal_that_overtakes_its_chargeback_waits_for_it(books: DisputedBooks) -> None:
    await books.close()
    early = await books.tell(GIVEN)
    assert (early.order, early.signal) == (books.delivered, False)
    assert await books.balances() == PAID
    assert await books.look_again() == []  # still nothing to give back
    [why, due] = (
        await books.rows("SELECT quarantined, due_at FROM fact WHERE kind = :k", k=GIVEN)
    )[0]
    assert why == "dispute dp_1 has charged nothing back yet"
    assert due is not None
    await books.holds()

    await books.tell(TAKEN)
    assert await books.balances() == PAID  # both at once
    assert await books.tasks() == []
    assert await books.look_again() == []
    assert await books.status() == "CAPTURED"
    assert await books.rows(
        "SELECT DISTINCT handled_by, quarantined FROM fact WHERE kind LIKE 'payment.%'"
    ) == [("closed", None)]
    await books.holds()


async def test_more_than_was_captured_and_not_refunded_is_kept_apart_and_told_to_finance(
    books: DisputedBooks,
) -> None:
    key = await books.begin_refund(400)
    await books.end_refund(key, PaymentStatus.SUCCEEDED)
    stored = await books.tell(TAKEN, 1_101)
    assert (stored.order, stored.signal) == (books.delivered, False)
    assert await books.disputed() == []
    assert await books.balances() == PAID
    why = "it is of 11.01 USD, and 11.00 USD is captured and neither refunded nor taken"
    [row] = await books.rows("SELECT quarantined, due_at FROM fact WHERE kind = :k", k=TAKEN)
    assert row[0] == why
    assert row[1] is not None  # what another dispute gave back may be told later
    assert await books.rows("SELECT reason, owner FROM task") == [
        (f"charged back, dispute dp_1, is not booked: {why}; ask the provider", "finance")
    ]
    detail = await books.reads.order(ANA, books.delivered)
    assert detail.view.disputes == {}
    await books.tell(TAKEN, 1_100, dispute="dp_2")
    assert [row[4] for row in await books.disputed()] == [1_100]


async def test_what_came_and_went_and_was_taken_again_ends_the_same_in_any_order(
    books: DisputedBooks,
) -> None:
    """dp_1 took all and was won, then dp_2 took all; we are told of dp_2 first."""
    await books.tell(TAKEN, event="second", dispute="dp_2")
    await books.tell(TAKEN)
    assert [row[0][-4:] for row in await books.disputed()] == ["dp_2"]
    assert [name for name, _ in await books.tasks()] == [
        f"chargeback/{books.capture}/chargeback/dp_2", f"dispute/payment:{TAKEN}/{TOTAL}",
    ]  # fmt: skip
    await books.tell(GIVEN)
    await books.look_again()
    await books.look_again()
    assert sorted(row[1] for row in await books.disputed()) == [
        "chargeback", "chargeback", "chargeback_reversal",
    ]  # fmt: skip
    assert await books.balances() == OWED
    assert [name for name, _ in await books.tasks()] == [
        f"chargeback/{books.capture}/chargeback/dp_2"
    ]
    assert await books.rows("SELECT quarantined FROM fact WHERE quarantined IS NOT NULL") == []
    await books.holds()


@pytest.mark.parametrize("ends", [PaymentStatus.FAILED, PaymentStatus.SUCCEEDED])
async def test_a_chargeback_waits_for_a_refund_that_is_under_way(
    books: DisputedBooks, ends: PaymentStatus
) -> None:
    """Both have the same money: only one of them can have happened at the provider."""
    key = await books.begin_refund(400)
    await books.tell(TAKEN)
    assert await books.disputed() == []
    assert await books.tasks() == []
    await books.look_again()
    assert await books.disputed() == []
    await books.end_refund(key, ends)
    told = await books.look_again()
    if ends is PaymentStatus.FAILED:
        assert [stored.fact.kind for stored in told] == [TAKEN]
        assert await books.balances() == OWED
        assert [name for name, _ in await books.tasks()] == [f"chargeback/{books.key}"]
        await books.holds()
    else:
        assert told == []
        assert await books.balances() == PAID
        assert [name.partition("/")[0] for name, _ in await books.tasks()] == ["dispute"]


async def test_a_chargeback_of_a_capture_whose_answer_was_not_heard_waits_for_it(
    books: DisputedBooks,
) -> None:
    await books.run("UPDATE payment_transaction SET status = 'UNKNOWN' WHERE operation = 'capture'")
    await books.tell(TAKEN)
    assert await books.disputed() == []
    await books.run(
        "UPDATE payment_transaction SET status = 'SUCCEEDED' WHERE operation = 'capture'"
    )
    await books.look_again()
    assert await books.balances() == OWED
    await books.holds()


async def test_what_waits_for_days_becomes_a_task_and_is_no_longer_looked_at(
    books: DisputedBooks,
) -> None:
    await books.tell(GIVEN)
    await books.run("UPDATE fact SET received_at = received_at - interval '3 days 1 minute'")
    await books.look_again()
    assert await books.rows("SELECT due_at FROM fact WHERE kind = :k", k=GIVEN) == [(None,)]
    assert [name for name, _ in await books.tasks()] == [f"dispute/payment:{GIVEN}/{TOTAL}"]


async def wait_for_days(books: DisputedBooks) -> None:
    await books.run("UPDATE fact SET received_at = received_at - interval '3 days 1 minute'")
    await books.look_again()
    waiting = await books.rows(
        "SELECT count(*)::int FROM fact WHERE due_at IS NOT NULL AND quarantined IS NOT NULL"
    )
    assert waiting == [(0,)]


async def test_a_reversal_that_has_waited_for_days_is_booked_with_its_chargeback_and_told(
    books: DisputedBooks,
) -> None:
    """By whichever of its events, and nobody is asked about it any more."""
    await books.close()
    for event in ("funds_reinstated", "closed"):
        await books.tell(GIVEN, event=event)
    await wait_for_days(books)
    assert {name for name, _ in await books.tasks()} == {
        "dispute/payment:closed", "dispute/payment:funds_reinstated",
    }  # fmt: skip
    await books.tell(TAKEN)
    assert await books.balances() == PAID
    await books.look_again()
    assert await books.tasks() == []
    assert await books.status() == "CAPTURED"
    assert await books.rows("SELECT count(*)::int FROM fact WHERE quarantined IS NOT NULL") == [
        (0,)
    ]
    assert [row[1] for row in await books.disputed()] == ["chargeback", "chargeback_reversal"]
    await books.holds()


async def test_a_chargeback_that_has_waited_for_days_is_booked_once_another_was_won(
    books: DisputedBooks,
) -> None:
    await books.tell(TAKEN)
    await books.tell(TAKEN, event="second", dispute="dp_2")
    await wait_for_days(books)
    await books.tell(GIVEN)
    await books.look_again()
    assert await books.balances() == OWED
    assert [name for name, _ in await books.tasks()] == [
        f"chargeback/{books.capture}/chargeback/dp_2"
    ]
    await books.holds()


async def test_a_chargeback_in_another_currency_or_of_what_is_none_of_ours_is_kept_apart(
    books: DisputedBooks,
) -> None:
    await books.tell(TAKEN, currency="EUR")
    nobody = await books.tell(TAKEN, event="other", subject="pay_of_somebody_else")
    assert nobody.order == ""
    assert await books.disputed() == []
    assert await books.rows(
        "SELECT quarantined FROM fact WHERE kind = :k ORDER BY received_at", k=TAKEN
    ) == [
        (f"it is in EUR, {books.capture} in USD",),
        ("nothing of ours is called pay_of_somebody_else",),
    ]


async def test_a_capture_is_found_by_the_provider_s_own_payment(books: DisputedBooks) -> None:
    stored = await books.tell(TAKEN, subject="pay_1")
    assert stored.fact.subject == books.capture
    assert [row[0] for row in await books.disputed()] == [books.key]
    await books.tell(TAKEN, event="by our key")
    assert len(await books.disputed()) == 1
    await books.holds()


async def test_a_refund_after_a_chargeback_cannot_exceed_what_is_left(books: DisputedBooks) -> None:
    await books.tell(TAKEN, 1_000)

    async def left(uow: Any) -> Any:
        drawn = await uow.payments.drawn(f"{books.delivered}/authorize/1")
        return await uow.payments.refundable(books.delivered), drawn.charged_back

    database = PostgresDatabase(books.engine)
    assert await database.run(left) == ({f"{books.delivered}/authorize/1": 500}, 1_000)
    with pytest.raises(LimitExceeded, match="more than the 500 that is left"):
        await books.begin_refund(501)
    await books.tell(GIVEN, 1_000)
    assert await database.run(left) == ({f"{books.delivered}/authorize/1": 1_500}, 0)
    await books.begin_refund(1_500, 2)


async def test_finance_accepts_the_loss_and_the_dispute_may_still_be_won(
    books: DisputedBooks,
) -> None:
    await books.close()
    await books.tell(TAKEN)
    answer = await books.office.act(
        FINN, "a1", ActKind.CHARGEBACK_ACCEPT, books.key, {}, "not worth it"
    )
    assert answer.result == {"order": books.delivered, "written_off": TOTAL}
    assert await books.balances() == {"bad_debt": TOTAL}
    assert await books.rows("SELECT closed_by, closed_why FROM task") == [("finn", "not worth it")]
    await books.holds()
    with pytest.raises(StepRefused, match=r"nothing of .* is open"):
        await books.office.act(FINN, "a2", ActKind.CHARGEBACK_ACCEPT, books.key, {}, "again")

    await books.tell(GIVEN)
    assert await books.balances() == PAID
    await books.holds()


async def test_a_dispute_that_is_won_after_it_was_accepted_leaves_what_another_one_took(
    books: DisputedBooks,
) -> None:
    await books.close()
    await books.tell(TAKEN, 400)
    await books.tell(TAKEN, 500, dispute="dp_2")
    await books.office.act(FINN, "a1", ActKind.CHARGEBACK_ACCEPT, books.key, {}, "not worth it")
    rest = {"provider_clearing": TOTAL - 900, "receivable": 500}
    assert await books.balances() == {**rest, "bad_debt": 400}

    await books.tell(GIVEN, 400)
    assert await books.balances() == {**rest, "provider_clearing": TOTAL - 500}
    second = books.key.replace("dp_1", "dp_2")
    assert await books.tasks() == [(f"chargeback/{second}", "finance")]
    await books.holds()


async def test_a_large_loss_takes_two_people_and_what_is_no_chargeback_is_not_there(
    books: DisputedBooks,
) -> None:
    await books.tell(TAKEN, 1_000)
    await books.tell(TAKEN, 200, dispute="dp_2")
    office = PostgresBackOffice(books.engine, FourEyes(written_off=1_100))
    accept = ActKind.CHARGEBACK_ACCEPT
    second = books.key.replace("dp_1", "dp_2")
    assert not (await office.act(FINN, "a1", accept, second, {}, "small")).approval
    asked = await office.act(FINN, "a2", accept, books.key, {}, "gone")
    assert asked.approval  # 10.00 and what was given up before
    assert await books.balances() == {
        "provider_clearing": 300, "receivable": 1_000, "bad_debt": 200,
    }  # fmt: skip
    await office.act(SUE, "yes", ActKind.APPROVAL_APPROVE, asked.approval, {})
    assert await books.balances() == {"provider_clearing": 300, "bad_debt": 1_200}
    assert await books.tasks() == []
    await books.holds()
    for name in (books.capture, "nothing"):
        with pytest.raises(NotFound, match="there is no chargeback"):
            await office.act(FINN, f"no {name!r}", accept, name, {}, "why")


@pytest.mark.parametrize(
    ("amount", "plan"),
    [(400, [{"tender": "provider", "amount": 400}]), (TOTAL, [])],
    ids=["small", "for a second person"],
)
async def test_a_customer_who_pays_otherwise_ends_the_task_and_has_it_back_when_it_is_won(
    books: DisputedBooks, amount: int, plan: list[dict[str, Any]]
) -> None:
    await books.close()
    await books.tell(TAKEN, amount)
    paid = {"amount": amount, "currency": "USD", "order": books.delivered}
    answer = await books.office.act(FINN, "t1", ActKind.TRANSFER_REGISTER, "B-1", paid)
    assert answer.result["refund"] is None
    with_provider = {"provider_clearing": TOTAL - amount} if amount < TOTAL else {}
    assert await books.balances() == {**with_provider, "bank": amount}
    assert await books.tasks() == []
    await books.holds()

    await books.tell(GIVEN, amount)
    assert await books.balances() == {**PAID, "bank": amount, "refunds_payable": -amount}
    assert await books.rows("SELECT view->>'kind', status, view->'plan' FROM return_order") == [
        ("dispute_won", "GRANTED", plan)
    ]
    await books.holds()


async def test_a_transfer_that_was_none_leaves_the_chargeback_to_finance_again(
    books: DisputedBooks,
) -> None:
    await books.close()
    await books.tell(TAKEN)
    owed, tasks = await books.balances(), await books.tasks()
    paid = {"amount": TOTAL, "currency": "USD", "order": books.delivered}
    await books.office.act(FINN, "t1", ActKind.TRANSFER_REGISTER, "B-1", paid)
    assert await books.tasks() == []
    named = {"order": books.delivered}
    withdraw = ActKind.TRANSFER_WITHDRAW
    await books.office.act(FINN, "t2", withdraw, "B-1", named, "another order's")
    assert (await books.balances(), await books.tasks()) == (owed, tasks)
    await books.holds()


async def test_the_task_stands_in_finances_queue_with_its_order(books: DisputedBooks) -> None:
    await books.tell(TAKEN)
    page = await books.reads.tasks(FINN, "finance", 10, None)
    assert [(task.subject, task.order) for task in page.items] == [(books.key, books.delivered)]
