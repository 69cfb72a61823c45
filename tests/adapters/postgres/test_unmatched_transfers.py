"""Money that came in and is about no order: it goes back, or is kept; once, and by two for much."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest
import pytest_asyncio

from adapters.postgres.back_office import PostgresBackOffice
from adapters.postgres.settlements import PostgresSettlements
from domain.access import Principal, Role
from domain.acts import ActKind
from domain.errors import Forbidden, NotFound, StepRefused
from domain.settlement import Line, LineKind, PartyKind, Settlement
from ports.settlements import Reconciled

FIN = Principal("fin", frozenset({Role.FINANCE}))
SUE = Principal("sue", frozenset({Role.SUPERVISOR}))
SEND_BACK, WRITE_OFF = ActKind.TRANSFER_SEND_BACK, ActKind.TRANSFER_WRITE_OFF


class Desk:
    def __init__(self, engine: Any, run_sql: Any) -> None:
        self.office, self.sql = PostgresBackOffice(engine), run_sql
        self.settlements = PostgresSettlements(engine)
        self._keys = 0

    async def act(self, kind: ActKind, subject: str, by: Principal = FIN, **body: Any) -> Any:
        self._keys += 1
        return await self.office.act(by, f"k{self._keys}", kind, subject, body, "as agreed")

    async def came_in(self, reference: str, amount: int) -> None:
        money = {"amount": amount, "currency": "EUR"}
        await self.act(ActKind.TRANSFER_REGISTER, reference, **money)

    async def balances(self) -> dict[str, int]:
        found = await self.sql(
            "SELECT account, sum(amount)::int FROM ledger_entry GROUP BY 1 HAVING sum(amount) <> 0"
        )
        return dict(found)

    async def tasks(self) -> list[str]:
        found = await self.sql("SELECT id FROM task WHERE closed_at IS NULL ORDER BY id")
        return [row[0] for row in found]


@pytest_asyncio.fixture
async def desk(engine: Any, run_sql: Any) -> Desk:
    return Desk(engine, run_sql)


async def test_what_was_sent_back_is_gone_and_the_statement_confirms_both_ways(desk: Desk) -> None:
    await desk.came_in("IN/1", 4_000)
    answer = await desk.act(SEND_BACK, "IN/1", reference="OUT/1")
    assert (answer.result, answer.approval) == ({"sent_back": 4_000}, "")
    assert await desk.balances() == {}
    assert await desk.tasks() == []
    at = datetime.now(UTC)
    lines = (
        Line(1, LineKind.CHARGE, "IN/1", 4_000, 0, at),
        Line(2, LineKind.REFUND, "OUT/1", -4_000, 0, at),
    )
    statement = Settlement(PartyKind.BANK, "first-bank", "2026-11", "EUR", lines)
    await desk.settlements.take_in(statement, "file.csv", "sha")
    assert await desk.settlements.match_open() == Reconciled(matched=2)
    assert await desk.balances() == {}


async def test_what_nobody_asks_for_is_kept(desk: Desk) -> None:
    await desk.came_in("IN-1", 4_000)
    assert (await desk.act(WRITE_OFF, "IN-1")).result == {"written_off": 4_000}
    assert await desk.balances() == {"bank": 4_000, "written_off": -4_000}
    assert await desk.tasks() == []


@pytest.mark.parametrize(("kind", "body"), [(SEND_BACK, {"reference": "OUT-1"}), (WRITE_OFF, {})])
async def test_much_money_ends_with_a_second_person(desk: Desk, kind: ActKind, body: Any) -> None:
    await desk.came_in("IN-1", 5_001)
    asked = await desk.act(kind, "IN-1", **body)
    assert await desk.sql("SELECT why FROM approval") == [
        ("it ends a transfer of 50.01 EUR, more than 50.00 EUR",)
    ]
    assert await desk.balances() == {"bank": 5_001, "unmatched": -5_001}
    assert await desk.tasks() == ["transfer/IN-1"]
    with pytest.raises(Forbidden):
        await desk.act(ActKind.APPROVAL_APPROVE, asked.approval)
    await desk.act(ActKind.APPROVAL_APPROVE, asked.approval, by=SUE)
    assert "unmatched" not in await desk.balances()
    assert await desk.tasks() == []


async def test_a_transfer_ends_once_whoever_races(desk: Desk) -> None:
    await desk.came_in("IN-1", 4_000)
    done = await asyncio.gather(
        desk.act(SEND_BACK, "IN-1", reference="OUT-1"),
        desk.act(SEND_BACK, "IN-1", reference="OUT-2"),
        desk.act(WRITE_OFF, "IN-1"),
        return_exceptions=True,
    )
    assert sum(isinstance(each, NotFound) for each in done) == 2
    assert "unmatched" not in await desk.balances()
    assert await desk.sql("SELECT count(*)::int FROM ledger_entry WHERE account = 'unmatched'") == [
        (2,)
    ]
    for kind, body in ((SEND_BACK, {"reference": "OUT-9"}), (WRITE_OFF, {})):
        with pytest.raises(NotFound):
            await desk.act(kind, "IN-1", **body)


async def test_one_transfer_of_the_banks_goes_back_for_one_that_came_in(desk: Desk) -> None:
    await desk.came_in("IN-1", 2_000)
    await desk.came_in("IN-2", 2_000)
    await desk.act(SEND_BACK, "IN-1", reference="OUT-1")
    for known in ("OUT-1", "IN-1", "IN-2"):
        with pytest.raises(StepRefused, match="was registered before"):
            await desk.act(SEND_BACK, "IN-2", reference=known)
    assert await desk.balances() == {"bank": 2_000, "unmatched": -2_000}
    assert await desk.tasks() == ["transfer/IN-2"]


@pytest.mark.parametrize("reference", ["", "OUT-1", "x", "9" * 200])
async def test_what_does_not_stand_unmatched_does_not_end(desk: Desk, reference: str) -> None:
    await desk.came_in("IN-1", 4_000)
    await desk.act(SEND_BACK, "IN-1", reference="OUT-1")
    with pytest.raises(NotFound):
        await desk.act(WRITE_OFF, reference)


async def test_only_finance_and_supervisors_end_a_transfer(desk: Desk) -> None:
    await desk.came_in("IN-1", 4_000)
    for role in set(Role) - {Role.FINANCE, Role.SUPERVISOR}:
        somebody = Principal("x", frozenset({role}), "web")
        with pytest.raises(Forbidden):
            await desk.act(WRITE_OFF, "IN-1", by=somebody)
    assert await desk.tasks() == ["transfer/IN-1"]


async def test_the_task_of_a_transfer_ends_with_it_and_cannot_be_closed(desk: Desk) -> None:
    await desk.came_in("IN-1", 4_000)
    with pytest.raises(StepRefused, match=r"by transfer_assign, transfer_send_back, transfer_wri"):
        await desk.act(ActKind.TASK_CLOSE, "transfer/IN-1", by=SUE)
    assert await desk.tasks() == ["transfer/IN-1"]
