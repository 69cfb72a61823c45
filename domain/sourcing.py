"""Choosing sources: fewest locations, then soonest, then nearest; every candidate gets its reason.

Units are pooled by SKU, and those of a bundle by its components, before they are shared out, so
that two lines never count the same stock twice.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from math import asin, cos, radians, sin, sqrt

from domain.errors import OutOfStock
from domain.journal import Candidate
from domain.order import Destination, LineUnits

RULE_VERSION = "fewest-soonest-nearest/3"
PAIRS_MAX = 60  # locations considered in pairs; beyond, sources are added greedily
CANDIDATES_RECORDED = 12
_EARTH_KM = 6371.0
_FAR_KM = 20_000


@dataclass(frozen=True, slots=True)
class Location:
    """`priority`: lower is preferred when distances do not tell (no coordinates known). A parcel
    sourced now leaves it in `leaves_in_days`; `delay` says why not today.
    """

    id: str
    latitude: float | None = None
    longitude: float | None = None
    priority: int = 100
    leaves_in_days: int = 0
    delay: str = ""


@dataclass(frozen=True, slots=True)
class SourcingPlan:
    """Units by location; `candidates` says of each location considered why or why not."""

    sources: dict[str, tuple[LineUnits, ...]]
    candidates: tuple[Candidate, ...]


Stock = dict[str, dict[str, int]]  # location → SKU → available units
Recipes = dict[str, dict[str, int]]  # bundle → component → units of it in one bundle


@dataclass(frozen=True, slots=True)
class Coming:
    """Units that are to come, on a day as `2026-11-30`, and are promised to nobody yet."""

    supply: int
    sku: str
    location: str
    units: int
    available_on: str
    presale: bool = False


@dataclass(frozen=True, slots=True)
class Sources:
    """What an order may be sourced from. `stock` is below zero where safety stock is used up;
    `coming` is in the order of its dates; bundles are in `recipes`, the stock is that of their
    components.
    """

    stock: Stock
    recipes: Recipes = field(default_factory=dict)
    coming: tuple[Coming, ...] = ()


def choose_sources(
    demand: Sequence[LineUnits],
    stock: Stock,
    locations: Iterable[Location],
    destination: Destination,
    recipes: Recipes | None = None,
) -> SourcingPlan:
    """A unit of a bundle comes whole from one location. Refuses (`OutOfStock`) when all locations
    together cannot supply every unit.
    """
    recipes = recipes or {}
    needed = _bundles_first(pooled(demand), recipes)
    shelves = {place: _Shelf(units, recipes) for place, units in stock.items()}
    ranked = sorted(locations, key=lambda place: _rank(place, destination))
    useful = [place for place in ranked if place.id in shelves and shelves[place.id].covers(needed)]
    chosen = _fewest(needed, shelves, useful)
    if chosen is None:
        raise OutOfStock(_shortage(needed, shelves))
    sources = _share_out(demand, needed, shelves, chosen)
    return SourcingPlan(sources, _candidates(needed, shelves, ranked, chosen, destination))


def pooled(units: Iterable[LineUnits]) -> dict[str, int]:
    """Units by SKU."""
    sums: dict[str, int] = {}
    for unit in units:
        sums[unit.sku] = sums.get(unit.sku, 0) + unit.quantity
    return sums


def _bundles_first(needed: dict[str, int], recipes: Recipes) -> dict[str, int]:
    """Whoever needs single units of a component may have them from another location."""
    return dict(sorted(needed.items(), key=lambda each: each[0] not in recipes))


class _Shelf:
    """What is free at one location, and how much of a need it covers."""

    def __init__(self, units: dict[str, int], recipes: Recipes) -> None:
        self._units = units
        self._recipes = recipes

    def copy(self) -> "_Shelf":
        return _Shelf(dict(self._units), self._recipes)

    def has(self, sku: str) -> int:
        """Of a bundle, as many as its scarcest component allows."""
        recipe = self._recipes.get(sku)
        if recipe is None:
            return max(0, self._units.get(sku, 0))
        return max(0, min(self._units.get(part, 0) // each for part, each in recipe.items()))

    def take(self, sku: str, wanted: int) -> int:
        taken = min(wanted, self.has(sku))
        for part, each in self._recipes.get(sku, {sku: 1}).items():
            self._units[part] = self._units.get(part, 0) - taken * each
        return taken

    def covers(self, needed: dict[str, int]) -> int:
        return sum(needed.values()) - sum(self.missing(needed).values())

    def missing(self, needed: dict[str, int]) -> dict[str, int]:
        """What is still needed after this location has given what it has."""
        if not self._recipes:
            return {sku: units - min(units, self.has(sku)) for sku, units in needed.items()}
        left = self.copy()
        return {sku: units - left.take(sku, units) for sku, units in needed.items()}


Shelves = dict[str, _Shelf]


def _rank(place: Location, to: Destination) -> tuple[int, float, int, str]:
    distance = distance_km(place, to)
    far = _FAR_KM if distance is None else distance
    return (place.leaves_in_days, far, place.priority, place.id)


def _fewest(
    needed: dict[str, int], shelves: Shelves, ranked: list[Location]
) -> list[Location] | None:
    """The first single location that has all, else the first pair, else one by one."""
    for place in ranked:
        if not any(shelves[place.id].missing(needed).values()):
            return [place]
    for one, other in combinations(ranked[:PAIRS_MAX], 2):
        rest = shelves[one.id].missing(needed)
        if not any(shelves[other.id].missing(rest).values()):
            return [one, other]
    chosen: list[Location] = []
    missing = dict(needed)
    while any(missing.values()):
        best = max(ranked, key=lambda place: shelves[place.id].covers(missing), default=None)
        if best is None or shelves[best.id].covers(missing) == 0:
            return None
        chosen.append(best)
        ranked = [place for place in ranked if place is not best]
        missing = shelves[best.id].missing(missing)
    return chosen


def _share_out(
    demand: Sequence[LineUnits],
    needed: dict[str, int],
    shelves: Shelves,
    chosen: list[Location],
) -> dict[str, tuple[LineUnits, ...]]:
    """In the order of what is needed, so that it is covered here as it was there."""
    order = {sku: n for n, sku in enumerate(needed)}
    missing = sorted(demand, key=lambda unit: order[unit.sku])
    sources: dict[str, tuple[LineUnits, ...]] = {}
    for place in chosen:
        left = shelves[place.id].copy()
        taken = [(unit, left.take(unit.sku, unit.quantity)) for unit in missing]
        given = [LineUnits(u.line, u.sku, units) for u, units in taken if units]
        if given:
            sources[place.id] = tuple(sorted(given, key=lambda unit: unit.line))
        missing = [
            LineUnits(u.line, u.sku, u.quantity - units) for u, units in taken if units < u.quantity
        ]
    return sources


def _candidates(
    needed: dict[str, int],
    shelves: Shelves,
    ranked: list[Location],
    chosen: list[Location],
    to: Destination,
) -> tuple[Candidate, ...]:
    listed = chosen + [place for place in ranked if place not in chosen]
    return tuple(
        Candidate(
            place.id,
            place in chosen,
            _reason(needed, shelves.get(place.id), place, chosen),
            distance_km(place, to),
        )
        for place in listed[:CANDIDATES_RECORDED]
    )


def _reason(
    needed: dict[str, int], shelf: _Shelf | None, place: Location, chosen: list[Location]
) -> str:
    whole, has = sum(needed.values()), shelf.covers(needed) if shelf else 0
    if not has:
        return "has none of the units"
    delay = f"; {place.delay}" if place.delay else ""
    if place in chosen:
        return (f"has {has} of {whole} units" if has < whole else "has every unit") + delay
    if has < whole:
        return f"has only {has} of {whole} units{delay}"
    later = place.leaves_in_days > max(each.leaves_in_days for each in chosen)
    return f"has every unit, but {'leaves later' if later else 'is farther away'}{delay}"


def _shortage(needed: dict[str, int], shelves: Shelves) -> str:
    short = []
    for sku, units in sorted(needed.items()):
        has = sum(shelf.has(sku) for shelf in shelves.values())
        if has < units:
            short.append(f"{sku} ({has} of {units})")
    return f"not enough stock: {', '.join(short[:10])}"


def distance_km(place: Location, to: Destination) -> int | None:
    """Great-circle distance, by the haversine formula; None where coordinates are unknown."""
    if place.latitude is None or place.longitude is None:
        return None
    if to.latitude is None or to.longitude is None:
        return None
    lat1, lat2 = radians(place.latitude), radians(to.latitude)
    half_lat = (lat2 - lat1) / 2
    half_lon = radians(to.longitude - place.longitude) / 2
    a = sin(half_lat) ** 2 + cos(lat1) * cos(lat2) * sin(half_lon) ** 2
    return round(2 * _EARTH_KM * asin(sqrt(a)))
