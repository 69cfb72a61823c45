"""What a CSV cell may say, by column: each parser answers a value or says what to write instead."""

import math
from collections.abc import Callable
from datetime import UTC, date, datetime, time
from functools import cache
from typing import TypeVar
from zoneinfo import available_timezones

from adapters.calendars.public_holidays import keeps_holidays
from domain.catalog_acts import WAREHOUSES, closing_days, country_code, cutoff_of
from domain.currency import exponent
from domain.days import DAY_MAX, DAY_MIN, day_of
from domain.departure import EVERY_DAY, LocationKind
from domain.errors import Malformed, UnknownCurrency
from domain.money import AMOUNT_MAX
from domain.stock_acts import UNITS_MAX as SUPPLY_UNITS_MAX
from domain.stock_acts import SupplyKind, check_reference

TEXT_CHARACTERS_MAX = 500
TERMS_DAYS_MAX = 3_650
UNITS_MAX = 2**31 - 1  # a PostgreSQL integer
YES, NO = ("true", "yes", "y", "1"), ("false", "no", "n", "0")

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

YEAR_MIN, YEAR_MAX = DAY_MIN.year, DAY_MAX.year
_TIMES = "write a day or a time, such as 2026-11-27 or 2026-11-27T08:00+08:00"

S = TypeVar("S")
T = TypeVar("T")
Value = str | int | float | bool | time | date | datetime | list[int] | list[date] | None
Parser = Callable[[str], Value]


class BadCell(Exception):  # a verdict about a row, collected and reported
    """`reason` says what is wrong with a cell, `advice` what to write instead."""

    def __init__(self, reason: str, advice: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.advice = advice


def text(cell: str) -> str:
    if not cell:
        raise BadCell("is empty", "fill it in")
    return optional_text(cell)


def optional_text(cell: str) -> str:
    if len(cell) > TEXT_CHARACTERS_MAX:
        raise BadCell(f"is longer than {TEXT_CHARACTERS_MAX} characters", "shorten it")
    if not cell.isprintable():
        raise BadCell("contains a line break or another control character", "remove it")
    return cell


def lower_text(cell: str) -> str:
    return text(cell).lower()


def country(cell: str) -> str:
    return _told(country_code, cell, "write two letters, such as US")


def currency(cell: str) -> str:
    try:
        exponent(cell.upper())
    except UnknownCurrency as refusal:
        raise BadCell(refusal.message, "write a code such as USD") from None
    return cell.upper()


def amount(cell: str) -> int:
    """Minor units of the row's currency."""
    return _whole(cell, AMOUNT_MAX, "write minor units: 249 for 2.49 USD")


def optional_amount(cell: str) -> int:
    return amount(cell) if cell else 0


def optional_currency(cell: str) -> str:
    return currency(cell) if cell else ""


def terms_days(cell: str) -> int:
    """Empty is 30."""
    return _whole(cell, TERMS_DAYS_MAX, "write days, such as 14") if cell else 30


def units(cell: str, most: int = UNITS_MAX) -> int:
    return _whole(cell, most, "write a whole number of units, such as 12")


def supply_units(cell: str) -> int:
    return positive(cell, SUPPLY_UNITS_MAX)


def rate_bp(cell: str) -> int:
    return _whole(cell, 9_999, "write hundredths of a percent: 625 for 6.25 %")


def priority(cell: str) -> int:
    return _whole(cell, UNITS_MAX, "write a whole number, lower being preferred") if cell else 100


def latitude(cell: str) -> float:
    return _degrees(cell, 90)


def longitude(cell: str) -> float:
    return _degrees(cell, 180)


def optional_latitude(cell: str) -> float | None:
    return latitude(cell) if cell else None


def optional_longitude(cell: str) -> float | None:
    return longitude(cell) if cell else None


def warehouse(cell: str) -> str:
    """Who fulfills from a location; empty: as the settings say."""
    if cell not in ("", *WAREHOUSES):
        raise BadCell(f"{cell!r} is no kind of warehouse", f"write {' or '.join(WAREHOUSES)}")
    return cell


def location_kind(cell: str) -> str:
    kinds = [kind.value for kind in LocationKind]
    if cell not in ("", *kinds):
        raise BadCell(f"{cell!r} is no kind of location", f"write {' or '.join(kinds)}")
    return cell or LocationKind.WAREHOUSE.value


def optional_positive(cell: str) -> int | None:
    return positive(cell) if cell else None


def positive(cell: str, most: int = UNITS_MAX) -> int:
    number = units(cell, most)
    if number < 1:
        raise BadCell("is 0", "write 1 or more, or leave it empty")
    return number


def timezone(cell: str) -> str:
    if cell and cell not in _timezones():
        raise BadCell(f"{cell!r} is no IANA time zone", "write one such as America/New_York")
    return cell or "UTC"


def cutoff(cell: str) -> time | None:
    return _told(cutoff_of, cell, "write hours and minutes, such as 16:30")


def weekdays(cell: str) -> list[int]:
    """By ISO number; empty is every day, since a location that never works is none."""
    if not cell:
        return sorted(EVERY_DAY)
    words = cell.lower().split()
    unknown = [word for word in words if word not in WEEKDAYS]
    if unknown or not words:
        raise BadCell(f"{cell!r} are no weekdays", f"write some of {' '.join(WEEKDAYS)}")
    return sorted({WEEKDAYS.index(word) + 1 for word in words})


def holidays(cell: str) -> str:
    """Whose public holidays are kept; empty: none are."""
    if cell and not keeps_holidays(cell):
        raise BadCell(
            f"{cell!r} is no country or subdivision whose public holidays are known",
            "write a code such as US or US-MA",
        )
    return cell


def closed_on(cell: str) -> list[date]:
    days = tuple(cell.split())
    return _told(closing_days, days, "write days such as 2026-12-24, separated by spaces")


def supply_kind(cell: str) -> str:
    kinds = [kind.value for kind in SupplyKind]
    if cell not in kinds:
        raise BadCell(f"{cell!r} is no kind of supply", f"write {' or '.join(kinds)}")
    return cell


def day(cell: str) -> date:
    return _told(day_of, cell, "write a day, such as 2026-11-30")


def reference(cell: str) -> str:
    """Of a delivery or a presale quota."""
    _told(check_reference, text(cell), "write a name for it, such as PO-17")
    return cell


def optional_moment(cell: str) -> datetime | None:
    """A day is its beginning; what has no offset is UTC."""
    if not cell:
        return None
    try:
        at = datetime.fromisoformat(cell)
    except ValueError:
        raise BadCell(f"{cell!r} is no time", _TIMES) from None
    if not YEAR_MIN <= at.year <= YEAR_MAX:
        raise BadCell(f"{cell!r} is not from {YEAR_MIN} to {YEAR_MAX}", _TIMES)
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def yes_or_no(cell: str) -> bool:
    word = cell.lower()
    if word not in YES + NO:
        raise BadCell(f"{cell!r} is neither yes nor no", "write true or false")
    return word in YES


def yes_unless_no(cell: str) -> bool:
    return yes_or_no(cell) if cell else True


def no_unless_yes(cell: str) -> bool:
    return yes_or_no(cell) if cell else False


def _told(parse: Callable[[S], T], given: S, advice: str) -> T:
    try:
        return parse(given)
    except Malformed as refusal:
        raise BadCell(refusal.message, advice) from None


@cache
def _timezones() -> frozenset[str]:
    return frozenset(available_timezones())


def _whole(cell: str, most: int, advice: str) -> int:
    if not (cell.isascii() and cell.isdigit()):
        raise BadCell(f"{cell!r} is no whole number of 0 or more", advice)
    if len(cell) > 20 or int(cell) > most:
        raise BadCell(f"{cell[:20]} is more than {most:,}", advice)
    return int(cell)


def _degrees(cell: str, most: int) -> float:
    try:
        degrees = float(cell)
    except ValueError:
        degrees = math.nan
    if -most <= degrees <= most:
        return degrees
    raise BadCell(f"{cell!r} is no number from -{most} to {most}", "write degrees, such as -71.06")
