"""The journal entries of a parcel; `domain.journal` lists them with the others of its order."""

from dataclasses import dataclass

from domain.facts import Package
from domain.order import LineUnits


@dataclass(frozen=True, slots=True)
class Submitted:
    fulfillment_order: str


@dataclass(frozen=True, slots=True)
class SubmissionRefused:
    """The warehouse said for good that it will not take a parcel: as if it had rejected it.
    `reason` is its own code.
    """

    fulfillment_order: str
    reason: str


@dataclass(frozen=True, slots=True)
class CancelRequested:
    """The warehouse is asked to give a fulfillment order back, which from now on counts as handed
    over: if it is not, it will not be any more.
    """

    fulfillment_order: str


@dataclass(frozen=True, slots=True)
class CancelWanted:
    """Somebody wants the order canceled, of which a warehouse may have a parcel: canceled it is
    when all of those are given back.
    """

    reason: str


@dataclass(frozen=True, slots=True)
class NeverReceived:
    """Asked to give a parcel back, the warehouse said that it never had it."""

    fulfillment_order: str


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """Staff says of a parcel that was asked back that the warehouse has not got it, and will not
    send it.
    """

    fulfillment_order: str
    reason: str


@dataclass(frozen=True, slots=True)
class Shipped:
    """Stock was consumed and the sale is owed: `amount` (minor units) is what to capture."""

    fulfillment_order: str
    packages: tuple[Package, ...]
    lines: tuple[LineUnits, ...]
    amount: int


@dataclass(frozen=True, slots=True)
class ShippedUnasked:
    """The warehouse sent what the parcel did not carry: it had been given up, or there was less in
    it. The units have left the stock, and nobody owes anything for them.
    """

    fulfillment_order: str
    lines: tuple[LineUnits, ...]


@dataclass(frozen=True, slots=True)
class Delivered:
    """`reason` is that of staff who said so, where no carrier told it; else empty."""

    fulfillment_order: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class PackagesArrived:
    """Staff says it of some packages of a parcel, where no carrier told it; others are under way
    still.
    """

    fulfillment_order: str
    tracking_numbers: tuple[str, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class Undelivered:
    """Staff gives a shipped parcel up: it is lost, or `returned` to sender. What had `arrived`
    before, package by package, is delivered; `amount` (minor units) of what is due for the parcel
    is for that. A return of the rest gives back what it cost.
    """

    fulfillment_order: str
    returned: bool
    reason: str
    arrived: tuple[LineUnits, ...] = ()
    amount: int = 0
