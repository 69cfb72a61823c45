"""When a parcel leaves a location."""

from datetime import UTC, date, datetime, time, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.departure import HORIZON_DAYS, Departure, WorkingDays
from domain.errors import Malformed
from tests.domain.strategies import SOME

NEW_YORK = ZoneInfo("America/New_York")
SHANGHAI = ZoneInfo("Asia/Shanghai")
WEEK = frozenset(range(1, 6))
BOSTON = WorkingDays(NEW_YORK, time(16), WEEK)


def at(text, zone=NEW_YORK):
    return datetime.fromisoformat(text).replace(tzinfo=zone)


def test_before_the_cutoff_of_a_working_day_a_parcel_leaves_today():
    assert BOSTON.departure(at("2026-11-20T15:59:59")) == Departure(date(2026, 11, 20))


def test_at_the_cutoff_it_leaves_on_the_next_working_day_and_the_reason_says_so():
    assert BOSTON.departure(at("2026-11-20T16:00")) == Departure(
        date(2026, 11, 23), 3, "past the cut-off of 16:00, leaves on Monday 2026-11-23"
    )


def test_on_a_weekend_it_is_closed_until_monday():
    assert BOSTON.departure(at("2026-11-21T09:00")) == Departure(
        date(2026, 11, 23), 2, "closed until Monday 2026-11-23"
    )


def test_a_holiday_and_a_closing_day_of_its_own_are_days_without_work():
    closed = WorkingDays(NEW_YORK, None, WEEK, frozenset({date(2026, 11, 26), date(2026, 11, 27)}))
    assert closed.departure(at("2026-11-26T09:00")) == Departure(
        date(2026, 11, 30), 4, "closed until Monday 2026-11-30"
    )


def test_over_the_end_of_the_year_it_leaves_in_the_new_one():
    closed = WorkingDays(UTC, time(12), WEEK, frozenset({date(2027, 1, 1)}))
    assert closed.departure(datetime(2026, 12, 31, 13, tzinfo=UTC)) == Departure(
        date(2027, 1, 4), 4, "past the cut-off of 12:00, leaves on Monday 2027-01-04"
    )


def test_the_day_is_that_of_the_location_and_not_of_whoever_asks():
    late_sunday_in_london = datetime(2026, 11, 22, 23, tzinfo=UTC)
    there = WorkingDays(SHANGHAI, time(16), WEEK)
    assert there.departure(late_sunday_in_london) == Departure(date(2026, 11, 23))


def test_without_a_cutoff_the_day_ends_at_midnight():
    whole = WorkingDays(NEW_YORK)
    assert whole.departure(at("2026-11-20T23:59:59")) == Departure(date(2026, 11, 20))
    assert whole.departure(at("2026-11-21T00:00")) == Departure(date(2026, 11, 21))


def test_with_a_cutoff_at_midnight_nothing_leaves_on_the_day_that_it_comes():
    early = WorkingDays(NEW_YORK, time(0))
    assert early.departure(at("2026-11-20T00:00")) == Departure(
        date(2026, 11, 21), 1, "past the cut-off of 00:00, leaves on Saturday 2026-11-21"
    )


def test_a_cutoff_that_the_clock_skips_in_spring_is_passed_when_it_would_have_come():
    skipped = WorkingDays(NEW_YORK, time(2, 30))  # 2026-03-08: 02:00 becomes 03:00
    six = datetime(2026, 3, 8, 6, 59, tzinfo=UTC)
    assert skipped.departure(six).days == 0
    assert skipped.departure(six + timedelta(minutes=31)).days == 1


def test_a_cutoff_that_comes_twice_in_autumn_is_passed_once():
    twice = WorkingDays(NEW_YORK, time(1, 30))  # 2026-11-01: 02:00 becomes 01:00 again
    first = datetime(2026, 11, 1, 5, 30, tzinfo=UTC)
    assert twice.departure(first - timedelta(seconds=1)).days == 0
    assert twice.departure(first).days == 1
    assert twice.departure(first + timedelta(minutes=45)).days == 1  # 01:15, for the second time


def test_where_the_capacity_of_today_is_used_up_it_leaves_one_working_day_later():
    limited = WorkingDays(NEW_YORK, time(16), WEEK, capacity=100)
    assert limited.departure(at("2026-11-20T10:00"), 99).days == 0
    assert limited.departure(at("2026-11-20T10:00"), 100) == Departure(
        date(2026, 11, 23), 3, "the capacity of today is used up, leaves on Monday 2026-11-23"
    )
    assert limited.departure(at("2026-11-20T17:00"), 100) == Departure(
        date(2026, 11, 24),
        4,
        "the capacity of Monday 2026-11-23 is used up, leaves on Tuesday 2026-11-24",
    )


def test_one_that_is_closed_for_long_says_so():
    days = frozenset(date(2026, 11, 20) + timedelta(n) for n in range(400))
    never = Departure(date(2027, 1, 19), HORIZON_DAYS, "closed for 60 days or more")
    assert WorkingDays(closed=days).departure(datetime(2026, 11, 20, tzinfo=UTC)) == never
    last = WorkingDays(closed=days - {date(2027, 1, 18)}, capacity=1)
    assert last.departure(datetime(2026, 11, 20, tzinfo=UTC), 1) == never


@pytest.mark.parametrize("weekdays", [set(), {0}, {8}, {1, 9}])
def test_a_location_that_never_works_is_refused(weekdays):
    with pytest.raises(Malformed, match="one weekday at least"):
        WorkingDays(weekdays=frozenset(weekdays))


@pytest.mark.parametrize("capacity", [0, -1])
def test_a_location_without_any_capacity_is_refused(capacity):
    with pytest.raises(Malformed, match="1 parcel a day or more"):
        WorkingDays(capacity=capacity)


@SOME
@given(
    st.datetimes(
        datetime(2020, 1, 1),  # noqa: DTZ001 - hypothesis adds the zone
        datetime(2035, 1, 1),  # noqa: DTZ001
        timezones=st.sampled_from([UTC, NEW_YORK, SHANGHAI, timezone(timedelta(hours=14))]),
    ),
    st.sampled_from([UTC, NEW_YORK, SHANGHAI, ZoneInfo("Australia/Lord_Howe")]),
    st.none() | st.times().map(lambda t: t.replace(fold=0)),
    st.frozensets(st.integers(1, 7), min_size=1),
    st.integers(0, 3),
)
def test_it_always_leaves_on_a_working_day_and_never_before_it_was_handed_over(
    moment, zone, cutoff, weekdays, taken
):
    days = WorkingDays(zone, cutoff, weekdays, capacity=2)
    found = days.departure(moment, taken)
    today = moment.astimezone(zone).date()
    assert days.works_on(found.day)
    assert found.day == today + timedelta(found.days)
    assert 0 <= found.days <= 15
    assert bool(found.why) == bool(found.days)
