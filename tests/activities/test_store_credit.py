"""Store credit pays for orders as they ship: never spent twice, never lost, exact to the cent."""

import asyncio
from dataclasses import replace

import pytest
from journaling import journal_return

from adapters.postgres.accounts import PostgresAccounts
from adapters.postgres.intake import PostgresIntake
from adapters.postgres.reads_invoices import PostgresInvoiceReads
from adapters.postgres.return_requests import request_return
from domain import journal as j
from domain.access import Principal, Role
from domain.errors import Forbidden, LimitExceeded, Malformed, OutOfStock
from domain.order import PaymentMethod
from domain.process import InvoicePolicy, ProcessDefinition
from domain.return_entries import Share
from domain.tenders import Tender
from tests.activities.books import ANA, AT_CHANNEL, REQUEST, WEB, Books, shipped, units


async def test_credit_pays_a_part_of_each_shipment_and_money_the_rest(books: Books) -> None:
    await books.give_credit(1_000)
    order = await books.place("W-1", store_credit=1_000)
    assert await books.credit() == (0, 1_000)
    assert await books.ledger(order) == {"store_credit": 1_000, "store_credit_held": -1_000}
    await books.ship(order, 1, 2)
    assert await books.credit() == (0, 0)
    used = await books.rows(
        "SELECT amount::int FROM ledger_entry WHERE account = 'store_credit_held' AND amount > 0"
        " ORDER BY transaction_id"
    )
    assert used == [(545,), (455,)]  # of 12.00, the first unit and shipping, then of 22.00
    assert await books.ledger(order) == {
        "store_credit": 1_000, "receivable": 1_200, "revenue": -2_200
    }  # fmt: skip
    assert await books.violations() == {}


async def test_points_and_credit_pay_together_and_money_only_what_they_leave(books: Books) -> None:
    await books.give(1_000)
    await books.give_credit(700)
    order = await books.place("W-1", 1_000, store_credit=700)
    await books.ship(order, 1, 2)
    assert (await books.points(), await books.credit()) == ((0, 0), (0, 0))
    assert await books.ledger(order) == {
        "loyalty": 1_000, "store_credit": 700, "receivable": 500, "revenue": -2_200
    }  # fmt: skip
    await books.deliver(order, 1, 2)
    assert await books.points() == (8, 0)  # of 15.00, without what points paid: credit earns
    assert await books.violations() == {}


@pytest.mark.parametrize(
    ("policy", "paid"),
    [
        (InvoicePolicy.PER_SHIPMENT, [(1_200, 545, 545), (1_000, 455, 455)]),
        (InvoicePolicy.PER_ORDER, [(2_200, 1_000, 1_000)]),
    ],
)
async def test_each_invoice_says_what_of_it_was_paid_with_credit(
    books: Books, policy: InvoicePolicy, paid: list[tuple[int, int, int]]
) -> None:
    books.intake = PostgresIntake(books.engine, b"k" * 32, ProcessDefinition(invoice=policy))
    await books.give_credit(1_000)
    order = await books.place("W-1", store_credit=1_000)
    await books.ship(order, 1, 2)
    await books.deliver(order, 1, 2)
    await books.journal(order, j.Completed())
    reads = PostgresInvoiceReads(books.engine)
    details = [await reads.invoice(ANA, each.number) for each in await reads.of_order(ANA, order)]
    told = [(each.summary.gross, each.summary.paid, each.by_store_credit) for each in details]
    assert told == paid


@pytest.mark.parametrize(
    ("policy", "paid"),
    [
        # of 5.00 each that were credited, 2.27 had been paid with credit, and of one 2.28
        (InvoicePolicy.PER_SHIPMENT, [(1_200, 700, 545 - 228), (1_000, 500, 455 - 227)]),
        (InvoicePolicy.PER_ORDER, [(1_200, 1_200, 1_000 - 455)]),
    ],
)
async def test_credit_that_came_back_with_goods_has_not_paid_their_invoice(
    books: Books, policy: InvoicePolicy, paid: list[tuple[int, int, int]]
) -> None:
    """Two of three units, before the order is complete."""
    books.intake = PostgresIntake(books.engine, b"k" * 32, ProcessDefinition(invoice=policy))
    await books.give_credit(1_000)
    order = await books.place("W-1", store_credit=1_000, payment_method=AT_CHANNEL)
    await books.journal(order, j.PaymentRegistered(1_200, "W-1"))
    await books.ship(order, 1, 2)
    await books.deliver(order, 1, 2)
    rma = await request_return(books.engine, ANA, "back", order, units(2), "damaged")
    plan = (Share(Tender.STORE_CREDIT, 455), Share(Tender.CHANNEL, 545))
    inspected = (j.InspectedUnits(1, "TEA", 2, "restock"),)
    for body in (
        j.ReturnApproved(),
        j.ReturnReceived(units(2), "BOS"),
        j.ReturnInspected(inspected, 1_000, plan, credit_back=455),
    ):
        await journal_return(books.database, rma, body)
    await books.journal(order, j.Completed())
    reads = PostgresInvoiceReads(books.engine)
    found = [each for each in await reads.of_order(ANA, order) if not each.credits]
    details = [await reads.invoice(ANA, each.number) for each in found]
    told = [(each.summary.gross, each.summary.paid, each.by_store_credit) for each in details]
    assert told == paid
    assert sum(each.by_store_credit for each in details) == 1_000 - 455


async def test_an_order_that_credit_pays_whole_asks_for_no_money(books: Books) -> None:
    await books.give_credit(5_000)
    order = await books.place("W-1", store_credit=2_200)
    await books.ship(order, 1, 2)
    await books.deliver(order, 1, 2)
    await books.journal(order, j.Completed())
    assert await books.credit() == (2_800, 0)
    assert await books.ledger(order) == {"store_credit": 2_200, "revenue": -2_200}
    [(status,)] = await books.rows("SELECT payment_status FROM order_view")
    assert status == "PAID"
    assert await books.violations() == {}


async def test_with_too_little_credit_nothing_is_placed_and_the_key_stays_free(
    books: Books,
) -> None:
    await books.give_credit(999)
    await books.give_credit(5_000, "EUR")
    with pytest.raises(LimitExceeded, match=r"has 9\.99 USD of store credit, not 10\.00 USD"):
        await books.place("W-1", store_credit=1_000)
    assert await books.rows("SELECT number FROM customer_order") == []
    assert await books.rows("SELECT id FROM command") == []
    assert await books.credit() == (999, 0)
    await books.place("W-1")
    assert await books.credit() == (999, 0)


async def test_nobody_spends_credit_that_is_nobodys_anothers_or_more_than_the_order(
    books: Books,
) -> None:
    await books.give_credit(9_999)
    with pytest.raises(Malformed, match="names none"):
        await books.place("W-1", store_credit=5, customer_ref="")
    with pytest.raises(LimitExceeded, match=r"pays 22\.00 USD at most, not 22\.01 USD"):
        await books.place("W-1", store_credit=2_201)
    await books.give(500)
    with pytest.raises(LimitExceeded, match=r"pays 17\.00 USD at most, not 17\.01 USD"):
        await books.place("W-1", 500, store_credit=1_701)
    with pytest.raises(LimitExceeded, match=r"the customer has 0\.00 USD"):
        await books.place("W-1", store_credit=5, customer_ref="C-2")
    assert (await books.credit(), await books.points()) == ((9_999, 0), (500, 0))


async def test_of_orders_that_race_for_the_same_credit_one_gets_it(books: Books) -> None:
    await books.give_credit(1_500)
    tries = (books.place(f"W-{n}", store_credit=1_000) for n in range(8))
    results = await asyncio.gather(*tries, return_exceptions=True)
    placed = [each for each in results if isinstance(each, str)]
    refused = [each for each in results if isinstance(each, LimitExceeded)]
    assert (len(placed), len(refused)) == (1, 7)
    assert await books.credit() == (500, 1_000)
    assert await books.violations() == {}


async def test_orders_that_spend_points_and_credit_together_do_not_deadlock(books: Books) -> None:
    await books.give(1_000)
    await books.give_credit(1_000)
    tries = (
        books.place(f"W-{n}", 50, store_credit=50, only_if_in_stock=bool(n % 2)) for n in range(12)
    )
    assert len(await asyncio.gather(*tries)) == 12
    assert (await books.points(), await books.credit()) == ((400, 600), (400, 600))


async def test_an_order_placed_twice_at_once_reserves_its_credit_once(books: Books) -> None:
    await books.give_credit(1_500)
    request = replace(REQUEST, channel_ref="W-1", store_credit=1_000)
    answers = await asyncio.gather(*(books.intake.place(WEB, "W-1", request) for _ in range(6)))
    assert len({answer.number for answer in answers}) == 1
    assert await books.credit() == (500, 1_000)


@pytest.mark.parametrize("end", [j.Canceled("asked"), j.Expired("late")])
async def test_an_order_that_stops_gives_its_credit_back_once(books: Books, end: j.Body) -> None:
    await books.give_credit(1_000)
    order = await books.place("W-1", store_credit=400)
    for _ in range(2):
        await books.journal(order, end)
    assert await books.credit() == (1_000, 0)
    assert await books.ledger(order) == {}
    assert await books.violations() == {}


async def test_what_rejection_by_rule_ends_gives_its_credit_and_points_back(books: Books) -> None:
    await books.give(300)
    await books.give_credit(400)
    request = replace(REQUEST, channel_ref="W-1", store_credit=400, points=300)
    order = (await books.intake.place(WEB, "W-1", request)).number
    await books.journal(order, j.Reviewed("reject", "v1", "r1", "blocked"))
    assert (await books.credit(), await books.points()) == ((400, 0), (300, 0))


async def test_canceled_units_give_their_credit_and_points_back_at_once_and_exactly(
    books: Books,
) -> None:
    await books.give(220)
    await books.give_credit(1_000)
    order = await books.place("W-1", 220, store_credit=1_000)
    await books.ship(order, 1)
    assert await books.credit() == (0, 1_000 - 545)
    await books.journal(order, j.UnitsCanceled(units(1), "none turned up"))
    kept, kept_points = 773 - 545, 170 - 120  # of 17.00, less of 12.00
    assert await books.credit() == (1_000 - 773, kept)
    assert await books.points() == (220 - 170, kept_points)
    await books.journal(order, j.UnitsCanceled(units(1), "nor the last one"))
    assert await books.credit() == (1_000 - 545, 0)
    assert await books.points() == (220 - 120, 0)
    await books.deliver(order, 1)
    await books.journal(order, j.Completed())
    assert await books.credit() == (455, 0)
    assert (await books.ledger(order))["store_credit"] == 545
    assert await books.violations() == {}


async def test_a_step_that_fails_after_all_uses_no_credit(books: Books) -> None:
    await books.give_credit(1_000)
    order = await books.place("W-1", store_credit=1_000)
    parcel = j.PlannedParcel(f"{order}-F1", "BOS", units(3))
    await books.journal(order, j.Sourced((parcel,), "v1"))
    with pytest.raises(OutOfStock):
        await books.journal(order, shipped(parcel.fulfillment_order), fails=True)
    assert await books.credit() == (0, 1_000)
    await books.journal(order, shipped(parcel.fulfillment_order))
    assert await books.credit() == (0, 0)


@pytest.mark.parametrize(
    ("method", "entry", "account"),
    [
        (AT_CHANNEL, j.PaymentRegistered(1_700, "ref"), "channel_clearing"),
        (PaymentMethod.CREDIT_TERMS, j.CreditGranted(1_700, 30), "receivable"),
        (PaymentMethod.CASH_ON_DELIVERY, None, "receivable"),
    ],
)
async def test_whoever_pays_the_rest_pays_only_that(
    books: Books, method: PaymentMethod, entry: j.Body | None, account: str
) -> None:
    await books.give_credit(500)
    order = await books.place("W-1", store_credit=500, payment_method=method, payment_source="")
    if entry:
        await books.journal(order, entry)
    await books.ship(order, 3)
    assert await books.ledger(order) == {account: 1_700, "store_credit": 500, "revenue": -2_200}


async def test_who_may_see_what_a_customer_may_spend(books: Books) -> None:
    await books.give_credit(1_000)
    await books.give_credit(70, "EUR")
    await books.place("W-1", store_credit=400)
    accounts = PostgresAccounts(books.engine)
    for reader in (ANA, Principal("fin", frozenset({Role.FINANCE})), WEB):
        assert await accounts.store_credit(reader, "C-1") == {"EUR": 70, "USD": 600}
    other = Principal("channel:pos", frozenset({Role.CHANNEL}), "pos")
    assert await accounts.store_credit(other, "C-1") == {}
    for nobody in ("", "C-2", "\x00"):
        assert await accounts.store_credit(WEB, nobody) == {}
    for role in (Role.WAREHOUSE, Role.CUSTOMER):
        with pytest.raises(Forbidden):
            await accounts.store_credit(Principal("x", frozenset({role}), "O"), "C-1")
