"""One effect, once: a step's row fences retries and second attempts, and a refusal leaves nothing.

The orders are placed and handled through the workflow tests' shop; here a step is called as the
engine may call it at its worst: twice, at the same time, late, or for nothing.
"""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio
from fake_parties import FakeWarehouse
from fake_provider import FakeProvider
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from activities.messages import (
    CommandCall,
    Deadline,
    HandOverCall,
    PaymentCall,
    RecordCall,
    SourceCall,
    Step,
    StepResult,
)
from activities.orders import OrderActivities
from activities.payments import PaymentActivities
from activities.warehouse import WarehouseActivities
from adapters.postgres.command_book import PostgresCommandBook
from adapters.postgres.engine import PostgresDatabase, create_engine
from adapters.postgres.facts.inbox import PostgresFactInbox
from adapters.postgres.intake import PostgresIntake
from adapters.rules.zen_rules import ZenReviewRules
from domain import journal as j
from domain.access import Principal, Role
from domain.commands import CommandKind
from domain.errors import StepRefused
from domain.facts import Fact, FactKind
from domain.journal import BodyRecord
from domain.order import LineUnits, PaymentMethod
from domain.payments import PaymentOperation
from domain.process import ProcessDefinition
from ports.front_office import OrderRequest, Person, RequestedLine
from ports.outside import KeyRefused, OutcomeUnknown, PaymentRequest

CATALOG = """
INSERT INTO product (sku, name) VALUES ('TEA', 'Tea');
INSERT INTO price VALUES ('TEA', 'USD', 500);
INSERT INTO location (id, name, country) VALUES ('BOS', 'Boston', 'US'), ('NYC', 'N', 'US');
INSERT INTO stock (sku, location, on_hand, opening) VALUES
  ('TEA', 'BOS', 10, 10), ('TEA', 'NYC', 10, 10);
"""
WEB = Principal("channel:web", frozenset({Role.CHANNEL}), "web")
SUE = Principal("sue", frozenset({Role.SUPERVISOR}))


class Order:
    """An order, and its steps as the workflow calls them."""

    def __init__(self, engine: AsyncEngine, number: str) -> None:
        self.engine, self.number = engine, number
        self.provider, self.warehouse = FakeProvider(), FakeWarehouse()
        database = PostgresDatabase(engine)
        self.books = OrderActivities(database, ZenReviewRules())
        self.payments = PaymentActivities(database, {"http": self.provider})
        self.parcels = WarehouseActivities(database, self.warehouse)
        self.commands = PostgresCommandBook(engine)

    def step(self, name: str, seq: int) -> Step:
        return Step(self.number, name, seq)

    async def sourced(self) -> None:
        await self.books.review(self.step("review", 0))
        await self.books.source(SourceCall(self.step("source", 1)))

    def payment(
        self, operation: PaymentOperation, ordinal: int, amount: int, parcel: str = ""
    ) -> PaymentCall:
        """Everything but an authorization draws on the first one."""
        first = f"{self.number}/authorize/1"
        drawn_on = "" if operation is PaymentOperation.AUTHORIZE else first
        step = self.step(f"{operation}/{ordinal}", 2)
        return PaymentCall(step, operation, ordinal, amount, parcel, drawn_on)

    async def rows(self, statement: str) -> list[tuple[Any, ...]]:
        async with self.engine.connect() as connection:
            return [tuple(row) for row in await connection.execute(text(statement))]

    async def run(self, statement: str) -> None:
        async with self.engine.begin() as connection:
            await connection.execute(text(statement))

    async def kinds(self) -> list[str]:
        return [row[0] for row in await self.rows("SELECT kind FROM journal ORDER BY seq")]


@pytest_asyncio.fixture
async def order(database_url: str) -> AsyncIterator[Order]:
    engine = create_engine(database_url)
    async with engine.begin() as connection:
        for statement in filter(str.strip, CATALOG.split(";")):
            await connection.execute(text(statement))
    intake = PostgresIntake(engine, b"k" * 32, ProcessDefinition())
    request = OrderRequest(
        "web",
        "W-1",
        "USD",
        (RequestedLine("TEA", 3),),
        Person("Ana", "1 Main", "Boston", "US"),
        PaymentMethod.CARD,
        "tok_ok",
        placed_at=datetime.now(UTC),
    )
    yield Order(engine, (await intake.place(WEB, "k1", request)).number)
    await engine.dispose()


async def test_a_retried_step_gives_the_first_result_and_no_second_effect(order: Order) -> None:
    await order.books.review(order.step("review", 0))
    first = await order.books.source(SourceCall(order.step("source", 1)))
    again = await order.books.source(SourceCall(order.step("source", 1)))
    assert again == first
    assert await order.rows("SELECT location, reserved FROM stock WHERE reserved > 0") == [
        ("BOS", 3)
    ]


async def test_two_live_attempts_of_one_step_have_one_effect(order: Order) -> None:
    await order.books.review(order.step("review", 0))
    attempts = (order.books.source(SourceCall(order.step("source", 1))) for _ in range(5))
    results = await asyncio.gather(*attempts)
    assert len({tuple(map(str, result.entries)) for result in results}) == 1
    assert await order.kinds() == ["Reviewed", "Sourced"]


async def test_two_live_attempts_of_a_payment_charge_once(order: Order) -> None:
    await order.sourced()
    call = order.payment(PaymentOperation.AUTHORIZE, 1, 1500)
    await asyncio.gather(*(order.payments.perform(call) for _ in range(4)))
    assert order.provider.moved(PaymentOperation.AUTHORIZE) == [1500]
    assert await order.rows("SELECT status FROM payment_transaction") == [("SUCCEEDED",)]
    assert await order.kinds() == ["Reviewed", "Sourced", "PaymentMoved"]


async def test_an_attempt_that_lands_after_the_inquiry_said_no_has_no_effect(
    order: Order,
) -> None:
    await order.sourced()
    order.provider.weather = ["down"]
    call = order.payment(PaymentOperation.AUTHORIZE, 1, 1500)
    with pytest.raises(OutcomeUnknown):
        await order.payments.perform(call)
    asked = await order.payments.perform(call)
    assert (asked.outcome, asked.result) == ("FAILED", "no_effect")
    with pytest.raises(OutcomeUnknown):  # the first attempt's request arrives at last
        await order.provider.perform(
            PaymentRequest(call.key, PaymentOperation.AUTHORIZE, 1500, "USD", "tok_ok")
        )
    assert order.provider.moved(PaymentOperation.AUTHORIZE) == []


async def test_an_unknown_outcome_is_journaled_and_settled_once_by_inquiry(order: Order) -> None:
    await order.sourced()
    order.provider.weather = ["lost"]
    call = order.payment(PaymentOperation.AUTHORIZE, 1, 1500)
    with pytest.raises(OutcomeUnknown):
        await order.payments.perform(call)
    assert await order.rows("SELECT status FROM payment_transaction") == [("UNKNOWN",)]
    settled = await order.payments.perform(call)
    assert settled.outcome == "SUCCEEDED"
    moves = await order.rows(
        "SELECT data->>'status' FROM journal WHERE kind = 'PaymentMoved' ORDER BY seq"
    )
    assert moves == [("UNKNOWN",), ("SUCCEEDED",)]


async def test_partial_captures_cannot_race_past_the_authorization(order: Order) -> None:
    await order.sourced()
    await order.payments.perform(order.payment(PaymentOperation.AUTHORIZE, 1, 1500))
    calls = [
        order.payment(PaymentOperation.CAPTURE, 1, 1000, f"{order.number}-F{n}") for n in (1, 2)
    ]
    results = await asyncio.gather(*(order.payments.perform(call) for call in calls))
    assert sorted(result.outcome for result in results) == ["FAILED", "SUCCEEDED"]
    assert order.provider.moved(PaymentOperation.CAPTURE) == [1000]


async def test_a_refused_entry_leaves_nothing_behind(order: Order) -> None:
    await order.sourced()
    closed = BodyRecord.of(j.Closed())
    with pytest.raises(StepRefused):
        await order.books.record(RecordCall(order.step("record/Closed", 2), (closed,)))
    assert await order.kinds() == ["Reviewed", "Sourced"]
    assert await order.rows("SELECT name FROM step ORDER BY at") == [("review",), ("source",)]


async def test_a_canceled_order_gives_back_every_unit_in_the_same_transaction(
    order: Order,
) -> None:
    await order.sourced()
    canceled = BodyRecord.of(j.Canceled("changed"))
    await order.books.record(RecordCall(order.step("record/Canceled", 2), (canceled,)))
    assert await order.rows("SELECT location FROM stock WHERE reserved > 0") == []
    assert await order.rows("SELECT state FROM reservation") == [("RELEASED",)]


async def test_a_refused_command_has_its_outcome_and_no_effect(order: Order) -> None:
    """Both were possible when they were asked; the first one makes the other impossible."""
    await order.sourced()
    asked = order.number, {"reason": "changed"}
    first, second = [
        (await order.commands.accept(SUE, key, CommandKind.CANCEL, *asked)).command
        for key in ("k1", "k2")
    ]
    await order.books.command(CommandCall(order.step("command/1", 2), first, ()))
    result = await order.books.command(CommandCall(order.step("command/2", 3), second, ()))
    assert result.refusal[0] == "STEP_REFUSED"
    status = "SELECT status FROM command WHERE kind = 'cancel' ORDER BY status"
    assert await order.rows(status) == [("DONE",), ("REFUSED",)]
    assert await order.kinds() == ["Reviewed", "Sourced", "Canceled"]
    again = await order.commands.accept(SUE, "k2", CommandKind.CANCEL, *asked)
    assert again.refusal == result.refusal


async def test_a_parcel_handed_over_twice_is_one_parcel(order: Order) -> None:
    await order.sourced()
    parcel = f"{order.number}-F1"
    units = (LineUnits(1, "TEA", 3),)
    call = HandOverCall(order.step(f"hand_over/{parcel}", 2), parcel, "BOS", units)
    await order.parcels.hand_over(call)
    await order.parcels.hand_over(call)
    assert list(order.warehouse.parcels) == [parcel]
    assert order.warehouse.parcels[parcel].ship_to["name"] == "Ana"
    assert (await order.kinds()).count("Submitted") == 1


async def test_a_decision_made_without_knowing_what_forbids_it_is_learned_anew(
    order: Order,
) -> None:
    await order.sourced()
    canceled = BodyRecord.of(j.Canceled("changed"))
    await order.books.record(RecordCall(order.step("record/Canceled", 2), (canceled,)))
    completed = BodyRecord.of(j.Completed())
    late = await order.books.record(RecordCall(order.step("record/Completed", 2), (completed,)))
    assert late.outcome == "outdated"
    assert [entry.kind for entry in late.entries] == ["Canceled"]
    assert await order.kinds() == ["Reviewed", "Sourced", "Canceled"]


async def test_a_deadline_that_the_books_do_not_have_changes_nothing_and_tells_why(
    order: Order,
) -> None:
    """The warehouse has accepted the parcel, which its order has not heard of."""
    await order.sourced()
    await order.payments.perform(order.payment(PaymentOperation.AUTHORIZE, 1, 1500))
    parcel = f"{order.number}-F1"
    units = (LineUnits(1, "TEA", 3),)
    await order.parcels.hand_over(
        HandOverCall(order.step(f"hand_over/{parcel}", 3), parcel, "BOS", units)
    )
    late = datetime.now(UTC) + timedelta(hours=5)
    wait = f"parcel/{parcel}/accept"
    body = j.Escalated(wait, "the warehouse has to accept the parcel", Role.WAREHOUSE, 1)

    async def met(at: datetime) -> StepResult:
        step = order.step(f"deadline/{at}", 4)
        return await order.books.record(
            RecordCall(step, (BodyRecord.of(body),), Deadline(wait, at))
        )

    assert (await met(datetime.now(UTC))).outcome == "outdated"  # it is not due yet
    fact = Fact("warehouse:1", FactKind.ACCEPTED, parcel, datetime.now(UTC))
    await PostgresFactInbox(order.engine).store("warehouse", "1", fact, {})
    for told in (await met(late), await met(late)):
        assert (told.outcome, [each.id for each in told.facts]) == ("outdated", [fact.id])
    assert "Escalated" not in await order.kinds()


async def test_two_live_attempts_of_a_declined_payment_place_one_hold(order: Order) -> None:
    await order.sourced()
    await order.run("UPDATE payment_source SET source = 'tok_declined'")
    call = order.payment(PaymentOperation.AUTHORIZE, 1, 1500)
    first, second = await asyncio.gather(order.payments.perform(call), order.payments.perform(call))
    assert first.outcome == second.outcome == "FAILED"
    assert await order.kinds() == ["Reviewed", "Sourced", "PaymentMoved", "HoldPlaced"]
    assert await order.rows("SELECT payment_status, jsonb_array_length(waits) FROM order_view") == [
        ("DECLINED", 1)
    ]


async def test_a_decline_that_comes_after_the_order_was_canceled_holds_nothing(
    order: Order,
) -> None:
    await order.sourced()
    await order.run("UPDATE payment_source SET source = 'tok_declined'")
    canceled = BodyRecord.of(j.Canceled("changed"))
    await order.books.record(RecordCall(order.step("record/Canceled", 2), (canceled,)))
    await order.payments.perform(order.payment(PaymentOperation.AUTHORIZE, 1, 1500))
    assert await order.kinds() == ["Reviewed", "Sourced", "Canceled", "PaymentMoved"]


async def test_a_canceled_order_is_neither_reviewed_nor_sourced_by_who_has_not_heard_of_it(
    order: Order,
) -> None:
    """An attempt of the workflow that was lost had canceled it."""
    canceled = BodyRecord.of(j.Canceled("changed"))
    await order.books.record(RecordCall(order.step("record/Canceled", 0), (canceled,)))

    reviewed = await order.books.review(order.step("review", 0))
    sourced = await order.books.source(SourceCall(order.step("source", 0)))

    for found in (reviewed, sourced):
        assert found.outcome == "outdated"
        assert [entry.kind for entry in found.entries] == ["Canceled"]
    assert await order.kinds() == ["Canceled"]
    assert await order.rows("SELECT 1 FROM stock WHERE reserved > 0") == []


async def test_an_operation_whose_key_was_refused_is_asked_for_again_under_its_own_key(
    order: Order,
) -> None:
    """Nothing has happened: it is neither declined nor unknown, and nobody is charged."""
    await order.sourced()
    call = order.payment(PaymentOperation.AUTHORIZE, 1, 1500)
    order.provider.refuses_our_key = True
    for _ in range(3):
        with pytest.raises(KeyRefused):
            await order.payments.perform(call)
    row = "SELECT key, status, reason FROM payment_transaction"
    assert await order.rows(row) == [(call.key, "REQUESTED", "key_refused")]
    assert await order.kinds() == ["Reviewed", "Sourced"]

    order.provider.refuses_our_key = False
    assert (await order.payments.perform(call)).outcome == "SUCCEEDED"
    assert await order.rows(row) == [(call.key, "SUCCEEDED", "")]
    assert list(order.provider.effects) == [call.key]
    assert order.provider.voided_keys == set()


async def test_of_two_attempts_after_a_refused_key_one_asks_and_the_other_inquires(
    order: Order,
) -> None:
    await order.sourced()
    call = order.payment(PaymentOperation.AUTHORIZE, 1, 1500)
    order.provider.refuses_our_key = True
    with pytest.raises(KeyRefused):
        await order.payments.perform(call)
    order.provider.refuses_our_key = False
    outcomes = await asyncio.gather(
        *(order.payments.perform(call) for _ in range(3)), return_exceptions=True
    )
    assert len(order.provider.effects) <= 1
    settled = [each.outcome for each in outcomes if not isinstance(each, BaseException)]
    assert settled
    assert set(settled) <= {"SUCCEEDED", "FAILED"}
    again = await order.payments.perform(call)
    assert again.outcome == ("SUCCEEDED" if order.provider.effects else "FAILED")


async def test_what_was_not_heard_stays_unknown_while_the_key_is_refused(order: Order) -> None:
    """The call may have been done before the key was revoked: only an inquiry can tell."""
    await order.sourced()
    call = order.payment(PaymentOperation.AUTHORIZE, 1, 1500)
    order.provider.weather = ["lost"]
    with pytest.raises(OutcomeUnknown):
        await order.payments.perform(call)
    order.provider.refuses_our_key = True
    with pytest.raises(KeyRefused):
        await order.payments.perform(call)
    row = "SELECT status, reason FROM payment_transaction"
    assert await order.rows(row) == [("UNKNOWN", "")]
    order.provider.refuses_our_key = False
    assert (await order.payments.perform(call)).outcome == "SUCCEEDED"
    assert len(order.provider.effects) == 1
