"""Journal entries about where the units of an order come from; `domain.journal` has them all."""

from dataclasses import dataclass

from domain.order import LineUnits

# Why a reservation was released, where it matters what becomes of the units.
SHORT_PICK = "short pick"  # they are not there at all: the stock was wrong
BROKEN = "broken by a count"  # they are reserved no longer: the stock books took them back


@dataclass(frozen=True, slots=True)
class SupplyUnits:
    """Units of an order line that are promised from what is to come: from one `supply`."""

    line: int
    sku: str
    quantity: int
    supply: int


@dataclass(frozen=True, slots=True)
class PlannedParcel:
    """Units to be sent from one location: the content of a fulfillment order. One that has to wait
    for `supplies` is expected on a day, as `2026-11-30`.
    """

    fulfillment_order: str
    location: str
    lines: tuple[LineUnits, ...]
    supplies: tuple[SupplyUnits, ...] = ()
    expected_on: str = ""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A location that was considered, and why it was chosen or passed over."""

    location: str
    chosen: bool
    reason: str
    distance_km: int | None = None


@dataclass(frozen=True, slots=True)
class Sourced:
    """Stock was reserved. `replaces` names the fulfillment order that an override supersedes."""

    parcels: tuple[PlannedParcel, ...]
    rule_version: str
    candidates: tuple[Candidate, ...] = ()
    replaces: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ReservationReleased:
    """The parcel will not be sent (or not whole); its units are free to be sourced again. Of a
    bundle in a short pick, `parts` are the components that were missing, in their own units, as
    far as it was told.
    """

    fulfillment_order: str
    lines: tuple[LineUnits, ...]
    reason: str
    parts: tuple[LineUnits, ...] = ()
