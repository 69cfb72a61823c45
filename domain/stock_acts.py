"""What staff may do to stock: each a dataclass of what is asked. The subject of each is a SKU."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from domain.days import day_of
from domain.errors import BadQuantity, Malformed
from domain.quantity import QUANTITY_MAX

UNITS_MAX = 10_000_000  # on one shelf, as somebody asks for them
ON_HAND_MAX = 2**31 - 1  # what the books can hold
REFERENCE_MAX = 200  # characters


class Bucket(StrEnum):
    """Where units of a SKU stand at a location; only those on hand are for sale."""

    ON_HAND = "on_hand"
    DAMAGED = "damaged"
    QUARANTINED = "quarantined"
    SCRAPPED = "scrapped"  # gone for good


class SupplyKind(StrEnum):
    INBOUND = "inbound"  # ordered from a supplier
    PRESALE = "presale"  # a quota that may be sold before there are any


@dataclass(frozen=True, slots=True)
class Count:
    """`counted` sellable units are there, whatever the books say. `books` is what they said when
    it was counted, where that is not now.
    """

    location: str
    counted: int
    books: int | None = None

    def __post_init__(self) -> None:
        _units("counted", self.counted, 0, UNITS_MAX)
        if self.books is not None:
            _units("books", self.books, 0, ON_HAND_MAX)


@dataclass(frozen=True, slots=True)
class Adjust:
    """`units` more, or fewer when negative, are on hand."""

    location: str
    units: int

    def __post_init__(self) -> None:
        _units("units", abs(self.units), 1, QUANTITY_MAX)


@dataclass(frozen=True, slots=True)
class Regrade:
    """Units move from one bucket to another; out of scrap nothing comes back."""

    location: str
    units: int
    before: Bucket
    after: Bucket

    def __post_init__(self) -> None:
        _units("units", self.units, 1, QUANTITY_MAX)
        if self.before is self.after or self.before is Bucket.SCRAPPED:
            raise BadQuantity(f"units do not move from {self.before} to {self.after}")


@dataclass(frozen=True, slots=True)
class Levels:
    """Of a SKU at a location. At `reorder_point` free units or fewer it is to be reordered, up to
    `reorder_to`; 0 means never.
    """

    location: str
    safety: int
    reorder_point: int = 0
    reorder_to: int = 0

    def __post_init__(self) -> None:
        for name in ("safety", "reorder_point", "reorder_to"):
            _units(name, getattr(self, name), 0, UNITS_MAX)


@dataclass(frozen=True, slots=True)
class Expect:
    """`quantity` units in all are to come under `reference`, on a day as `2026-11-30`. Said again,
    it is changed: promises that it can no longer keep are broken, the youngest first, and of the
    last as much as has to be.
    """

    location: str
    reference: str
    quantity: int
    available_on: str
    kind: SupplyKind = SupplyKind.INBOUND

    def __post_init__(self) -> None:
        _units("quantity", self.quantity, 1, UNITS_MAX)
        check_reference(self.reference)
        day_of(self.available_on)

    @property
    def day(self) -> date:
        return day_of(self.available_on)


@dataclass(frozen=True, slots=True)
class Receive:
    """Inbound units have come. `last` closes the delivery: nothing more will come of it."""

    location: str
    reference: str
    units: int
    last: bool = False

    def __post_init__(self) -> None:
        _units("units", self.units, 0 if self.last else 1, UNITS_MAX)


@dataclass(frozen=True, slots=True)
class EndSupply:
    """Nothing more will come of it: what was promised from it is broken."""

    location: str
    reference: str
    kind: SupplyKind = SupplyKind.INBOUND


def check_reference(reference: str) -> None:
    """Refuses (`Malformed`) what nobody could name a delivery by."""
    if not reference.strip() or len(reference) > REFERENCE_MAX or not reference.isprintable():
        raise Malformed(f"a reference is 1 to {REFERENCE_MAX} printable characters")


def _units(name: str, units: int, least: int, most: int) -> None:
    if type(units) is not int or not least <= units <= most:
        raise BadQuantity(f"{name} is a whole number from {least:,} to {most:,}: {units!r}")
