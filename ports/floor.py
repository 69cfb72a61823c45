"""The built-in warehouse, for shops without a WMS: its pick lists, which people work through by the
acts of `domain.acts`; and which kind of warehouse serves a location.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from domain.access import Principal
from domain.pick_list import PickList
from ports.outside import ParcelRequest
from ports.reads import Page


class FulfilledBy(StrEnum):
    BUILT_IN = "built_in"
    HTTP = "http"


class PickLists(Protocol):
    async def open(self, parcel: ParcelRequest) -> bool:
        """Idempotent; False when the fulfillment order is there with another content, or is wanted
        back already.
        """

    async def ask_back(self, fulfillment_order: str) -> bool:
        """Idempotent. The answer is a fact: at once when nothing was picked yet, or when it is
        packed already; else people give it. False when there is no such list.
        """


class LocationRegister(Protocol):
    async def fulfilled_by(self, fulfillment_order: str, otherwise: FulfilledBy) -> FulfilledBy:
        """Decided once for a fulfillment order, and kept: by its location, `otherwise` where that
        leaves it open. Refuses `NotFound`.
        """


@dataclass(frozen=True, slots=True)
class PickListRead:
    """`possible` are the acts that its state allows now; `print_path` leads, for some hours,
    whoever has it to the printed form, which names the customer: it is empty for those who may not
    act.
    """

    pick: PickList
    possible: list[str]
    print_path: str
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class PrintedPickList:
    """`ship_to` is personal data: name, line1, city, region, postal_code, country, phone."""

    pick: PickList
    created_at: datetime
    names: dict[str, str]  # of products, by SKU
    location_name: str
    ship_to: dict[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class PickListFilter:
    """Empty is for all."""

    location: str = ""
    status: str = ""


class FloorReads(Protocol):
    async def pick_lists(
        self, principal: Principal, wanted: PickListFilter, first: int, after: str | None
    ) -> Page:
        """`PickListRead`s, oldest first. Refuses (`Forbidden`) anyone but staff and developers,
        and `Malformed` cursors.
        """

    async def pick_list(self, principal: Principal, fulfillment_order: str) -> PickListRead:
        """Refuses `NotFound`, `Forbidden`."""

    async def printed(self, fulfillment_order: str, until: str, signature: str) -> PrintedPickList:
        """By a print link. Refuses (`NotFound`) one that is wrong or has expired."""
