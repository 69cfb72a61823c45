"""The outgoing queue: everything is sent, with retry, until the other side has answered for good.

A message is open from the journal line that caused it to the line that ends it, so a restart finds
exactly the open ones again. What the answer means is the destination's business.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from simulators.kit.journal import Journal
from simulators.kit.poster import NoAnswer, NobodyThere, Poster, Reply
from simulators.kit.weather import Settings, Weather
from simulators.kit.wire import Json, dumps

BACKOFF_FIRST_SECONDS = 0.05
BACKOFF_MAX_SECONDS = 2.0
PACE_CATCH_UP_SECONDS = 0.05  # a late timer may make up for this much


@dataclass(slots=True)
class Message:
    id: str
    kind: str  # what `silent_on` names
    body: Json
    attempts: int = 0


@dataclass(frozen=True, slots=True)
class Ending:
    """The journal line that ends a message: its kind and what else it says."""

    kind: str
    facts: Json


class Destination(Protocol):
    def url(self, message: Message) -> str: ...

    def headers(self, message: Message, body: str) -> dict[str, str]: ...

    def ending(self, message: Message, reply: Reply) -> Ending | None:
        """None: not accepted, try again."""


class Outbox:
    def __init__(
        self,
        journal: Journal,
        weather: Weather[Any],
        destination: Destination,
        end: Callable[[Message, Ending], None],
    ) -> None:
        self._journal = journal
        self._weather = weather
        self._destination = destination
        self._end = end
        self._open: dict[str, Message] = {}
        self._ready: deque[Message] = deque()
        self._withheld: list[Message] = []
        self._sending: set[asyncio.Task[None]] = set()
        self._poster = Poster()
        self._started = False
        self._hold_until = 0.0  # nothing is sent before: the other side is away
        self._hold_seconds = 0.0
        self._pace_until = 0.0  # nothing is sent before: `rate`
        self._wake: asyncio.TimerHandle | None = None

    def __len__(self) -> int:
        return len(self._open)

    def add(self, message: Message) -> None:
        self._open[message.id] = message
        if not self._started:
            return  # still reading the journal: start() sends what remains open
        settings = self._settings
        if self._weather.strikes(settings.reorder):
            self._later(message, self._weather.chance.uniform(0, settings.reorder_seconds))
        else:
            self._make_ready(message)

    def remove(self, message_id: str) -> None:
        self._open.pop(message_id, None)

    def start(self) -> None:
        self._started = True
        self._ready.extend(self._open.values())
        self._pump()

    def settings_changed(self) -> None:
        """What was withheld gets its turn; it is withheld again if it still must be."""
        self._ready.extend(self._withheld)
        self._withheld.clear()
        self._pump()

    async def close(self) -> None:
        self._started = False
        for task in self._sending:
            task.cancel()
        await asyncio.gather(*self._sending, return_exceptions=True)
        self._poster.close()

    @property
    def _settings(self) -> Settings:
        settings: Settings = self._weather.settings
        return settings

    def _make_ready(self, message: Message) -> None:
        self._ready.append(message)
        self._pump()

    def _later(self, message: Message, seconds: float) -> None:
        asyncio.get_running_loop().call_later(seconds, self._make_ready, message)

    def _pump(self) -> None:
        """Starts as many deliveries as concurrency, rate and the other side's health allow."""
        loop = asyncio.get_running_loop()
        while self._started and self._ready and len(self._sending) < self._settings.concurrency:
            wait = max(self._hold_until, self._pace_until) - loop.time()
            if wait > 0:
                self._pump_in(wait)
                return
            message = self._ready.popleft()
            if message.kind in self._settings.silent_on:
                self._withheld.append(message)
                continue
            self._pace(loop.time())
            task = loop.create_task(self._deliver(message))
            self._sending.add(task)
            task.add_done_callback(self._landed)

    def _pump_in(self, seconds: float) -> None:
        if self._wake:
            self._wake.cancel()
        self._wake = asyncio.get_running_loop().call_later(seconds, self._pump)

    def _pace(self, time: float) -> None:
        if rate := self._settings.rate:
            self._pace_until = max(self._pace_until, time - PACE_CATCH_UP_SECONDS) + 1 / rate

    def _landed(self, task: asyncio.Task[None]) -> None:
        self._sending.discard(task)
        if not task.cancelled():
            task.result()  # a programming error is to be heard of
            self._pump()

    async def _deliver(self, message: Message) -> None:
        await self._journal.synced()
        message.attempts += 1
        if self._weather.strikes(self._settings.duplicate):
            reply, _ = await asyncio.gather(self._post(message), self._post(message))
        else:
            reply = await self._post(message)
        ending = self._destination.ending(message, reply) if reply else None
        if ending:
            self._end(message, ending)
            return
        wait = min(BACKOFF_MAX_SECONDS, BACKOFF_FIRST_SECONDS * 2 ** min(message.attempts, 10))
        self._later(message, wait * self._weather.chance.uniform(0.5, 1))

    async def _post(self, message: Message) -> Reply | None:
        """None: no answer, which says nothing about whether it arrived."""
        body = dumps(message.body)
        headers = self._destination.headers(message, body)
        try:
            reply = await self._poster.post(self._destination.url(message), headers, body.encode())
        except NobodyThere:
            self._hold()
            return None
        except NoAnswer:
            return None
        self._hold_seconds = 0.0
        return reply

    def _hold(self) -> None:
        """Nobody is there: knock ever more rarely with everything, not once per message."""
        time = asyncio.get_running_loop().time()
        if time < self._hold_until:
            return  # another delivery of the same volley has found out already
        grown = max(BACKOFF_FIRST_SECONDS, self._hold_seconds * 2)
        self._hold_seconds = min(BACKOFF_MAX_SECONDS, grown)
        self._hold_until = time + self._hold_seconds * self._weather.chance.uniform(0.5, 1)
