"""Available to promise, by hand and against a model that asks day by day."""

from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from domain.availability import Available, Step, Supplies, availability
from domain.backorder import PlannedSources, plan_parcels
from domain.errors import OutOfStock
from domain.journal import SupplyUnits
from domain.order import Destination, LineUnits
from domain.sourcing import Coming, Location, Sources

TODAY = date(2026, 11, 23)
LOCATIONS = ("BOS", "NYC")


def day(number: int) -> date:
    return TODAY + timedelta(days=number)


def test_what_comes_is_added_from_its_day_on() -> None:
    supplies = Supplies(
        {("TEA", "BOS"): 4}, {("TEA", "BOS"): [Step(day(3), 5), Step(day(1), 2), Step(day(3), 1)]}
    )
    found = availability("TEA", supplies, TODAY)
    [bos] = found.locations
    assert bos == Available("BOS", 4, (Step(day(1), 6), Step(day(3), 12)))
    assert [bos.on(day(n)) for n in (0, 1, 2, 3, 99)] == [4, 6, 6, 12, 12]
    assert found.total == Available("", 4, bos.steps)


def test_what_lacks_is_made_up_for_first_and_only_where_it_lacks() -> None:
    supplies = Supplies(
        {("TEA", "BOS"): -3, ("TEA", "NYC"): 2},
        {("TEA", "BOS"): [Step(day(1), 2), Step(day(2), 5)]},
    )
    found = availability("TEA", supplies, TODAY)
    assert found.locations == (
        Available("BOS", 0, (Step(day(2), 4),)),
        Available("NYC", 2),
    )
    assert found.total == Available("", 2, (Step(day(2), 6),))


def test_what_is_overdue_is_expected_today_and_is_not_on_hand() -> None:
    supplies = Supplies({}, {("TEA", "BOS"): [Step(day(-4), 2)]})
    assert availability("TEA", supplies, TODAY).total == Available("", 0, (Step(TODAY, 2),))


def test_a_presale_is_told_apart() -> None:
    supplies = Supplies(
        {("TEA", "BOS"): 1},
        presale={
            ("TEA", "BOS"): [Step(day(9), 5), Step(day(9), 1)],
            ("TEA", "NYC"): [Step(day(2), 3)],
        },
    )
    found = availability("TEA", supplies, TODAY)
    assert found.total == Available("", 1, (), (Step(day(2), 3), Step(day(9), 6)))
    assert [place.location for place in found.locations] == ["BOS", "NYC"]


def test_a_bundle_is_packed_at_one_location_from_the_scarcest_component_on_hand() -> None:
    supplies = Supplies(
        {("TEA", "BOS"): 3, ("CUP", "BOS"): 7, ("TEA", "NYC"): 50, ("CUP", "NYC"): 3},
        {("CUP", "BOS"): [Step(day(1), 1), Step(day(2), 100)]},
        recipes={"SET": {"TEA": 1, "CUP": 4}},
    )
    found = availability("SET", supplies, TODAY)
    assert found.locations == (Available("BOS", 1), Available("NYC", 0))
    assert found.total == Available("", 1)


def test_a_sku_that_is_nowhere_is_available_nowhere() -> None:
    found = availability("TEA", Supplies({("CUP", "BOS"): 1}), TODAY)
    assert (found.total, found.locations) == (Available("", 0), ())


PLACES = st.tuples(st.sampled_from(["A", "B"]), st.sampled_from(LOCATIONS))
ARRIVALS = st.lists(st.builds(Step, st.integers(-2, 6).map(day), st.integers(1, 9)), max_size=4)
SUPPLIES = st.builds(
    Supplies,
    st.dictionaries(PLACES, st.integers(-9, 20)),
    st.dictionaries(PLACES, ARRIVALS),
    st.dictionaries(PLACES, ARRIVALS),
    st.fixed_dictionaries({"SET": st.fixed_dictionaries(
        {"A": st.integers(1, 3)}, optional={"B": st.integers(1, 3)}
    )}),
)  # fmt: skip


def packed(supplies: Supplies, sku: str, location: str, on: date | None) -> int:
    """Naively: the shelf on that day, unit by unit; None is what lies there already."""
    shelf = dict.fromkeys(["A", "B"], 0)
    for part in shelf:
        shelf[part] = supplies.free.get((part, location), 0)
        for arrival in supplies.inbound.get((part, location), []):
            if on is not None and arrival.day <= on and sku not in supplies.recipes:
                shelf[part] += arrival.units
    made = 0
    recipe = supplies.recipes.get(sku, {sku: 1})
    while all(shelf[part] >= units for part, units in recipe.items()):
        for part, units in recipe.items():
            shelf[part] -= units
        made += 1
    return made


@given(SUPPLIES, st.sampled_from(["A", "B", "SET"]))
def test_every_day_is_as_if_the_shelf_were_looked_at_then(supplies: Supplies, sku: str) -> None:
    found = availability(sku, supplies, TODAY)
    by_location = {place.location: place for place in found.locations}
    for place in by_location.values():
        assert place.immediate == packed(supplies, sku, place.location, None)
    assert found.total.immediate == sum(packed(supplies, sku, at, None) for at in LOCATIONS)
    for on in map(day, range(8)):
        for place in by_location.values():
            assert place.on(on) == packed(supplies, sku, place.location, on)
        assert found.total.on(on) == sum(packed(supplies, sku, at, on) for at in LOCATIONS)


@given(SUPPLIES, st.sampled_from(["A", "B", "SET"]))
def test_steps_begin_no_sooner_than_today_and_only_grow(supplies: Supplies, sku: str) -> None:
    found = availability(sku, supplies, TODAY)
    for place in (found.total, *found.locations):
        days = [step.day for step in place.steps]
        units = [place.immediate, *(step.units for step in place.steps)]
        assert days == sorted(set(days))
        assert all(on >= TODAY for on in days)
        assert all(before < after for before, after in pairwise(units))


def sources_of(supplies: Supplies) -> Sources:
    """The same books as sourcing reads them."""
    stock: dict[str, dict[str, int]] = {}
    for (sku, location), units in supplies.free.items():
        stock.setdefault(location, {})[sku] = units
    told = [
        (step, place, presale)
        for quotas, presale in ((supplies.inbound, False), (supplies.presale, True))
        for place, steps in quotas.items()
        for step in steps
    ]
    coming = tuple(
        Coming(number, sku, location, step.units, step.day.isoformat(), presale)
        for number, (step, (sku, location), presale) in enumerate(
            sorted(told, key=lambda each: each[0].day)
        )
    )
    return Sources(stock, {sku: dict(recipe) for sku, recipe in supplies.recipes.items()}, coming)


def sourced(sku: str, units: int, sources: Sources, *places: str) -> PlannedSources | None:
    try:
        return plan_parcels(
            [LineUnits(1, sku, units)],
            sources,
            [Location(place) for place in places],
            Destination("US"),
        )
    except OutOfStock:
        return None


@given(SUPPLIES, st.sampled_from(["A", "B", "SET"]))
def test_what_is_promised_for_a_day_can_be_sourced_for_that_day_and_no_unit_more(
    supplies: Supplies, sku: str
) -> None:
    recipes = supplies.recipes if sku == "SET" else {}
    supplies = replace(supplies, recipes=recipes)
    sources, found = sources_of(supplies), availability(sku, supplies, TODAY)
    for place in (found.total, *found.locations):
        where = LOCATIONS if place is found.total else (place.location,)
        for units, on in [(place.immediate, TODAY), *((s.units, s.day) for s in place.steps)]:
            plan = sourced(sku, units, sources, *where) if units else None
            assert plan is not None or not units
            if plan is not None and len(where) == 1:
                expected = [parcel.expected_on for parcel in plan.parcels if parcel.expected_on]
                assert max(expected, default="") <= on.isoformat()
        most = place.on(date.max) + sum(quota.units for quota in place.presale)
        assert sourced(sku, most + 1, sources, *where) is None


def test_an_order_for_a_bundle_whose_component_is_to_come_is_refused_as_it_was_not_promised() -> (
    None
):
    supplies = Supplies(
        {("TEA", "BOS"): 20}, {("CUP", "BOS"): [Step(day(8), 5)]},
        recipes={"SET": {"TEA": 2, "CUP": 1}},
    )  # fmt: skip
    assert availability("SET", supplies, TODAY).total == Available("", 0)
    assert sourced("SET", 1, sources_of(supplies), "BOS") is None


def test_what_lacks_of_safety_stock_is_filled_before_anything_is_promised() -> None:
    supplies = Supplies({("TEA", "BOS"): -3}, {("TEA", "BOS"): [Step(day(1), 2), Step(day(2), 5)]})
    sources = sources_of(supplies)
    plan = sourced("TEA", 4, sources, "BOS")
    assert plan is not None
    [parcel] = plan.parcels
    assert (parcel.expected_on, parcel.supplies) == (
        day(2).isoformat(),
        (SupplyUnits(1, "TEA", 4, 1),),
    )
    assert sourced("TEA", 5, sources, "BOS") is None
