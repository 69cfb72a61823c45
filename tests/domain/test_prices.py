"""Which price list counts, and which row of the rate table; what review says of other prices."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.prices import EVERYBODY, ListPrice, choose_prices
from domain.review import price_deviation_bp, total_deviation
from domain.tax_rates import SHIPPING, TaxRate, rate_bp
from tests.domain.builders import AT, order_line, placed
from tests.domain.strategies import SOME, moments


def price(name: str, unit_price: int = 100, **rest: Any) -> ListPrice:
    values: dict[str, Any] = {"sku": "A", "tier": EVERYBODY, "tax_included": True}
    return ListPrice(unit_price=unit_price, price_list=name, **{**values, **rest})


def chosen(*prices: ListPrice, **rest: Any) -> str:
    return choose_prices(prices, **rest).by_sku["A"].price_list


def test_the_customers_own_tier_goes_before_everybodys_even_when_it_costs_more():
    assert chosen(price("all", 90), price("gold", 120, tier="gold")) == "gold"
    later = price("campaign", 50, valid_from=AT)
    assert chosen(later, price("gold", 120, tier="gold")) == "gold"


def test_of_two_lists_that_overlap_the_one_that_began_later_counts():
    week = price("week", valid_from=AT)
    day = price("a day", valid_from=AT + timedelta(days=2))
    assert chosen(price("ever"), week, day) == chosen(day, week, price("ever")) == "a day"


def test_of_two_lists_that_began_together_the_first_by_name_counts():
    assert chosen(price("b"), price("a"), price("c")) == "a"


def test_what_the_tiers_list_does_not_have_comes_from_everybodys():
    found = choose_prices([price("gold", tier="gold"), price("all", sku="B"), price("all")])
    assert {sku: each.price_list for sku, each in found.by_sku.items()} == {"A": "gold", "B": "all"}


def test_prices_with_tax_and_without_are_never_mixed():
    net = price("trade", tier="trade", tax_included=False)
    found = choose_prices([net, price("all", sku="B")])
    assert (found.tax_included, set(found.by_sku)) == (False, {"A"})
    asked = choose_prices([net, price("all", sku="B"), price("all")], tax_included=True)
    assert {sku: each.price_list for sku, each in asked.by_sku.items()} == {"A": "all", "B": "all"}


def test_without_any_list_prices_are_with_tax_and_none_is_known():
    assert choose_prices([]) == (True, {})
    assert choose_prices([], tax_included=False) == (False, {})


price_lists = st.lists(
    st.tuples(
        st.sampled_from("abc"),
        st.sampled_from([EVERYBODY, "gold"]),
        st.booleans(),
        st.none() | moments,
        st.sets(st.sampled_from(["A", "B"])),
    ),
    unique_by=lambda each: each[0],
)


@SOME
@given(price_lists, st.randoms(use_true_random=False))
def test_the_order_in_which_lists_are_read_decides_nothing(lists, chance):
    prices = [
        price(name, sku=sku, tier=tier, tax_included=with_tax, valid_from=since)
        for name, tier, with_tax, since, skus in lists
        for sku in sorted(skus)
    ]
    shuffled = list(prices)
    chance.shuffle(shuffled)
    assert choose_prices(shuffled) == choose_prices(prices)


RATES = [
    TaxRate("", "standard", 100),
    TaxRate("MA", "standard", 625),
    TaxRate("", "reduced", 50),
    TaxRate("MA", "zero", 0),
]


@pytest.mark.parametrize(
    ("category", "rate"),
    [("standard", 625), ("reduced", 50), ("zero", 0), ("unheard-of", 625), (SHIPPING, 625)],
)
def test_the_category_decides_before_the_region_and_without_a_row_it_is_taxed_as_standard(
    category, rate
):
    assert rate_bp(RATES, category) == rate_bp(reversed(RATES), category) == rate
    assert rate_bp([], category) == 0


def test_the_largest_deviation_from_the_list_price_counts():
    first = order_line(1, "A", unit_price=1_050, list_price=1_000)
    second = order_line(2, "B", unit_price=80, list_price=100)
    assert price_deviation_bp(placed(first, second)) == 2_000
    assert price_deviation_bp(placed(first)) == 500
    assert price_deviation_bp(placed(order_line(unit_price=80, list_price=80))) == 0


def test_a_line_without_a_list_price_deviates_fully_unless_it_is_free():
    assert price_deviation_bp(placed(order_line(unit_price=1))) == 10_000
    assert price_deviation_bp(placed(order_line(unit_price=0))) == 0
    assert price_deviation_bp(placed(order_line(unit_price=1, list_price=0))) == 10_000


@pytest.mark.parametrize(
    ("stated", "deviation"), [(None, 0), (1_000, 0), (999, 1), (1_001, 1), (0, 1_000)]
)
def test_a_total_that_the_channel_states_deviates_by_what_it_is_more_or_less(stated, deviation):
    assert total_deviation(placed(stated_total=stated)) == deviation
