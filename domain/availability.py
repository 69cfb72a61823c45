"""Available to promise: how many units could be promised now, and from which day on more."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TypeVar

from domain.sourcing import Coming

Place = tuple[str, str]  # SKU, location


@dataclass(frozen=True, slots=True)
class Step:
    """So many units on that day, or from that day on."""

    day: date
    units: int


Arrival = TypeVar("Arrival", Step, Coming)  # units that come on a day


@dataclass(frozen=True, slots=True)
class Supplies:
    """What there is and what is to come of some SKUs at the locations that goods are sourced from.
    `free` is on hand − reserved − safety, less than nothing where safety stock is used up;
    `inbound` and `presale` are units to come that may be promised and were promised to nobody yet;
    `recipes` the units of each component in one bundle, and no component is a bundle itself.
    """

    free: Mapping[Place, int]
    inbound: Mapping[Place, Sequence[Step]] = field(default_factory=dict)
    presale: Mapping[Place, Sequence[Step]] = field(default_factory=dict)
    recipes: Mapping[str, Mapping[str, int]] = field(default_factory=dict)

    def locations_of(self, parts: Iterable[str]) -> list[str]:
        wanted = set(parts)
        places = (*self.free, *self.inbound, *self.presale)
        return sorted({location for sku, location in places if sku in wanted})


@dataclass(frozen=True, slots=True)
class Available:
    """Units of a SKU that could be promised at one location: `immediate` from what is on hand, and
    more from the day of each of `steps`, which grow. `presale` is what may be sold for a day
    beside that, each day by itself.
    """

    location: str  # empty: in total
    immediate: int
    steps: tuple[Step, ...] = ()
    presale: tuple[Step, ...] = ()

    def on(self, day: date) -> int:
        return max([self.immediate, *(step.units for step in self.steps if step.day <= day)])


@dataclass(frozen=True, slots=True)
class Availability:
    """Of one SKU, in total and by location."""

    sku: str
    total: Available
    locations: tuple[Available, ...]


def availability(sku: str, supplies: Supplies, today: date) -> Availability:
    """By the rules that orders are sourced by. What lacks at a location takes nothing from other
    locations. A bundle is packed at one location from the components on hand there. What is overdue
    is expected today. Presale quotas count in no step: nobody has ordered their units yet.
    """
    parts = supplies.recipes.get(sku) or {sku: 1}
    places = tuple(
        _at(location, sku, parts, supplies, today) for location in supplies.locations_of(parts)
    )
    days = {step.day for place in places for step in place.steps}
    total = Available(
        "",
        sum(place.immediate for place in places),
        tuple(Step(day, sum(place.on(day) for place in places)) for day in sorted(days)),
        _by_day(step for place in places for step in place.presale),
    )
    return Availability(sku, total, places)


def _at(
    location: str, sku: str, parts: Mapping[str, int], supplies: Supplies, today: date
) -> Available:
    free = {part: supplies.free.get((part, location), 0) for part in parts}
    immediate = reached = min(max(0, free[part]) // each for part, each in parts.items())
    steps = []
    if parts.keys() == {sku}:
        arrivals = sorted(supplies.inbound.get((sku, location), ()), key=lambda step: step.day)
        left = left_of(arrivals, free[sku])
        for arrival in _by_day(Step(max(today, step.day), step.units) for step in left):
            reached += arrival.units
            steps.append(Step(arrival.day, reached))
    return Available(
        location, immediate, tuple(steps), _by_day(supplies.presale.get((sku, location), ()))
    )


def left_of(arrivals: Iterable[Arrival], free: int) -> list[Arrival]:
    """What may be promised of inbound `arrivals` of a SKU at a location, in the order of their
    days: what lacks of its safety stock (`free` below zero) is made up for by what comes first.
    """
    lacks, left = max(0, -free), []
    for each in arrivals:
        kept = min(lacks, each.units)
        lacks -= kept
        if each.units > kept:
            left.append(replace(each, units=each.units - kept))
    return left


def _by_day(quotas: Iterable[Step]) -> tuple[Step, ...]:
    sums: dict[date, int] = {}
    for quota in quotas:
        sums[quota.day] = sums.get(quota.day, 0) + quota.units
    return tuple(Step(day, units) for day, units in sorted(sums.items()))
