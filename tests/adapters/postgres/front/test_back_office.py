"""Acts of staff: one transaction, one trace; the same key and body the same answer."""

import asyncio
from typing import Any

import pytest
import pytest_asyncio

from adapters.postgres.tasks import NewTask, raise_task
from domain.access import Role
from domain.acts import ActKind
from domain.errors import Forbidden, KeyConflict, Malformed, NotFound, StepRefused

TASK = NewTask("count/TEA", "count", "TEA", "the shelf looks empty", Role.WAREHOUSE)


@pytest_asyncio.fixture
async def task(shop: Any) -> str:
    async with shop.engine.begin() as connection:
        assert await raise_task(connection, TASK)
    return TASK.id


async def close(shop: Any, task: str, key: str = "k", by: Any = None, reason: str = "done") -> Any:
    person = by or shop.warehouse
    return await shop.office.act(person, key, ActKind.TASK_CLOSE, task, {}, reason)


async def open_tasks(shop: Any) -> list[str]:
    return [each.id for each in (await shop.reads.tasks(shop.agent, "", 10, None)).items]


async def test_a_task_stands_in_the_queue_of_its_owner_until_it_is_closed(
    shop: Any, task: str
) -> None:
    page = await shop.reads.tasks(shop.warehouse, "warehouse", 10, None)
    assert [(t.id, t.subject, t.order, t.reason, t.level) for t in page.items] == [
        (task, "TEA", "", "the shelf looks empty", 0)
    ]
    assert (await shop.reads.tasks(shop.warehouse, "finance", 10, None)).items == []
    await close(shop, task)
    assert await open_tasks(shop) == []
    assert await shop.rows("SELECT closed_by, closed_why FROM task") == [("will", "done")]
    assert await shop.rows("SELECT principal, act, subject, reason, outcome FROM audit") == [
        ("will", "task_close", task, "done", "DONE")
    ]


async def test_a_task_is_raised_once_whether_or_not_it_is_closed(shop: Any, task: str) -> None:
    await close(shop, task)
    async with shop.engine.begin() as connection:
        assert not await raise_task(connection, TASK)
    assert await open_tasks(shop) == []


async def test_the_same_act_twice_is_one_act(shop: Any, task: str) -> None:
    answers = await asyncio.gather(*(close(shop, task) for _ in range(5)))
    assert [(a.result, a.approval) for a in answers] == [({}, "")] * 5
    assert await shop.count("audit") == 1


async def test_a_key_with_another_content_is_refused(shop: Any, task: str) -> None:
    await close(shop, task)
    with pytest.raises(KeyConflict):
        await close(shop, task, reason="done twice")
    assert await shop.count("audit") == 1


async def test_a_mistake_leaves_no_trace_and_may_be_corrected(shop: Any, task: str) -> None:
    with pytest.raises(NotFound, match="no open task count/COFFEE"):
        await close(shop, "count/COFFEE")
    assert await shop.count("command") == await shop.count("audit") == 0
    await close(shop, task)
    assert await open_tasks(shop) == []


async def test_nobody_but_staff_acts_and_not_without_a_reason(shop: Any, task: str) -> None:
    for outsider in (shop.web, shop.developer, shop.customer("O")):
        with pytest.raises(Forbidden):
            await close(shop, task, by=outsider)
    with pytest.raises(StepRefused, match="task close needs a reason"):
        await close(shop, task, reason="  ")
    assert await open_tasks(shop) == [task]
    assert await shop.count("audit") == 0


async def test_what_an_act_does_not_ask_is_refused_by_its_name(shop: Any, task: str) -> None:
    with pytest.raises(Malformed, match="task_close has no 'colour'"):
        await shop.office.act(
            shop.warehouse, "k", ActKind.TASK_CLOSE, task, {"colour": "red"}, "done"
        )
    assert await open_tasks(shop) == [task]


@pytest.mark.parametrize("approval", ["1", "", "x", "9" * 30, "-1"])
async def test_an_approval_that_is_not_there_is_not_found(shop: Any, approval: str) -> None:
    with pytest.raises(NotFound):
        await shop.office.act(shop.supervisor, "k", ActKind.APPROVAL_APPROVE, approval, {})
    assert await shop.count("audit") == 0


async def test_a_task_is_closed_by_whose_it_is_or_by_a_supervisor(shop: Any, task: str) -> None:
    with pytest.raises(Forbidden, match="supervisor or warehouse"):
        await close(shop, task, by=shop.agent)
    assert await open_tasks(shop) == [task]
    await close(shop, task, by=shop.supervisor)
    assert await open_tasks(shop) == []
