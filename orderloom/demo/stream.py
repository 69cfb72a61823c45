"""A stream of baskets through the system, and the people who handle it, look by look."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice

from orderloom.demo.channel import Answers, Channel
from orderloom.demo.files import Handed
from orderloom.demo.people import FINAL, People
from orderloom.demo.stories import Story
from orderloom.graphql_client import Unavailable

LOOK_SECONDS = 0.4
STUCK_SECONDS = 90.0  # nothing moves for so long: longer than any deadline of a demo's process

COUNTS = "{ orderCounts { status orders } }"
NOT_FINAL = ("RECEIVED", "IN_REVIEW", "APPROVED", "PROCESSING", "COMPLETED")
STRAGGLERS_SHOWN = 10


class Stuck(Exception):  # the demo's own finding
    """Nothing has moved for a long time; the message names who did not come to an end."""


@dataclass
class Look:
    """What the system said at one look. `counts` by status, over all orders that it has."""

    counts: Counter[str] = field(default_factory=Counter)
    handed_in: int = 0
    unanswered: int = 0  # handed in, not yet acknowledged or refused
    available: bool = True

    @property
    def final(self) -> int:
        return sum(number for status, number in self.counts.items() if status in FINAL)

    @property
    def open(self) -> int:
        return self.counts.total() - self.final + self.unanswered

    @property
    def delivered(self) -> int:
        """Whose goods have all arrived."""
        return self.counts["COMPLETED"] + self.counts["CLOSED"]


OnLook = Callable[[Look], None]
Pace = Callable[[Look], int]  # how many baskets may be handed in now


def at_most_open(limit: int) -> Pace:
    """As many as keep `limit` orders open: a closed loop, which measures and never floods."""
    return lambda look: limit - look.open


class Stream:
    def __init__(
        self,
        channel: Channel,
        answers: Answers,
        people: People,
        stuck_seconds: float = STUCK_SECONDS,
    ) -> None:
        self.look = Look()
        self._channel, self._answers, self._people = channel, answers, people
        self._stuck_seconds = stuck_seconds
        self._stories: dict[str, Story] = {}
        self._answered = 0
        self._moved_at = time.monotonic()

    async def run(
        self, baskets: Iterator[Handed], pace: Pace, on_look: OnLook, stopped: Callable[[], bool]
    ) -> None:
        """Until every basket is handed in and every order has ended, or `stopped`. A system that
        does not answer for a while is asked again. Raises `Stuck`.
        """
        self._moved_at = time.monotonic()
        last = False
        while not stopped():
            await self._look()
            if last and not self.look.open and not self._people.busy:
                on_look(self.look)
                return
            last = last or await self._hand_in(baskets, pace)
            on_look(self.look)
            await self._let_people_work()
            still = time.monotonic() - self._moved_at
            if still > self._stuck_seconds:
                raise Stuck(f"Nothing has moved for {still:.0f} s. {await self._why()}")
            await asyncio.sleep(LOOK_SECONDS)

    async def look_once(self) -> Look:
        await self._look()
        return self.look

    async def _look(self) -> None:
        for reference, answer in self._answers.read_on().items():
            if reference in self._stories:
                self._answered += 1
                if answer is not None:
                    self._people.take_on(answer.number, self._stories[reference])
        try:
            found = await self._people.staff.agent.ask(COUNTS)
        except Unavailable:
            self.look.available = False
            return
        counts = Counter({each["status"]: each["orders"] for each in found["orderCounts"]})
        if counts != self.look.counts:
            self._moved_at = time.monotonic()
        self.look = Look(counts, len(self._stories), len(self._stories) - self._answered)

    async def _hand_in(self, baskets: Iterator[Handed], pace: Pace) -> bool:
        """Whether that was the last one."""
        room = pace(self.look) if self.look.available else 0
        now = list(islice(baskets, max(0, room)))
        if now:
            self._stories |= {basket.reference: basket.story for basket in now}
            self.look.handed_in += len(now)
            self.look.unanswered += len(now)
            await self._channel.hand_in(now)
        return len(now) < room

    async def _let_people_work(self) -> None:
        try:
            await self._people.work()
            await self._people.clear_review()
        except Unavailable:
            self.look.available = False

    async def _why(self) -> str:
        try:
            lines = await self._stragglers()
        except Unavailable as unavailable:
            return f"The API does not answer: {unavailable}"
        return "\n".join(["Orders that have not ended:", *lines])

    async def _stragglers(self) -> list[str]:
        found = []
        for status in NOT_FINAL:
            wanted = f'(filter: {{status: "{status}"}}, first: {STRAGGLERS_SHOWN})'
            listed = await self._people.staff.agent.ask(
                f"{{ orders{wanted} {{ nodes {{ number }} }} }}"
            )
            found += [node["number"] for node in listed["orders"]["nodes"]]
        views = await self._people.staff.agent.look_at(
            found[:STRAGGLERS_SHOWN], "status process { doing }"
        )
        return [
            f"  {number}  {view['status']}: {view['process']['doing']}"
            for number, view in views.items()
        ]
