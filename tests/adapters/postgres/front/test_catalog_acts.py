"""Acts of staff on locations and products: done once, with a trace, and refused whole."""

import asyncio
from datetime import date, time
from typing import Any

import pytest
from sqlalchemy import text

from adapters.postgres.locations import active_locations
from domain.access import Principal, Role
from domain.acts import ActKind
from domain.errors import Forbidden, KeyConflict, Malformed, NotFound, StepRefused, UnknownSku

WORKS = "SELECT active, capacity, timezone, cutoff, weekdays, holidays, closed_on FROM location"
ALWAYS = (True, None, "UTC", None, [1, 2, 3, 4, 5, 6, 7], "", [])
BUNDLES = "SELECT component, quantity FROM bundle_component WHERE bundle = 'POT' ORDER BY 1"


async def change_location(shop: Any, key: str = "k", by: Any = None, **body: Any) -> Any:
    person = by or shop.warehouse
    return await shop.office.act(person, key, ActKind.LOCATION_CHANGE, "BOS", body, "moving house")


async def change_product(shop: Any, key: str = "k", sku: str = "POT", **body: Any) -> Any:
    return await shop.office.act(
        shop.supervisor, key, ActKind.PRODUCT_CHANGE, sku, body, "measured"
    )


def parts(**quantities: int) -> list[dict[str, Any]]:
    return [{"sku": sku, "quantity": quantity} for sku, quantity in quantities.items()]


async def test_a_location_is_changed_and_the_trail_says_by_whom_why_and_what_it_was(
    shop: Any,
) -> None:
    answer = await change_location(
        shop, capacity=250, timezone="America/New_York", cutoff="16:30", weekdays=[5, 1, 1],
        holidays="US-MA", closed_on=["2026-12-24", "2026-07-01"],
    )  # fmt: skip
    assert answer.result == {
        "before": {
            "capacity": None,
            "timezone": "UTC",
            "cutoff": None,
            "weekdays": [1, 2, 3, 4, 5, 6, 7],
            "holidays": "",
            "closed_on": [],
        },
        "after": {
            "capacity": 250,
            "timezone": "America/New_York",
            "cutoff": "16:30:00",
            "weekdays": [1, 5],
            "holidays": "US-MA",
            "closed_on": ["2026-07-01", "2026-12-24"],
        },
    }
    closed = [date(2026, 7, 1), date(2026, 12, 24)]
    assert await shop.rows(WORKS) == [
        (True, 250, "America/New_York", time(16, 30), [1, 5], "US-MA", closed)
    ]
    assert await shop.rows("SELECT principal, act, subject, reason, outcome FROM audit") == [
        ("will", "location_change", "BOS", "moving house", "DONE")
    ]


async def test_what_is_left_out_stays_and_what_is_emptied_is_as_at_first(shop: Any) -> None:
    await change_location(shop, "1", capacity=250, cutoff="16:30", holidays="US")
    await change_location(shop, "2", weekdays=[1])
    [(_, capacity, _, cutoff, weekdays, holidays, _)] = await shop.rows(WORKS)
    assert (capacity, cutoff, weekdays, holidays) == (250, time(16, 30), [1], "US")
    await change_location(
        shop, "3", capacity=0, cutoff="", holidays="", weekdays=[1, 2, 3, 4, 5, 6, 7]
    )
    assert await shop.rows(WORKS) == [ALWAYS]


async def test_one_that_is_made_inactive_is_no_source_any_more_until_it_is_active_again(
    shop: Any,
) -> None:
    async def sources() -> list[str]:
        async with shop.engine.connect() as connection:
            return [place.id for place in await active_locations(connection)]

    assert await sources() == ["BOS"]
    answer = await change_location(shop, "1", active=False)
    assert answer.result == {"before": {"active": True}, "after": {"active": False}}
    assert await sources() == []
    await change_location(shop, "2", active=True)
    assert await sources() == ["BOS"]


async def test_the_same_change_twice_is_one_and_a_second_finds_nothing_to_change(
    shop: Any,
) -> None:
    answers = await asyncio.gather(*(change_location(shop, active=False) for _ in range(4)))
    told = {"before": {"active": True}, "after": {"active": False}}
    assert [answer.result for answer in answers] == [told] * 4
    assert await shop.count("audit") == 1
    with pytest.raises(KeyConflict):
        await change_location(shop, active=True)
    again = await change_location(shop, "other", active=False)
    assert again.result == {"before": {}, "after": {}}


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({}, "nothing is to be changed"),
        ({"weekdays": []}, "one weekday at least"),
        ({"weekdays": [0]}, "one weekday at least"),
        ({"capacity": -1}, "capacity is a whole number from 0"),
        ({"capacity": 2**31}, "capacity is a whole number from 0"),
        ({"capacity": True}, "another type"),
        ({"capacity": "9"}, "another type"),
        ({"active": "no"}, "another type"),
        ({"timezone": "Mars/Olympus"}, "no time zone"),
        ({"timezone": ""}, "no time zone"),
        ({"cutoff": "25:00"}, "no time of a day"),
        ({"cutoff": "1630"}, "no time of a day"),
        ({"holidays": "XX"}, "not known"),
        ({"closed_on": ["2026-02-30"]}, "no day"),
        ({"closed_on": "2026-02-03"}, "another type"),
        ({"color": 1}, "has no 'color'"),
        ({"name": " "}, "name is 1 to 500"),
        ({"name": "Bos\nton"}, "name is 1 to 500"),
        ({"kind": "ship"}, "kind is one of warehouse, store, supplier, not 'ship'"),
        ({"country": "USA"}, "no ISO 3166 country code"),
        ({"latitude": 42.4}, "come together"),
        ({"latitude": 91, "longitude": 0}, "latitude is from -90 to 90"),
        ({"latitude": float("inf"), "longitude": 0}, "another type"),
        ({"latitude": True, "longitude": 0}, "another type"),
        ({"latitude": "42", "longitude": 0}, "another type"),
        ({"priority": -1}, "priority is a whole number from 0"),
        ({"fulfilled_by": "pigeon"}, "fulfilled_by is one of built_in, http, not 'pigeon'"),
    ],
)
async def test_what_no_location_can_be_is_refused_and_leaves_no_trace(
    shop: Any, body: dict[str, Any], message: str
) -> None:
    with pytest.raises(Malformed, match=message):
        await change_location(shop, **body)
    assert await shop.rows(WORKS) == [ALWAYS]
    assert await shop.count("audit") == 0


async def test_more_closing_days_than_a_year_has_are_refused(shop: Any) -> None:
    days = [date.fromordinal(739_000 + n).isoformat() for n in range(367)]
    with pytest.raises(Malformed, match="more than 366 days"):
        await change_location(shop, closed_on=days)


@pytest.mark.parametrize("role", [Role.AGENT, Role.FINANCE, Role.DEVELOPER, Role.CHANNEL])
async def test_only_warehouse_and_supervisors_change_locations(shop: Any, role: Role) -> None:
    with pytest.raises(Forbidden):
        await change_location(shop, by=Principal("eve", frozenset({role})), active=False)
    assert await shop.rows(WORKS) == [ALWAYS]


@pytest.mark.parametrize("subject", ["NYC", "", "bos", "a\x00b", "x" * 5_000])
async def test_what_is_not_there_is_not_found(shop: Any, subject: str) -> None:
    for kind, body in (
        (ActKind.LOCATION_CHANGE, {"active": False}),
        (ActKind.PRODUCT_CHANGE, {"weight_g": 1}),
    ):
        with pytest.raises((NotFound, Malformed)):
            await shop.office.act(shop.supervisor, "k", kind, subject, body, "why")
    assert await shop.count("audit") == 0


async def test_a_product_is_weighed_and_measured(shop: Any) -> None:
    answer = await change_product(shop, weight_g=180, length_mm=70, width_mm=70, height_mm=80)
    assert answer.result["after"] == {
        "weight_g": 180, "length_mm": 70, "width_mm": 70, "height_mm": 80,
    }  # fmt: skip
    await change_product(shop, "2", weight_g=0)
    measures = "SELECT weight_g, length_mm FROM product WHERE sku = 'POT'"
    assert await shop.rows(measures) == [(None, 70)]
    with pytest.raises(Malformed):
        await change_product(shop, "3", weight_g=-1)


async def test_a_bundle_is_composed_changed_and_made_a_plain_product_again(shop: Any) -> None:
    answer = await change_product(shop, "1", components=parts(TEA=1, CUP=4))
    assert answer.result == {
        "before": {"components": {}},
        "after": {"components": {"CUP": 4, "TEA": 1}},
    }
    assert await shop.rows(BUNDLES) == [("CUP", 4), ("TEA", 1)]
    answer = await change_product(shop, "2", components=parts(TEA=2))
    assert answer.result["before"] == {"components": {"CUP": 4, "TEA": 1}}
    assert await shop.rows(BUNDLES) == [("TEA", 2)]
    await change_product(shop, "3", components=[])
    assert await shop.rows(BUNDLES) == []


@pytest.mark.parametrize(
    ("components", "refusal"),
    [
        (parts(POT=1), Malformed),
        (parts(TEA=0), Malformed),
        (parts(TEA=-1), Malformed),
        ([*parts(TEA=1), *parts(TEA=2)], Malformed),
        (parts(NONE=1), UnknownSku),
        ([{"sku": "TEA"}], Malformed),
        (parts(**{f"S{n}": 1 for n in range(101)}), Malformed),
    ],
)
async def test_what_no_bundle_can_be_is_refused(
    shop: Any, components: Any, refusal: type[Exception]
) -> None:
    with pytest.raises(refusal):
        await change_product(shop, components=components, weight_g=5)
    assert await shop.rows(BUNDLES) == []
    assert await shop.rows("SELECT weight_g FROM product WHERE sku = 'POT'") == [(None,)]


async def test_a_bundle_is_never_a_component_so_that_nothing_contains_itself(shop: Any) -> None:
    await change_product(shop, "1", components=parts(TEA=1))
    with pytest.raises(StepRefused, match="POT is a bundle itself"):
        await change_product(shop, "2", "CUP", components=parts(POT=1))
    with pytest.raises(StepRefused, match="contains TEA"):
        await change_product(shop, "3", "TEA", components=parts(CUP=1))
    assert await shop.rows("SELECT bundle, component FROM bundle_component") == [("POT", "TEA")]


async def test_two_who_nest_bundles_in_one_another_at_once_do_not_both_succeed(shop: Any) -> None:
    done = await asyncio.gather(
        change_product(shop, "1", "POT", components=parts(TEA=1)),
        change_product(shop, "2", "TEA", components=parts(POT=1)),
        return_exceptions=True,
    )
    assert sorted(type(each).__name__ for each in done) == ["ActAnswer", "StepRefused"]
    assert await shop.count("bundle_component") == 1


async def test_what_has_stock_does_not_become_a_bundle(shop: Any) -> None:
    await shop.run("INSERT INTO stock (sku, location, on_hand) VALUES ('POT', 'BOS', 5)")
    with pytest.raises(StepRefused, match="stock of its own"):
        await change_product(shop, components=parts(TEA=1))
    assert await shop.rows(BUNDLES) == []


async def test_what_is_to_come_does_not_become_a_bundle_until_it_came_or_was_given_up(
    shop: Any,
) -> None:
    coming = {"location": "BOS", "reference": "PO-1"}

    async def act(kind: ActKind, **body: Any) -> None:
        asked = {**coming, **body}
        await shop.office.act(shop.warehouse, kind.value, kind, "POT", asked, "as told")

    await act(ActKind.SUPPLY_EXPECT, quantity=5, available_on="2099-01-01")
    with pytest.raises(StepRefused, match="POT is still to come, as PO-1 for BOS"):
        await change_product(shop, components=parts(TEA=1))
    assert await shop.rows(BUNDLES) == []
    await act(ActKind.SUPPLY_END)
    await change_product(shop, "again", components=parts(TEA=1))
    assert await shop.rows(BUNDLES) == [("TEA", 1)]


async def test_a_bundle_that_is_being_made_is_seen_by_who_expects_units_of_it(shop: Any) -> None:
    body = {"location": "BOS", "reference": "PO-1", "quantity": 5, "available_on": "2099-01-01"}
    async with shop.engine.begin() as other:
        await other.execute(text("SELECT FROM product WHERE sku = 'POT' FOR UPDATE"))
        await other.execute(text("INSERT INTO bundle_component VALUES ('POT', 'TEA', 1)"))
        expecting = asyncio.create_task(
            shop.office.act(shop.warehouse, "e", ActKind.SUPPLY_EXPECT, "POT", body, "as told")
        )
        await shop.somebody_waits()
    with pytest.raises(Malformed, match="POT is a bundle"):
        await expecting
    assert await shop.count("supply") == 0


WHAT = (
    "SELECT name, kind, country, region, latitude, longitude, priority, fulfilled_by FROM location"
)
EVERYTHING = {
    "name": "Boston Store", "kind": "store", "country": "us", "region": "MA", "latitude": 42,
    "longitude": -71.1, "priority": 0, "fulfilled_by": "built_in",
}  # fmt: skip


async def test_what_a_location_is_and_where_is_changed_with_a_trace(shop: Any) -> None:
    answer = await change_location(shop, **EVERYTHING)
    after = {**EVERYTHING, "country": "US"}
    assert answer.result["after"] == {n: v for n, v in after.items() if n != "country"}
    assert answer.result["before"] == {
        "name": "Boston", "kind": "warehouse", "region": "", "latitude": None, "longitude": None,
        "priority": 100, "fulfilled_by": "",
    }  # fmt: skip
    assert await shop.rows(WHAT) == [tuple(after.values())]
    emptied = await change_location(shop, "again", region="", fulfilled_by="")
    assert emptied.result["after"] == {"region": "", "fulfilled_by": ""}


async def make(shop: Any, what: ActKind, subject: str, key: str = "k", **body: Any) -> Any:
    body = {"new": True, **body}
    return await shop.office.act(shop.supervisor, key, what, subject, body, "opening")


async def test_a_new_location_is_made_once_and_is_a_source_from_then_on(shop: Any) -> None:
    answer = await make(shop, ActKind.LOCATION_CHANGE, "上海", **EVERYTHING, capacity=9)
    assert answer.result == {
        "before": {}, "after": {**EVERYTHING, "country": "US", "capacity": 9}
    }  # fmt: skip
    assert await shop.rows("SELECT id, capacity, active FROM location WHERE id <> 'BOS'") == [
        ("上海", 9, True)
    ]
    async with shop.engine.connect() as connection:
        assert {place.id for place in await active_locations(connection)} == {"BOS", "上海"}
    with pytest.raises(StepRefused, match="there is a location 上海 already"):
        await make(shop, ActKind.LOCATION_CHANGE, "上海", "again", name="Other", country="CN")
    assert await shop.rows("SELECT name FROM location WHERE id = '上海'") == [("Boston Store",)]


async def test_a_new_product_is_made_with_its_components(shop: Any) -> None:
    answer = await make(
        shop, ActKind.PRODUCT_CHANGE, "SET", name="Set", tax_category="food", weight_g=5,
        components=parts(TEA=1, CUP=2),
    )  # fmt: skip
    assert answer.result == {
        "before": {"components": {}},
        "after": {
            "name": "Set", "tax_category": "food", "weight_g": 5,
            "components": {"TEA": 1, "CUP": 2},
        },
    }  # fmt: skip
    assert await shop.rows(
        "SELECT name, category, tax_category FROM product WHERE sku = 'SET'"
    ) == [("Set", "", "food")]
    assert await shop.count("bundle_component") == 2
    renamed = await change_product(shop, "r", "SET", name="Tea set", category="gifts")
    assert renamed.result["after"] == {"name": "Tea set", "category": "gifts"}


@pytest.mark.parametrize(
    ("kind", "subject", "body", "message"),
    [
        (ActKind.LOCATION_CHANGE, "NEW", {}, "a new location needs name and country"),
        (ActKind.LOCATION_CHANGE, "NEW", {"name": "New"}, "a new location needs country"),
        (ActKind.PRODUCT_CHANGE, "NEW", {"weight_g": 5}, "a new product needs name"),
        (ActKind.PRODUCT_CHANGE, "", {"name": "x"}, "the name of a product is 1 to 200"),
        (ActKind.PRODUCT_CHANGE, "x" * 201, {"name": "x"}, "the name of a product is 1 to 200"),
        (ActKind.LOCATION_CHANGE, "N\tW", {"name": "x", "country": "US"}, "is 1 to 200"),
    ],
)
async def test_what_lacks_something_is_not_made(
    shop: Any, kind: ActKind, subject: str, body: dict[str, Any], message: str
) -> None:
    with pytest.raises(Malformed, match=message):
        await make(shop, kind, subject, **body)
    assert (await shop.count("location"), await shop.count("product")) == (1, 3)
    assert await shop.count("audit") == 0
