"""Public holidays: who keeps which."""

from datetime import date

import pytest

from adapters.calendars.public_holidays import keeps_holidays, public_holidays


@pytest.mark.parametrize("code", ["US", "US-MA", "CN", "DE-BY", "GB-ENG"])
def test_a_country_and_its_subdivisions_keep_holidays(code):
    assert keeps_holidays(code)
    assert len(public_holidays(code, 2026)) >= 8


@pytest.mark.parametrize("code", ["", "-", "XX", "us", "US-", "US-XX", "US-MA-1", "DE-by", "USA"])
def test_what_is_no_such_code_keeps_none(code):
    assert not keeps_holidays(code)


def test_a_code_that_the_library_no_longer_knows_has_no_holidays():
    assert public_holidays("XX", 2026) == frozenset()


def test_holidays_are_those_of_the_country_the_subdivision_and_the_year():
    assert date(2026, 11, 26) in public_holidays("US", 2026)  # Thanksgiving
    assert date(2026, 1, 6) in public_holidays("DE-BY", 2026)  # Epiphany, in Bavaria
    assert date(2026, 1, 6) not in public_holidays("DE", 2026)
    assert date(2026, 10, 1) in public_holidays("CN", 2026)
    assert {day.year for day in public_holidays("CN", 2025)} == {2025}
