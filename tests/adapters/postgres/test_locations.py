"""Where it can be sent from now, and on which day it would leave."""

from datetime import UTC, date, datetime, timedelta

import pytest

from adapters.postgres.locations import active_locations, closed_days

PERSON = (
    "INSERT INTO person (name, line1, line2, city, region, postal_code, country, email, phone)"
    " VALUES ('Ana', '', '', '', '', '', '', '', '')"
)
ORDER = (
    "INSERT INTO customer_order (number, channel, channel_ref, customer_ref, currency, total,"
    " placed, process, person_id, tracking_hash, placed_at)"
    " VALUES ('O1', 'web', 'O1', '', 'USD', 0, '{}', '{}', 1, 'O1', now())"
)


@pytest.fixture
def locations(engine):
    async def read():
        async with engine.connect() as connection:
            return {place.id: place for place in await active_locations(connection)}

    return read


@pytest.fixture
def add(run_sql):
    async def add(name, **columns):
        columns = {"id": name, "name": name, "country": "US", **columns}
        names = ", ".join(columns)
        values = ", ".join(f":{each}" for each in columns)
        await run_sql(f"INSERT INTO location ({names}) VALUES ({values})", **columns)  # noqa: S608

    return add


@pytest.fixture
def source(run_sql):
    """A parcel, sourced from a location some time ago."""
    numbers = iter(range(1_000_000))

    async def source(location, ago=timedelta(0), parcels=1):
        await run_sql(
            "INSERT INTO fulfillment_order (id, order_number, location, created_at)"
            " SELECT 'O1-' || :batch || '-' || n, 'O1', :location, :at"
            " FROM generate_series(1, :parcels) n",
            batch=str(next(numbers)), location=location, parcels=parcels,
            at=datetime.now(UTC) - ago,
        )  # fmt: skip

    return source


async def test_a_location_of_which_nothing_is_said_sends_today(add, locations):
    await add("BOS", latitude=42.4, longitude=-71.1, priority=5)
    [place] = (await locations()).values()
    assert (place.id, place.latitude, place.longitude, place.priority) == ("BOS", 42.4, -71.1, 5)
    assert (place.leaves_in_days, place.delay) == (0, "")


async def test_a_location_that_is_not_active_is_not_among_them(add, locations):
    await add("BOS", active=False)
    assert await locations() == {}


async def test_a_location_that_is_closed_says_until_when(add, locations):
    today = datetime.now(UTC).date()
    await add("BOS", closed_on=[today + timedelta(n) for n in range(3)])
    place = (await locations())["BOS"]
    assert place.leaves_in_days == 3
    assert place.delay.endswith((today + timedelta(3)).isoformat())
    assert place.delay.startswith("closed until ")


async def test_the_parcels_sourced_since_the_last_cutoff_use_its_capacity_up(
    add, locations, source, run_sql
):
    for statement in (PERSON, ORDER):
        await run_sql(statement)
    await add("BOS", capacity=3)
    await add("NYC")
    await source("NYC", parcels=50)
    await source("BOS", ago=timedelta(days=1, minutes=1), parcels=50)
    await source("BOS", parcels=2)
    assert (await locations())["BOS"].leaves_in_days == 0
    await source("BOS")
    found = await locations()
    assert found["BOS"].leaves_in_days == 1
    assert found["BOS"].delay.startswith("the capacity of today is used up, leaves on ")
    assert (found["NYC"].leaves_in_days, found["NYC"].delay) == (0, "")


async def test_what_was_sourced_over_days_without_work_uses_one_capacity(
    add, locations, source, run_sql
):
    for statement in (PERSON, ORDER):
        await run_sql(statement)
    today = datetime.now(UTC).date()
    closed = [today - timedelta(n) for n in range(3)]
    await add("BOS", capacity=3, closed_on=closed)
    await source("BOS", ago=timedelta(days=2), parcels=3)
    assert (await locations())["BOS"].leaves_in_days == 2
    await run_sql("UPDATE location SET closed_on = '{}'")
    assert (await locations())["BOS"].leaves_in_days == 0


async def test_public_holidays_of_both_years_are_closed_around_new_year():
    found = closed_days("US", [date(2026, 12, 24)], date(2026, 12, 20))
    assert {date(2026, 12, 24), date(2026, 12, 25), date(2027, 1, 1)} <= found
    assert closed_days("", [date(2026, 12, 24)], date(2026, 12, 20)) == {date(2026, 12, 24)}
