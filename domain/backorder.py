"""Sourcing from what is to come: when the units on hand are too few, the rest is promised from
inbound supply or a presale quota, in parcels of their own that wait for it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from domain.availability import left_of
from domain.errors import OutOfStock
from domain.journal import Candidate, PlannedParcel, SupplyUnits
from domain.order import Destination, LineUnits, by_line, subtract
from domain.sourcing import Coming, Location, Sources, SourcingPlan, Stock, choose_sources


@dataclass(frozen=True, slots=True)
class PlannedSources:
    """Parcels without their names, and why these locations."""

    parcels: tuple[PlannedParcel, ...]
    candidates: tuple[Candidate, ...]


def plan_parcels(
    demand: Sequence[LineUnits],
    sources: Sources,
    locations: Sequence[Location],
    destination: Destination,
) -> PlannedSources:
    """Refuses (`OutOfStock`) when neither what is on hand nor what is to come is enough."""
    known = {place.id for place in locations}
    stock = {place: units for place, units in sources.stock.items() if place in known}
    coming = [each for each in _promisable(sources) if each.location in known]
    try:
        plan = choose_sources(demand, stock, locations, destination, sources.recipes)
    except OutOfStock:
        if not coming:
            raise
        together = _together(stock, coming)
        plan = choose_sources(demand, together, locations, destination, sources.recipes)
    return PlannedSources(tuple(_parcels(plan, stock, coming, sources)), plan.candidates)


def _promisable(sources: Sources) -> list[Coming]:
    """In the order of their dates: what is left of inbound units, by the rule of availability, and
    presale quotas as they are. Bundles are packed from what is on hand only: what their components
    have to come is left out.
    """
    parts = {part for recipe in sources.recipes.values() for part in recipe}
    coming = [each for each in sources.coming if each.sku not in parts]
    inbound: dict[tuple[str, str], list[Coming]] = {}
    for each in coming:
        if not each.presale:
            inbound.setdefault((each.location, each.sku), []).append(each)
    left = {each.supply: each for each in coming if each.presale}
    for (place, sku), arrivals in inbound.items():
        free = sources.stock.get(place, {}).get(sku, 0)
        left.update({each.supply: each for each in left_of(arrivals, free)})
    return [left[each.supply] for each in coming if each.supply in left]


def _together(stock: Stock, coming: Iterable[Coming]) -> Stock:
    sums = {
        place: {sku: max(0, has) for sku, has in units.items()} for place, units in stock.items()
    }
    for each in coming:
        units = sums.setdefault(each.location, {})
        units[each.sku] = units.get(each.sku, 0) + each.units
    return sums


def _parcels(
    plan: SourcingPlan, stock: Stock, coming: list[Coming], sources: Sources
) -> Iterable[PlannedParcel]:
    for place, lines in plan.sources.items():
        on_hand = dict(stock.get(place, {}))
        awaited = [each for each in coming if each.location == place]
        supplies: list[SupplyUnits] = []
        for unit in lines:
            if unit.sku not in sources.recipes:
                missing = unit.quantity - _take(on_hand, unit)
                supplies += _promise(unit, missing, awaited)
        later = tuple(LineUnits(each.line, each.sku, each.quantity) for each in supplies)
        now = subtract(lines, by_line(later))
        if now:
            yield PlannedParcel("", place, now)
        if later:
            days = {each.supply: each.available_on for each in awaited}
            expected = max(days[each.supply] for each in supplies)
            yield PlannedParcel("", place, by_line(later), tuple(supplies), expected)


def _take(on_hand: dict[str, int], unit: LineUnits) -> int:
    taken = min(unit.quantity, max(0, on_hand.get(unit.sku, 0)))
    on_hand[unit.sku] = on_hand.get(unit.sku, 0) - taken
    return taken


def _promise(unit: LineUnits, missing: int, awaited: list[Coming]) -> list[SupplyUnits]:
    """The earliest first; what is promised here is not promised twice."""
    promised = []
    for n, each in enumerate(awaited):
        units = min(missing, each.units) if each.sku == unit.sku else 0
        if units > 0:
            promised.append(SupplyUnits(unit.line, unit.sku, units, each.supply))
            awaited[n] = replace(each, units=each.units - units)
            missing -= units
    return promised
