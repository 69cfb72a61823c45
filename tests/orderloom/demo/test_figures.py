"""What a demo tells programs and people."""

import io
from collections import Counter

from rich.console import Console

from orderloom.demo.figures import Figures

FIGURES = Figures(
    orders=10,
    counts=Counter(CLOSED=6, CANCELED=1, REJECTED=1, EXPIRED=1, PROCESSING=1),
    returned=2,
    streamed=8,
    seconds=4.0,
    violations=0,
    cost={"1": {"events": 61, "actions": 16, "bytes": 17_325}},
)


def test_programs_get_one_object():
    assert FIGURES.as_json() == {
        "orders": 10,
        "closed": 6,
        "canceled": 1,
        "rejected": 1,
        "expired": 1,
        "returned": 2,
        "failed": 1,
        "seconds": 4.0,
        "orders_per_second": 2.0,
        "cost": {"1": {"events": 61, "actions": 16, "bytes": 17_325}},
        "violations": 0,
    }


def test_people_get_tables():
    console = Console(file=io.StringIO(), width=80)
    FIGURES.show(console)
    lines = [line.split() for line in console.file.getvalue().splitlines()]
    assert ["orders", "per", "second", "2.0"] in lines
    assert ["1", "parcel", "61", "16", "17,325"] in lines
