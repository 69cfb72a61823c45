"""Points move with the journal entry that moves the goods, in its transaction, and money with them:
whatever is placed at once, shipped in parts, sent back, killed in the middle or done twice.
"""

import asyncio
from dataclasses import replace

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from adapters.postgres.intake import PostgresIntake
from adapters.postgres.points import PostgresPointsExpiry
from domain import journal as j
from domain.errors import LimitExceeded, Malformed, OutOfStock
from domain.process import ProcessDefinition
from tests.activities.books import AT_CHANNEL, REQUEST, WEB, Books, shipped, units


async def test_points_are_earned_parcel_by_parcel_when_they_arrive(books: Books) -> None:
    order = await books.place("W-1")
    await books.ship(order, 1, 2)
    assert await books.points() == (0, 0)
    await books.deliver(order, 2)
    assert await books.points() == (10, 0)
    await books.deliver(order, 1)
    assert await books.kinds() == [("EARN", 10, 0), ("EARN", 5, 0)]
    assert await books.ledger(order) == {"receivable": 2_200, "revenue": -2_200}
    assert await books.violations() == {}


async def test_of_a_parcel_that_is_given_up_only_what_had_arrived_earns_points(
    books: Books,
) -> None:
    order = await books.place("W-1")
    await books.ship(order, 2, 1)
    lost = j.Undelivered(f"{order}-F1", returned=False, reason="x", arrived=units(1), amount=1_200)
    await books.journal(order, lost)
    assert await books.kinds() == [("EARN", 5, 0)]
    await books.journal(order, j.Undelivered(f"{order}-F2", returned=False, reason="x"))
    assert await books.kinds() == [("EARN", 5, 0)]
    assert await books.violations() == {}


async def test_nothing_is_earned_without_a_customer_or_without_a_program(books: Books) -> None:
    nobody = await books.place("W-1", customer_ref="")
    books.intake = PostgresIntake(books.engine, b"k" * 32, ProcessDefinition())
    for order in (nobody, await books.place("W-2")):
        await books.ship(order, 3)
        await books.deliver(order, 1)
    assert await books.kinds() == []
    assert await books.rows("SELECT * FROM points_account") == []


async def test_points_pay_a_part_of_each_shipment_and_money_the_rest(books: Books) -> None:
    await books.give(1_000)
    order = await books.place("W-1", 1_000)
    assert await books.points() == (0, 1_000)
    await books.ship(order, 1, 2)
    assert await books.points() == (0, 0)
    spent = [reserved for kind, _, reserved in await books.kinds() if kind == "SPEND"]
    assert spent == [-545, -455]  # of 12.00, the first unit and shipping, then of 22.00
    assert await books.ledger(order) == {"loyalty": 1_000, "receivable": 1_200, "revenue": -2_200}
    assert await books.violations() == {}


async def test_with_too_few_points_nothing_is_placed_and_the_key_stays_free(books: Books) -> None:
    await books.give(999)
    with pytest.raises(LimitExceeded, match="the customer has 999 points, not 1000"):
        await books.place("W-1", 1_000)
    assert await books.rows("SELECT number FROM customer_order") == []
    assert await books.rows("SELECT id FROM command") == []
    assert await books.points() == (999, 0)
    await books.place("W-1")
    assert await books.points() == (999, 0)


async def test_nobody_spends_points_that_are_nobodys_or_more_than_the_order(books: Books) -> None:
    await books.give(9_999)
    with pytest.raises(Malformed, match="names none"):
        await books.place("W-1", 5, customer_ref="")
    with pytest.raises(LimitExceeded, match="2200 minor units of this order at most"):
        await books.place("W-1", 2_201)
    with pytest.raises(LimitExceeded, match="the customer has 0 points"):
        await books.place("W-1", 5, customer_ref="C-2")
    assert await books.points() == (9_999, 0)


async def test_of_orders_that_race_for_the_same_points_one_gets_them(books: Books) -> None:
    await books.give(1_500)
    tries = (books.place(f"W-{n}", 1_000) for n in range(8))
    results = await asyncio.gather(*tries, return_exceptions=True)
    placed = [each for each in results if isinstance(each, str)]
    refused = [each for each in results if isinstance(each, LimitExceeded)]
    assert (len(placed), len(refused)) == (1, 7)
    assert await books.points() == (500, 1_000)
    assert await books.violations() == {}


async def test_an_order_placed_twice_at_once_reserves_its_points_once(books: Books) -> None:
    await books.give(1_500)
    request = replace(REQUEST, channel_ref="W-1", points=1_000)
    answers = await asyncio.gather(*(books.intake.place(WEB, "W-1", request) for _ in range(6)))
    assert len({answer.number for answer in answers}) == 1
    assert await books.points() == (500, 1_000)


@pytest.mark.parametrize("end", [j.Canceled("asked"), j.Expired("late")])
async def test_an_order_that_stops_gives_its_points_back_once(books: Books, end: j.Body) -> None:
    await books.give(1_000)
    order = await books.place("W-1", 400)
    for _ in range(2):
        await books.journal(order, end)
    assert await books.points() == (1_000, 0)
    assert [kind for kind, _, _ in await books.kinds()].count("RELEASE") == 2  # out, and in again


async def test_what_is_not_sent_after_all_is_not_spent(books: Books) -> None:
    await books.give(1_000)
    order = await books.place("W-1", 1_000)
    await books.journal(order, j.UnitsCanceled(units(2), "none turned up"))
    await books.ship(order, 1)
    await books.deliver(order, 1)
    await books.journal(order, j.Completed())
    assert await books.points() == (455 + 2, 0)  # of 12.00, 6.55 were paid in money: 2 points
    assert await books.ledger(order) == {"loyalty": 545, "receivable": 655, "revenue": -1_200}
    assert await books.violations() == {}


async def test_a_return_gives_back_money_and_points_and_takes_what_was_earned(
    books: Books,
) -> None:
    await books.give(1_100)
    order = await books.place("W-1", 1_100)
    await books.ship(order, 3)
    await books.deliver(order, 1)
    assert await books.points() == (7, 0)  # half of 15.00
    await books.give_back(order, 1, 250)
    await books.give_back(order, 2, 500)
    assert await books.points() == (750, 0)
    found = await books.ledger(order)
    assert (found["loyalty"], found["refunds_payable"]) == (350, -750)
    assert await books.violations() == {}


async def test_goods_that_go_back_to_the_customer_return_no_points(books: Books) -> None:
    order = await books.place("W-1")
    await books.ship(order, 3)
    await books.deliver(order, 1)
    await books.give_back(order, 3, 0, "send_back")
    assert await books.kinds() == [("EARN", 15, 0)]


async def test_a_customer_who_has_spent_what_is_taken_back_owes_it(books: Books) -> None:
    order = await books.place("W-1")
    await books.ship(order, 3)
    await books.deliver(order, 1)
    await books.place("W-2", 15)
    await books.give_back(order, 3, 1_500)
    assert await books.points() == (-15, 15)
    assert await books.violations() == {}
    with pytest.raises(LimitExceeded, match="the customer has 0 points, not 1"):
        await books.place("W-3", 1)
    again = await books.place("W-4")
    await books.ship(again, 3)
    await books.deliver(again, 1)
    assert await books.points() == (0, 15)
    assert await books.violations() == {}


async def test_what_a_customer_let_expire_is_not_taken_back_when_the_goods_come_back(
    books: Books,
) -> None:
    order = await books.place("W-1")
    await books.ship(order, 3)
    await books.deliver(order, 1)
    assert await books.points() == (15, 0)
    for statement in (
        "ALTER TABLE points_entry DISABLE TRIGGER USER",
        "UPDATE points_entry SET expires_on = '2020-01-01'",  # time has passed
        "ALTER TABLE points_entry ENABLE TRIGGER USER",
    ):
        await books.rows(statement)
    await books.give_back(order, 2, 1_000)
    await books.give_back(order, 1, 500)
    assert await books.kinds() == [("EARN", 15, 0), ("EXPIRE", -15, 0)]
    assert await books.points() == (0, 0)
    assert await books.violations() == {}


async def test_a_step_that_fails_after_all_moves_no_points(books: Books) -> None:
    await books.give(1_000)
    order = await books.place("W-1", 1_000)
    parcel = j.PlannedParcel(f"{order}-F1", "BOS", units(3))
    await books.journal(order, j.Sourced((parcel,), "v1"))
    with pytest.raises(OutOfStock):
        await books.journal(order, shipped(parcel.fulfillment_order), fails=True)
    assert await books.points() == (0, 1_000)
    await books.journal(order, shipped(parcel.fulfillment_order))
    assert await books.points() == (0, 0)


async def test_a_channel_that_was_paid_in_part_owes_only_that_part(books: Books) -> None:
    await books.give(200)
    order = await books.place("W-1", 200, payment_method=AT_CHANNEL)
    await books.journal(order, j.PaymentRegistered(2_000, "ref"))
    await books.ship(order, 3)
    assert await books.ledger(order) == {
        "channel_clearing": 2_000,
        "loyalty": 200,
        "revenue": -2_200,
    }


async def test_what_has_expired_is_written_off_once_and_by_whoever_comes_first(
    books: Books,
) -> None:
    await books.give(300, "2020-01-01", "old")
    await books.give(200)
    expiry = PostgresPointsExpiry(books.engine)
    await asyncio.gather(*(expiry.expire(10) for _ in range(4)))
    assert await books.points() == (200, 0)
    assert await expiry.expire(10) == 0
    assert await books.kinds() == [("ADJUST", 300, 0), ("ADJUST", 200, 0), ("EXPIRE", -300, 0)]
    assert await books.violations() == {}


async def test_points_that_expired_unnoticed_cannot_be_spent(books: Books) -> None:
    await books.give(300, "2020-01-01", "old")
    with pytest.raises(LimitExceeded, match="the customer has 0 points, not 1"):
        await books.place("W-1", 1)
    await books.give(5)
    await books.place("W-1", 5)
    assert await books.points() == (0, 5)
    assert ("EXPIRE", -300, 0) in await books.kinds()


async def test_the_database_itself_keeps_every_entry_as_it_was(books: Books) -> None:
    await books.give(5)
    for statement in (
        "UPDATE points_entry SET points = 6",
        "DELETE FROM points_entry",
        "TRUNCATE points_entry",
    ):
        with pytest.raises(DBAPIError, match="append-only"):
            await books.rows(statement)
    with pytest.raises(DBAPIError, match="uq_points_entry_operation_line"):
        await books.give(5)
    assert await books.points() == (5, 0)


async def test_what_ships_locks_the_stock_before_the_points_as_placing_does(books: Books) -> None:
    """In the other order, one that ships and one that is placed could wait for each other."""
    await books.give(100)
    number = await books.place("SHIPS", points=100)
    parcel = f"{number}-F1"
    await books.journal(number, j.Sourced((j.PlannedParcel(parcel, "BOS", units(3)),), "v1"))
    lock = "SELECT 1 FROM stock WHERE sku = 'TEA' FOR UPDATE"
    points = "SELECT 1 FROM points_account WHERE customer_ref = 'C-1' FOR UPDATE NOWAIT"
    async with books.engine.connect() as other:
        await other.execute(text(lock))
        shipping = asyncio.create_task(books.journal(number, shipped(parcel)))
        await asyncio.sleep(0.5)
        assert not shipping.done()
        await other.execute(text(points))  # fails if it is locked
        await other.rollback()
    await shipping
