"""An order as placed: quantities, lines and totals."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given

from domain.errors import BadAmount, BadQuantity, BadTime, Malformed, TooManyLines, UnknownCurrency
from domain.facts import TOLD_AHEAD_MAX, TOLD_SINCE, believable
from domain.money import AMOUNT_MAX
from domain.order import ORDER_LINES_MAX
from domain.quantity import QUANTITY_MAX, Quantity
from tests.domain.builders import order_line, placed
from tests.domain.strategies import SOME, orders


@pytest.mark.parametrize("units", [0, -1, 10**9, QUANTITY_MAX + 1, True, 1.0, 1.5, "1", None])
def test_a_quantity_that_is_no_whole_number_in_range_is_refused(units):
    with pytest.raises(BadQuantity):
        Quantity(units)


def test_a_quantity_is_a_number_and_stays_one():
    assert Quantity(1) == 1
    assert Quantity(Quantity(QUANTITY_MAX)) == QUANTITY_MAX
    assert type(Quantity(2) * 3) is int


def test_the_total_of_a_multi_line_order_counts_each_line_once_not_cumulatively():
    order = placed(
        order_line(1, "A", 2, unit_price=1_000),
        order_line(2, "B", 1, unit_price=500, discount=100),
        order_line(3, "A", 3, unit_price=10),
        shipping=250,
    )
    assert [line.amount for line in order.lines] == [2_000, 400, 30]
    assert order.total == 2_680


@SOME
@given(orders())
def test_the_total_is_the_sum_of_prices_less_discounts_plus_shipping_and_tax_on_top(order):
    prices = sum(line.unit_price * int(line.quantity) for line in order.lines)
    discounts = sum(line.discount + line.order_discount for line in order.lines)
    assert (order.subtotal, order.discount) == (prices, discounts)
    on_top = 0 if order.tax_included else order.charged.tax
    assert order.total == prices - discounts + order.shipping + on_top
    assert type(order.total) is int


@pytest.mark.parametrize("count", [0, ORDER_LINES_MAX + 1])
def test_an_order_has_1_to_200_lines(count):
    with pytest.raises(TooManyLines):
        placed(lines=tuple(order_line(n) for n in range(count)))
    assert len(placed(*(order_line(n) for n in range(200))).lines) == ORDER_LINES_MAX


def test_two_lines_of_an_order_never_share_a_number():
    with pytest.raises(Malformed, match="same number"):
        placed(order_line(1), order_line(2), order_line(1))


def test_shipping_below_zero_an_unknown_currency_and_an_overflow_are_refused():
    with pytest.raises(BadAmount):
        placed(shipping=-1)
    with pytest.raises(UnknownCurrency):
        placed(currency="XXX")
    with pytest.raises(BadAmount):
        placed(order_line(1, unit_price=AMOUNT_MAX), order_line(2, unit_price=1))
    with pytest.raises(BadAmount):  # before its discount, which nobody could read
        placed(order_line(quantity=2, unit_price=AMOUNT_MAX, discount=AMOUNT_MAX))
    with pytest.raises(BadAmount):  # with the tax that comes on top
        placed(order_line(unit_price=AMOUNT_MAX, tax_rate_bp=1), tax_included=False)
    with pytest.raises(BadAmount):
        placed(shipping=0.5)


@pytest.mark.parametrize(
    ("unit_price", "discount"), [(-1, 0), (AMOUNT_MAX + 1, 0), (100, -1), (100, 201)]
)
def test_a_line_never_costs_less_than_nothing(unit_price, discount):
    with pytest.raises(BadAmount):
        order_line(quantity=2, unit_price=unit_price, discount=discount)


def test_a_line_may_be_free():
    assert order_line(quantity=2, unit_price=100, discount=200).amount == 0


NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.mark.parametrize("told", [TOLD_SINCE, NOW, NOW + TOLD_AHEAD_MAX])
def test_a_time_since_2000_and_up_to_a_day_ahead_is_believed(told):
    assert believable("placed_at", told, NOW) is told


@pytest.mark.parametrize(
    ("told", "why"),
    [
        (TOLD_SINCE - timedelta(microseconds=1), "placed_at: it is before 2000-01-01"),
        (
            NOW + TOLD_AHEAD_MAX + timedelta(microseconds=1),
            "placed_at: it is more than 24 hours in the future",
        ),
        (
            datetime.fromisoformat("0001-01-01T00:00:00+14:00"),
            "placed_at: it is before 2000-01-01",
        ),
        (
            datetime.fromisoformat("9999-12-31T23:59:59-14:00"),
            "placed_at: it is more than 24 hours in the future",
        ),
    ],
)
def test_a_time_that_cannot_be_is_refused_by_its_field(told, why):
    with pytest.raises(BadTime) as refused:
        believable("placed_at", told, NOW)
    assert (refused.value.field, refused.value.message) == ("placed_at", why)
