"""Transfers that stand unmatched in the audit: each is a task of finance until it ends, and the
ledger has no others.
"""

from typing import Any

import pytest
import pytest_asyncio

from adapters.postgres.back_office import PostgresBackOffice
from domain.acts import ActKind
from tests.orderloom.audit.conftest import FINN

CAME_IN = ("IN-1", "IN/2", "IN-3", "IN-4")


async def act(world: Any, kind: ActKind, transfer: str, **body: Any) -> None:
    office = PostgresBackOffice(world.engine)
    await office.act(FINN, f"{kind}/{transfer}", kind, transfer, body, "as agreed")


@pytest_asyncio.fixture
async def unmatched(world: Any) -> Any:
    """Four that nobody knows the order of; three come to their ends, each in its way."""
    for n, transfer in enumerate(CAME_IN):
        await act(world, ActKind.TRANSFER_REGISTER, transfer, amount=100 + n, currency="USD")
    await act(world, ActKind.TRANSFER_ASSIGN, "IN/2", order=world.fresh)
    await act(world, ActKind.TRANSFER_SEND_BACK, "IN-3", reference="OUT-3")
    await act(world, ActKind.TRANSFER_WRITE_OFF, "IN-4")
    return world


async def test_what_stands_unmatched_is_finances_and_what_has_ended_is_nobodys(
    unmatched: Any,
) -> None:
    assert await unmatched.violations() == {}


@pytest.mark.parametrize(
    ("by_hand", "named"),
    [
        ("UPDATE task SET closed_at = now() WHERE subject = 'IN-1'", ("IN-1", 100, 0)),
        ("UPDATE task SET owner = 'agent' WHERE subject = 'IN-1'", ("IN-1", 100, 0)),
        ("UPDATE task SET closed_at = NULL WHERE subject = 'IN/2'", ("IN/2", 0, 101)),
        ("UPDATE task SET closed_at = NULL WHERE subject = 'IN-3'", ("IN-3", 0, 102)),
        ("UPDATE task SET closed_at = NULL WHERE subject = 'IN-4'", ("IN-4", 0, 103)),
        ("UPDATE bank_transfer SET amount = 99 WHERE reference = 'IN-1'", ("IN-1", 100, 99)),
    ],
)
async def test_a_transfer_whose_task_does_not_say_what_the_ledger_has_is_named(
    unmatched: Any, by_hand: str, named: tuple[str, int, int]
) -> None:
    transfer, ledger, tasks = named
    assert await unmatched.violations_after(by_hand) == {
        "M2-unmatched": [
            {"transfer": transfer, "currency": "USD", "ledger": ledger, "tasks": tasks}
        ]
    }


async def test_a_withdrawn_transfer_is_none_of_its_order_and_the_books_have_it_both_ways(
    unmatched: Any,
) -> None:
    order, money = unmatched.fresh, {"amount": 105, "currency": "USD"}
    await act(unmatched, ActKind.TRANSFER_REGISTER, "IN-5", **money, order=order)
    await act(unmatched, ActKind.TRANSFER_WITHDRAW, "IN-5", order=order)
    await act(unmatched, ActKind.TRANSFER_WITHDRAW, "IN/2", order=order)
    await act(unmatched, ActKind.TRANSFER_WITHDRAW, "IN-1")
    assert await unmatched.violations() == {}
    stands = "UPDATE bank_transfer SET withdrawn_at = NULL WHERE reference = 'IN-5'"
    assert await unmatched.violations_after(stands) == {
        "M2-bank": [{"order": order, "transfers": 105, "ledger": 0}]
    }
