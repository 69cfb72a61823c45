"""A pick list of the built-in warehouse: how far people at a location are with a fulfillment order.

What they may do with it, `domain/pick_acts.py` says.
"""

from dataclasses import dataclass
from enum import StrEnum

from domain.facts import FactKind, Package
from domain.order import LineUnits


class PickStatus(StrEnum):
    """In the order of progress; the last three end it without a shipment."""

    SUBMITTED = "SUBMITTED"
    ACCEPTED = "ACCEPTED"
    PICKING = "PICKING"
    PICKED = "PICKED"
    PACKED = "PACKED"
    SHIPPED = "SHIPPED"
    REJECTED = "REJECTED"
    NOTHING_FOUND = "NOTHING_FOUND"
    CANCELED = "CANCELED"


class CancelStatus(StrEnum):
    NONE = ""
    REQUESTED = "requested"  # something was picked already: people have to answer
    CONFIRMED = "confirmed"
    REFUSED = "refused"


class Stage(StrEnum):
    """What became of a package, where no carrier's system tells it."""

    IN_TRANSIT = "in_transit"
    OUT_FOR_DELIVERY = "out_for_delivery"
    DELIVERED = "delivered"
    EXCEPTION = "exception"
    LOST = "lost"
    RETURNED_TO_SENDER = "returned_to_sender"

    @property
    def kind(self) -> FactKind:
        return FactKind(f"shipment.{self.value}")


@dataclass(frozen=True, slots=True)
class Box:
    """A package; `stages` are those that were reported, in the order of reporting."""

    package: str
    lines: tuple[LineUnits, ...]
    carrier: str = ""
    tracking_number: str = ""
    stages: tuple[Stage, ...] = ()

    @property
    def ended(self) -> bool:
        """Nothing more can become of it."""
        return not {Stage.DELIVERED, Stage.RETURNED_TO_SENDER}.isdisjoint(self.stages)

    @property
    def as_package(self) -> Package:
        return Package(self.package, self.carrier, self.tracking_number, self.lines)


@dataclass(frozen=True, slots=True)
class PickList:
    """`lines` are what was asked for, `picked` what was found of it, `boxes` where that went;
    `missing` are the components of bundles that were not found, where somebody said so; `reason` is
    that of a rejection or of a refused cancel.
    """

    fulfillment_order: str
    order: str
    location: str
    lines: tuple[LineUnits, ...]
    status: PickStatus = PickStatus.SUBMITTED
    cancel: CancelStatus = CancelStatus.NONE
    reason: str = ""
    picked: tuple[LineUnits, ...] = ()
    boxes: tuple[Box, ...] = ()
    corrections: int = 0  # of what people had told
    missing: tuple[LineUnits, ...] = ()
