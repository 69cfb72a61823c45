"""What a CSV cell may say, by column: each parser answers a value or says what to write instead."""

import math
from collections.abc import Callable

from domain.currency import exponent
from domain.errors import UnknownCurrency
from domain.money import AMOUNT_MAX

TEXT_CHARACTERS_MAX = 500
UNITS_MAX = 2**31 - 1  # a PostgreSQL integer
WAREHOUSES = ("built_in", "http")
YES, NO = ("true", "yes", "y", "1"), ("false", "no", "n", "0")

Value = str | int | float | bool | None
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
    if len(cell) == 2 and cell.isascii() and cell.isalpha():
        return cell.upper()
    raise BadCell(f"{cell!r} is no ISO 3166 country code", "write two letters, such as US")


def currency(cell: str) -> str:
    try:
        exponent(cell.upper())
    except UnknownCurrency as refusal:
        raise BadCell(refusal.message, "write a code such as USD") from None
    return cell.upper()


def amount(cell: str) -> int:
    """Minor units of the row's currency."""
    return _whole(cell, AMOUNT_MAX, "write minor units: 249 for 2.49 USD")


def units(cell: str) -> int:
    return _whole(cell, UNITS_MAX, "write a whole number of units, such as 12")


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


def yes_unless_no(cell: str) -> bool:
    return _yes_or_no(cell) if cell else True


def no_unless_yes(cell: str) -> bool:
    return _yes_or_no(cell) if cell else False


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


def _yes_or_no(cell: str) -> bool:
    word = cell.lower()
    if word not in YES + NO:
        raise BadCell(f"{cell!r} is neither yes nor no", "write true or false")
    return word in YES
