"""Settlements on a real PostgreSQL: matched, booked once, and told to finance."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio
from settled_books import CAPTURE, CASH, FIN, NUMBER, REFUND, REGISTER, SettledBooks, line

from domain.access import Principal, Role
from domain.acts import ActKind
from domain.errors import Forbidden, StepRefused
from domain.ledger import Account
from domain.settlement import LineKind, PartyKind
from ports.settlements import Reconciled

BANK = {"kind": PartyKind.BANK, "party": "first-bank"}


@pytest_asyncio.fixture
async def books(engine: Any, run_sql: Any) -> SettledBooks:
    books = SettledBooks(engine, run_sql)
    await books.open()
    return books


@pytest.mark.parametrize("name", [f"{CAPTURE}", "dp_1", f"{CAPTURE}/chargeback/dp_1"])
async def test_a_chargeback_and_its_reversal_are_settled_by_lines_of_their_own_kind(books, name):
    """By whatever the provider calls them, and never by a refund or a charge."""
    await books.post(f"{CAPTURE}/chargeback/dp_1", -1900, Account.PROVIDER_CLEARING)
    refund = line(name, -1900)
    taken = line(name, -1900, 15, number=2, kind=LineKind.CHARGEBACK)
    assert (await books.settle(refund, taken)).matched == 1
    assert await books.balances() == {"bank": -1915, "fees": 15}
    [settled] = await books.lines("MATCHED")
    assert (settled.line_kind, settled.item) == ("chargeback", f"{CAPTURE}/chargeback/dp_1")

    await books.post(f"{CAPTURE}/chargeback_reversal/dp_1", 1900, Account.PROVIDER_CLEARING)
    given = f"{CAPTURE}/chargeback_reversal/dp_1" if "/chargeback/" in name else name
    await books.settle(
        line(given, 1900), line(given, 1900, number=2, kind=LineKind.CHARGEBACK_REVERSAL)
    )
    assert await books.balances() == {"bank": -15, "fees": 15}
    assert [each.verdict for each in await books.lines("UNMATCHED")] == ["UNMATCHED"] * 2


async def test_a_refund_that_failed_is_settled_there_and_back_under_one_name(books):
    await books.post(REFUND, -500, Account.PROVIDER_CLEARING)
    await books.post(f"{REFUND}/refund_failure", 500, Account.PROVIDER_CLEARING)
    back = line(REFUND, 500, number=2, kind=LineKind.REFUND_FAILURE)
    charge = line(REFUND, 500, number=3)
    assert (await books.settle(line(REFUND, -500), back, charge)).matched == 2
    assert await books.balances() == {}
    assert {each.line_kind: each.item for each in await books.lines("MATCHED")} == {
        "refund": REFUND, "refund_failure": f"{REFUND}/refund_failure",
    }  # fmt: skip
    assert [each.line_kind for each in await books.lines("UNMATCHED")] == ["charge"]


async def test_what_matches_is_booked_to_the_bank_and_leaves_the_clearing_account_at_zero(books):
    await books.post(CAPTURE, 1900, Account.PROVIDER_CLEARING)
    await books.post(REFUND, -500, Account.PROVIDER_CLEARING)
    run = await books.settle(
        line(CAPTURE, 1900, 60),
        line(REFUND, -500, number=2),
        line("", 0, 25, number=3, kind=LineKind.FEE),
    )
    assert run == Reconciled(matched=3)
    assert await books.balances() == {"bank": 1900 - 60 - 500 - 25, "fees": 85}
    assert await books.tasks() == []


async def test_the_same_file_and_another_run_change_nothing(books):
    await books.post(CAPTURE, 1900, Account.PROVIDER_CLEARING)
    charge = line(CAPTURE, 1900, 60)
    await books.settle(charge)
    before = await books.balances()
    assert not await books.take_in(charge, sha256="sha-1", reference="po-1")
    assert not await books.take_in(charge, sha256="sha-1", reference="another name")
    assert await books.settlements.match_open() == Reconciled()
    assert await books.balances() == before
    with pytest.raises(StepRefused, match=r"po-1 of acme .* from file\.csv"):
        await books.take_in(line(CAPTURE, 1), reference="po-1")


async def test_runs_side_by_side_book_each_item_once(books):
    for n in range(20):
        await books.post(f"{CAPTURE}{n}", 100 + n, Account.PROVIDER_CLEARING)
    await books.take_in(*(line(f"{CAPTURE}{n}", 100 + n, number=n + 1) for n in range(20)))
    runs = await asyncio.gather(*(books.settlements.match_open() for _ in range(4)))
    assert sum(run.matched for run in runs) == 20
    assert await books.balances() == {"bank": sum(range(100, 120))}


async def test_a_late_fact_settles_what_was_unmatched_and_ends_its_task(books):
    assert await books.settle(line(CAPTURE, 1900)) == Reconciled(unmatched=1)
    assert len(await books.tasks()) == 1
    assert await books.settlements.match_open() == Reconciled(unmatched=1)
    await books.post(CAPTURE, 1900, Account.PROVIDER_CLEARING)
    assert await books.settlements.match_open() == Reconciled(matched=1)
    assert await books.balances() == {"bank": 1900}
    assert await books.tasks() == []


async def test_the_carrier_names_its_parcel_by_its_own_number_and_the_channel_by_its_order(books):
    await books.post(CASH, 2600, Account.COD_CLEARING)
    await books.post(REGISTER, 900, Account.CHANNEL_CLEARING)
    await books.post(f"{NUMBER}/deposit-back", -200, Account.CHANNEL_CLEARING)
    remitted = line("1z9", 2600, 30, kind=LineKind.REMITTANCE)
    await books.take_in(remitted, kind=PartyKind.CARRIER, party="dhl")
    await books.take_in(remitted, kind=PartyKind.CARRIER, party="ups")
    await books.take_in(
        line("WEB-1", 900, 9), line("WEB-1", -200, number=2), kind=PartyKind.CHANNEL, party="web"
    )
    assert await books.settlements.match_open() == Reconciled(matched=3, unmatched=1)
    assert await books.balances() == {"bank": 2600 - 30 + 900 - 9 - 200, "fees": 39}


async def test_a_bank_statement_confirms_transfers_and_moves_nothing_twice(books):
    await books.post(f"bank/TX-1/{NUMBER}", 1900, Account.BANK)
    statement = (line("tx-1", 1900), line("tx-1", 1900, number=2))
    assert await books.settle(*statement, **BANK) == Reconciled(matched=1, differing=1)
    assert await books.balances() == {"bank": 1900}


@pytest.mark.parametrize("reference", ["TX-1", "SEPA/2026/11-02/0001", "refund/bank/9", NUMBER])
async def test_the_banks_own_reference_is_that_of_the_transfer_in_and_of_the_refund_out(
    books, reference
):
    """Of transfers of the same amount on the same order, each line finds its own."""
    await books.post(f"bank/{reference}/{NUMBER}", 1900, Account.BANK)
    await books.post(f"bank/{reference}0/{NUMBER}", 1900, Account.BANK)
    await books.post(f"{NUMBER}-R1/refund/bank/{reference}", -500, Account.BANK)
    await books.post(f"{NUMBER}-R2/refund/bank/{reference}0", -500, Account.BANK)
    statement = (line(f"{reference}0", 1900), line(f"{reference}0", -500, number=2))
    assert await books.settle(*statement, **BANK) == Reconciled(matched=2)
    assert [each.item for each in await books.lines("MATCHED")] == [
        f"bank/{reference}0/{NUMBER}", f"{NUMBER}-R2/refund/bank/{reference}0"
    ]  # fmt: skip
    statement = (line(reference, 1900), line(reference, -500, number=2))
    assert await books.settle(*statement, **BANK) == Reconciled(matched=2)
    assert await books.balances() == {"bank": 2800}
    assert await books.tasks() == []


async def test_a_part_of_a_reference_is_none_and_a_line_that_names_it_matches_nothing(books):
    await books.post(f"bank/SEPA/0001/{NUMBER}", 1900, Account.BANK)
    old = datetime.now(UTC) - timedelta(days=30)
    lines = [line(part, 70, number=n, at=old) for n, part in enumerate(("SEPA", "0001", "bank"), 1)]
    assert await books.settle(*lines, **BANK) == Reconciled(unmatched=3, missing=0)


async def test_a_transfer_that_nobody_has_assigned_is_on_the_statement_all_the_same(books):
    transfer = {"amount": 1900, "currency": "USD", "order": "rent for May"}
    await books.act(ActKind.TRANSFER_REGISTER, "TX/7", **transfer)
    assert await books.settle(line("TX/7", 1900), **BANK) == Reconciled(matched=1)
    assert await books.balances() == {"bank": 1900, "unmatched": -1900}
    assert await books.tasks() == ["transfer/TX/7"]
    assert await books.settle(line("tx/7", 1900), **BANK) == Reconciled(differing=1)
    [again] = await books.lines("DIFFERING")
    assert "twice" in again.reasons[0]


async def test_another_currency_goes_through_the_exchange_account_in_both(books):
    await books.post(CAPTURE, 1900, Account.PROVIDER_CLEARING)
    told = line(CAPTURE, 1750, 50, original_amount=1900, original_currency="USD")
    assert await books.settle(told, currency="EUR") == Reconciled(matched=1)
    found = await books.sql(
        "SELECT currency, account, sum(amount)::int FROM ledger_entry"
        " JOIN ledger_transaction ON id = transaction_id WHERE operation LIKE 'settle/%'"
        " GROUP BY 1, 2 ORDER BY 1, 2"
    )
    assert found == [
        ("EUR", "bank", 1700), ("EUR", "exchange", -1750), ("EUR", "fees", 50),
        ("USD", "exchange", 1900), ("USD", "provider_clearing", -1900),
    ]  # fmt: skip


async def test_the_report_adds_up_to_the_file_by_day_and_verdict(books):
    await books.post(CAPTURE, 1900, Account.PROVIDER_CLEARING)
    day = datetime(2026, 11, 2, 23, 59, tzinfo=UTC)
    await books.settle(
        line(CAPTURE, 1900, 60, at=day),
        line("x", 70, number=2, at=day),
        line("y", 5, number=3, at=day + timedelta(minutes=1)),
    )
    report = await books.settlements.report(FIN, None, None)
    assert [(r.day, r.party, r.verdict, r.lines, r.gross, r.fee) for r in report] == [
        (date(2026, 11, 2), "acme", "MATCHED", 1, 1900, 60),
        (date(2026, 11, 2), "acme", "UNMATCHED", 1, 70, 0),
        (date(2026, 11, 3), "acme", "UNMATCHED", 1, 5, 0),
    ]
    assert len(await books.settlements.report(FIN, date(2026, 11, 3), date(2026, 11, 3))) == 1
    with pytest.raises(Forbidden):
        await books.settlements.report(Principal("a", frozenset({Role.AGENT})), None, None)
    page = await books.settlements.lines(FIN, "", 2, None)
    rest = await books.settlements.lines(FIN, "", 2, page.cursors[-1])
    assert ([item.line for item in page.items], page.more) == ([1, 2], True)
    assert ([item.line for item in rest.items], rest.more) == ([3], False)
