"""Bank transfers: an order waits for its money, whatever comes and however it is called."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from adapters.postgres.auditing.auditor import audit_books
from adapters.postgres.settlements import PostgresSettlements
from domain.access import Principal, Role
from domain.acts import ActKind
from domain.commands import CommandKind
from domain.errors import BadAmount, Forbidden, NotFound, StepRefused
from domain.order import PaymentMethod
from domain.settlement import Line, LineKind, PartyKind, Settlement
from ports.settlements import Reconciled

REGISTER, ASSIGN = ActKind.TRANSFER_REGISTER, ActKind.TRANSFER_ASSIGN
SOLD = {"revenue": -2574, "tax": -26}


async def place(shop: Any, reference: str = "WEB-1", **more: Any) -> str:
    """An order of 26.00 USD that waits for its money."""
    more = {"payment_method": PaymentMethod.BANK_TRANSFER, "payment_source": "", **more}
    number: str = await shop.place(reference, **more)
    await shop.until_status(number, "PROCESSING")
    return number


async def receive(shop: Any, bank: str, amount: int, order: str = "", currency: str = "USD") -> Any:
    answer = await shop.act_as(
        shop.finance, REGISTER, bank, amount=amount, currency=currency, order=order
    )
    return answer.result


async def test_an_order_goes_on_once_exactly_its_money_is_there(shop: Any) -> None:
    number = await place(shop)
    assert (await shop.live(number)).doing == ("Waiting: a transfer of 26.00 USD has to come in.")
    assert shop.warehouse.parcels == {}

    told = await receive(shop, "B-1", 2600, f"thanks! {number.replace('-', ' ').lower()} /Ana")
    assert told == {"order": number, "used": 2600, "refund": None}
    assert await shop.balances(number) == {"bank": 2600, "deposits": -2600}
    await shop.carry(f"{number}-F1")
    await shop.until_status(number, "COMPLETED")
    assert await shop.balances(number) == {"bank": 2600, **SOLD}
    assert await shop.payment_status(number) == "PAID"
    assert await shop.rows("SELECT count(*) FROM return_order") == [(0,)]
    assert shop.provider.effects == {}


async def test_too_little_keeps_waiting_and_says_what_is_missing(shop: Any) -> None:
    number = await place(shop)
    await receive(shop, "B-1", 2599, number)
    missing = "Waiting: a transfer of 0.01 USD has to come in."
    await shop.until(lambda: _doing(shop, number, missing))
    assert await shop.payment_status(number) == "PARTIALLY_PAID"
    assert shop.warehouse.parcels == {}
    await receive(shop, "B-2", 1, number)
    await shop.until_submitted(f"{number}-F1")


async def test_too_much_goes_back_as_a_refund_that_finance_transfers(shop: Any) -> None:
    number = await place(shop)
    told = await receive(shop, "B-1", 3000, number)
    rma = f"{number}-R1"
    assert told == {"order": number, "used": 2600, "refund": rma}
    assert await shop.balances(number) == {
        "bank": 3000, "deposits": -2600, "refunds_payable": -400,
    }  # fmt: skip
    await shop.until_submitted(f"{number}-F1")
    assert await shop.tasks() == [("the refund has to be transferred to the customer", "finance")]
    await transfer_back(shop, rma, "OUT-1")
    assert await shop.balances(number) == {"bank": 2600, "deposits": -2600}


async def test_a_bank_statement_names_both_ways_by_the_banks_own_references(shop: Any) -> None:
    number = await place(shop)
    await receive(shop, "SEPA/2026/0001", 3000, number)
    await shop.until_submitted(f"{number}-F1")
    await transfer_back(shop, f"{number}-R1", "OUT/17")
    now = await shop.now()
    lines = (
        Line(1, LineKind.CHARGE, "sepa/2026/0001", 3000, 0, now),
        Line(2, LineKind.REFUND, "OUT/17", -400, 0, now),
    )
    settlements = PostgresSettlements(shop.engine)
    statement = Settlement(PartyKind.BANK, "first-bank", "day 1", "USD", lines)
    assert await settlements.take_in(statement, "day1.csv", "sha")
    assert await settlements.match_open() == Reconciled(matched=2)
    assert await shop.balances(number) == {"bank": 2600, "deposits": -2600}


async def test_money_of_an_order_that_expires_goes_back(shop: Any) -> None:
    number = await place(shop)
    await receive(shop, "B-1", 100, number)
    await shop.env.sleep(timedelta(days=8))
    assert (await shop.handle(number).result())["status"] == "EXPIRED"
    assert await shop.balances(number) == {"bank": 100, "refunds_payable": -100}
    assert await shop.stock() == {}
    assert await broken(shop) == []  # its return is still under way
    await shop.relay()
    await transfer_back(shop, f"{number}-R1", "OUT-1")
    assert await shop.balances(number) == {}


async def test_money_of_a_canceled_order_and_what_comes_later_goes_back(shop: Any) -> None:
    await shop.run("UPDATE stock SET on_hand = 0, opening = 0 WHERE sku = 'CUP'")
    number = await shop.place(payment_method=PaymentMethod.BANK_TRANSFER, payment_source="")
    await shop.until_status(number, "APPROVED")
    await receive(shop, "B-1", 1000, number)
    assert await shop.command(shop.agent, CommandKind.CANCEL, number) == ""
    await shop.handle(number).result()
    told = await receive(shop, "B-2", 1600, number)
    assert told == {"order": number, "used": 0, "refund": f"{number}-R2"}
    assert await shop.balances(number) == {"bank": 2600, "refunds_payable": -2600}
    await shop.relay()
    await transfer_back(shop, f"{number}-R1", "OUT-1")
    await transfer_back(shop, f"{number}-R2", "OUT-2")
    assert await shop.balances(number) == {}


async def test_what_names_no_order_stands_as_a_task_until_finance_assigns_it(shop: Any) -> None:
    number = await place(shop)
    for order, bank in (("", "B-1"), ("rent for May", "B-2"), ("AAAA-BBBB-CCCC", "B-3")):
        told = await receive(shop, bank, 2600, order)
        assert told == {"order": None, "task": f"transfer/{bank}"}
    assert ("a transfer of 26.00 USD is to be assigned: it names no order of ours", "finance") in (
        await shop.tasks()
    )
    with pytest.raises(NotFound):
        await shop.act_as(shop.finance, ASSIGN, "B-9", order=number)
    answer = await shop.act_as(shop.finance, ASSIGN, "B-2", order=number)
    assert answer.result == {"order": number, "used": 2600, "refund": None}
    with pytest.raises(NotFound):
        await shop.act_as(shop.finance, ASSIGN, "B-2", order=number)
    assert len(await shop.tasks()) == 2
    await shop.until_submitted(f"{number}-F1")
    left = await shop.rows(
        "SELECT account, sum(amount)::int FROM ledger_entry GROUP BY 1 ORDER BY 1"
    )
    assert left == [("bank", 7800), ("deposits", -2600), ("unmatched", -5200)]


async def test_a_reference_that_ends_with_an_orders_number_is_not_that_orders_transfer(
    shop: Any,
) -> None:
    """Each is booked, and each is found on the statement, whichever came first."""
    number = await place(shop)
    told = await receive(shop, f"B-1/{number}", 700)
    assert told["order"] is None
    told = await receive(shop, "B-1", 2600, number)
    assert told == {"order": number, "used": 2600, "refund": None}
    assert await shop.balances(number) == {"bank": 2600, "deposits": -2600}
    in_bank = "SELECT sum(amount)::int FROM ledger_entry WHERE account = 'bank'"
    assert await shop.rows(in_bank) == [(3300,)]
    now = await shop.now()
    lines = (
        Line(1, LineKind.CHARGE, f"B-1/{number}", 700, 0, now),
        Line(2, LineKind.CHARGE, "B-1", 2600, 0, now),
    )
    settlements = PostgresSettlements(shop.engine)
    statement = Settlement(PartyKind.BANK, "first-bank", "day 1", "USD", lines)
    await settlements.take_in(statement, "day1.csv", "sha")
    assert await settlements.match_open() == Reconciled(matched=2)
    assert await shop.rows(in_bank) == [(3300,)]


async def test_another_currency_is_not_the_money_that_was_asked_for(shop: Any) -> None:
    number = await place(shop)
    told = await receive(shop, "B-1", 2600, number, "EUR")
    assert told["order"] is None
    with pytest.raises(StepRefused):
        await shop.act_as(shop.finance, ASSIGN, "B-1", order=number)
    assert await shop.balances(number) == {}
    assert await shop.payment_status(number) == "AWAITING_TRANSFER"


async def test_one_transfer_is_registered_once_whoever_races(shop: Any) -> None:
    number = await place(shop)
    done = await asyncio.gather(
        *(receive(shop, "B-1", 2600, number) for _ in range(4)), return_exceptions=True
    )
    assert sum(isinstance(each, StepRefused) for each in done) == 3
    assert await shop.balances(number) == {"bank": 2600, "deposits": -2600}
    assert await shop.rows("SELECT count(*) FROM fact WHERE source = 'bank'") == [(1,)]


@pytest.mark.parametrize("amount", [0, -5])
async def test_a_transfer_of_nothing_is_none(shop: Any, amount: int) -> None:
    with pytest.raises(BadAmount):
        await receive(shop, "B-1", amount)
    assert await shop.rows("SELECT count(*) FROM bank_transfer") == [(0,)]


async def test_only_finance_registers_money(shop: Any) -> None:
    for person in (shop.agent, shop.keeper, shop.web):
        with pytest.raises(Forbidden):
            await shop.act_as(person, REGISTER, "B-1", amount=1, currency="USD")


async def test_a_credit_customer_pays_what_was_sent_even_after_the_order_closed(shop: Any) -> None:
    await shop.run("INSERT INTO customer VALUES ('C-1', '', false, 5000, 'USD', 60)")
    number = await place(shop, payment_method=PaymentMethod.CREDIT_TERMS, customer_ref="C-1")
    await shop.carry(f"{number}-F1")
    await shop.until_status(number, "COMPLETED")
    await receive(shop, "B-1", 600, number)
    assert await shop.balances(number) == {"bank": 600, "receivable": 2000, **SOLD}
    await shop.env.sleep(timedelta(days=31))
    assert (await shop.handle(number).result())["status"] == "CLOSED"
    assert await shop.payment_status(number) == "PARTIALLY_PAID"
    told = await receive(shop, "B-2", 2001, number)
    assert told == {"order": number, "used": 2000, "refund": f"{number}-R1"}
    assert await shop.balances(number) == {"bank": 2601, "refunds_payable": -1, **SOLD}
    assert await shop.payment_status(number) == "PAID"


async def broken(shop: Any) -> list[str]:
    """Rules about money that do not hold."""
    found = await audit_books(shop.engine)
    return [each.id for each in found if each.id[0] == "M" and each.violations]


async def transfer_back(shop: Any, rma: str, bank: str) -> None:
    act = CommandKind.RETURN_TRANSFER_REFUND
    await shop.until(lambda: _runs(shop, rma))
    assert await shop.command(shop.finance, act, rma, reason="", reference=bank) == ""
    await shop.env.client.get_workflow_handle(f"return/{rma}").result()


async def _runs(shop: Any, rma: str) -> bool:
    rows = await shop.rows("SELECT status FROM return_order WHERE number = :n", n=rma)
    return bool(rows == [("GRANTED",)])


async def _doing(shop: Any, number: str, words: str) -> bool:
    return bool((await shop.live(number)).doing == words)


async def test_who_registers_too_much_does_not_approve_a_large_refund_of_it(shop: Any) -> None:
    shop.process = replace(shop.process, refund_four_eyes_above=399)
    number = await place(shop)
    await receive(shop, "B-1", 3000, number)
    rma, approve = f"{number}-R1", CommandKind.RETURN_APPROVE_REFUND
    assert await shop.command(shop.finance, approve, rma, reason="") == "FORBIDDEN"
    other = Principal("fay", frozenset({Role.FINANCE}))
    assert await shop.command(other, approve, rma, reason="") == ""
    await transfer_back(shop, rma, "OUT-1")
    assert (await shop.balances(number))["bank"] == 2600
