"""What the relay does with what is due, and with whoever does not answer."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from domain.commands import Command, CommandKind
from domain.errors import StepRefused
from domain.facts import Fact, FactKind
from orderloom.relay import relaying
from orderloom.relaying.commands import CommandSweeper
from orderloom.relaying.facts import FactRelay
from orderloom.relaying.loop import keep_relaying
from orderloom.relaying.news import publish_to_log
from orderloom.relaying.outbox import OutboxRelay
from orderloom.relaying.starts import ProcessStarter
from ports.desk import DeskUnavailable, NoSuchProcess
from ports.front_office import AcceptedCommand, OutboxEvent, StoredFact

AWAY = DeskUnavailable("the engine is away")
NOBODY = NoSuchProcess("nobody of that name")


class Desk:
    """Answers what `answers` says for a subject, and remembers who was asked what."""

    def __init__(self, **answers: Exception) -> None:
        self.answers = answers
        self.heard: list[tuple[str, str]] = []

    async def _hear(self, what: str, subject: str) -> None:
        self.heard.append((what, subject))
        if subject in self.answers:
            raise self.answers[subject]

    async def start_order(self, order: str, channel: str) -> None:
        await self._hear(f"order of {channel}", order)

    async def start_return(self, rma: str) -> None:
        await self._hear("return", rma)

    async def tell(self, order: str, fact: Fact) -> None:
        await self._hear(f"tell {fact.id}", order)

    async def command(self, subject: str, command: Command) -> None:
        await self._hear(f"command {command.id}", subject)


class Book:
    """Any of the books: hands out what it was given once, and remembers the rest; of the outbox,
    only what was asked for.
    """

    def __init__(self, *due: Any) -> None:
        self.due = list(due)
        self.said: list[tuple[Any, ...]] = []

    def _hand_out(self) -> Any:
        due, self.due = self.due, []
        return due

    async def claim(self, limit: int, *, starts: bool) -> Any:
        due = self._hand_out()
        self.due = [event for event in due if event.kind.endswith(".start") is not starts]
        return [event for event in due if event.kind.endswith(".start") is starts]

    async def untold(self, limit: int) -> Any:
        return self._hand_out()

    async def undelivered(self, limit: int) -> Any:
        return self._hand_out()

    def __getattr__(self, name: str) -> Callable[..., Awaitable[None]]:
        async def remember(*said: Any) -> None:
            self.said.append((name, *said))

        return remember


def event(number: int, kind: str, subject: str) -> OutboxEvent:
    return OutboxEvent(number, f"e{number}", kind, subject, {"channel": "web"}, 0)


def stored(order: str, number: int = 1) -> StoredFact:
    fact = Fact(f"w:{number}", FactKind.ACCEPTED, "F", datetime(2026, 1, 1, tzinfo=UTC))
    return StoredFact(fact, order, repeated=False, signal=True)


def accepted(subject: str) -> AcceptedCommand:
    return AcceptedCommand(Command(f"cmd-{subject}", CommandKind.CANCEL, "ana"), subject)


async def publish(event: OutboxEvent) -> None:
    if event.subject == "BROKEN":
        raise OSError("connection refused")


def starts(queue: Book, desk: Desk) -> OutboxRelay:
    return OutboxRelay(queue, ProcessStarter(desk).start, starts=True)


def news(queue: Book) -> OutboxRelay:
    return OutboxRelay(queue, publish, starts=False)


async def test_starts_go_to_the_desk_and_other_events_are_left_alone() -> None:
    shipped = event(3, "parcel.shipped", "O")
    queue = Book(event(1, "order.start", "O"), event(2, "return.start", "R"), shipped)
    desk = Desk()
    assert await starts(queue, desk).batch() is False
    assert desk.heard == [("order of web", "O"), ("return", "R")]
    assert sorted(queue.said) == [("delivered", 1), ("delivered", 2)]
    assert queue.due == [shipped]


async def test_news_are_published_and_starts_are_left_alone() -> None:
    start = event(1, "order.start", "BROKEN")
    queue = Book(start, event(2, "parcel.shipped", "O"))
    assert await news(queue).batch() is False
    assert queue.said == [("delivered", 2)]
    assert queue.due == [start]


async def test_a_kind_that_starts_no_process_is_not_started_as_another_one() -> None:
    desk = Desk()
    with pytest.raises(ValueError, match=r"no process is started by parcel\.shipped"):
        await ProcessStarter(desk).start(event(1, "parcel.shipped", "O"))
    assert desk.heard == []


async def test_a_start_during_an_outage_is_postponed_and_not_counted() -> None:
    queue = Book(event(1, "order.start", "O"), event(2, "order.start", "P"))
    with pytest.raises(DeskUnavailable):
        await starts(queue, Desk(O=AWAY)).batch()
    assert sorted(queue.said) == [("delivered", 2), ("postponed", 1)]


async def test_an_event_that_cannot_be_published_has_failed_and_the_others_go_on() -> None:
    queue = Book(event(1, "parcel.shipped", "BROKEN"), event(2, "parcel.shipped", "O"))
    await news(queue).batch()
    assert sorted(queue.said) == [
        ("delivered", 2),
        ("failed", 1, "OSError('connection refused')"),
    ]


async def test_a_full_batch_of_events_asks_for_more_at_once() -> None:
    queue = Book(*(event(n, "order.start", f"O{n}") for n in range(50)))
    assert await starts(queue, Desk()).batch() is True


async def test_facts_are_told_and_noted_as_told() -> None:
    inbox, desk = Book(stored("O", 1), stored("P", 2)), Desk()
    await FactRelay(inbox, desk).batch()
    assert desk.heard == [("tell w:1", "O"), ("tell w:2", "P")]
    assert inbox.said == [("told", ["w:1", "w:2"])]


async def test_a_fact_that_nobody_takes_is_given_back() -> None:
    inbox = Book(stored("O", 1), stored("P", 2))
    await FactRelay(inbox, Desk(O=NOBODY)).batch()
    assert inbox.said == [("nobody_there", "w:1"), ("told", ["w:2"])]


async def test_a_fact_during_an_outage_is_not_noted_as_told() -> None:
    inbox = Book(stored("O", 1))
    with pytest.raises(DeskUnavailable):
        await FactRelay(inbox, Desk(O=AWAY)).batch()
    assert inbox.said == []


async def test_the_sweeper_delivers_and_leaves_the_outcome_to_the_process() -> None:
    book, desk = Book(accepted("O")), Desk()
    await CommandSweeper(book, desk).batch()
    assert desk.heard == [("command cmd-O", "O")]
    assert book.said == [("heard", "cmd-O")]


async def test_a_refusal_of_the_process_is_the_outcome_of_a_swept_command() -> None:
    book = Book(accepted("O"))
    await CommandSweeper(book, Desk(O=StepRefused("too late"))).batch()
    assert book.said == [("refuse", "cmd-O", "STEP_REFUSED", "too late")]


@pytest.mark.parametrize("answer", [AWAY, NOBODY])
async def test_a_command_that_could_not_be_delivered_has_no_outcome(answer: Exception) -> None:
    book = Book(accepted("O"), accepted("P"))
    desk = Desk(O=answer)
    if answer is AWAY:
        with pytest.raises(DeskUnavailable):
            await CommandSweeper(book, desk).batch()
    else:
        await CommandSweeper(book, desk).batch()
    assert desk.heard == [("command cmd-O", "O"), ("command cmd-P", "P")]
    assert book.said == [("heard", "cmd-P")]


async def test_a_loop_outlives_failures_and_stops_when_told() -> None:
    stopping, calls = asyncio.Event(), []

    async def batch() -> bool:
        calls.append(len(calls))
        if len(calls) == 1:
            raise OSError("the database is away")
        if len(calls) == 4:
            stopping.set()
        return len(calls) == 2

    await asyncio.wait_for(
        keep_relaying("test", batch, idle_seconds=0.01, stopping=stopping), timeout=2
    )
    assert len(calls) == 4


async def test_a_batch_under_way_is_finished_before_the_relay_ends() -> None:
    desk = Desk()
    started = asyncio.Event()

    async def slowly(order: str, _channel: str) -> None:
        started.set()
        await asyncio.sleep(0.1)
        desk.heard.append(("order", order))

    desk.start_order = slowly  # type: ignore[method-assign]
    queue = Book(event(1, "order.start", "O"))
    async with relaying(desk, queue, Book(), Book(), (), publish_to_log, grace_seconds=2):
        await asyncio.wait_for(started.wait(), 1)
    assert desk.heard == [("order", "O")]
    assert queue.said == [("delivered", 1)]


async def test_what_does_not_end_within_the_grace_is_cut_off_undelivered() -> None:
    desk = Desk()
    started = asyncio.Event()

    async def never(order: str, _channel: str) -> None:
        started.set()
        await asyncio.Event().wait()

    desk.start_order = never  # type: ignore[method-assign]
    queue = Book(event(1, "order.start", "O"))
    async with relaying(desk, queue, Book(), Book(), (), publish_to_log, grace_seconds=0.05):
        await asyncio.wait_for(started.wait(), 1)
    assert queue.said == []


async def test_a_subscriber_that_hangs_holds_no_order_up() -> None:
    desk = Desk()
    hanging, started = asyncio.Event(), asyncio.Event()

    async def start(order: str, _channel: str) -> None:
        desk.heard.append(("order", order))
        started.set()

    async def hang(_event: OutboxEvent) -> None:
        hanging.set()
        await asyncio.Event().wait()

    desk.start_order = start  # type: ignore[method-assign]
    queue = Book(event(1, "parcel.shipped", "O"))
    async with relaying(desk, queue, Book(), Book(), (), hang, grace_seconds=0.05):
        await asyncio.wait_for(hanging.wait(), 1)
        queue.due.append(event(2, "order.start", "P"))
        await asyncio.wait_for(started.wait(), 1)
    assert desk.heard == [("order", "P")]
    assert queue.said == [("delivered", 2)]  # and nothing of the hanging one: it is due again
