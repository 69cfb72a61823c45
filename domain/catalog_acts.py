"""What staff may change of locations and products. What an act leaves out (None) stays as it is; of
a `new` one, which must not be there yet, it is as docs/operator.md says.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, time

from domain.days import day_of
from domain.errors import Malformed

CLOSED_DAYS_MAX = 366
COMPONENTS_MAX = 100  # of a bundle
NUMBER_MAX = 2**31 - 1
ID_MAX = 200  # characters of the name that a location or product is known by
TEXT_MAX = 500
WAREHOUSES = ("built_in", "http")


@dataclass(frozen=True, slots=True)
class ChangeLocation:
    """`capacity` 0 is without limit, `cutoff` empty the end of the day, `holidays` empty none.
    `weekdays` by ISO number, `closed_on` as 2026-12-24; degrees come in pairs; of `priority` the
    lower is preferred; `fulfilled_by` empty is as the settings say.
    """

    new: bool | None = None
    name: str | None = None
    kind: str | None = None
    country: str | None = None
    region: str | None = None
    latitude: float | None = None
    longitude: float | None = None
    priority: int | None = None
    fulfilled_by: str | None = None
    active: bool | None = None
    capacity: int | None = None
    timezone: str | None = None
    cutoff: str | None = None
    weekdays: tuple[int, ...] | None = None
    holidays: str | None = None
    closed_on: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class ComponentOf:
    """So many units of a SKU in one bundle."""

    sku: str
    quantity: int


@dataclass(frozen=True, slots=True)
class ChangeProduct:
    """Measures are of one unit as it is packed; 0 is not known. `components` are all of them: none
    make the bundle a plain product.
    """

    new: bool | None = None
    name: str | None = None
    category: str | None = None
    tax_category: str | None = None
    weight_g: int | None = None
    length_mm: int | None = None
    width_mm: int | None = None
    height_mm: int | None = None
    components: tuple[ComponentOf, ...] | None = None


def words(name: str, text: str, least: int = 1, most: int = TEXT_MAX) -> str:
    """Refuses (`Malformed`) what is too short, too long, or no line of text."""
    if not least <= len(text.strip()) or len(text) > most or not (text.isprintable() or not text):
        raise Malformed(f"{name} is {least} to {most} printable characters")
    return text


def country_code(text: str) -> str:
    if len(text) == 2 and text.isascii() and text.isalpha():
        return text.upper()
    raise Malformed(f"{text[:20]!r} is no ISO 3166 country code")


def one_of(name: str, text: str, known: Iterable[str]) -> str:
    if text not in (choices := list(known)):
        raise Malformed(f"{name} is one of {', '.join(filter(None, choices))}, not {text[:20]!r}")
    return text


def coordinates(latitude: float | None, longitude: float | None) -> dict[str, float]:
    """None of them, or both. Refuses (`Malformed`) what is nowhere on earth."""
    if latitude is None and longitude is None:
        return {}
    if latitude is None or longitude is None:
        raise Malformed("latitude and longitude come together")
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        raise Malformed("latitude is from -90 to 90, longitude from -180 to 180")
    return {"latitude": latitude, "longitude": longitude}


def cutoff_of(text: str) -> time | None:
    """Empty is the end of the day. Refuses (`Malformed`) what is not as 16:30."""
    if not text:
        return None
    hours, _, minutes = text.partition(":")
    if len(text) == 5 and text[2] == ":" and text.isascii() and (hours + minutes).isdigit():
        hour, minute = int(hours), int(minutes)
        if hour < 24 and minute < 60:
            return time(hour, minute)
    raise Malformed(f"{text[:20]!r} is no time of a day")


def closing_days(days: tuple[str, ...]) -> list[date]:
    """In order, each once. Refuses (`Malformed`) what is no day, and too many."""
    found = {day_of(day) for day in days}
    if len(found) > CLOSED_DAYS_MAX:
        raise Malformed(f"has more than {CLOSED_DAYS_MAX} days")
    return sorted(found)


def whole_number(name: str, value: int) -> int | None:
    """None for 0. Refuses (`Malformed`) what is negative or out of all reason."""
    if not 0 <= value <= NUMBER_MAX:
        raise Malformed(f"{name} is a whole number from 0 to {NUMBER_MAX}")
    return value or None


def check_components(bundle: str, components: tuple[ComponentOf, ...]) -> None:
    """Refuses (`Malformed`) a component that stands twice, is none, or is the bundle itself."""
    if len(components) > COMPONENTS_MAX:
        raise Malformed(f"a bundle has at most {COMPONENTS_MAX} components")
    skus = [component.sku for component in components]
    if len(set(skus)) < len(skus):
        raise Malformed("a component stands twice: write its quantity instead")
    if bundle in skus:
        raise Malformed(f"{bundle} cannot be a component of itself")
    for component in components:
        if not 1 <= component.quantity <= NUMBER_MAX:
            raise Malformed(f"the quantity of {component.sku} is 1 or more")
