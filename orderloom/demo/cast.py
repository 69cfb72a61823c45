"""Everybody who takes part in a demo, at the addresses of one running system."""

from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import httpx

from orderloom.demo.channel import SIMULATOR, Answers, Channel
from orderloom.demo.deeds import DEEDS
from orderloom.demo.files import DemoFiles
from orderloom.demo.people import People, Staff
from orderloom.demo.stream import Stream
from orderloom.errors import Refused
from orderloom.graphql_client import Person
from orderloom.home import Home
from orderloom.roles import Role
from orderloom.settings import Settings

FOLDER = "demo"  # in the home


@dataclass
class Cast:
    http: httpx.AsyncClient
    settings: Settings
    channel: Channel
    answers: Answers
    people: People

    def stream(self) -> Stream:
        return Stream(self.channel, self.answers, self.people)


@asynccontextmanager
async def gathered(home: Home, settings: Settings, files: DemoFiles) -> AsyncIterator[Cast]:
    async with httpx.AsyncClient() as http:
        staff = Staff(
            Person(http, settings, "ana", Role.AGENT),
            Person(http, settings, "walt", Role.WAREHOUSE),
            Person(http, settings, "sue", Role.SUPERVISOR),
        )
        people = People(staff, files.locations(), DEEDS)
        answers = Answers(home.journals / f"{SIMULATOR}.jsonl")
        answers.read_on()
        yield Cast(http, settings, Channel(http, settings), answers, people)


def demo_files(home: Home) -> DemoFiles:
    return DemoFiles(home.path / FOLDER)


@contextmanager
def prepared(files: DemoFiles, *, baskets: int, seed: int) -> Iterator[Callable[[], bool]]:
    """Writes the files meanwhile: ask inside, to wait for them and to know whether they have to be
    loaded. Refuses then, when they cannot be written.
    """
    with ThreadPoolExecutor(1, "demo-files") as executor:
        yield executor.submit(files.prepare, baskets=baskets, seed=seed).result


def load_all(
    paths: Sequence[Path], settings: Settings, say: Callable[[str], None], *, strict: bool = True
) -> None:
    """The way of `orderloom load`. Strictly, a refused row is refused: the data has to be right."""
    from orderloom.load.loading import load_files, look_through_all

    files = look_through_all(paths)
    reports = load_files(files, settings.database_url, at=datetime.now(UTC))
    for report in reports:
        if strict and report.counts["refused"]:
            first = report.refused[0]
            raise Refused(f"{report.file.path.name}, line {first.line}: {first.reason}")
    loaded = (f"{report.counts.total():,} {report.file.kind.name}" for report in reports)
    say(f"loaded {', '.join(loaded)}")
