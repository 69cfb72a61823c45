"""What a provider, carrier or channel pays out is on the bank's own statement too."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio
from settled_books import CAPTURE, CASH, REFUND, SettledBooks, line

from adapters.postgres.auditing.clearing_checks import CLEARING_CHECKS
from domain.acts import ActKind
from domain.errors import LimitExceeded
from domain.ledger import Account
from domain.settlement import LineKind, PartyKind
from ports.settlements import Reconciled

BANK = {"kind": PartyKind.BANK, "party": "first-bank"}
PAYOUT = "payout/provider/acme/po-1"
PAID_OUT = {"bank": 1340, "fees": 60}


@pytest_asyncio.fixture
async def books(engine: Any, run_sql: Any) -> SettledBooks:
    books = SettledBooks(engine, run_sql)
    await books.open()
    await books.post(CAPTURE, 1900, Account.PROVIDER_CLEARING)
    await books.post(REFUND, -500, Account.PROVIDER_CLEARING)
    return books


async def pay_out(books: SettledBooks, **more: Any) -> Reconciled:
    """1,340 of the provider, fees deducted."""
    lines = (line(CAPTURE, 1900, 60, **more), line(REFUND, -500, number=2, **more))
    return await books.settle(*lines, reference="po-1")


@pytest.mark.parametrize("name", ["po-1", "PO-1 ", PAYOUT, "acme"])
async def test_a_banks_statement_confirms_a_payout_and_moves_nothing_twice(books, engine, name):
    """By the payout's name, or by who paid."""
    assert await pay_out(books) == Reconciled(matched=2)
    assert await books.settle(line(name, 1340), **BANK) == Reconciled(matched=1)
    assert await books.balances() == PAID_OUT
    assert await books.tasks() == []
    [told] = [each for each in await books.lines("MATCHED") if each.kind == "bank"]
    assert (told.item, told.due, told.due_currency) == (PAYOUT, 1340, "USD")
    assert await books.settlements.match_open() == Reconciled()
    async with engine.connect() as connection:
        assert [await check.find(connection, 0) for check in CLEARING_CHECKS] == [[], []]


async def test_a_payout_that_the_bank_tells_of_first_is_matched_when_its_file_comes(books):
    assert await books.settle(line("po-1", 1340), **BANK) == Reconciled(unmatched=1)
    assert len(await books.tasks()) == 1
    assert await pay_out(books) == Reconciled(matched=3)
    assert await books.balances() == PAID_OUT
    assert await books.tasks() == []


async def test_a_payout_of_another_sum_differs_until_a_person_gives_up_the_difference(books):
    await pay_out(books)
    assert await books.settle(line("po-1", 1300), **BANK) == Reconciled(differing=1)
    assert await books.balances() == PAID_OUT
    [told] = await books.lines("DIFFERING")
    says = "it says 1300, the item 1340: -40 minor units"
    assert (told.item, told.due, told.reasons) == (PAYOUT, 1340, ["same reference", says])
    with pytest.raises(LimitExceeded):
        await books.act(ActKind.SETTLEMENT_ASSIGN, told.id, item=PAYOUT)
    await books.act(ActKind.SETTLEMENT_WRITE_OFF, told.id, item=PAYOUT)
    assert await books.balances() == {"bank": 1300, "fees": 60, "written_off": 40}
    assert await books.tasks() == []


async def test_a_payout_is_told_by_the_bank_once(books):
    await pay_out(books)
    twice = (line("po-1", 1340), line("po-1", 1340, number=2))
    assert await books.settle(*twice, **BANK) == Reconciled(matched=1, differing=1)
    [told] = await books.lines("DIFFERING")
    assert "twice" in told.reasons[0]
    assert await books.settle(line("acme", 1340), **BANK) == Reconciled(differing=1, unmatched=1)
    assert await books.balances() == PAID_OUT


async def test_a_payout_is_confirmed_whole_while_a_line_of_it_is_still_looked_at(books):
    """What the line comes to is booked when somebody resolves it."""
    lines = (line(CAPTURE, 1900, 60), line("who?", 40, number=2))
    assert await books.settle(*lines, reference="po-1") == Reconciled(matched=1, unmatched=1)
    told = await books.settle(line("po-1", 1880), **BANK)
    assert (told.matched, told.unmatched) == (1, 1)
    assert await books.balances() == {"provider_clearing": -500, "bank": 1840, "fees": 60}
    [unknown] = await books.lines("UNMATCHED")
    await books.act(ActKind.SETTLEMENT_WRITE_OFF, unknown.id)
    assert (await books.balances())["bank"] == 1880


async def test_a_party_that_takes_more_than_it_brings_is_on_the_statement_as_a_refund(books):
    await books.settle(line(REFUND, -500, 10), reference="po-1")
    assert await books.settle(line("po-1", 510), **BANK) == Reconciled(unmatched=1)
    told = await books.settle(line("po-1", -510), **BANK)
    assert (told.matched, told.unmatched) == (1, 1)
    assert (await books.balances())["bank"] == -510


async def test_carriers_payouts_are_told_by_evidence_and_in_another_currency(books):
    await books.post(CASH, 2600, Account.COD_CLEARING)
    cash = line("1z9", 2600, 30, kind=LineKind.REMITTANCE)
    await books.settle(cash, kind=PartyKind.CARRIER, party="ups", reference="R7")
    told = await books.settle(line("transfer 4711", 2570), **BANK)
    assert told.proposed == 1
    [proposed] = await books.lines("PROPOSED")
    assert (proposed.item, proposed.score) == ("payout/carrier/ups/R7", 80)
    exchanged = line("R7", 2300, original_amount=2570, original_currency="USD")
    assert (await books.settle(exchanged, **BANK, currency="EUR")).matched == 1
    found = await books.sql(
        "SELECT currency, sum(amount)::int FROM ledger_entry JOIN ledger_transaction"
        " ON id = transaction_id WHERE account = 'bank' GROUP BY 1 HAVING sum(amount) <> 0"
    )
    assert found == [("EUR", 2300)]


async def test_a_payout_that_never_came_is_told_to_finance_who_may_give_it_up(books):
    """Five days after its last line a statement has to have it, and not before."""
    now = datetime.now(UTC)
    await pay_out(books, at=now - timedelta(days=6))
    early = [
        line(f"x{n}", 7, number=n, at=now - timedelta(days=days))
        for n, days in enumerate((7, 2), 1)
    ]
    assert (await books.settle(*early, **BANK)).missing == 0
    late = await books.settle(line("x3", 7, at=now - timedelta(hours=1)), **BANK)
    assert late.missing == 1
    missing = f"settlement-missing/{PAYOUT}"
    assert missing in await books.tasks()
    await books.act(ActKind.SETTLEMENT_GIVE_UP, PAYOUT)
    assert await books.balances() == {"fees": 60, "written_off": 1340}
    assert missing not in await books.tasks()
