"""Tax and discounts: each line once, in either treatment, and partials that add up exactly."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.amounts import (
    SHIPPING_LINE,
    goods_charges,
    order_charges,
    shipment_charges,
    total,
)
from domain.charge import NOTHING, Charge, TaxRule
from domain.errors import BadAmount
from domain.order import share_discount
from domain.rounding import Rounding
from tests.domain.builders import order_line, placed, units, view_of
from tests.domain.strategies import SOME, orders, rates

INSIDE, ON_TOP = TaxRule(True, Rounding.HALF_UP), TaxRule(False, Rounding.HALF_UP)
rules = st.builds(TaxRule, st.booleans(), st.sampled_from(Rounding))


@pytest.mark.parametrize(
    ("rule", "amount", "rate_bp", "charge"),
    [
        (INSIDE, 10_625, 625, Charge(10_000, 625)),
        (INSIDE, 119, 1_900, Charge(100, 19)),
        (INSIDE, 1, 625, Charge(1, 0)),
        (INSIDE, 1_000, 0, Charge(1_000, 0)),
        (ON_TOP, 10_000, 625, Charge(10_000, 625)),
        (ON_TOP, 8, 625, Charge(8, 1)),  # 0.5
        (TaxRule(False, Rounding.HALF_EVEN), 8, 625, Charge(8, 0)),
        (TaxRule(False, Rounding.DOWN), 159, 1_000, Charge(159, 15)),
    ],
)
def test_tax_is_inside_a_price_or_on_top_of_it(rule, amount, rate_bp, charge):
    assert rule.charge(amount, rate_bp) == charge


@SOME
@given(st.integers(0, 10**12), rates, rules)
def test_no_part_of_a_charge_is_negative_and_the_treatment_says_what_the_price_was(
    amount, rate_bp, rule
):
    charge = rule.charge(amount, rate_bp)
    assert min(charge.net, charge.tax) >= 0
    assert amount == (charge.gross if rule.included else charge.net)


@SOME
@given(st.lists(st.integers(0, 10**9), min_size=1), st.data())
def test_a_discount_of_an_order_is_shared_out_whole_and_no_line_costs_less_than_nothing(
    prices, data
):
    lines = [order_line(n, unit_price=price) for n, price in enumerate(prices, 1)]
    discount = data.draw(st.integers(0, sum(prices)))
    shared = share_discount(lines, discount)
    assert sum(line.order_discount for line in shared) == discount
    assert all(line.amount >= 0 for line in shared)
    for line in shared:
        assert abs(line.order_discount * sum(prices) - discount * line.price) <= sum(prices)


def test_the_odd_cents_of_a_discount_go_to_the_largest_remainders():
    lines = [order_line(n, unit_price=price) for n, price in ((1, 1_000), (2, 1_000), (3, 1_000))]
    assert [line.order_discount for line in share_discount(lines, 100)] == [34, 33, 33]
    lines = [order_line(1, unit_price=500, discount=500), order_line(2, unit_price=100)]
    assert [line.order_discount for line in share_discount(lines, 99)] == [0, 99]


@pytest.mark.parametrize("discount", [-1, 101])
def test_a_discount_of_less_than_nothing_or_more_than_the_lines_cost_is_refused(discount):
    with pytest.raises(BadAmount):
        share_discount([order_line(unit_price=100)], discount)


def test_the_total_of_a_multi_line_order_with_tax_on_top_counts_each_line_once():
    lines = (
        order_line(1, "A", 2, unit_price=1_000, tax_rate_bp=625),
        order_line(2, "B", 1, unit_price=500, discount=100, tax_rate_bp=1_900),
        order_line(3, "A", 3, unit_price=10, tax_rate_bp=0),
    )
    shared = share_discount(lines, 243)
    assert [line.order_discount for line in shared] == [200, 40, 3]
    order = placed(*shared, shipping=250, shipping_tax_rate_bp=625, tax_included=False)
    assert [order.charge(line) for line in order.lines] == [
        Charge(1_800, 113),  # 112.5
        Charge(360, 68),  # 68.4
        Charge(27, 0),
    ]
    assert order.shipping_charge == Charge(250, 16)  # 15.625
    assert (order.subtotal, order.discount) == (2_530, 343)
    assert order.charged == Charge(2_530 - 343 + 250, 113 + 68 + 16)
    assert order.total == 2_634


@SOME
@given(orders())
def test_the_lines_of_an_order_and_its_shipping_add_up_to_its_total(order):
    assert total(order_charges(order)) == order.charged


@SOME
@given(st.data())
def test_refunds_of_any_sequence_of_single_units_give_back_each_line_exactly(data):
    order = data.draw(orders(quantity_max=6))
    every = [units((line.line, line.sku, 1)) for line in order.lines for _ in range(line.quantity)]
    before: dict[int, int] = {}
    back = dict.fromkeys((line.line for line in order.lines), NOTHING)
    for one in data.draw(st.permutations(every)):
        (given_back,) = goods_charges(order, before, one)
        assert min(given_back.charge.net, given_back.charge.tax) >= 0
        back[given_back.line] += given_back.charge
        before[given_back.line] = before.get(given_back.line, 0) + 1
    assert back == {line.line: order.charge(line) for line in order.lines}


@SOME
@given(st.data())
def test_what_comes_back_of_a_line_is_never_worth_more_than_what_was_sent_of_it(data):
    order = data.draw(orders())
    line = order.lines[0]
    sent = data.draw(st.integers(1, line.quantity))
    returned = data.draw(st.integers(1, sent))
    charged = total(goods_charges(order, {}, units((1, line.sku, sent))))
    refunded = total(goods_charges(order, {}, units((1, line.sku, returned))))
    assert refunded.net <= charged.net
    assert refunded.tax <= charged.tax


def test_shipping_is_a_line_of_its_own_in_the_first_shipment_only():
    order = placed(order_line(quantity=2, unit_price=500), shipping=300, shipping_tax_rate_bp=1_900)
    first = shipment_charges(view_of(order=order), units((1, "A", 1)))
    assert [(each.line, each.sku, each.units, each.charge) for each in first] == [
        (1, "A", 1, Charge(500, 0)),
        (SHIPPING_LINE, "", 1, Charge(252, 48)),
    ]


def test_a_unit_that_was_not_ordered_costs_nothing_since_it_is_refused():
    order = placed(order_line(quantity=2))
    with pytest.raises(BadAmount):
        goods_charges(order, {1: 1}, units((1, "A", 2)))
