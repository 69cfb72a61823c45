"""Real baskets as orders: what is charged is what the data set says was sold."""

from collections import defaultdict

import pytest

from orderloom.demo.journey import FAR_BP, ODD_EVERY, _table, read_journey
from orderloom.errors import Refused

BASKETS = 200


@pytest.fixture(scope="module")
def journey():
    return read_journey(baskets=BASKETS, stores=8, seed=1)


@pytest.fixture(scope="module")
def sold():
    """Sales in cents by (basket, product), of lines with a quantity."""
    table = _table("transactions", ["basket_id", "product_id", "quantity", "sales_value"])
    found = defaultdict(int)
    columns = (table[name].to_pylist() for name in table.column_names)
    for basket, product, quantity, value in zip(*columns, strict=True):
        found[basket, product] += round(value * 100) if quantity else 0
    return found


def test_each_product_of_a_basket_costs_what_it_was_sold_for(journey, sold):
    charged = defaultdict(int)
    for basket in journey.baskets:
        for line in basket.lines:
            charged[basket.id, line.product] += line.unit_price * line.quantity - line.discount
    assert charged == {key: sold[key] for key in charged}


def test_a_line_is_a_line_that_an_order_takes(journey):
    for basket in journey.baskets:
        assert 1 <= len(basket.lines) <= 200
        for line in basket.lines:
            assert 1 <= line.quantity <= 200
            assert 0 <= line.discount <= line.unit_price * line.quantity


def test_every_tenth_basket_and_no_other_has_a_price_far_above_the_list(journey):
    def worst(basket):
        listed = {line: journey.products[line.product].list_price for line in basket.lines}
        return max((line.unit_price - price) * 10_000 // price for line, price in listed.items())

    odd = [place for place, basket in enumerate(journey.baskets) if basket.odd]
    assert odd == list(range(ODD_EVERY // 2, BASKETS, ODD_EVERY))
    for basket in journey.baskets:
        assert worst(basket) >= FAR_BP if basket.odd else worst(basket) == 0


def test_every_product_has_a_name_and_a_price(journey):
    named = {line.product for basket in journey.baskets for line in basket.lines}
    assert set(journey.products) == named
    assert all(p.name and p.category and p.list_price > 0 for p in journey.products.values())


def test_a_seed_tells_one_demo_from_another(journey):
    assert read_journey(baskets=BASKETS, stores=8, seed=1) == journey
    other = read_journey(baskets=BASKETS, stores=8, seed=2)
    assert [b.id for b in other.baskets] != [b.id for b in journey.baskets]
    assert other.stores == journey.stores


def test_more_baskets_than_there_are_are_refused():
    with pytest.raises(Refused, match="has no 1,000,000 baskets"):
        read_journey(baskets=1_000_000, stores=8, seed=1)
