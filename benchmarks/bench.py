"""``python -m benchmarks.bench``: orders a second, and the bare engine's pace in the same run.

Progress goes to standard error; with ``--json`` the last line of standard output is one object.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer
import uvloop
from rich.console import Console
from rich.progress import MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from benchmarks.books import JOBS, BookFigures, book_figures
from benchmarks.report import Report, SystemFigures, books_as_json, show_books
from benchmarks.rounds import Found, OnDone, Rounds
from benchmarks.saturation import Load
from benchmarks.servers import running_postgres, running_servers, temporary_folder
from benchmarks.simulated import simulated_per_second
from benchmarks.start_up import seconds_to_first_delivered, seconds_to_ready

TITLES = {"orders": "orders", "noop": "no-ops of the same shape"}


def bench(
    orders: Annotated[int, typer.Option(help="Counted in each round.", min=10)] = 200,
    rounds: Annotated[int, typer.Option(help="Of orders and no-ops, by turns.", min=1)] = 3,
    under_way: Annotated[int, typer.Option(help="Jobs at once, in both.", min=1)] = 60,
    only_books: Annotated[bool, typer.Option(help="Only stock and money.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One object on the last line.")] = False,
) -> None:
    """Measure the main job against the bare engine, then start-up and the real simulators; and the
    books of stock and money against bare SQL.
    """
    if only_books:
        books = _books_alone(rounds)
        show_books(books, Console())
        if as_json:
            typer.echo(json.dumps({"books": books_as_json(books)}))
        return
    load = Load(orders, under_way)
    with temporary_folder() as folder, _progress() as progress:
        with running_servers(folder) as servers:
            on_done = _counting(progress, rounds * (orders + 2 * under_way - 1))
            # Settings come from the environment: there is no home.
            found: Found = uvloop.run(Rounds(servers, folder / "none", load, on_done).run(rounds))
            books = _books(servers.postgres.url(), rounds, progress)
        progress.add_task("the whole system, with its simulators", total=None)
        system = SystemFigures(
            seconds_to_first_delivered=seconds_to_first_delivered(folder / "home"),
            seconds_to_ready=seconds_to_ready(folder / "home"),
            simulated_per_second=simulated_per_second(folder / "fast", load),
        )
    report = Report(found, system, books)
    report.show(Console())
    if as_json:
        typer.echo(json.dumps(report.as_json()))


def _books_alone(rounds: int) -> BookFigures:
    with temporary_folder() as folder, _progress() as progress, running_postgres(folder) as server:
        return _books(server.url(), rounds, progress)


def _books(url: str, rounds: int, progress: Progress) -> BookFigures:
    task = progress.add_task("stock and money against bare SQL", total=rounds * JOBS)
    return uvloop.run(book_figures(url, rounds, lambda: progress.advance(task)))


@contextmanager
def _progress() -> Iterator[Progress]:
    columns = (SpinnerColumn(), TextColumn("{task.description}"), MofNCompleteColumn())
    with Progress(*columns, TimeElapsedColumn(), console=Console(stderr=True)) as progress:
        yield progress


def _counting(progress: Progress, total: int) -> OnDone:
    tasks = {kind: progress.add_task(title, total=total) for kind, title in TITLES.items()}
    return lambda kind: progress.advance(tasks[kind])


if __name__ == "__main__":
    typer.run(bench)
