"""Orders that points or store credit pay, in whole or in part, from placing to closing and back."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio

from adapters.postgres.auditing.auditor import audit_books
from adapters.postgres.engine import PostgresDatabase
from domain.access import Principal, Role
from domain.acts import ActKind
from domain.commands import CommandKind
from domain.errors import LimitExceeded
from domain.facts import FactKind
from domain.ledger import Account, Leg, Posting
from domain.order import LineUnits, PaymentMethod
from domain.payments import PaymentOperation
from domain.points_rules import PointsProgram, PointsRate
from ports.unit_of_work import UnitOfWork

ALL_TEA = (LineUnits(1, "TEA", 3),)  # 14.00 of 26.00 USD, shipping 3.00
SOLD = {"revenue": -2574, "tax": -26}
CARD, COD = PaymentMethod.CARD, PaymentMethod.CASH_ON_DELIVERY
APPROVE = CommandKind.RETURN_APPROVE_REFUND


class Customer:
    """C-1, who has 50.00 USD of store credit and 5,000 points, a cent each."""

    def __init__(self, shop: Any) -> None:
        self.shop = shop

    async def build(self) -> None:
        legs = (Leg(Account.REFUNDS_PAYABLE, 5_000), Leg(Account.STORE_CREDIT, -5_000, "C-1"))
        gift = Posting("gift", "", "USD", legs)

        async def work(uow: UnitOfWork) -> None:
            await uow.ledger.post(gift)

        await PostgresDatabase(self.shop.engine).run(work)
        adjust = ActKind.POINTS_ADJUST
        await self.shop.run("INSERT INTO customer (ref, tier) VALUES ('C-1', '')")
        await self.shop.act_as(self.shop.finance, adjust, "C-1", points=5_000, valid_days=900)

    async def credit(self) -> tuple[int, int]:
        """(to spend, held by orders)"""
        [found] = await self.shop.rows(
            "SELECT COALESCE(-sum(amount) FILTER (WHERE account = 'store_credit'), 0)::int,"
            " COALESCE(-sum(amount) FILTER (WHERE account = 'store_credit_held'), 0)::int"
            " FROM ledger_entry"
        )
        return found

    async def points(self) -> tuple[int, int]:
        sums = "SELECT sum(points)::int, sum(reserved)::int FROM points_entry"
        return (await self.shop.rows(sums))[0]

    async def buys(self, method: PaymentMethod = CARD, **tenders: int) -> str:
        source = "tok_ok" if method is CARD else ""
        number: str = await self.shop.place(
            payment_method=method, payment_source=source, customer_ref="C-1", **tenders
        )
        return number

    async def gets(self, number: str) -> None:
        await self.shop.carry(f"{number}-F1")
        await self.shop.until_status(number, "COMPLETED")

    async def returns(self, number: str, units: int, n: int = 1, **inspected: Any) -> str:
        """So many teas, as good as new."""
        shop, lines = self.shop, (LineUnits(1, "TEA", units),)
        rma: str = await shop.commands.request_return(
            shop.agent, f"return-{n}", number, lines, "changed_mind"
        )
        await shop.desk.start_return(rma)
        await self._until(rma, "APPROVED")
        receive, inspect = CommandKind.RETURN_RECEIVE, CommandKind.RETURN_INSPECT
        assert await shop.command(shop.keeper, receive, rma, reason="", location="NYC") == ""
        found = [{"line": 1, "quantity": units, "disposition": "restock"}]
        asked = {"units": found, "reason": "", **inspected}
        assert await shop.command(shop.keeper, inspect, rma, **asked) == ""
        return rma

    async def gets_back(self, rma: str) -> int:
        """The refund, once all of it has gone."""
        await self._until(rma, "COMPLETED")
        sql = "SELECT (view->>'refund')::int FROM return_order WHERE number = :n"
        return int((await self.shop.rows(sql, n=rma))[0][0])

    async def _until(self, rma: str, status: str) -> None:
        async def reached() -> bool:
            rows = await self.shop.rows("SELECT status FROM return_order WHERE number = :n", n=rma)
            return bool(rows == [(status,)])

        await self.shop.until(reached)

    async def closes(self, number: str) -> None:
        await self.shop.env.sleep(timedelta(days=31))
        assert (await self.shop.handle(number).result())["status"] == "CLOSED"
        found = await audit_books(self.shop.engine)
        wrong = {f.id: f.violations for f in found if f.id[0] in "ML" and f.violations}
        assert wrong == {}


@pytest_asyncio.fixture
async def customer(shop: Any) -> Customer:
    shop.process = replace(shop.process, points=PointsProgram((PointsRate("USD", 1, 1),)))
    customer = Customer(shop)
    await customer.build()
    return customer


async def test_an_order_that_points_pay_whole_closes_and_its_return_gives_points_back(
    shop: Any, customer: Customer
) -> None:
    number = await customer.buys(points=2_600)
    assert await customer.points() == (2_400, 2_600)
    await customer.gets(number)
    assert await customer.points() == (2_400, 0)  # nothing was paid in money: nothing is earned
    assert await shop.payment_status(number) == "PAID"
    assert await shop.balances(number) == {"loyalty": 2_600, **SOLD}
    rma = await customer.returns(number, 2)
    assert await customer.gets_back(rma) == 0
    assert await customer.points() == (2_400 + 933, 0)  # of 9.33, two teas of three
    await customer.closes(number)
    assert (await shop.balances(number))["loyalty"] == 2_600 - 933
    assert shop.provider.effects == {}
    assert await shop.rows("SELECT count(*) FROM payment_transaction") == [(0,)]


async def test_an_order_that_credit_pays_whole_waits_for_no_money_and_closes(
    shop: Any, customer: Customer
) -> None:
    number = await customer.buys(PaymentMethod.BANK_TRANSFER, store_credit=2_600)
    await customer.gets(number)
    assert await customer.credit() == (2_400, 0)
    assert await shop.payment_status(number) == "PAID"
    rma = await customer.returns(number, 3)
    assert await customer.gets_back(rma) == 1_400
    assert await customer.credit() == (3_800, 0)
    assert await shop.tasks() == []
    await customer.closes(number)
    assert shop.provider.effects == {}


async def test_of_a_card_only_what_credit_leaves_is_taken_and_each_gets_its_share_back(
    shop: Any, customer: Customer
) -> None:
    number = await customer.buys(store_credit=1_000)
    await customer.gets(number)
    assert shop.provider.moved(PaymentOperation.CAPTURE) == [1_600]
    shares = []
    for n, units in enumerate((1, 2), 1):
        before = (await customer.credit())[0]
        refund = await customer.gets_back(await customer.returns(number, units, n))
        shares.append((refund, (await customer.credit())[0] - before))
    assert shares == [(467, 180), (933, 358)]  # of 14.00, 10 of 26 parts are credit
    assert shop.provider.moved(PaymentOperation.REFUND) == [287, 575]
    await customer.closes(number)
    left = await shop.balances(number)
    assert left["store_credit"] == 1_000 - 538
    assert left["provider_clearing"] == 1_600 - 862


async def test_a_canceled_order_gives_its_credit_and_its_points_back_and_frees_the_card(
    shop: Any, customer: Customer
) -> None:
    await shop.run("UPDATE stock SET on_hand = 0, opening = 0 WHERE sku = 'CUP'")
    number = await customer.buys(store_credit=1_000, points=600)
    await shop.until_status(number, "APPROVED")
    assert (await customer.credit(), await customer.points()) == ((4_000, 1_000), (4_400, 600))
    assert await shop.command(shop.agent, CommandKind.CANCEL, number) == ""
    await shop.handle(number).result()
    assert (await customer.credit(), await customer.points()) == ((5_000, 0), (5_000, 0))
    assert await shop.balances(number) == {}


async def test_units_that_never_come_give_their_credit_back_and_the_card_pays_less(
    shop: Any, customer: Customer
) -> None:
    """The warehouse does not find the last cup that there is."""
    await shop.run("UPDATE stock SET on_hand = n, opening = n FROM (VALUES ('NYC', 1), ('AUS', 0))"
                   " AS found(place, n) WHERE sku = 'CUP' AND location = place")  # fmt: skip
    number = await customer.buys(store_credit=1_000)
    parcel = f"{number}-F1"
    await shop.until_submitted(parcel)
    await shop.tell(parcel, FactKind.PICKED, lines=ALL_TEA)
    await shop.ship(parcel, ALL_TEA)
    await shop.until(lambda: _is_booked(shop, number))
    await shop.until_held(number, "stock")
    assert await customer.credit() == (4_000, 1_000 - 654)  # 17.00 of 26.00 have gone
    await shop.env.sleep(timedelta(days=2, hours=1))
    assert await customer.credit() == (5_000 - 654, 0)
    await shop.arrive(parcel)
    await shop.until_status(number, "COMPLETED")
    assert shop.provider.moved(PaymentOperation.CAPTURE) == [1_700 - 654]
    await customer.closes(number)
    assert await customer.credit() == (5_000 - 654, 0)


async def test_a_large_refund_gives_no_credit_back_before_a_second_person_says_so(
    shop: Any, customer: Customer
) -> None:
    shop.process = replace(shop.process, refund_four_eyes_above=1_399)
    number = await customer.buys(store_credit=1_000)
    await customer.gets(number)
    rma = await customer.returns(number, 3)
    assert await customer.credit() == (4_000, 0)
    assert shop.provider.moved(PaymentOperation.REFUND) == []
    other = Principal("fay", frozenset({Role.FINANCE}))
    assert await shop.command(other, APPROVE, rma, reason="") == ""
    assert await customer.gets_back(rma) == 1_400
    assert await customer.credit() == (4_538, 0)
    assert shop.provider.moved(PaymentOperation.REFUND) == [862]


async def test_goodwill_gives_back_what_was_paid_in_money_only_and_credit_comes_back_all_the_same(
    shop: Any, customer: Customer
) -> None:
    number = await customer.buys(store_credit=1_000)
    await customer.gets(number)
    goodwill = ActKind.GOODWILL_GRANT
    with pytest.raises(LimitExceeded, match="1601 is not within the 1600 that is left"):
        await shop.act_as(shop.finance, goodwill, number, amount=1_601)
    await shop.act_as(shop.finance, goodwill, number, amount=1_500)
    await customer.gets_back(f"{number}-R1")
    rma = await customer.returns(number, 3)
    assert await customer.gets_back(rma) == 538 + 100
    assert await customer.credit() == (4_538, 0)
    assert shop.provider.moved(PaymentOperation.REFUND) == [1_500, 100]
    await customer.closes(number)


async def _is_booked(shop: Any, number: str) -> bool:
    return bool((await shop.view(number)).parcels[f"{number}-F1"].booked)


async def test_of_a_parcel_with_cash_that_never_comes_the_cash_is_not_owed_and_credit_comes_back(
    shop: Any, customer: Customer
) -> None:
    number = await customer.buys(COD, store_credit=1_000)
    parcel = f"{number}-F1"
    await shop.until_submitted(parcel)
    await shop.ship(parcel)
    await shop.until(lambda: _is_booked(shop, number))
    lost = CommandKind.PARCEL_LOST
    assert await shop.command(shop.agent, lost, number, target=parcel, reason="searched") == ""
    await shop.until_status(number, "COMPLETED")
    await shop.desk.start_return(f"{number}-R1")
    assert await customer.gets_back(f"{number}-R1") == 2_600
    assert await customer.credit() == (5_000, 0)
    assert await shop.balances(number) == {}
