"""Loading locations: what they are, when they work, and what no location can be."""

from datetime import date, time

import pytest

HEADER = "id,name,country,kind,capacity,timezone,cutoff,weekdays,holidays,closed_on\n"
WORKS = "SELECT kind, capacity, timezone, cutoff, weekdays, holidays, closed_on FROM location"
ALWAYS = ("warehouse", None, "UTC", None, [1, 2, 3, 4, 5, 6, 7], "", [])


def test_a_location_has_its_kind_its_capacity_and_when_it_works(shop):
    row = "L1,Boston,US,store,250,America/New_York,16:30,fri Mon mon tue,US-MA,{}\n"
    counts = shop.verdicts(HEADER + row.format("2026-12-24 2026-07-01"))
    assert counts == ({"added": 1}, {})
    closed = [date(2026, 7, 1), date(2026, 12, 24)]
    assert shop.rows(WORKS) == [
        ("store", 250, "America/New_York", time(16, 30), [1, 2, 5], "US-MA", closed)
    ]


def test_one_of_which_nothing_is_said_is_a_warehouse_that_always_works(shop):
    assert shop.verdicts("id,name,country\nL1,Boston,US\n") == ({"added": 1}, {})
    assert shop.verdicts(HEADER + "L2,Boston,US,,,,,,,\n") == ({"added": 1}, {})
    assert shop.rows(WORKS) == [ALWAYS, ALWAYS]


def test_what_a_file_does_not_name_stays_as_it_is(shop):
    shop.load(HEADER + "L1,Boston,US,store,250,America/New_York,16:30,mon,US,2026-12-24\n")
    before = shop.rows(WORKS)
    assert shop.verdicts("id,name,country,priority\nL1,Boston,US,7\n") == ({"changed": 1}, {})
    assert shop.rows(WORKS) == before
    assert shop.verdicts(HEADER + "L1,Boston,US,,,,,,,\n") == ({"changed": 1}, {})
    assert shop.rows(WORKS) == [ALWAYS]


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ("depot,,,,,,", "kind 'depot' is no kind of location"),
        (",0,,,,,", "capacity is 0"),
        (",-1,,,,,", "capacity '-1' is no whole number of 0 or more"),
        (",,Mars/Olympus,,,,", "timezone 'Mars/Olympus' is no IANA time zone"),
        (",,../etc/passwd,,,,", "timezone '../etc/passwd' is no IANA time zone"),
        (",,,24:00,,,", "cutoff '24:00' is no time of a day"),
        (",,,4 pm,,,", "cutoff '4 pm' is no time of a day"),
        (",,,１６:３０,,,", "cutoff '１６:３０' is no time of a day"),
        (",,,,never,,", "weekdays 'never' are no weekdays"),
        (
            ",,,,,US-XX,",
            "holidays 'US-XX' is no country or subdivision whose public holidays are known",
        ),
        (",,,,,,2026-02-30", "closed_on '2026-02-30' is no day"),
    ],
)
def test_what_no_location_can_be_is_refused(shop, cells, reason):
    assert shop.verdicts(f"{HEADER}L1,Boston,US,{cells}\n") == ({"refused": 1}, {2: reason})
    assert shop.rows(WORKS) == []


def test_more_closing_days_than_a_year_has_are_refused(shop):
    days = " ".join(
        date.fromordinal(date(2026, 1, 1).toordinal() + n).isoformat() for n in range(367)
    )
    counts, reasons = shop.verdicts(f"{HEADER}L1,Boston,US,,,,,,,{days}\n")
    assert (counts, reasons) == ({"refused": 1}, {2: "closed_on has more than 366 days"})


def test_the_database_itself_refuses_a_location_that_never_works(shop):
    import psycopg

    shop.load(shop.locations)
    for change in ("weekdays = '{}'", "weekdays = '{8}'", "capacity = 0", "kind = 'depot'"):
        with pytest.raises(psycopg.errors.CheckViolation):
            shop.execute(f"UPDATE location SET {change}")  # noqa: S608
