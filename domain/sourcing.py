"""Choosing sources: fewest locations, then soonest, then nearest; every candidate gets its reason.

Units are pooled by SKU before they are shared out, so that two lines of one SKU never count the
same stock twice.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import asin, cos, radians, sin, sqrt

from domain.errors import OutOfStock
from domain.journal import Candidate
from domain.order import Destination, LineUnits

RULE_VERSION = "fewest-soonest-nearest/2"
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


def choose_sources(
    demand: Sequence[LineUnits],
    stock: Stock,
    locations: Iterable[Location],
    destination: Destination,
) -> SourcingPlan:
    """Refuses (`OutOfStock`) when all locations together cannot supply every unit."""
    needed = pooled(demand)
    ranked = sorted(locations, key=lambda place: _rank(place, destination))
    useful = [place for place in ranked if _covers(needed, stock.get(place.id, {})) > 0]
    chosen = _fewest(needed, stock, useful)
    if chosen is None:
        raise OutOfStock(_shortage(needed, stock))
    sources = _share_out(demand, stock, chosen)
    return SourcingPlan(sources, _candidates(needed, stock, ranked, chosen, destination))


def pooled(units: Iterable[LineUnits]) -> dict[str, int]:
    """Units by SKU."""
    sums: dict[str, int] = {}
    for unit in units:
        sums[unit.sku] = sums.get(unit.sku, 0) + unit.quantity
    return sums


def _covers(needed: dict[str, int], available: dict[str, int]) -> int:
    return sum(min(units, available.get(sku, 0)) for sku, units in needed.items())


def _rank(place: Location, to: Destination) -> tuple[int, float, int, str]:
    distance = distance_km(place, to)
    far = _FAR_KM if distance is None else distance
    return (place.leaves_in_days, far, place.priority, place.id)


def _fewest(needed: dict[str, int], stock: Stock, ranked: list[Location]) -> list[Location] | None:
    """The first single location that has all, else the first pair, else one by one."""
    whole = sum(needed.values())
    for place in ranked:
        if _covers(needed, stock[place.id]) == whole:
            return [place]
    for pair in combinations(ranked[:PAIRS_MAX], 2):
        if _covers(needed, _together(stock, pair)) == whole:
            return list(pair)
    chosen: list[Location] = []
    missing = dict(needed)
    while any(missing.values()):
        best = max(ranked, key=lambda place: _covers(missing, stock[place.id]), default=None)
        if best is None or _covers(missing, stock[best.id]) == 0:
            return None
        chosen.append(best)
        ranked = [place for place in ranked if place is not best]
        missing = {
            sku: units - min(units, stock[best.id].get(sku, 0)) for sku, units in missing.items()
        }
    return chosen


def _together(stock: Stock, places: Iterable[Location]) -> dict[str, int]:
    sums: dict[str, int] = {}
    for place in places:
        for sku, units in stock[place.id].items():
            sums[sku] = sums.get(sku, 0) + units
    return sums


def _share_out(
    demand: Sequence[LineUnits], stock: Stock, chosen: list[Location]
) -> dict[str, tuple[LineUnits, ...]]:
    left = {place.id: dict(stock[place.id]) for place in chosen}
    sources: dict[str, list[LineUnits]] = {place.id: [] for place in chosen}
    for unit in demand:
        missing = unit.quantity
        for place in chosen:
            take = min(missing, left[place.id].get(unit.sku, 0))
            if take > 0:
                left[place.id][unit.sku] -= take
                missing -= take
                sources[place.id].append(LineUnits(unit.line, unit.sku, take))
    return {location: tuple(units) for location, units in sources.items() if units}


def _candidates(
    needed: dict[str, int],
    stock: Stock,
    ranked: list[Location],
    chosen: list[Location],
    to: Destination,
) -> tuple[Candidate, ...]:
    listed = chosen + [place for place in ranked if place not in chosen]
    return tuple(
        Candidate(
            place.id,
            place in chosen,
            _reason(needed, stock.get(place.id, {}), place, chosen),
            distance_km(place, to),
        )
        for place in listed[:CANDIDATES_RECORDED]
    )


def _reason(
    needed: dict[str, int], available: dict[str, int], place: Location, chosen: list[Location]
) -> str:
    whole, has = sum(needed.values()), _covers(needed, available)
    if not has:
        return "has none of the units"
    delay = f"; {place.delay}" if place.delay else ""
    if place in chosen:
        return (f"has {has} of {whole} units" if has < whole else "has every unit") + delay
    if has < whole:
        return f"has only {has} of {whole} units{delay}"
    later = place.leaves_in_days > max(each.leaves_in_days for each in chosen)
    return f"has every unit, but {'leaves later' if later else 'is farther away'}{delay}"


def _shortage(needed: dict[str, int], stock: Stock) -> str:
    short = []
    for sku, units in sorted(needed.items()):
        has = sum(available.get(sku, 0) for available in stock.values())
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
