"""Facts: what outside parties told us, as received. They may come twice, late, in any order."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from domain.errors import BadTime
from domain.order import LineUnits

TOLD_SINCE = datetime(2000, 1, 1, tzinfo=UTC)  # no order is older
TOLD_AHEAD_MAX = timedelta(hours=24)  # forgives a clock that has its zone wrong
BUILT_IN = "built-in/"  # begins the events of the built-in warehouse
_OURS = ("stock:", f"warehouse:{BUILT_IN}")


class FactKind(StrEnum):
    ACCEPTED = "fulfillment.accepted"
    REJECTED = "fulfillment.rejected"
    PICKING = "fulfillment.picking"
    PICKED = "fulfillment.picked"
    PACKED = "fulfillment.packed"
    SHIPPED = "fulfillment.shipped"
    CANCEL_CONFIRMED = "fulfillment.canceled"
    CANCEL_REFUSED = "fulfillment.cancel_refused"
    IN_TRANSIT = "shipment.in_transit"
    OUT_FOR_DELIVERY = "shipment.out_for_delivery"
    DELIVERED = "shipment.delivered"
    EXCEPTION = "shipment.exception"
    LOST = "shipment.lost"
    RETURNED_TO_SENDER = "shipment.returned_to_sender"
    TRANSFER_RECEIVED = "bank.transfer_received"
    TRANSFER_WITHDRAWN = "bank.transfer_withdrawn"  # finance had registered it by mistake
    RESERVATION_BROKEN = "reservation.broken"  # by our own stock books: a count found too few
    SUPPLY_ARRIVED = "reservation.supplied"  # … the units that a parcel waited for are on hand
    SUPPLY_MOVED = "reservation.expected"  # … they are expected on another day
    STOCK_CAME = "stock.came"  # … there may be enough for an order that waits for stock
    PAYMENT_AUTHORIZED = "payment.authorized"
    PAYMENT_DECLINED = "payment.declined"
    PAYMENT_CAPTURED = "payment.captured"
    PAYMENT_CAPTURE_FAILED = "payment.capture_failed"
    PAYMENT_VOIDED = "payment.voided"
    PAYMENT_REFUNDED = "payment.refunded"
    CHARGED_BACK = "payment.charged_back"
    CHARGEBACK_REVERSED = "payment.chargeback_reversed"
    REFUND_FAILED = "payment.refund_failed"  # after it had succeeded

    @property
    def is_payment(self) -> bool:
        """About something that we asked the provider for: looked up, never believed."""
        return self.value.startswith("payment.") and not self.is_unasked

    @property
    def is_unasked(self) -> bool:
        """About money that has left, or come back, without our asking."""
        kinds = (FactKind.CHARGED_BACK, FactKind.CHARGEBACK_REVERSED, FactKind.REFUND_FAILED)
        return self in kinds

    @property
    def is_of_order(self) -> bool:
        """Its subject is an order, not a parcel."""
        kinds = (FactKind.TRANSFER_RECEIVED, FactKind.TRANSFER_WITHDRAWN, FactKind.STOCK_CAME)
        return self in kinds


@dataclass(frozen=True, slots=True)
class Package:
    package: str
    carrier: str
    tracking_number: str
    lines: tuple[LineUnits, ...]


@dataclass(frozen=True, slots=True)
class Fact:
    """`id` is `<source>:<event id>`; `subject` the fulfillment order, or for payments the business
    operation (`<order>/authorize/1`), for a dispute the capture, for a transfer or news of stock
    the order; `code` the party's own raw code; lines are what was picked, or broken; `parts` are
    components of a line's bundle that were not found, in their own units; `amount` is what came
    in, or had not after all, was charged back or came back, in minor units: of `currency` where it
    is told, else of the order's; `dispute` is the provider's own name for one; `expected_on` the
    day on which what a parcel waits for is expected from now on.
    """

    id: str
    kind: FactKind
    subject: str
    occurred_at: datetime
    lines: tuple[LineUnits, ...] = ()
    packages: tuple[Package, ...] = ()
    tracking_number: str = ""
    code: str = ""
    amount: int = 0
    dispute: str = ""
    currency: str = ""
    expected_on: str = ""
    parts: tuple[LineUnits, ...] = ()

    @property
    def is_ours(self) -> bool:
        """Of our own stock books or the built-in warehouse: its code is what staff said to one
        another, and its id names what they did.
        """
        return self.id.startswith(_OURS)


def believable(field: str, told: datetime, at: datetime) -> datetime:
    """`told`, a time that an outside party names in `field`; `at` is now, by our clock. Refuses
    `BadTime`: nothing of ours is that old or that late, and not every reader has such years.
    """
    if told < TOLD_SINCE:
        raise BadTime(field, f"it is before {TOLD_SINCE.date()}")
    if told > at + TOLD_AHEAD_MAX:
        hours = TOLD_AHEAD_MAX // timedelta(hours=1)
        raise BadTime(field, f"it is more than {hours} hours in the future")
    return told
