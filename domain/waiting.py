"""Whose turn it is when stock comes: of the orders that wait for some, the oldest first, and no
more of them than there may be enough for.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from domain.order import LineUnits
from domain.sourcing import Recipes, Sources


@dataclass(frozen=True, slots=True)
class Waiting:
    """`demand` are the units that the order could not be sourced with; `told` says that it is about
    to look again already.
    """

    order: str
    demand: tuple[LineUnits, ...]
    told: bool = False


def whose_turn(waiting: Iterable[Waiting], sources: Sources) -> list[str]:
    """Orders that are to look again; `waiting` are all there are, oldest first. Each takes its
    share of what there is at all locations together: whether it can be sent from where it is, the
    order finds out.
    """
    left = _there(sources)
    turns = []
    for each in waiting:
        needed = parts(each.demand, sources.recipes)
        if all(left[sku] >= units for sku, units in needed.items()):
            left -= needed
            if not each.told:
                turns.append(each.order)
    return turns


def _there(sources: Sources) -> Counter[str]:
    left: Counter[str] = Counter()
    for units in sources.stock.values():
        for sku, number in units.items():
            left[sku] += max(0, number)
    for each in sources.coming:
        left[each.sku] += each.units
    return left


def parts(demand: Sequence[LineUnits], recipes: Recipes) -> Counter[str]:
    """Units of what is kept in stock: of a bundle, its components."""
    needed: Counter[str] = Counter()
    for unit in demand:
        recipe: Mapping[str, int] = recipes.get(unit.sku, {unit.sku: 1})
        for sku, per_unit in recipe.items():
            needed[sku] += unit.quantity * per_unit
    return needed
