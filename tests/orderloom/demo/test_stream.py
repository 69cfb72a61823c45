"""A stream of baskets through a scripted system."""

import itertools

import pytest

from orderloom.demo.channel import Acknowledged
from orderloom.demo.files import Handed
from orderloom.demo.stories import Story
from orderloom.demo.stream import Look, Stream, Stuck, at_most_open

PLENTY = at_most_open(100)


class ScriptedSystem:
    """Acknowledges what is handed in, and moves every order on at each look."""

    def __init__(self, office, *statuses):
        self._office = office
        self._statuses = statuses
        self._fresh = {}
        self.batches = []
        self.refused = {}

    async def hand_in(self, baskets):
        self.batches.append([basket.reference for basket in baskets])
        for basket in baskets:
            number = f"N-{basket.place}"
            self._fresh[basket.reference] = Acknowledged(number, "http://t")

    def read_on(self):
        for view in self._office.views.values():
            place = self._statuses.index(view["status"])
            view["status"] = self._statuses[min(place + 1, len(self._statuses) - 1)]
        found, self._fresh = self._fresh, {}
        for answer in found.values():
            self._office.shows(answer.number, self._statuses[0])
        return found


def baskets(number, story=Story.STRAIGHT):
    return iter([Handed(n, story, 1, {"order": f"WEB-{n}"}) for n in range(number)])


def never():
    return False


async def run(office, system, given, pace=PLENTY, stopped=never):
    looks = []
    stream = Stream(system, system, office.people)
    await stream.run(given, pace, lambda look: looks.append((look.handed_in, look.final)), stopped)
    return looks


async def test_it_ends_when_every_order_has_ended(office):
    system = ScriptedSystem(office, "PROCESSING", "CLOSED")
    looks = await run(office, system, baskets(3))
    assert system.batches == [["WEB-0", "WEB-1", "WEB-2"]]
    assert looks == [(3, 0), (3, 0), (3, 3)]


async def test_no_more_orders_are_open_than_the_pace_allows(office):
    system = ScriptedSystem(office, "CLOSED")
    await run(office, system, baskets(5), pace=at_most_open(2))
    assert [len(batch) for batch in system.batches] == [2, 2, 1]


async def test_people_are_told_the_story_of_each_order(office):
    system = ScriptedSystem(office, "IN_REVIEW", "APPROVED", "CLOSED")
    await run(office, system, baskets(2, Story.HELD_APPROVED))
    assert office.deeds() == [("agent", "orderApprove"), ("agent", "orderApprove")]


async def test_it_ends_when_it_is_stopped(office):
    system = ScriptedSystem(office, "PROCESSING")
    looks = itertools.count()
    await run(office, system, baskets(2), stopped=lambda: next(looks) == 2)
    assert len(office.views) == 2


def test_a_look_counts_what_is_open():
    look = Look(unanswered=2)
    look.counts.update(PROCESSING=3, COMPLETED=1, CLOSED=5, REJECTED=1)
    assert (look.open, look.final, look.delivered) == (6, 6, 6)


async def test_orders_that_do_not_move_are_named(office):
    system = ScriptedSystem(office, "PROCESSING")
    office.shows("N-7", "PROCESSING", process={"doing": "It waits."})
    stream = Stream(system, system, office.people, stuck_seconds=0.5)
    with pytest.raises(Stuck, match=r"(?s)Nothing has moved.*N-7  PROCESSING: It waits\."):
        await stream.run(iter(()), at_most_open(1), lambda _: None, never)
