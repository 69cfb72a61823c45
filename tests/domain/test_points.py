"""Points of a customer: earned and taken back to the point, spent before they expire."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import LimitExceeded, Malformed
from domain.order import PlacedOrder
from domain.points import Lot, Move, PointsAccount, PointsKind
from domain.points_program import (
    earned_until,
    more_points,
    points_for,
    worth_of,
)
from domain.points_rules import PointsProgram, PointsRate
from tests.domain.builders import order_line, placed
from tests.domain.strategies import SOME, orders, splits

TODAY = date(2026, 11, 22)
SOON, LATER = TODAY + timedelta(days=3), TODAY + timedelta(days=300)
PAST = TODAY - timedelta(days=1)
GRACE = TODAY + timedelta(days=30)
PROGRAM = PointsProgram((PointsRate("USD", 2, 1), PointsRate("JPY", 1, 1), PointsRate("KWD", 9, 5)))


def account(*lots: Lot, **rest: int) -> PointsAccount:
    return PointsAccount(TODAY, {lot.name: lot for lot in lots}, "op", **rest)


def moved(found: PointsAccount) -> list[tuple[str, str, int, int]]:
    return [(m.kind.value, m.lot, m.points, m.reserved) for m in found.moves]


@st.composite
def paid_with_points(draw: st.DrawFn) -> PlacedOrder:
    order = draw(orders())
    worth = draw(st.integers(0, order.total))
    points = draw(st.integers(1, 10**6)) if worth else 0
    return replace(order, customer_ref="C", points=points, points_worth=worth)


@SOME
@given(st.data())
def test_points_of_any_deliveries_add_up_and_any_returns_of_all_take_them_back(data):
    order = data.draw(paid_with_points())
    whole = points_for(order, PROGRAM, {line.line: line.quantity for line in order.lines})
    for pieces in (data.draw(splits(order)), data.draw(splits(order))):
        before: dict[int, int] = {}
        sums = 0
        for lines in pieces:
            more = {unit.line: unit.quantity for unit in lines}
            earned = more_points(order, PROGRAM, before, more)
            assert earned >= 0
            sums += earned
            for line, count in more.items():
                before[line] = before.get(line, 0) + count
        assert sums == whole


def test_points_are_earned_on_net_goods_without_shipping_and_without_what_points_paid():
    line = order_line(quantity=2, unit_price=1_190, tax_rate_bp=1_900)
    order = placed(line, shipping=500, customer_ref="C")
    assert points_for(order, PROGRAM, {1: 1}) == 20  # of 10.00 net, two a dollar
    half = replace(order, points=1_440, points_worth=1_440)
    assert points_for(half, PROGRAM, {1: 2}) == 20  # of 20.00 net, half of it paid in money
    assert points_for(order, PointsProgram(), {1: 2}) == 0
    assert points_for(placed(line, currency="EUR"), PROGRAM, {1: 2}) == 0


def test_an_order_takes_points_within_the_rules_of_the_program():
    program = PointsProgram((PointsRate("USD", 1, 2),), share_max_bp=5_000, spend_min=10)
    assert worth_of(0, program, "USD", "", 100) == 0
    assert worth_of(25, program, "USD", "C", 100) == 50
    for points, currency, said in [
        (26, "USD", "points pay 50 minor units of this order at most, not 52"),
        (9, "USD", "from 10 points on they can be spent, not 9"),
        (25, "EUR", "points are worth nothing in EUR"),
    ]:
        with pytest.raises(LimitExceeded, match=said):
            worth_of(points, program, currency, "C", 100)
    with pytest.raises(Malformed, match="the order names none"):
        worth_of(25, program, "USD", "", 100)
    with pytest.raises(Malformed):
        worth_of(-1, program, "USD", "C", 100)


@pytest.mark.parametrize(
    "changes",
    [
        {"rates": (PointsRate("USD"), PointsRate("USD"))},
        {"share_max_bp": 10_001},
        {"spend_min": 0},
        {"lifetime_days": -1},
        {"grace_days": 36_501},
    ],
)
def test_a_program_that_cannot_be_meant_is_refused(changes):
    with pytest.raises(Malformed):
        PointsProgram(**changes)


def test_a_lifetime_ends_with_the_calendar_at_the_latest():
    assert earned_until(PointsProgram(lifetime_days=2), TODAY) == TODAY + timedelta(days=2)
    assert earned_until(PointsProgram(), date.max) == date.max


def test_what_expires_first_is_spent_first_and_nothing_that_expired():
    found = account(Lot("c", LATER, 50), Lot("b", SOON, 30), Lot("a", PAST, 7))
    found.expire()
    found.reserve(40)
    assert moved(found) == [
        ("EXPIRE", "a", -7, 0),
        ("RESERVE", "b", -30, 30),
        ("RESERVE", "c", -10, 10),
    ]


def test_a_lot_can_be_spent_on_its_last_day():
    found = account(Lot("a", TODAY, 7))
    found.expire()
    found.reserve(7)
    assert moved(found) == [("RESERVE", "a", -7, 7)]


def test_more_than_there_is_cannot_be_reserved_and_then_nothing_is():
    found = account(Lot("a", SOON, 30), Lot("b", LATER, -10))
    with pytest.raises(LimitExceeded, match="the customer has 20 points, not 21"):
        found.reserve(21)
    assert found.moves == []


def test_shipments_spend_what_the_order_holds_and_the_rest_goes_back_where_it_came_from():
    found = account(Lot("a", SOON, 0, held=30), Lot("b", LATER, 5, held=10))
    found.spend(35)
    found.release(GRACE)
    assert moved(found) == [
        ("SPEND", "a", 0, -30),
        ("SPEND", "b", 0, -5),
        ("RELEASE", "b", 0, -5),
        ("RELEASE", "b", 5, 0),
    ]


def test_points_that_come_back_after_they_expired_have_days_of_grace():
    found = account(Lot("a", PAST, 0, held=3, spent=4))
    found.release(GRACE)
    found.restore(4, GRACE)
    assert found.moves == [
        Move(PointsKind.RELEASE, "a", PAST, 0, -3),
        Move(PointsKind.RELEASE, "op", GRACE, 3),
        Move(PointsKind.RESTORE, "op", GRACE, 4),
    ]


def test_returns_give_spent_points_back_to_the_lots_that_expire_last_and_never_twice():
    lots = (Lot("a", SOON, 0, spent=30), Lot("b", LATER, 0, spent=10))
    first = account(*lots)
    first.restore(15, GRACE)
    assert moved(first) == [("RESTORE", "b", 10, 0), ("RESTORE", "a", 5, 0)]
    rest = account(*lots, given_back=15)
    rest.restore(100, GRACE)
    assert moved(rest) == [("RESTORE", "a", 25, 0)]


def test_what_was_earned_is_taken_back_from_its_own_lot_first_then_from_others():
    found = account(Lot("own", LATER, 6, earned=20), Lot("a", SOON, 4))
    found.reverse(20)
    assert moved(found) == [
        ("REVERSE", "own", -6, 0),
        ("REVERSE", "a", -4, 0),
        ("REVERSE", "own", -10, 0),
    ]


def test_no_more_is_taken_back_than_the_order_has_earned():
    found = account(Lot("own", LATER, 20, earned=20), taken_back=15)
    found.reverse(20)
    assert moved(found) == [("REVERSE", "own", -5, 0)]
    nothing = account(Lot("other", LATER, 20))
    nothing.reverse(20)
    assert nothing.moves == []


def test_what_expired_unspent_is_not_taken_back_once_more():
    own = Lot("own", PAST, 60, earned=100, own=True)  # 40 of it were spent
    found = account(own)
    found.expire()
    found.reverse(100)
    assert moved(found) == [("EXPIRE", "own", -60, 0), ("REVERSE", "own", -40, 0)]
    later = account(replace(own, available=-40, expired=60), taken_back=40)
    later.reverse(100)
    assert later.moves == []
    other = account(Lot("old", PAST, -10, earned=10, expired=10))  # what it owed was settled
    other.reverse(10)
    assert moved(other) == [("REVERSE", "old", -10, 0)]


def test_what_a_customer_owes_is_settled_by_what_comes_next():
    found = account(Lot("own", SOON, -10))
    found.earn(25, LATER)
    assert found.moves == [
        Move(PointsKind.EARN, "own", SOON, 10),
        Move(PointsKind.EARN, "op", LATER, 15),
    ]


def test_a_person_may_take_what_there_is_and_give_what_there_was_not():
    found = account(Lot("a", SOON, 30))
    found.adjust(-20, LATER)
    found.adjust(5, LATER)
    assert moved(found) == [("ADJUST", "a", -20, 0), ("ADJUST", "op", 5, 0)]
    with pytest.raises(LimitExceeded):
        found.adjust(-16, LATER)


acts = st.lists(
    st.tuples(
        st.sampled_from(["reserve", "spend", "release", "earn", "reverse", "restore", "adjust"]),
        st.integers(0, 50),
        st.integers(0, 4),
    ),
    max_size=30,
)


@SOME
@given(acts)
def test_whatever_happens_no_lot_owes_while_another_has_points(steps):
    """Days pass between the acts of one order; only what was taken back is ever owed."""
    found = PointsAccount(TODAY, {}, "op0")
    for n, (act, points, days) in enumerate(steps, 1):
        found.day += timedelta(days=days)
        found.operation = f"op{n}"
        found.expire()
        until = found.day + timedelta(days=5)
        before, taken = list(found.moves), found.taken_back
        try:
            _act(found, act, points, until)
        except LimitExceeded:
            assert found.moves == before
        _recount(found)
        balances = [lot.available for lot in found.lots.values()]
        assert min(balances, default=0) >= 0 or max(balances) <= 0
        reversed_lots = {m.lot for m in found.moves if m.kind is PointsKind.REVERSE}
        assert {lot.name for lot in found.lots.values() if lot.available < 0} <= reversed_lots
        assert min((lot.held for lot in found.lots.values()), default=0) >= 0
        gone = found.taken_back + sum(lot.expired for lot in found.lots.values() if lot.own)
        assert found.taken_back == taken or gone <= sum(lot.earned for lot in found.lots.values())


def _act(found: PointsAccount, act: str, points: int, until: date) -> None:
    match act:
        case "reserve":
            found.reserve(points)
        case "spend":
            found.spend(points)
        case "release":
            found.release(until)
        case "earn":
            found.earn(points, until)
        case "reverse":
            found.reverse(points)
        case "restore":
            found.restore(points, until)
        case _:
            found.adjust(points - 25, until)


def _recount(found: PointsAccount) -> None:
    """What the books would say of the order's own moves."""

    def of(kind: PointsKind, lot: str = "") -> list[Move]:
        return [m for m in found.moves if m.kind is kind and lot in ("", m.lot)]

    for name, lot in found.lots.items():
        spent = -sum(m.reserved for m in of(PointsKind.SPEND, name))
        earned = sum(m.points for m in of(PointsKind.EARN, name))
        found.lots[name] = replace(lot, spent=spent, earned=earned)
    found.taken_back = -sum(m.points for m in of(PointsKind.REVERSE))
    found.given_back = sum(m.points for m in of(PointsKind.RESTORE))
