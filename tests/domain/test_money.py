"""Money is whole minor units: nothing is lost in splitting, and nothing else is let in."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.currency import exponent
from domain.errors import BadAmount, CurrencyMismatch, UnknownCurrency
from domain.money import AMOUNT_MAX, Money, apportion, portion
from domain.rounding import Rounding
from tests.domain.strategies import SOME

amounts = st.integers(-AMOUNT_MAX, AMOUNT_MAX)


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [
        (1_999, "USD", "19.99 USD"),
        (5, "USD", "0.05 USD"),
        (-5, "USD", "-0.05 USD"),
        (1_999, "JPY", "1999 JPY"),
        (1_999, "KWD", "1.999 KWD"),
        (-1_000, "KWD", "-1.000 KWD"),
        (0, "CNY", "0.00 CNY"),
    ],
)
def test_money_is_written_with_the_decimals_of_its_currency(amount, currency, text):
    assert str(Money(amount, currency)) == text


def test_currencies_have_none_two_or_three_decimals():
    assert [exponent(code) for code in ("JPY", "KRW", "USD", "CNY", "KWD", "BHD")] == [
        0, 0, 2, 2, 3, 3,
    ]  # fmt: skip


@pytest.mark.parametrize("amount", [1.0, 0.1, True, False, "1", None, AMOUNT_MAX + 1, 10**30])
def test_what_is_no_whole_number_up_to_2_to_the_53_is_refused(amount):
    with pytest.raises(BadAmount):
        Money(amount, "USD")


@pytest.mark.parametrize("currency", ["usd", "XXX", "DEM", "", "US", "USDT"])
def test_an_unknown_or_inactive_currency_is_refused(currency):
    with pytest.raises(UnknownCurrency):
        Money(1, currency)


def test_a_sum_that_overflows_is_refused():
    with pytest.raises(BadAmount):
        Money(AMOUNT_MAX, "USD") + Money(1, "USD")


def test_a_product_with_a_fraction_is_refused():
    with pytest.raises(BadAmount):
        Money(100, "USD") * 0.5


def test_two_currencies_do_not_add_up():
    with pytest.raises(CurrencyMismatch):
        Money(1, "USD") + Money(1, "EUR")
    with pytest.raises(CurrencyMismatch):
        Money(1, "USD") - Money(1, "EUR")


def test_the_arithmetic_of_money_is_that_of_whole_numbers():
    assert Money(250, "USD") + Money(50, "USD") == Money(300, "USD")
    assert Money(250, "USD") - Money(300, "USD") == Money(-50, "USD")
    assert -Money(7, "USD") == Money(-7, "USD")
    assert Money(7, "USD") * 3 == Money(21, "USD")


def test_a_split_gives_the_odd_cents_to_the_largest_remainders_and_then_to_the_first():
    assert apportion(100, [1, 1, 1]) == [34, 33, 33]
    assert apportion(1_000, [1, 1, 1]) == [334, 333, 333]
    assert apportion(-100, [1, 1, 1]) == [-34, -33, -33]
    assert apportion(10, [1, 2, 4]) == [1, 3, 6]
    assert apportion(5, [0, 1]) == [0, 5]
    assert Money(100, "USD").split([1, 1]) == [Money(50, "USD"), Money(50, "USD")]


@pytest.mark.parametrize("weights", [[], [0], [0, 0], [2, -1]])
def test_a_split_needs_weights_that_are_not_negative_and_one_that_is_positive(weights):
    with pytest.raises(BadAmount):
        apportion(100, weights)


@SOME
@given(amounts, st.lists(st.integers(0, 1_000), min_size=1).filter(any))
def test_a_split_loses_nothing_and_is_fair_to_the_cent(total, weights):
    shares = apportion(total, weights)
    assert sum(shares) == total
    for share, weight in zip(shares, weights, strict=True):
        assert abs(share * sum(weights) - total * weight) < sum(weights)
        assert weight or share == 0


@SOME
@given(
    amounts,
    st.lists(st.integers(0, 1_000), min_size=1, max_size=20).filter(any),
    st.sampled_from(Rounding),
)
def test_any_sequence_of_partials_adds_up_exactly(total, steps, rule):
    whole = sum(steps)
    before, sums = 0, 0
    for step in steps:
        sums += portion(total, before, before + step, whole, rule)
        before += step
        assert sums == portion(total, 0, before, whole, rule)
    assert sums == total


@pytest.mark.parametrize(
    ("before", "after", "whole"), [(-1, 1, 2), (2, 1, 2), (0, 3, 2), (0, 0, 0)]
)
def test_a_portion_outside_its_line_is_refused(before, after, whole):
    with pytest.raises(BadAmount):
        portion(100, before, after, whole)


@pytest.mark.parametrize(
    ("rule", "halves", "thirds"),
    [
        (Rounding.HALF_UP, [-3, -2, -1, 0, 1, 2, 3], [-1, 0, 0, 1]),
        (Rounding.HALF_EVEN, [-2, -2, 0, 0, 0, 2, 2], [-1, 0, 0, 1]),
        (Rounding.DOWN, [-2, -1, 0, 0, 0, 1, 2], [0, 0, 0, 0]),
    ],
)
def test_each_rounding_rule_rounds_halves_and_thirds_its_own_way(rule, halves, thirds):
    assert [rule.ratio(n, 2) for n in (-5, -3, -1, 0, 1, 3, 5)] == halves
    assert [rule.ratio(n, 3) for n in (-2, -1, 1, 2)] == thirds
    assert [rule.ratio(-n, -3) for n in (-2, -1, 1, 2)] == thirds


@SOME
@given(st.sampled_from(Rounding), amounts, amounts, st.integers(1, 10**6))
def test_no_rounding_rule_makes_a_larger_amount_less_or_strays_by_a_whole_unit(
    rule, one, other, denominator
):
    small, large = sorted((one, other))
    assert rule.ratio(small, denominator) <= rule.ratio(large, denominator)
    assert abs(rule.ratio(one, denominator) * denominator - one) < denominator
