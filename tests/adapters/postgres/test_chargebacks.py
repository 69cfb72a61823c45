"""Chargebacks: booked with the fact that tells them, once for each dispute, whatever the order is
doing; seen by finance, and never paid back a second time.
"""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import text

from adapters.postgres.back_office import PostgresBackOffice
from adapters.postgres.engine import PostgresDatabase, create_engine
from adapters.postgres.fact_inbox import PostgresFactInbox
from adapters.postgres.reads import PostgresReads
from domain import journal as j
from domain.acts import ActKind, FourEyes
from domain.errors import LimitExceeded, NotFound, StepRefused
from domain.facts import Fact, FactKind
from domain.payments import PaymentOperation, PaymentStatus
from ports.front_office import StoredFact
from ports.payment_book import PaymentRow
from tests.orderloom.audit.conftest import ANA, CATALOG, FINN, SUE, TOTAL, World

TAKEN, GIVEN = FactKind.CHARGED_BACK, FactKind.CHARGEBACK_REVERSED


class Books(World):
    """One order, delivered and paid by card; what its bank does; and what the books say."""

    async def open(self) -> None:
        await self.run(*CATALOG)
        self.delivered = await self.place("WEB-1")
        await self._deliver()
        self.inbox = PostgresFactInbox(self.engine)
        self.office = PostgresBackOffice(self.engine)
        self.reads = PostgresReads(self.engine, b"key")

    @property
    def capture(self) -> str:
        return f"{self.delivered}/capture/1"

    @property
    def key(self) -> str:
        return f"{self.capture}/chargeback/dp_1"

    async def close(self) -> None:
        await self.journal(self.delivered, j.Closed())

    async def tell(
        self, kind: FactKind, amount: int = TOTAL, event: str = "", **more: Any
    ) -> StoredFact:
        event = event or f"{kind}/{amount}"
        at = datetime.now(UTC) - timedelta(seconds=1)
        told = {"subject": self.capture, "dispute": "dp_1", "code": "fraudulent", **more}
        fact = Fact(f"payment:{event}", kind, occurred_at=at, amount=amount, **told)
        return await self.inbox.store("payment", event, fact, {"id": event})

    async def look_again(self) -> list[StoredFact]:
        """As the relay does when it is due."""
        await self.run("UPDATE fact SET due_at = clock_timestamp() WHERE due_at IS NOT NULL")
        return [told for told in await self.inbox.untold(10) if told.fact.kind.is_dispute]

    async def rows(self, statement: str, **values: Any) -> list[tuple[Any, ...]]:
        async with self.engine.connect() as connection:
            return [tuple(row) for row in await connection.execute(text(statement), values)]

    async def balances(self) -> dict[str, int]:
        found = await self.rows(
            "SELECT account, sum(amount)::int FROM ledger_transaction JOIN ledger_entry"
            " ON transaction_id = id WHERE order_number = :o GROUP BY 1 HAVING sum(amount) <> 0",
            o=self.delivered,
        )
        return {name: amount for name, amount in found if name not in ("revenue", "tax")}

    async def disputed(self) -> list[tuple[Any, ...]]:
        return await self.rows(
            "SELECT key, operation, ordinal, status, amount, fulfillment_order, authorization_key,"
            " reason FROM payment_transaction WHERE operation LIKE 'chargeback%'"
            " ORDER BY created_at"
        )

    async def tasks(self) -> list[tuple[str, str]]:
        found = await self.rows(
            "SELECT id, owner FROM task WHERE closed_at IS NULL ORDER BY since, id"
        )
        return [(name, owner) for name, owner in found]

    async def status(self) -> str:
        return (await self.reads.order(ANA, self.delivered)).summary.payment_status

    async def begin_refund(self, amount: int, n: int = 1) -> str:
        key, order = f"{self.delivered}/refund/{n}", self.delivered
        row = PaymentRow(
            key, order, order, PaymentOperation.REFUND, n, PaymentStatus.REQUESTED, amount, "USD",
            authorization=f"{order}/authorize/1",
        )  # fmt: skip

        async def work(uow: Any) -> None:
            await uow.orders.lock(order)
            await uow.payments.begin(row)

        await PostgresDatabase(self.engine).run(work)
        return key

    async def end_refund(self, key: str, status: PaymentStatus) -> None:
        await PostgresDatabase(self.engine).run(lambda uow: uow.payments.move(key, status))

    async def holds(self) -> None:
        assert await self.violations() == {}


@pytest_asyncio.fixture
async def books(database_url: str) -> AsyncIterator[Books]:
    engine = create_engine(database_url, pool_size=10)
    books = Books(engine, database_url)
    await books.open()
    yield books
    await engine.dispose()


PAID = {"provider_clearing": TOTAL}
OWED = {"receivable": TOTAL}


async def test_a_chargeback_of_a_closed_order_is_booked_with_the_fact_that_tells_it(
    books: Books,
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


async def test_an_order_that_is_not_closed_is_told(books: Books) -> None:
    stored = await books.tell(TAKEN, 400)
    assert (stored.order, stored.signal) == (books.delivered, True)
    assert await books.status() == "PARTIALLY_CHARGED_BACK"
    assert await books.balances() == {"provider_clearing": TOTAL - 400, "receivable": 400}
    await books.holds()


async def test_two_events_of_one_dispute_are_one_effect(books: Books) -> None:
    await books.tell(TAKEN, event="created")
    await books.tell(TAKEN, event="funds_withdrawn")
    again = await books.tell(TAKEN, event="created")
    assert again.repeated
    assert await books.balances() == OWED
    assert len(await books.disputed()) == 1
    assert len(await books.tasks()) == 1
    await books.holds()


async def test_a_dispute_told_twenty_times_at_once_by_several_events_is_one_effect(
    books: Books,
) -> None:
    await asyncio.gather(*(books.tell(TAKEN, event=f"e{n % 4}") for n in range(20)))
    assert len(await books.disputed()) == 1
    assert await books.balances() == OWED
    assert await books.rows("SELECT count(*)::int FROM fact WHERE kind = :k", k=TAKEN) == [(4,)]
    await books.holds()


async def test_another_event_of_a_dispute_that_says_another_amount_is_kept_apart(
    books: Books,
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


async def test_several_disputes_of_one_capture_take_no_more_than_it_had(books: Books) -> None:
    await books.tell(TAKEN, 1_000)
    await books.tell(TAKEN, 500, dispute="dp_2")
    await books.tell(TAKEN, 1, dispute="dp_3")
    assert [(row[2], row[4]) for row in await books.disputed()] == [(1, 1_000), (2, 500)]
    assert await books.status() == "CHARGED_BACK"
    await books.holds()


async def test_a_dispute_that_is_won_gives_it_back_and_ends_finances_task(books: Books) -> None:
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


async def test_a_dispute_that_is_won_in_part_leaves_the_rest_to_finance(books: Books) -> None:
    await books.tell(TAKEN)
    await books.tell(GIVEN, 500)
    assert await books.balances() == {"provider_clearing": 500, "receivable": 1_000}
    assert [name for name, _ in await books.tasks()] == [f"chargeback/{books.key}"]
    assert await books.status() == "PARTIALLY_CHARGED_BACK"
    await books.holds()


async def test_a_reversal_that_overtakes_its_chargeback_waits_for_it(books: Books) -> None:
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
    assert await books.balances() == OWED
    await books.look_again()
    assert await books.balances() == PAID
    assert await books.tasks() == []
    assert await books.status() == "CAPTURED"
    assert await books.rows(
        "SELECT DISTINCT handled_by, quarantined FROM fact WHERE kind LIKE 'payment.%'"
    ) == [("closed", None)]
    await books.holds()


async def test_more_than_was_captured_and_not_refunded_is_kept_apart_and_told_to_finance(
    books: Books,
) -> None:
    key = await books.begin_refund(400)
    await books.end_refund(key, PaymentStatus.SUCCEEDED)
    stored = await books.tell(TAKEN, 1_101)
    assert (stored.order, stored.signal) == (books.delivered, False)
    assert await books.disputed() == []
    assert await books.balances() == PAID
    why = "it is of 11.01 USD, and 11.00 USD is captured and neither refunded nor taken"
    assert await books.rows("SELECT quarantined, due_at FROM fact WHERE kind = :k", k=TAKEN) == [
        (why, None)
    ]
    assert await books.rows("SELECT reason, owner FROM task") == [
        (f"charged back, dispute dp_1, is not booked: {why}; ask the provider", "finance")
    ]
    detail = await books.reads.order(ANA, books.delivered)
    assert detail.view.disputes == {}
    await books.tell(TAKEN, 1_100, dispute="dp_2")
    assert [row[4] for row in await books.disputed()] == [1_100]


@pytest.mark.parametrize("ends", [PaymentStatus.FAILED, PaymentStatus.SUCCEEDED])
async def test_a_chargeback_waits_for_a_refund_that_is_under_way(
    books: Books, ends: PaymentStatus
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
    books: Books,
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


async def test_what_waits_for_days_becomes_a_task_and_is_no_longer_looked_at(books: Books) -> None:
    await books.tell(GIVEN)
    await books.run("UPDATE fact SET received_at = received_at - interval '3 days 1 minute'")
    await books.look_again()
    assert await books.rows("SELECT due_at FROM fact WHERE kind = :k", k=GIVEN) == [(None,)]
    assert [name for name, _ in await books.tasks()] == [f"dispute/payment:{GIVEN}/{TOTAL}"]


async def test_a_chargeback_in_another_currency_or_of_what_is_none_of_ours_is_kept_apart(
    books: Books,
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


async def test_a_capture_is_found_by_the_provider_s_own_payment(books: Books) -> None:
    stored = await books.tell(TAKEN, subject="pay_1")
    assert stored.fact.subject == books.capture
    assert [row[0] for row in await books.disputed()] == [books.key]
    await books.tell(TAKEN, event="by our key")
    assert len(await books.disputed()) == 1
    await books.holds()


async def test_a_refund_after_a_chargeback_cannot_exceed_what_is_left(books: Books) -> None:
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


async def test_finance_accepts_the_loss_and_the_dispute_may_still_be_won(books: Books) -> None:
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


async def test_a_large_loss_takes_two_people_and_what_is_no_chargeback_is_not_there(
    books: Books,
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


async def test_a_customer_who_pays_otherwise_ends_the_task_and_has_it_back_when_it_is_won(
    books: Books,
) -> None:
    await books.close()
    await books.tell(TAKEN)
    paid = {"amount": TOTAL, "currency": "USD", "order": books.delivered}
    answer = await books.office.act(FINN, "t1", ActKind.TRANSFER_REGISTER, "B-1", paid)
    assert answer.result["refund"] is None
    assert await books.balances() == {"bank": TOTAL}
    assert await books.tasks() == []
    await books.holds()

    await books.tell(GIVEN)
    assert await books.balances() == {
        "bank": TOTAL, "provider_clearing": TOTAL, "refunds_payable": -TOTAL,
    }  # fmt: skip
    assert await books.rows("SELECT view->>'kind', status, view->'plan' FROM return_order") == [
        ("dispute_won", "GRANTED", [{"tender": "provider", "amount": TOTAL}])
    ]
    await books.holds()


async def test_the_task_stands_in_finances_queue_with_its_order(books: Books) -> None:
    await books.tell(TAKEN)
    page = await books.reads.tasks(FINN, "finance", 10, None)
    assert [(task.subject, task.order) for task in page.items] == [(books.key, books.delivered)]
