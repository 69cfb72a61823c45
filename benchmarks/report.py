"""The figures of a benchmark, for programs and for people."""

from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.books import BookFigures
from benchmarks.rounds import Found
from benchmarks.saturation import Window
from benchmarks.shape import TASKS, common_shape

PROCESSES = ("postgres", "temporal", "worker", "driver")


@dataclass(frozen=True)
class SystemFigures:
    """Of the whole system as its operator starts it."""

    seconds_to_first_delivered: float
    seconds_to_ready: float
    simulated_per_second: float


@dataclass(frozen=True)
class Report:
    """Medians over the rounds; a ratio is taken within each round, since the machine's speed
    changes from one to the next.
    """

    found: Found
    system: SystemFigures
    books: BookFigures

    @property
    def ratios(self) -> list[float]:
        pairs = zip(self.found.windows["orders"], self.found.windows["noop"], strict=True)
        return [orders.per_second / noop.per_second for orders, noop in pairs]

    def as_json(self) -> dict[str, Any]:
        windows = self.found.windows
        return {
            "orders_per_second": _rounded(_rates(windows["orders"])),
            "noop_per_second": _rounded(_rates(windows["noop"])),
            "ratio_to_engine": _rounded(self.ratios),
            "ratio_spread": [round(min(self.ratios), 3), round(max(self.ratios), 3)],
            "cpu_per_order": {kind: _cpu(windows[kind]) for kind in ("orders", "noop")},
            "shape": common_shape(self.found.shapes.values()),
            "simulated_per_second": round(self.system.simulated_per_second, 2),
            "seconds_to_ready": round(self.system.seconds_to_ready, 2),
            "seconds_to_first_delivered": round(self.system.seconds_to_first_delivered, 2),
            "books": books_as_json(self.books),
        }

    def show(self, console: Console) -> None:
        table = Table("", "orders", "no-ops", title="Saturated, medians of the rounds")
        windows = self.found.windows
        both = [windows["orders"], windows["noop"]]
        table.add_row("per second", *(_spread(_rates(rounds)) for rounds in both))
        for name in PROCESSES:
            table.add_row(f"CPU ms, {name}", *(f"{1000 * _cpu(r)[name]:.1f}" for r in both))
        tasks = [self.found.shapes[kind][TASKS] for kind in ("orders", "noop")]
        table.add_row("workflow tasks of a lone one", *map(str, tasks))
        for name, number in common_shape(self.found.shapes.values()).items():
            table.add_row(name, str(number), str(number))
        console.print(table)
        console.print(f"Ratio to the engine: {_spread(self.ratios)}")
        system = self.system
        console.print(
            f"With the real simulators: {system.simulated_per_second:.1f} orders a second"
        )
        console.print(
            f"`orderloom up` on an existing home: ready in {system.seconds_to_ready:.1f} s"
        )
        seconds = system.seconds_to_first_delivered
        console.print(f"From `make run` to the first delivered order: {seconds:.1f} s")
        show_books(self.books, console)


BOOKS = {
    "hot SKU": "reservations of one SKU",
    "baskets": "baskets of 10 out of 1,000 SKUs",
    "postings": "ledger postings",
}
UPDATE = ("hot SKU", "hot SKU, update")


def books_as_json(books: BookFigures) -> dict[str, Any]:
    """By job: a second through the port, and its ratios to bare SQL."""
    return {
        name: {
            "per_second": _rounded(books.per_second[name], digits=1),
            "ratio_to_bare": _rounded(books.ratios(name, f"{name}, bare")),
            "ratio_to_alone": _rounded(books.ratios(name, f"{name}, alone")),
        }
        for name in BOOKS
    } | {"hot_sku_to_update": _rounded(books.ratios(*UPDATE))}


def show_books(books: BookFigures, console: Console) -> None:
    columns = ("", "a second", "to bare SQL in a transaction", "to one statement alone")
    table = Table(*columns, title="Stock and money through their ports, medians of the rounds")
    for name, title in BOOKS.items():
        ratios = (_spread(books.ratios(name, f"{name}, {how}")) for how in ("bare", "alone"))
        table.add_row(title, _spread(books.per_second[name]), *ratios)
    console.print(table)
    to_update = _spread(books.ratios(*UPDATE))
    console.print(f"Reservations of one SKU to the UPDATE of its stock by itself: {to_update}")


def _rates(windows: Iterable[Window]) -> list[float]:
    return [window.per_second for window in windows]


def _cpu(windows: list[Window]) -> dict[str, float]:
    """Seconds an order, by process."""
    return {
        name: _rounded([window.cpu_per_order[name] for window in windows], digits=4)
        for name in PROCESSES
    }


def _rounded(values: list[float], digits: int = 3) -> float:
    return round(median(values), digits)


def _spread(values: list[float]) -> str:
    return f"{median(values):.2f} ({min(values):.2f} to {max(values):.2f})"
