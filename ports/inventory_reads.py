"""What is where: locations, products, stock and what moved it, as staff and developers read it."""

from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Protocol

from domain.access import STAFF, Principal, Role
from ports.reads import Page

PROMISES_MAX = 100  # shown of one supply
READERS = (*sorted(STAFF), Role.DEVELOPER)


@dataclass(frozen=True, slots=True)
class LocationRead:
    """`capacity` and `taken` in parcels: a day's, and those sourced since the last cut-off. A
    parcel sourced now leaves on `departs_on`; `delay` says why not today.
    """

    id: str
    name: str
    kind: str
    country: str
    region: str
    latitude: float | None
    longitude: float | None
    priority: int
    active: bool
    fulfilled_by: str
    capacity: int | None
    taken: int
    timezone: str
    cutoff: time | None
    weekdays: list[int]
    holidays: str
    closed_on: list[date]
    departs_on: date
    delay: str


@dataclass(frozen=True, slots=True)
class ComponentRead:
    """So many units of a SKU in one bundle."""

    sku: str
    name: str
    quantity: int


@dataclass(frozen=True, slots=True)
class ProductRead:
    """Grams and millimeters of one unit as it is packed, None where not known. A bundle has
    `components`, and no stock of its own.
    """

    sku: str
    name: str
    category: str
    weight_g: int | None
    length_mm: int | None
    width_mm: int | None
    height_mm: int | None
    components: tuple[ComponentRead, ...]


@dataclass(frozen=True, slots=True)
class StockRead:
    """Units of a SKU at a location. `available` = on_hand − reserved − safety, and may be less
    than nothing when safety stock is used up. `inbound` and `presale` are still to come, promised
    or not, the first of the inbound ones on `expected_on`. Reordering begins at `reorder_point`
    free units, up to `reorder_to`; 0 is never. `low`: safety stock or reorder point is reached.
    """

    sku: str
    location: str
    on_hand: int
    reserved: int
    safety: int
    damaged: int
    quarantined: int
    available: int
    reorder_point: int = 0
    reorder_to: int = 0
    low: bool = False
    inbound: int = 0
    expected_on: date | None = None
    presale: int = 0


@dataclass(frozen=True, slots=True)
class PromiseRead:
    """Units to come that a parcel of an order waits for."""

    order: str
    fulfillment_order: str
    line: int
    units: int


@dataclass(frozen=True, slots=True)
class SupplyRead:
    """Units that are to come: `quantity` in all, of which `received` have come and `reserved` are
    promised, to the oldest `PROMISES_MAX` parcels as listed. `kind` is inbound or presale.
    """

    id: int
    kind: str
    reference: str
    sku: str
    location: str
    available_on: date
    quantity: int
    received: int
    reserved: int
    promises: tuple[PromiseRead, ...]


@dataclass(frozen=True, slots=True)
class StockFilter:
    """What is empty, any stock has. `low`: only where a level is reached."""

    sku: str = ""
    location: str = ""
    low: bool = False


@dataclass(frozen=True, slots=True)
class MovementRead:
    """`units` is the change of what is on hand, `bucket_units` that of a bucket beside it, damaged
    or quarantined; `reference` the shipment, return or act that caused it.
    """

    id: int
    at: datetime
    sku: str
    location: str
    reason: str
    reference: str
    line: int
    units: int
    bucket: str
    bucket_units: int


@dataclass(frozen=True, slots=True)
class ProductFilter:
    """`sku` is exactly that; `search` a SKU, or part of a name. What is empty, any product has."""

    sku: str = ""
    search: str = ""
    bundles_only: bool = False


class InventoryReads(Protocol):
    """Pages of up to `PAGE_MAX`. Refuses (`Forbidden`) anyone but staff and developers, and
    `Malformed` cursors.
    """

    async def locations(self, principal: Principal, first: int, after: str | None) -> Page:
        """`LocationRead`s by id, inactive ones too."""

    async def products(
        self, principal: Principal, wanted: ProductFilter, first: int, after: str | None
    ) -> Page:
        """`ProductRead`s by SKU."""

    async def stock(
        self, principal: Principal, wanted: StockFilter, first: int, after: str | None
    ) -> Page:
        """`StockRead`s by SKU and location."""

    async def supplies(
        self, principal: Principal, sku: str, location: str, first: int, after: str | None
    ) -> Page:
        """`SupplyRead`s that are open, by the day they are expected on; of all where empty."""

    async def movements(
        self, principal: Principal, sku: str, location: str, first: int, after: str | None
    ) -> Page:
        """`MovementRead`s of a SKU, newest first; at every location where it is empty."""
