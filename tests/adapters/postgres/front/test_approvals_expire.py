"""An act that waits for a second person does so until its deadline: then nothing has happened, and
everybody sees it.
"""

import asyncio
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import text

from adapters.postgres.approvals import PostgresApprovalExpiry
from adapters.postgres.auditing.auditor import audit_books
from domain.acts import ActKind
from domain.errors import StepRefused

LATE = "UPDATE approval SET deadline = now() - interval '1 second' WHERE status = 'PENDING'"


@pytest_asyncio.fixture
async def asked(shop: Any) -> Any:
    await shop.run(
        "INSERT INTO stock (sku, location, on_hand, opening) VALUES ('TEA', 'BOS', 10, 10)"
    )
    assert (await count(shop, "k")).approval == "1"
    return shop


async def count(shop: Any, key: str) -> Any:
    body = {"location": "BOS", "counted": 500}
    return await shop.office.act(shop.warehouse, key, ActKind.STOCK_COUNT, "TEA", body, "seen")


async def decide(shop: Any, kind: ActKind, key: str = "d", by: Any = None) -> Any:
    return await shop.office.act(by or shop.supervisor, key, kind, "1", {}, "late")


async def on_hand(shop: Any) -> int:
    return (await shop.rows("SELECT on_hand FROM stock"))[0][0]


async def broken(shop: Any) -> dict[str, Any]:
    found = await audit_books(shop.engine, 60)
    return {each.id: each.violations for each in found if each.violations}


async def test_what_nobody_has_decided_in_time_expires_once_and_everybody_sees_it(
    asked: Any,
) -> None:
    sweepers = [PostgresApprovalExpiry(asked.engine) for _ in range(3)]
    assert await sweepers[0].expire(10) == 0
    await asked.run(LATE)
    assert sum(await asyncio.gather(*(each.expire(10) for each in sweepers))) == 1
    [approval] = (await asked.office.approvals(asked.agent, "EXPIRED", 9, None)).items
    assert (approval.id, approval.decided_by) == ("1", "system")
    assert approval.decided_at > approval.deadline
    assert (await asked.office.approvals(asked.agent, "PENDING", 9, None)).items == []
    assert (await asked.reads.tasks(asked.supervisor, "", 9, None)).items == []
    assert await on_hand(asked) == 10
    assert await asked.count("movement") == 0
    assert await asked.rows("SELECT principal, act, subject, outcome FROM audit ORDER BY id") == [
        ("will", "stock_count", "TEA", "DONE"), ("system", "approval_expire", "1", "DONE")
    ]  # fmt: skip
    assert await broken(asked) == {}


@pytest.mark.parametrize("swept", [False, True])
@pytest.mark.parametrize("kind", [ActKind.APPROVAL_APPROVE, ActKind.APPROVAL_DECLINE])
async def test_who_decides_too_late_is_told_so_and_nothing_happens(
    asked: Any, kind: ActKind, swept: bool
) -> None:
    await asked.run(LATE)
    if swept:
        assert await PostgresApprovalExpiry(asked.engine).expire(10) == 1
    with pytest.raises(StepRefused, match=r"approval 1 expired at .*: ask for it again"):
        await decide(asked, kind)
    assert await on_hand(asked) == 10
    await PostgresApprovalExpiry(asked.engine).expire(10)
    assert await asked.rows("SELECT status, decided_by FROM approval") == [("EXPIRED", "system")]
    assert await broken(asked) == {}


async def test_whoever_asked_may_ask_again(asked: Any) -> None:
    await asked.run(LATE)
    await PostgresApprovalExpiry(asked.engine).expire(10)
    assert (await count(asked, "k")).approval == "1"  # the same key has the same answer
    assert (await count(asked, "again")).approval == "2"
    await asked.office.act(asked.supervisor, "a", ActKind.APPROVAL_APPROVE, "2", {})
    assert await on_hand(asked) == 500
    assert await asked.rows("SELECT status FROM approval ORDER BY id") == [
        ("EXPIRED",), ("APPROVED",)
    ]  # fmt: skip
    assert await broken(asked) == {}


async def test_what_is_being_decided_does_not_expire_meanwhile(asked: Any) -> None:
    async with asked.engine.begin() as deciding:
        await deciding.execute(text("SELECT FROM approval FOR UPDATE"))
        await asked.run("SELECT 1")
        await deciding.execute(text(LATE))
        assert await PostgresApprovalExpiry(asked.engine).expire(10) == 0
    assert await PostgresApprovalExpiry(asked.engine).expire(10) == 1


async def test_a_few_at_a_time_expire_the_oldest_first(asked: Any) -> None:
    for n in range(3):
        await count(asked, f"k{n}")
    await asked.run(
        "UPDATE approval SET deadline = now() - interval '1 hour' - id * interval '1 s'"
    )
    sweeper = PostgresApprovalExpiry(asked.engine)
    assert await sweeper.expire(2) == 2
    assert await asked.rows("SELECT id FROM approval WHERE status = 'EXPIRED' ORDER BY id") == [
        (3,), (4,)
    ]  # fmt: skip
    assert await sweeper.expire(2) == 2
    assert await sweeper.expire(2) == 0
    assert await broken(asked) == {}


async def test_an_approval_that_waits_past_its_deadline_is_named_by_the_auditor(
    asked: Any,
) -> None:
    await asked.run("UPDATE approval SET deadline = now() - interval '61 seconds'")
    [violation] = (await broken(asked))["O2-approvals"]
    assert (violation["approval"], violation["why"]) == ("1", "still waits, past its deadline")
