"""Which location has how much of what, so that the baskets meet every way of sourcing.

Each location has a good part of all products, and enough of each for all baskets together: most
orders can come from one location, larger ones need two. For some baskets a product that nobody
else wants is one unit short everywhere together.
"""

from collections import Counter
from collections.abc import Sequence
from itertools import combinations

from orderloom.demo.chance import chance
from orderloom.demo.journey import Basket
from orderloom.demo.stories import Story

CARRIED_SHARE = 0.88  # of all products, by each location
ROUNDS = 3  # each location has enough for all baskets so many times over

Stock = dict[tuple[int, int], int]  # (product, store) → units


def stock_for(
    baskets: Sequence[Basket], stories: Sequence[Story], stores: Sequence[int], seed: int
) -> Stock:
    demand: Counter[int] = Counter()
    wanted_by: Counter[int] = Counter()
    for basket in baskets:
        for line in basket.lines:
            demand[line.product] += line.quantity
        wanted_by.update({line.product for line in basket.lines})
    short = _short_products(baskets, stories, wanted_by)
    stock: Stock = {}
    for product, units in sorted(demand.items()):
        draw = chance(seed, "stock", product)
        carriers = [store for store in stores if draw.random() < CARRIED_SHARE] or [stores[0]]
        if product in short:
            stock[product, carriers[0]] = units - 1
        else:
            stock |= {(product, store): units * ROUNDS for store in carriers}
    return stock


def sources_needed(basket: Basket, stock: Stock, stores: Sequence[int]) -> int:
    """How few locations together have all of it; one more than there are if they do not."""
    lines = {line.product for line in basket.lines}
    has = [{product for product in lines if (product, store) in stock} for store in stores]
    for number in range(1, len(stores) + 1):
        if any(set().union(*chosen) == lines for chosen in combinations(has, number)):
            return number
    return len(stores) + 1


def _short_products(
    baskets: Sequence[Basket], stories: Sequence[Story], wanted_by: Counter[int]
) -> set[int]:
    """One for each basket that is to run short, if it has one that no other basket wants."""
    short = set()
    for basket, story in zip(baskets, stories, strict=True):
        own = [line.product for line in basket.lines if wanted_by[line.product] == 1]
        if story is Story.SHORT and own:
            short.add(own[0])
    return short
