"""Whatever warehouses tell of an order's parcels, when and in which order, and whatever people do
with them meanwhile: each unit that was ordered is sent once, and the order comes to its end.

The process is played by its decisions, step by step; the warehouses are honest, and slow to tell.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random
from types import SimpleNamespace
from typing import Any

import pytest

from activities import orders
from domain import journal as j
from domain.commands import Command, CommandKind, check
from domain.decisions import next_parcel, override_entries
from domain.errors import StepRefused
from domain.facts import Fact, FactKind, Package
from domain.fold import fold
from domain.order import LineUnits
from domain.remedies import remedies, unasked
from domain.view import OrderView, Parcel, ParcelStatus
from domain.waits import SHIPPED
from tests.domain.builders import APPROVED, at, order_line, placed

WALKS = 60
LOCATIONS = ("BOS", "NYC", "AUS", "LAX")
Deed = Callable[[], None]


@dataclass
class Floor:
    """What a warehouse knows of a parcel; `state` is to_pick, picked, gone, arrived or ended."""

    asked: tuple[LineUnits, ...]
    picked: tuple[LineUnits, ...] = ()
    state: str = "to_pick"
    wanted_back: bool = False
    answered: bool = False


class World:
    def __init__(self, seed: int) -> None:
        self.chance = Random(seed)
        skus = "AB"[: self.chance.randint(1, 2)]
        lines = [order_line(n, sku, self.chance.randint(1, 4)) for n, sku in enumerate(skus, 1)]
        self.order = placed(*lines)
        self.minutes = 0
        self.journal: list[j.Entry] = []
        self.heard: list[Fact] = []
        self.untold: list[Fact] = []
        self.floors: dict[str, Floor] = {}
        self.handing_over: set[str] = set()
        self.at_ease = False  # from then on nobody disturbs, and all that is asked for is found
        self.write(APPROVED)

    def walk(self) -> None:
        for _ in range(self.chance.randint(5, 60)):
            ways = (self.steps, self.steps, self.told, self.told, self.outside, self.people)
            if deeds := list(self.chance.choice(ways)()):
                self.chance.choice(deeds)()
            self.check()
        self.at_ease = True
        while deeds := [*self.told(), *self.steps()] or list(self.outside()):
            self.chance.choice(deeds)()
            self.check()

    def check(self) -> None:
        view = self.view
        for line in self.order.lines:
            assert view.shipped_units(line.line) <= line.quantity
            assert view.allocated(line.line) <= line.quantity

    # the process

    @property
    def view(self) -> OrderView:
        return fold(self.order, self.journal, self.heard)

    def write(self, *bodies: j.Body) -> None:
        for body in bodies:
            self.journal.append(j.Entry(len(self.journal) + 1, self.now(), "system", body))

    def now(self) -> Any:
        self.minutes += 1
        return at(self.minutes)

    def turn(self) -> Any:
        turn: Any = SimpleNamespace(view=self.view, order=self.order)
        orders._hand_over(turn, self.handing_over)
        return turn

    def steps(self) -> Iterator[Deed]:
        view = self.view
        waits = "stock" in view.holds and not self.at_ease
        if remedies(view) or (view.unallocated and not waits):
            yield self.source
        if surplus := unasked(view):
            yield lambda: self.write(*surplus)
        for parcel in view.parcels.values():
            yield from self.steps_of(view, parcel)

    def steps_of(self, view: OrderView, parcel: Parcel) -> Iterator[Deed]:
        name = parcel.fulfillment_order
        sent = parcel.status.active and parcel.status.progress >= SHIPPED
        if name in self.handing_over:
            yield lambda: self.handed_over(name)
        elif parcel.lines and name not in self.floors and not view.blocked(parcel):
            yield lambda: self.hand_over(parcel)
        elif parcel.cancel == "requested" and not sent and not self.floors[name].wanted_back:
            yield lambda: setattr(self.floors[name], "wanted_back", True)
        if sent and not parcel.booked:
            yield lambda: self.write(*orders._shipment(self.turn(), name))
        if parcel.status is ParcelStatus.DELIVERED and not parcel.arrival_booked:
            yield lambda: self.write(j.Delivered(name))

    def source(self) -> None:
        """As `activities.orders`, from wherever chance has it, or from nowhere."""
        turn = self.turn()
        due = remedies(turn.view)
        demand = orders._demand_after(turn, due)
        if demand and not self.at_ease and self.chance.random() < 0.1:
            self.write(*due, *orders._held(turn.view, "none"))
            return
        found: dict[str, list[LineUnits]] = {}
        for unit in demand:
            first = self.chance.randint(0, unit.quantity)
            for units in filter(None, (first, unit.quantity - first)):
                place = found.setdefault(self.chance.choice(LOCATIONS), [])
                if not any(each.line == unit.line for each in place):
                    place.append(LineUnits(unit.line, unit.sku, units))
        parcels = [
            j.PlannedParcel(next_parcel(turn.view, ahead), place, tuple(lines))
            for ahead, (place, lines) in enumerate(found.items())
        ]
        there = [j.HoldReleased("stock", "came")] if demand and "stock" in turn.view.holds else []
        self.write(*due, *there, *([j.Sourced(tuple(parcels), "chance")] if parcels else ()))

    def hand_over(self, parcel: Parcel) -> None:
        self.handing_over.add(parcel.fulfillment_order)
        self.floors[parcel.fulfillment_order] = Floor(parcel.lines)

    def handed_over(self, name: str) -> None:
        self.handing_over.remove(name)
        self.write(j.Submitted(name))

    # what it is told, in any order

    def told(self) -> Iterator[Deed]:
        for fact in self.untold:
            yield lambda fact=fact: self.hear(fact)

    def hear(self, fact: Fact) -> None:
        self.untold.remove(fact)
        self.heard.append(fact)

    def tell(self, kind: FactKind, parcel: str, **told: Any) -> None:
        name = f"{len(self.heard) + len(self.untold):04}"
        self.untold.append(Fact(name, kind, parcel, self.now(), **told))

    # warehouses

    def outside(self) -> Iterator[Deed]:
        for name, floor in self.floors.items():
            if floor.state == "to_pick":
                yield lambda name=name: self.pick(name)
                if not self.at_ease:
                    yield lambda name=name: self.end(name, FactKind.REJECTED)
            if floor.state == "picked":
                yield lambda name=name: self.send(name)
            if floor.state == "gone":
                yield lambda name=name: self.arrive(name)
            if floor.wanted_back and not floor.answered:
                yield lambda name=name: self.answer(name)

    def pick(self, name: str) -> None:
        floor, all_there = self.floors[name], self.at_ease or self.chance.random() < 0.6
        found = (
            LineUnits(
                u.line, u.sku, u.quantity if all_there else self.chance.randint(0, u.quantity)
            )
            for u in floor.asked
        )
        floor.picked = tuple(unit for unit in found if unit.quantity)
        floor.state = "picked" if floor.picked else "ended"
        self.tell(FactKind.PICKED, name, lines=floor.picked)

    def send(self, name: str) -> None:
        floor = self.floors[name]
        floor.state = "gone"
        self.tell(FactKind.SHIPPED, name, packages=(Package("1", "ups", name, floor.picked),))

    def arrive(self, name: str) -> None:
        self.floors[name].state = "arrived"
        self.tell(FactKind.DELIVERED, name, tracking_number=name)

    def answer(self, name: str) -> None:
        floor = self.floors[name]
        floor.answered = True
        if floor.state in ("to_pick", "picked") and self.chance.random() < 0.6:
            self.end(name, FactKind.CANCEL_CONFIRMED)
        else:
            self.tell(FactKind.CANCEL_REFUSED, name)

    def end(self, name: str, kind: FactKind) -> None:
        self.floors[name].state = "ended"
        self.tell(kind, name)

    # people

    def people(self) -> Iterator[Deed]:
        for name, parcel in self.view.parcels.items():
            yield lambda name=name: self.override(name)
            if parcel.status.active and not parcel.booked and parcel.lines:
                yield lambda parcel=parcel: self.count(parcel)

    def override(self, name: str) -> None:
        place, view = self.chance.choice(LOCATIONS), self.turn().view
        wish = Command("c", CommandKind.OVERRIDE_SOURCE, "sue", "closer", name, place)
        try:
            check(view, wish)
        except StepRefused:
            return
        self.write(*override_entries(view, wish))

    def count(self, parcel: Parcel) -> None:
        """Some of what is still reserved for it is not there."""
        unit, name = self.chance.choice(parcel.lines), parcel.fulfillment_order
        told = [f for f in self.untold if f.kind is FactKind.RESERVATION_BROKEN]
        broken = [*parcel.broken, *(u for f in told if f.subject == name for u in f.lines)]
        gone = sum(u.quantity for u in broken if u.line == unit.line)
        mended = sum(u.quantity for u in parcel.mended if u.line == unit.line)
        left = unit.quantity - gone + mended
        if left > 0:
            lost = LineUnits(unit.line, unit.sku, self.chance.randint(1, left))
            self.tell(FactKind.RESERVATION_BROKEN, name, lines=(lost,))


@pytest.mark.parametrize("seed", range(WALKS))
def test_every_unit_is_sent_once_whatever_is_told_and_done(seed: int) -> None:
    world = World(seed)
    world.walk()
    view = world.view
    assert view.unallocated == ()
    assert all(parcel.arrival_settled for parcel in view.active_parcels)
    for line in world.order.lines:
        assert view.shipped_units(line.line) == line.quantity
    sent = [unit for floor in world.floors.values() if floor.state == "arrived"
            for unit in floor.picked]  # fmt: skip
    assert sum(unit.quantity for unit in sent) == sum(line.quantity for line in world.order.lines)
    assert not [entry for entry in world.journal if isinstance(entry.body, j.ShippedUnasked)]
