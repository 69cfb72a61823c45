"""`orderloom run`: the system at work, with a stream of real baskets, for people to look at."""

import asyncio
import itertools
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from orderloom.console import people_console
from orderloom.demo.cast import Cast, demo_files, gathered, load_all, prepared
from orderloom.demo.files import DemoFiles, Handed
from orderloom.demo.stack import running_stack
from orderloom.demo.stream import Look, Stuck
from orderloom.demo.world import LIFELIKE, furnish
from orderloom.graphql_client import Unavailable, token_for
from orderloom.home import Home
from orderloom.roles import Role
from orderloom.settings import Settings
from orderloom.supervisor.stop_request import StopRequest

BASKETS = 1_200  # then they begin again, as orders of the next round
SEED = 20_261_122
ORDERS_PER_SECOND = 0.5  # modest: the machine stays free for whoever looks
FIRST_AT_ONCE = 6
OPEN_MAX = 200  # counted without those whose return window is open
TRACKING_PAGES_SHOWN = 3
PLAIN_LINE_SECONDS = 30.0  # between tables, where there is no terminal
LOOK_SECONDS = 1.0

STATUSES = {  # with the style of its bar
    "RECEIVED": "dim",
    "IN_REVIEW": "yellow",
    "APPROVED": "cyan",
    "PROCESSING": "blue",
    "COMPLETED": "green",
    "CLOSED": "dim green",
    "REJECTED": "red",
    "CANCELED": "red",
    "EXPIRED": "red",
}
BAR_WIDTH = 40
WAITING = "{ tasks(first: 100) { nodes { id } } }"


def run_live(home: Home, stop: StopRequest, *, port: int | None) -> None:
    """Until `stop` is requested."""
    begun = time.monotonic()
    console = people_console()
    furnish(home, LIFELIKE)
    files = demo_files(home)
    with (
        prepared(files, baskets=BASKETS, seed=SEED) as files_are_new,
        running_stack(home, stop, port=port) as settings,
    ):
        if files_are_new():
            load_all(files.csv_files(), settings, console.print)
        asyncio.run(_Show(home, settings, files, stop, console, begun).play())


class _Show:
    def __init__(
        self,
        home: Home,
        settings: Settings,
        files: DemoFiles,
        stop: StopRequest,
        console: Console,
        begun: float,
    ) -> None:
        self._home, self._settings, self._files = home, settings, files
        self._stop, self._console, self._begun = stop, console, begun
        self._look = Look()
        self._tasks = 0
        self._delivered_before = 0
        self._fed_from = time.monotonic()
        self._said_at = 0.0

    async def play(self) -> None:
        self._announce()
        async with gathered(self._home, self._settings, self._files) as cast:
            start = await cast.channel.handed_in()
            self._delivered_before = (await cast.stream().look_once()).delivered
            self._fed_from = time.monotonic()
            stream = self._rounds(start)
            with Live(
                get_renderable=self._render,
                console=self._console,
                refresh_per_second=2,
                transient=True,
            ):
                await self._keep_going(cast, stream)

    async def _keep_going(self, cast: Cast, baskets: Iterator[Handed]) -> None:
        stream, known = cast.stream(), len(cast.answers.numbers)
        async with asyncio.TaskGroup() as group:
            counting = group.create_task(self._count_tasks(cast))
            awaiting = group.create_task(self._await_first_delivered(cast, known))
            while not self._stop.requested:
                try:
                    await stream.run(
                        baskets, self._pace, self._on_look, lambda: self._stop.requested
                    )
                except Stuck as stuck:
                    self._console.print(str(stuck))
            counting.cancel()
            awaiting.cancel()

    def _pace(self, look: Look) -> int:
        """So many a second since the start, but no more than the system can hold open."""
        due = FIRST_AT_ONCE + int((time.monotonic() - self._fed_from) * ORDERS_PER_SECOND)
        waiting_for_nothing = look.counts["COMPLETED"]
        return min(due - look.handed_in, OPEN_MAX - look.open + waiting_for_nothing)

    def _rounds(self, start: int) -> Iterator[Handed]:
        """Every basket, again and again; after the first round under further references."""
        for number in itertools.count(start // BASKETS):
            first = start % BASKETS if number == start // BASKETS else 0
            for basket in self._files.baskets(first):
                if number == 0:
                    yield basket
                    continue
                body = {**basket.body, "order": f"{basket.reference}-{number + 1}"}
                yield replace(basket, body=body)
            load_all([self._files.stock_file], self._settings, self._console.print, strict=False)

    def _on_look(self, look: Look) -> None:
        self._look = look
        if not self._console.is_terminal and time.monotonic() > self._said_at:
            self._said_at = time.monotonic() + PLAIN_LINE_SECONDS
            self._console.print(self._render())

    async def _count_tasks(self, cast: Cast) -> None:
        while True:
            with suppress(Unavailable):  # the looks say so
                found = await cast.people.staff.supervisor.ask(WAITING)
                self._tasks = len(found["tasks"]["nodes"])
            await asyncio.sleep(LOOK_SECONDS)

    async def _await_first_delivered(self, cast: Cast, known: int) -> None:
        """Of the orders of this run: those that were answered after the `known` ones."""
        delivered: list[str] = []
        while not delivered:
            await asyncio.sleep(LOOK_SECONDS / 4)
            numbers = [answer.number for answer in cast.answers.numbers.values()]
            first = numbers[known : known + FIRST_AT_ONCE]
            with suppress(Unavailable):
                views = await cast.people.staff.agent.look_at(first, "status")
                delivered = [n for n, view in views.items() if view["status"] == "COMPLETED"]
        seconds = time.monotonic() - self._begun
        self._console.print(f"[bold]First order delivered {seconds:.1f} s after the start.[/]")
        for answer in list(cast.answers.numbers.values())[known:][:TRACKING_PAGES_SHOWN]:
            self._console.print(f"  Order {answer.number}  {answer.tracking_url}", soft_wrap=True)

    def _announce(self) -> None:
        settings, say = self._settings, self._console.print
        token = token_for(settings, "you", Role.AGENT, Role.WAREHOUSE, Role.SUPERVISOR)
        say(f"[bold]Running after {time.monotonic() - self._begun:.1f} s.[/] Ctrl-C stops it.")
        say(f"  GraphQL      {settings.public_url}/graphql", soft_wrap=True)
        say(f"  Temporal UI  {settings.temporal_ui_url}", soft_wrap=True)
        say(f"  Staff token  {token}", soft_wrap=True)

    def _render(self) -> Group:
        table = Table("Orders", "", "", box=None, header_style="bold")
        table.columns[1].justify = "right"
        widest = max([*self._look.counts.values(), BAR_WIDTH])
        for status, style in STATUSES.items():
            count = self._look.counts[status]
            bar = "█" * -(-count * BAR_WIDTH // widest)
            table.add_row(status.replace("_", " ").lower(), f"{count:,}", Text(bar, style))
        words = f"{self._rate():.2f} orders/s delivered, {self._tasks} tasks in the queue of staff"
        note = "" if self._look.available else "\nThe system does not answer at the moment."
        return Group(table, Text(words + note))

    def _rate(self) -> float:
        """Orders delivered in each second since the stream began."""
        seconds = time.monotonic() - self._fed_from
        return (self._look.delivered - self._delivered_before) / max(seconds, 1)
