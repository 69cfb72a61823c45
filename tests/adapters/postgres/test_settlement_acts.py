"""What people do about lines of settlements that were not matched by themselves."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio
from settled_books import CAPTURE, NUMBER, REFUND, SettledBooks, line

from domain.access import Principal, Role
from domain.acts import ActKind
from domain.errors import Forbidden, LimitExceeded, NotFound, Refusal, StepRefused
from domain.ledger import Account
from domain.settlement import LineKind
from ports.settlements import Reconciled

SUE = Principal("sue", frozenset({Role.SUPERVISOR}))


@pytest_asyncio.fixture
async def books(engine: Any, run_sql: Any) -> SettledBooks:
    books = SettledBooks(engine, run_sql)
    await books.open()
    return books


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
