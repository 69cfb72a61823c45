"""Many watchers of one order cost one query per second, and nobody sees less than is known."""

import asyncio
from dataclasses import replace

import pytest

from ports.desk import DeskUnavailable, NoSuchProcess
from tests.api import scenes


@pytest.fixture
def detail(office):
    found = scenes.processing()
    office.desk.answer = scenes.process(found.view)
    return found


async def test_the_workflow_answers_live(office, detail):
    assert await office.books.processes.of(detail) == office.desk.answer
    assert office.desk.answer.live


async def test_a_hundred_watchers_at_once_ask_once(office, detail):
    of = office.books.processes.of
    answers = await asyncio.gather(*(of(detail) for _ in range(100)))
    assert {answer.seq for answer in answers} == {detail.last_known.seq}
    assert office.desk.queries == 1


async def test_within_a_second_the_answer_is_remembered_and_then_asked_anew(office, detail):
    await office.books.processes.of(detail)
    office.monotonic.seconds += 0.9
    await office.books.processes.of(detail)
    assert office.desk.queries == 1
    office.monotonic.seconds += 0.2
    await office.books.processes.of(detail)
    assert office.desk.queries == 2


@pytest.mark.parametrize("down", [DeskUnavailable("slow"), NoSuchProcess("none")])
async def test_when_nobody_answers_the_last_known_is_marked(office, detail, down):
    office.desk.down = down
    answer = await office.books.processes.of(detail)
    assert answer == replace(detail.last_known, live=False)


async def test_an_outage_costs_one_query_a_second_too(office, detail):
    office.desk.down = DeskUnavailable("slow")
    for _ in range(5):
        assert not (await office.books.processes.of(detail)).live
    assert office.desk.queries == 1


async def test_a_remembered_answer_never_hides_what_the_books_know_since(office, detail):
    older = scenes.confirming()
    office.desk.answer = scenes.process(older.view)
    await office.books.processes.of(older)
    answer = await office.books.processes.of(detail)
    assert answer == replace(detail.last_known, live=True)
    assert office.desk.queries == 1


async def test_orders_do_not_share_answers(office, detail):
    await office.books.processes.of(detail)
    other = replace(detail, summary=replace(detail.summary, number="OTHER"))
    await office.books.processes.of(other)
    assert office.desk.queries == 2


async def test_a_watcher_who_leaves_does_not_take_the_answer_along(office, detail):
    of = office.books.processes.of
    leaving = asyncio.create_task(of(detail))
    staying = asyncio.create_task(of(detail))
    await asyncio.sleep(0)
    leaving.cancel()
    assert (await staying).live
    assert office.desk.queries == 1
