"""What a demo found out, for programs and for people."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from rich.console import Console
from rich.table import Table


@dataclass
class Figures:
    """`seconds` is from the first basket handed in to the last order's end, return windows
    included, of the main stream; the few orders of the cost sample come after it. `failed` are
    orders that were refused at the intake or had not ended when the demo gave up. `cost` has, by
    the number of parcels, the maximum over undisturbed orders.
    """

    orders: int
    counts: Counter[str]
    returned: int
    streamed: int  # orders of the main stream
    seconds: float
    violations: int
    cost: dict[str, dict[str, int]] = field(default_factory=dict)
    kills: dict[str, int] = field(default_factory=dict)

    @property
    def failed(self) -> int:
        ended = ("CLOSED", "CANCELED", "REJECTED", "EXPIRED")
        return self.orders - sum(self.counts[status] for status in ended)

    @property
    def orders_per_second(self) -> float:
        return self.streamed / self.seconds

    def as_json(self) -> dict[str, Any]:
        found = {
            "orders": self.orders,
            "closed": self.counts["CLOSED"],
            "canceled": self.counts["CANCELED"],
            "rejected": self.counts["REJECTED"],
            "expired": self.counts["EXPIRED"],
            "returned": self.returned,
            "failed": self.failed,
            "seconds": round(self.seconds, 1),
            "orders_per_second": round(self.orders_per_second, 2),
            "cost": self.cost,
            "violations": self.violations,
        }
        return {**found, "kills": self.kills} if self.kills else found

    def show(self, console: Console) -> None:
        table = Table(show_header=False, box=None, title="Orders", title_justify="left")
        for name, value in self.as_json().items():
            if name not in ("cost", "kills"):
                table.add_row(name.replace("_", " "), f"{value:,}")
        console.print(table)
        for part, kills in self.kills.items():
            console.print(f"{part} was killed {kills} times")
        costs = Table("undisturbed order of", "events", "Actions", "bytes", box=None)
        for parcels, cost in self.cost.items():
            words = f"{parcels} parcel{'s' if parcels != '1' else ''}"
            costs.add_row(words, *(f"{cost[name]:,}" for name in ("events", "actions", "bytes")))
        console.print(costs)
