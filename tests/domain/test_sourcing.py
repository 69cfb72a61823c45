"""Sources: fewest locations, then soonest, then nearest; every candidate has its reason."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import OutOfStock
from domain.journal import Candidate
from domain.order import Destination
from domain.sourcing import Location, choose_sources, distance_km, pooled
from tests.domain.builders import units
from tests.domain.strategies import SKUS, SOME

BOSTON = Destination("US", "MA", 42.36, -71.06)
BOS = Location("BOS", 42.36, -71.06)
NYC = Location("NYC", 40.71, -74.01)
LAX = Location("LAX", 34.05, -118.24)
PLACES = (LAX, NYC, BOS)

demands = st.lists(
    st.tuples(st.integers(1, 9), st.sampled_from(SKUS), st.integers(1, 5)),
    min_size=1,
    max_size=5,
    unique_by=lambda unit: unit[0],
).map(lambda found: units(*found))
stocks = st.dictionaries(
    st.sampled_from([place.id for place in PLACES]),
    st.dictionaries(st.sampled_from(SKUS), st.integers(0, 8)),
)


@SOME
@given(demands, stocks)
def test_a_plan_covers_the_demand_exactly_and_never_exceeds_the_stock(demand, stock):
    needed = pooled(demand)
    have = {sku: sum(at.get(sku, 0) for at in stock.values()) for sku in needed}
    if any(have[sku] < needed[sku] for sku in needed):
        with pytest.raises(OutOfStock):
            choose_sources(demand, stock, PLACES, BOSTON)
        return
    plan = choose_sources(demand, stock, PLACES, BOSTON)
    sent = [unit for lines in plan.sources.values() for unit in lines]
    for unit in demand:
        parts = [part for part in sent if part.line == unit.line]
        assert sum(part.quantity for part in parts) == unit.quantity
        assert {part.sku for part in parts} == {unit.sku}
    for location, lines in plan.sources.items():
        assert lines
        assert all(taken <= stock[location].get(sku, 0) for sku, taken in pooled(lines).items())
    assert set(plan.sources) <= {c.location for c in plan.candidates if c.chosen}
    assert {c.location for c in plan.candidates} == {place.id for place in PLACES}


@SOME
@given(demands, stocks)
def test_one_location_that_has_all_is_enough_and_of_several_the_nearest(demand, stock):
    needed = pooled(demand)
    whole = [
        place.id
        for place in (BOS, NYC, LAX)
        if all(stock.get(place.id, {}).get(sku, 0) >= n for sku, n in needed.items())
    ]
    if whole:
        plan = choose_sources(demand, stock, PLACES, BOSTON)
        assert list(plan.sources) == [whole[0]]


def test_one_far_location_beats_two_near_ones():
    stock = {"BOS": {"A": 1}, "NYC": {"B": 1}, "LAX": {"A": 1, "B": 1}}
    plan = choose_sources(units((1, "A", 1), (2, "B", 1)), stock, PLACES, BOSTON)
    assert plan.sources == {"LAX": units((1, "A", 1), (2, "B", 1))}
    assert plan.candidates == (
        Candidate("LAX", chosen=True, reason="has every unit", distance_km=4_169),
        Candidate("BOS", chosen=False, reason="has only 1 of 2 units", distance_km=0),
        Candidate("NYC", chosen=False, reason="has only 1 of 2 units", distance_km=306),
    )


def test_a_bundle_is_packed_before_its_components_are_given_to_who_may_have_them_from_elsewhere():
    demand, recipes = units((1, "A", 2), (2, "SET", 1)), {"SET": {"A": 1, "B": 1}}
    stock = {"BOS": {"A": 2, "B": 1}, "NYC": {"A": 1}}
    plan = choose_sources(demand, stock, PLACES, BOSTON, recipes)
    assert plan.sources == {
        "BOS": units((1, "A", 1), (2, "SET", 1)),
        "NYC": units((1, "A", 1)),
    }


def test_every_candidate_says_why_it_was_passed_over():
    stock = {"BOS": {"A": 1}, "NYC": {"A": 5}}
    plan = choose_sources(units((1, "A", 1)), stock, PLACES, BOSTON)
    assert {c.location: (c.chosen, c.reason) for c in plan.candidates} == {
        "BOS": (True, "has every unit"),
        "NYC": (False, "has every unit, but is farther away"),
        "LAX": (False, "has none of the units"),
    }


def test_two_lines_sharing_one_sku_never_each_pass_the_stock_check_alone():
    demand = units((1, "A", 3), (2, "A", 3))
    with pytest.raises(OutOfStock, match=r"A \(5 of 6\)"):
        choose_sources(demand, {"BOS": {"A": 5}}, PLACES, BOSTON)
    plan = choose_sources(demand, {"BOS": {"A": 5}, "LAX": {"A": 1}}, PLACES, BOSTON)
    assert plan.sources == {
        "BOS": units((1, "A", 3), (2, "A", 2)),
        "LAX": units((2, "A", 1)),
    }


@pytest.mark.parametrize("stock", [{}, {"BOS": {}}, {"BOS": {"A": 0, "B": 0}}])
def test_when_every_line_is_out_of_stock_it_is_refused_and_nothing_crashes(stock):
    demand = units((1, "A", 1), (2, "B", 2))
    with pytest.raises(OutOfStock) as refused:
        choose_sources(demand, stock, PLACES, BOSTON)
    assert refused.value.message == "not enough stock: A (0 of 1), B (0 of 2)"
    with pytest.raises(OutOfStock):
        choose_sources(demand, stock, (), BOSTON)


def test_units_are_taken_from_three_locations_when_no_pair_has_them():
    stock = {"BOS": {"A": 1}, "NYC": {"A": 1}, "LAX": {"A": 1}}
    plan = choose_sources(units((1, "A", 3)), stock, PLACES, BOSTON)
    assert {place: pooled(lines) for place, lines in plan.sources.items()} == {
        "BOS": {"A": 1}, "NYC": {"A": 1}, "LAX": {"A": 1},
    }  # fmt: skip


def test_without_coordinates_the_priority_decides_and_then_the_name():
    somewhere = Destination("US")
    places = (Location("B", priority=5), Location("A", priority=9), Location("C", priority=5))
    stock = {"A": {"A": 1}, "B": {"A": 1}, "C": {"A": 1}}
    plan = choose_sources(units((1, "A", 1)), stock, places, somewhere)
    assert list(plan.sources) == ["B"]
    assert [c.distance_km for c in plan.candidates] == [None, None, None]


def test_a_location_from_which_it_leaves_later_is_ranked_after_the_others():
    closed = Location("BOS", 42.36, -71.06, 100, 2, "closed until Tuesday 2026-11-24")
    full = Location("NYC", 40.71, -74.01, 100, 1, "the capacity of today is used up")
    stock = {"BOS": {"A": 1}, "NYC": {"A": 1}, "LAX": {"A": 1}}
    plan = choose_sources(units((1, "A", 1)), stock, (closed, full, LAX), BOSTON)
    assert list(plan.sources) == ["LAX"]
    assert [(c.location, c.reason) for c in plan.candidates] == [
        ("LAX", "has every unit"),
        ("NYC", "has every unit, but leaves later; the capacity of today is used up"),
        ("BOS", "has every unit, but leaves later; closed until Tuesday 2026-11-24"),
    ]


def test_a_location_that_leaves_later_is_taken_when_no_other_has_the_units():
    closed = Location("BOS", 42.36, -71.06, 100, 2, "closed until Tuesday 2026-11-24")
    plan = choose_sources(units((1, "A", 1)), {"BOS": {"A": 1}}, (closed, NYC), BOSTON)
    assert list(plan.sources) == ["BOS"]
    assert [(c.location, c.reason) for c in plan.candidates] == [
        ("BOS", "has every unit; closed until Tuesday 2026-11-24"),
        ("NYC", "has none of the units"),
    ]


def test_one_location_that_leaves_later_beats_two_that_leave_today():
    late = Location("LAX", 34.05, -118.24, 100, 1, "past the cut-off of 16:00")
    stock = {"BOS": {"A": 1}, "NYC": {"B": 1}, "LAX": {"A": 1, "B": 1}}
    demand = units((1, "A", 1), (2, "B", 1))
    assert list(choose_sources(demand, stock, (BOS, NYC, late), BOSTON).sources) == ["LAX"]


def test_a_distance_is_that_of_the_great_circle():
    assert distance_km(NYC, BOSTON) == 306
    assert distance_km(BOS, BOSTON) == 0
    assert distance_km(Location("X"), BOSTON) is None
    assert distance_km(BOS, Destination("US")) is None
