"""Acts of staff on locations: done once, with a trace, and refused whole."""

import asyncio
from datetime import date, time
from typing import Any

import pytest

from adapters.postgres.locations import active_locations
from domain.access import Principal, Role
from domain.acts import ActKind
from domain.errors import Forbidden, KeyConflict, Malformed, NotFound, StepRefused

WORKS = "SELECT active, capacity, timezone, cutoff, weekdays, holidays, closed_on FROM location"
ALWAYS = (True, None, "UTC", None, [1, 2, 3, 4, 5, 6, 7], "", [])
WHAT = (
    "SELECT name, kind, country, region, latitude, longitude, priority, fulfilled_by FROM location"
)
EVERYTHING = {
    "name": "Boston Store", "kind": "store", "country": "us", "region": "MA", "latitude": 42,
    "longitude": -71.1, "priority": 0, "fulfilled_by": "built_in",
}  # fmt: skip


async def change_location(
    shop: Any, key: str = "k", by: Any = None, place: str = "BOS", **body: Any
) -> Any:
    person = by or shop.warehouse
    return await shop.office.act(person, key, ActKind.LOCATION_CHANGE, place, body, "moving house")


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


async def test_a_new_location_is_made_once_and_is_a_source_from_then_on(shop: Any) -> None:
    answer = await change_location(shop, place="上海", new=True, **EVERYTHING, capacity=9)
    assert answer.result == {
        "before": {}, "after": {**EVERYTHING, "country": "US", "capacity": 9}
    }  # fmt: skip
    assert await shop.rows("SELECT id, capacity, active FROM location WHERE id <> 'BOS'") == [
        ("上海", 9, True)
    ]
    async with shop.engine.connect() as connection:
        assert {place.id for place in await active_locations(connection)} == {"BOS", "上海"}
    with pytest.raises(StepRefused, match="there is a location 上海 already"):
        await change_location(shop, "again", place="上海", new=True, name="Other", country="CN")
    assert await shop.rows("SELECT name FROM location WHERE id = '上海'") == [("Boston Store",)]


@pytest.mark.parametrize(
    ("place", "body", "message"),
    [
        ("NEW", {}, "a new location needs name and country"),
        ("NEW", {"name": "New"}, "a new location needs country"),
        ("N\tW", {"name": "x", "country": "US"}, "is 1 to 200"),
    ],
)
async def test_a_location_that_lacks_something_is_not_made(
    shop: Any, place: str, body: dict[str, Any], message: str
) -> None:
    with pytest.raises(Malformed, match=message):
        await change_location(shop, place=place, new=True, **body)
    assert await shop.count("location") == 1
    assert await shop.count("audit") == 0
