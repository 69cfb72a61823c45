"""Settlements on a real PostgreSQL: matched, booked once, told to finance, resolved by people."""

import asyncio
import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio

from adapters.postgres.back_office import PostgresBackOffice
from adapters.postgres.engine import PostgresDatabase
from adapters.postgres.settlements import PostgresSettlements
from domain.access import SYSTEM, Principal, Role
from domain.acts import ActKind
from domain.errors import Forbidden, LimitExceeded, NotFound, Refusal, StepRefused
from domain.ledger import Account, Leg, Posting
from domain.settlement import Line, LineKind, PartyKind, Settlement
from ports.settlements import Reconciled
from ports.unit_of_work import UnitOfWork

FIN = Principal("fin", frozenset({Role.FINANCE}))
SUE = Principal("sue", frozenset({Role.SUPERVISOR}))
NUMBER = "7K3M-9QXT-2AVB"
PERSON = """
    INSERT INTO person (name, line1, line2, city, region, postal_code, country, email, phone)
    VALUES ('Ana', '', '', '', '', '', '', '', '')
    """
ORDER = """
    INSERT INTO customer_order (number, channel, channel_ref, customer_ref, currency, total,
                                placed, process, person_id, tracking_hash, placed_at)
    VALUES (:number, 'web', 'WEB-1', '', 'USD', 0, '{}', '{}', 1, 'O1', now())
    """
VIEW = """
    INSERT INTO order_view (number, seq, channel, customer_ref, status, payment_status, currency,
                            total, parcels, view, waits, queued, placed_at)
    VALUES (:number, 1, 'web', '', 'CLOSED', '', 'USD', 0, 1, CAST(:view AS jsonb), '[]', 0, now())
    """
PACKED = {"carrier": "UPS", "tracking_number": "1Z9"}
CAPTURE, REFUND, CASH = f"{NUMBER}-F1/capture/1", f"{NUMBER}-R1/refund/1", f"{NUMBER}-F1/cash"
REGISTER = f"{NUMBER}/register"


class Books:
    def __init__(self, engine: Any, run_sql: Any) -> None:
        self.settlements = PostgresSettlements(engine)
        self.database, self.sql = PostgresDatabase(engine), run_sql
        self.office = PostgresBackOffice(engine)
        self.payouts = 0

    async def post(self, operation: str, amount: int, account: Account) -> None:
        legs = (Leg(account, amount), Leg(Account.RECEIVABLE, -amount))

        async def work(uow: UnitOfWork) -> None:
            await uow.ledger.post(Posting(operation, NUMBER, "USD", legs))

        await self.database.run(work)

    async def take_in(self, *lines: Line, **more: Any) -> bool:
        self.payouts += 1
        given = {
            "kind": PartyKind.PROVIDER,
            "party": "acme",
            "reference": f"po-{self.payouts}",
            "currency": "USD",
            **more,
        }
        sha = given.pop("sha256", f"sha-{self.payouts}")
        return await self.settlements.take_in(Settlement(lines=lines, **given), "file.csv", sha)

    async def settle(self, *lines: Line, **more: Any) -> Reconciled:
        await self.take_in(*lines, **more)
        return await self.settlements.match_open()

    async def balances(self) -> dict[str, int]:
        found = await self.sql(
            "SELECT account, sum(amount)::int FROM ledger_entry WHERE account <> 'receivable'"
            " GROUP BY 1 HAVING sum(amount) <> 0"
        )
        return dict(found)

    async def tasks(self) -> list[str]:
        found = await self.sql("SELECT id FROM task WHERE closed_at IS NULL ORDER BY id")
        return [row[0] for row in found]

    async def act(self, kind: ActKind, subject: str, by: Principal = FIN, **body: Any) -> Any:
        key = f"{kind}/{subject}/{by.name}/{body}"
        return await self.office.act(by, key, kind, subject, body, "as agreed")

    async def lines(self, verdict: str = "") -> list[Any]:
        return (await self.settlements.lines(SYSTEM, verdict, 100, None)).items


@pytest_asyncio.fixture
async def books(engine: Any, run_sql: Any) -> Books:
    view = {"parcels": {f"{NUMBER}-F1": {"packages": [PACKED]}}}
    await run_sql(PERSON)
    await run_sql(ORDER, number=NUMBER)
    await run_sql(VIEW, number=NUMBER, view=json.dumps(view))
    return Books(engine, run_sql)


def line(reference: str, gross: int, fee: int = 0, number: int = 1, **more: Any) -> Line:
    kind = more.pop("kind", LineKind.CHARGE if gross > 0 else LineKind.REFUND)
    return Line(number, kind, reference, gross, fee, more.pop("at", datetime.now(UTC)), **more)


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


async def test_a_difference_is_a_task_that_a_write_off_ends(books):
    await books.post(CAPTURE, 1900, Account.PROVIDER_CLEARING)
    assert await books.settle(line(CAPTURE, 1850, 60)) == Reconciled(differing=1)
    [task] = await books.tasks()
    [(reason, owner, order)] = await books.sql("SELECT reason, owner, order_number FROM task")
    assert "it says 1850, the item 1900: -50 minor units" in reason
    assert (owner, order) == ("finance", NUMBER)
    [open_line] = await books.lines("DIFFERING")
    assert (open_line.item, open_line.due, task) == (
        CAPTURE, 1900, f"settlement-line/{open_line.id}"
    )  # fmt: skip
    with pytest.raises(LimitExceeded):
        await books.act(ActKind.SETTLEMENT_ASSIGN, open_line.id, item=CAPTURE)
    await books.act(ActKind.SETTLEMENT_WRITE_OFF, open_line.id, item=CAPTURE)
    assert await books.balances() == {"bank": 1790, "fees": 60, "written_off": 50}
    assert await books.tasks() == []
    [done] = await books.lines("WRITTEN_OFF")
    assert done.resolved_by == "fin"


async def test_a_large_write_off_needs_a_second_person(books):
    await books.post(CAPTURE, 9000, Account.PROVIDER_CLEARING)
    await books.settle(line(CAPTURE, 3999))
    [open_line] = await books.lines()
    asked = await books.act(ActKind.SETTLEMENT_WRITE_OFF, open_line.id, item=CAPTURE)
    assert asked.approval
    assert await books.balances() == {"provider_clearing": 9000}
    with pytest.raises(Forbidden):
        await books.act(ActKind.APPROVAL_APPROVE, asked.approval)
    await books.act(ActKind.APPROVAL_APPROVE, asked.approval, by=SUE)
    assert await books.balances() == {"bank": 3999, "written_off": 5001}


async def test_write_offs_of_one_person_add_up_by_currency(books):
    """A difference, a line of nothing, and an item that is given up: 50.00 in all."""
    for item, amount in ((CAPTURE, 3_000), (f"{CAPTURE}2", 2_001)):
        await books.post(item, amount, Account.PROVIDER_CLEARING)
    await books.settle(line(CAPTURE, 1_000))
    [differing] = await books.lines()
    assert not (await books.act(ActKind.SETTLEMENT_WRITE_OFF, differing.id, item=CAPTURE)).approval
    await books.settle(line("nobody's", 1_000))
    [unmatched] = await books.lines("UNMATCHED")
    assert not (await books.act(ActKind.SETTLEMENT_WRITE_OFF, unmatched.id)).approval
    asked = await books.act(ActKind.SETTLEMENT_GIVE_UP, f"{CAPTURE}2")
    assert await books.sql("SELECT why FROM approval") == [
        ("it writes off 20.01 USD, 50.01 USD within 24 hours, more than 50.00 USD",)
    ]
    await books.act(ActKind.APPROVAL_APPROVE, asked.approval, by=SUE)
    assert await books.sql("SELECT person, what, subject, size FROM lone_act ORDER BY at") == [
        ("fin", "written_off", "USD", 2_000), ("fin", "written_off", "USD", 1_000)
    ]  # fmt: skip


async def test_a_proposal_books_nothing_until_somebody_confirms_it(books):
    await books.post(CAPTURE, 1900, Account.PROVIDER_CLEARING)
    run = await books.settle(line("INV 17", 1900, orders=(NUMBER,)))
    assert run == Reconciled(proposed=1)
    assert await books.balances() == {"provider_clearing": 1900}
    [proposed] = await books.lines("PROPOSED")
    assert f"its text names order {NUMBER}" in proposed.reasons
    await books.act(ActKind.SETTLEMENT_CONFIRM, proposed.id)
    assert await books.balances() == {"bank": 1900}
    assert await books.tasks() == []
    with pytest.raises(StepRefused, match="MATCHED already, by fin"):
        await books.act(ActKind.SETTLEMENT_CONFIRM, proposed.id, by=SUE)


async def test_a_late_fact_settles_what_was_unmatched_and_ends_its_task(books):
    assert await books.settle(line(CAPTURE, 1900)) == Reconciled(unmatched=1)
    assert len(await books.tasks()) == 1
    assert await books.settlements.match_open() == Reconciled(unmatched=1)
    await books.post(CAPTURE, 1900, Account.PROVIDER_CLEARING)
    assert await books.settlements.match_open() == Reconciled(matched=1)
    assert await books.balances() == {"bank": 1900}
    assert await books.tasks() == []


async def test_what_belongs_to_nothing_is_assigned_by_hand_or_written_off_whole(books):
    await books.post(CAPTURE, 1900, Account.PROVIDER_CLEARING)
    old = datetime.now(UTC) - timedelta(days=30)
    await books.settle(line("x", 1900, at=old), line("y", 70, number=2, at=old))
    first, second = await books.lines("UNMATCHED")
    with pytest.raises(NotFound):
        await books.act(ActKind.SETTLEMENT_ASSIGN, first.id, item="nothing")
    await books.act(ActKind.SETTLEMENT_ASSIGN, first.id, item=CAPTURE)
    with pytest.raises(StepRefused, match="settled already"):
        await books.act(ActKind.SETTLEMENT_ASSIGN, second.id, item=CAPTURE)
    await books.act(ActKind.SETTLEMENT_WRITE_OFF, second.id)
    assert await books.balances() == {"bank": 1970, "written_off": -70}


async def test_an_item_that_the_settlement_lacks_is_a_task_and_may_be_given_up(books):
    before = datetime.now(UTC) - timedelta(seconds=5)
    await books.post(CAPTURE, 1900, Account.PROVIDER_CLEARING)
    await books.post(REFUND, -500, Account.PROVIDER_CLEARING)
    after = datetime.now(UTC) + timedelta(seconds=5)
    fees = (
        line("", 0, 1, number=n, kind=LineKind.FEE, at=at) for n, at in enumerate((before, after))
    )
    assert await books.settle(*fees) == Reconciled(matched=2, missing=2)
    assert await books.tasks() == [
        f"settlement-missing/{CAPTURE}",
        f"settlement-missing/{REFUND}",
    ]
    assert (await books.settlements.match_open()).missing == 0
    await books.act(ActKind.SETTLEMENT_GIVE_UP, CAPTURE)
    assert await books.tasks() == [f"settlement-missing/{REFUND}"]
    await books.settle(line(REFUND, -500))
    assert await books.tasks() == []
    assert await books.balances() == {"bank": -502, "fees": 2, "written_off": 1900}


async def test_tasks_of_lines_and_of_items_end_with_them_and_cannot_be_closed(books):
    around = (datetime.now(UTC) - timedelta(seconds=5), datetime.now(UTC) + timedelta(seconds=60))
    await books.post(CAPTURE, 1900, Account.PROVIDER_CLEARING)
    strange = (line("x", 70, number=n, at=at) for n, at in enumerate(around))
    assert await books.settle(*strange) == Reconciled(unmatched=2, missing=1)
    tasks = await books.tasks()
    for task in tasks:
        with pytest.raises(StepRefused, match="it ends with what it is about, by settlement_"):
            await books.act(ActKind.TASK_CLOSE, task)
    assert await books.tasks() == tasks


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


BANK = {"kind": PartyKind.BANK, "party": "first-bank"}


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


async def test_a_line_in_another_currency_that_does_not_say_what_it_was_needs_a_second_person(
    books,
):
    await books.post(CAPTURE, 10_000_00, Account.PROVIDER_CLEARING)
    await books.settle(line(CAPTURE, 1), currency="JPY")
    [open_line] = await books.lines("DIFFERING")
    asked = await books.act(ActKind.SETTLEMENT_ASSIGN, open_line.id, item=CAPTURE)
    assert asked.approval
    [(why,)] = await books.sql("SELECT why FROM approval")
    assert why == (
        "it settles 10000.00 USD with 1 JPY, and the line does not say what that was before it was "
        "exchanged, more than 50.00 USD"
    )
    assert await books.balances() == {"provider_clearing": 10_000_00}
    await books.act(ActKind.APPROVAL_APPROVE, asked.approval, by=SUE)
    assert await books.balances() == {"bank": 1, "exchange": 10_000_00 - 1}
    assert await books.tasks() == []


async def test_a_proposal_in_another_currency_that_does_not_say_what_it_was_is_not_confirmed(books):
    await books.post(CAPTURE, 1900, Account.PROVIDER_CLEARING)
    await books.settle(line("INV 17", 1, orders=(NUMBER,)), currency="JPY")
    [proposed] = await books.lines("PROPOSED")
    with pytest.raises(LimitExceeded):
        await books.act(ActKind.SETTLEMENT_CONFIRM, proposed.id)
    await books.act(ActKind.SETTLEMENT_ASSIGN, proposed.id, item=CAPTURE)  # small: one is enough
    assert await books.balances() == {"bank": 1, "exchange": 1900 - 1}


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


@pytest.mark.parametrize("subject", ["", "0", "x", "9" * 40, "1; DROP TABLE settlement"])
async def test_a_line_of_a_strange_name_is_not_found(books, subject):
    for kind, body in (
        (ActKind.SETTLEMENT_CONFIRM, {}),
        (ActKind.SETTLEMENT_ASSIGN, {"item": CAPTURE}),
        (ActKind.SETTLEMENT_WRITE_OFF, {}),
        (ActKind.SETTLEMENT_GIVE_UP, {}),
    ):
        with pytest.raises(NotFound):
            await books.act(kind, subject, **body)


async def test_only_finance_and_supervisors_resolve_lines(books):
    await books.settle(line("x", 70))
    [open_line] = await books.lines()
    for role in set(Role) - {Role.FINANCE, Role.SUPERVISOR}:
        somebody = Principal("x", frozenset({role}), "web")
        with pytest.raises(Refusal) as refused:
            await books.act(ActKind.SETTLEMENT_WRITE_OFF, open_line.id, by=somebody)
        assert isinstance(refused.value, Forbidden)
    assert await books.balances() == {}
