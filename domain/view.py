"""What an order is like now: the result of folding its journal and its facts.

Only what cannot be derived from something else here is a field; the rest are properties.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from domain.facts import Package
from domain.order import LineUnits, PlacedOrder, subtract
from domain.payments import Payment, PaymentOperation, PaymentStatus
from domain.standing import Dispute, Escalation, Hold
from domain.transitions import OrderStatus


class ParcelStatus(StrEnum):
    """A fulfillment order and the shipment it becomes, in the order of progress."""

    OPEN = "OPEN"
    SUBMITTED = "SUBMITTED"
    ACCEPTED = "ACCEPTED"
    PICKING = "PICKING"
    PICKED = "PICKED"  # what was found is known: here a short pick shows
    PACKED = "PACKED"
    SHIPPED = "SHIPPED"
    IN_TRANSIT = "IN_TRANSIT"
    OUT_FOR_DELIVERY = "OUT_FOR_DELIVERY"
    DELIVERED = "DELIVERED"
    LOST = "LOST"  # sent, and nothing of it will arrive
    RETURNED_TO_SENDER = "RETURNED_TO_SENDER"  # sent, and on its way back to us
    REJECTED = "REJECTED"  # by the warehouse; its units are sourced elsewhere
    CANCELED = "CANCELED"  # given back; nothing is sent

    @property
    def progress(self) -> int:
        return _PROGRESS.index(self)

    @property
    def active(self) -> bool:
        return self not in (ParcelStatus.REJECTED, ParcelStatus.CANCELED)

    @property
    def undelivered(self) -> bool:
        """Staff has said that it will not arrive."""
        return self in (ParcelStatus.LOST, ParcelStatus.RETURNED_TO_SENDER)


_PROGRESS = tuple(ParcelStatus)


@dataclass(slots=True)
class Parcel:
    """`lines` are the units it carries now; `at` says when it reached each status;
    `trouble` is the carrier's or warehouse's problem kind, if any; `amount` is what is due for it.
    """

    fulfillment_order: str
    location: str
    lines: tuple[LineUnits, ...]
    since: datetime
    status: ParcelStatus = ParcelStatus.OPEN
    replaces: str = ""
    cancel: str = ""  # requested | confirmed | refused
    picked: tuple[LineUnits, ...] | None = None
    unfound: tuple[LineUnits, ...] = ()  # … components of bundles that were not, as it was told
    named: tuple[LineUnits, ...] = ()  # … that were given up
    packages: tuple[Package, ...] = ()
    booked: bool = False  # our books have the shipment: stock consumed, sale owed
    arrival_booked: bool = False
    amount: int = 0
    with_shipping: bool = False  # the order's shipping was sold with it
    trouble: str = ""
    at: dict[str, datetime] = field(default_factory=dict)
    arrived: tuple[str, ...] = ()  # tracking numbers delivered
    kept: tuple[LineUnits, ...] = ()  # … and units, when the rest was given up
    kept_amount: int = 0  # … what of `amount` is for them
    expected_on: str = ""  # the day on which the units that it waits for are expected
    broken: tuple[LineUnits, ...] = ()  # promised units that a count found missing
    mended: tuple[LineUnits, ...] = ()  # … that were given up, to come from elsewhere
    unasked: tuple[LineUnits, ...] = ()  # sent, though it did not carry them, and booked as that
    surplus: tuple[LineUnits, ...] = ()  # … and not booked yet

    @property
    def missing(self) -> tuple[LineUnits, ...]:
        """Units that the warehouse did not find: a short pick. What it has sent it had found,
        whatever it told of its picking.
        """
        if self.picked is None or self.booked:
            return ()
        sent = tuple(unit for package in self.packages for unit in package.lines)
        return subtract(self.lines, sent if self.packages else self.picked)

    @property
    def unmended(self) -> tuple[LineUnits, ...]:
        """Promised units that a count found missing and that it still carries."""
        found = ((u, min(u.quantity, self._lost(u.line))) for u in self.lines)
        return tuple(LineUnits(u.line, u.sku, n) for u, n in found if n > 0)

    def _lost(self, line: int) -> int:
        broken = sum(unit.quantity for unit in self.broken if unit.line == line)
        return broken - sum(unit.quantity for unit in self.mended if unit.line == line)

    @property
    def waiting(self) -> bool:
        """Its units have yet to come, or those that will not have yet to be taken off it."""
        complete = "supplied" in self.at and not (
            self.status is ParcelStatus.OPEN and self.unmended
        )
        return bool(self.expected_on) and not complete

    @property
    def arrival_settled(self) -> bool:
        """Whether it has arrived by our books, or never will."""
        return self.arrival_booked or self.status.undelivered

    @property
    def delivered(self) -> tuple[LineUnits, ...]:
        return self.lines if self.booked and self.status is ParcelStatus.DELIVERED else self.kept

    @property
    def given_up(self) -> tuple[LineUnits, ...]:
        return subtract(self.lines, self.kept) if self.status.undelivered else ()

    def units_of(self, line: int) -> int:
        return sum(unit.quantity for unit in self.lines if unit.line == line)


@dataclass(slots=True)
class OrderView:
    """`seq` is the last journal entry folded in, journaled `at`; `facts` names those folded in."""

    order: PlacedOrder
    status: OrderStatus = OrderStatus.RECEIVED
    since: datetime | None = None  # when the status was reached
    seq: int = 0
    at: datetime | None = None
    facts: tuple[str, ...] = ()
    cancel_wanted: str | None = None  # why: once what warehouses may have is given back
    holds: dict[str, Hold] = field(default_factory=dict)
    parcels: dict[str, Parcel] = field(default_factory=dict)
    payments: dict[str, Payment] = field(default_factory=dict)
    disputes: dict[str, Dispute] = field(default_factory=dict)  # by the key of the chargeback
    failed_refunds: tuple[str, ...] = ()  # by key: its own and its returns', after they succeeded
    escalations: dict[str, Escalation] = field(default_factory=dict)
    canceled_units: dict[int, int] = field(default_factory=dict)  # by line
    registered: int | None = None  # by the channel, which may have taken nothing; minor units
    received: int = 0  # by bank transfer, less what was withdrawn
    unpaid_since: datetime | None = None  # when a transfer was withdrawn last
    money_at: datetime | None = None  # when it, or a promise of it, came last, or less was needed
    stock_news: int = 0  # how often stock came while it waited for some
    on_credit: bool = False
    terms_days: int = 0  # after an invoice, until it has to be paid
    left_receivable: tuple[str, ...] = ()  # fulfillment orders
    recapturing: tuple[str, ...] = ()  # … whose failed capture finance wants tried again
    renewing: tuple[str, ...] = ()  # authorizations, by key
    retried: tuple[str, ...] = ()  # failed voids and refunds, by key, that finance wants again
    let_be: tuple[str, ...] = ()  # … and that finance lets be
    owed_instead: int = 0  # of refunds that finance lets be, minor units: transferred

    @property
    def currency(self) -> str:
        return self.order.currency

    @property
    def active_parcels(self) -> list[Parcel]:
        return [parcel for parcel in self.parcels.values() if parcel.status.active]

    def blocked(self, parcel: Parcel) -> bool:
        """A superseding parcel waits until the one it replaces is given back."""
        return bool(parcel.replaces) and self.parcels[parcel.replaces].status.active

    def allocated(self, line: int) -> int:
        """Units of the line that some active parcel carries. Of one that is to be replaced and the
        one that waits for it only one is sent: until it is known which, the larger counts.
        """
        return sum(
            max(parcel.units_of(line), self._in_its_place(parcel, line))
            for parcel in self.active_parcels
            if not self.blocked(parcel)
        )

    def _in_its_place(self, parcel: Parcel, line: int) -> int:
        name = parcel.fulfillment_order
        return sum(each.units_of(line) for each in self.active_parcels if each.replaces == name)

    @property
    def unallocated(self) -> tuple[LineUnits, ...]:
        """What is still to be sourced."""
        rest = (
            LineUnits(o.line, o.sku, o.quantity - self.canceled(o.line) - self.allocated(o.line))
            for o in self.order.lines
        )
        return tuple(units for units in rest if units.quantity > 0)

    @property
    def looks_again(self) -> bool:
        """It waits for stock, and some came that it has not looked at."""
        hold = self.holds.get("stock")
        return hold is not None and self.stock_news > hold.news

    def canceled(self, line: int) -> int:
        return self.canceled_units.get(line, 0)

    def canceled_with(self, lines: Iterable[LineUnits]) -> dict[int, int]:
        """Units by line that are canceled once these are, too."""
        units = dict(self.canceled_units)
        for each in lines:
            units[each.line] = units.get(each.line, 0) + each.quantity
        return units

    def shipped_units(self, line: int) -> int:
        return sum(p.units_of(line) for p in self.parcels.values() if p.booked)

    def delivered_units(self, line: int) -> int:
        return sum(u.quantity for p in self.parcels.values() for u in p.delivered if u.line == line)

    def undelivered_units(self, line: int) -> int:
        return sum(u.quantity for p in self.parcels.values() for u in p.given_up if u.line == line)

    def paid(self, operation: PaymentOperation) -> int:
        """Minor units moved by the succeeded transactions of one operation."""
        return sum(
            payment.amount
            for payment in self.payments.values()
            if payment.operation is operation and payment.status is PaymentStatus.SUCCEEDED
        )

    @property
    def prepaid(self) -> int:
        """Minor units captured before anything was shipped, for no parcel in particular, and not
        refunded. A refund that failed afterwards is owed by a refund of its own.
        """
        captured = sum(
            payment.amount
            for payment in self.payments.values()
            if payment.operation is PaymentOperation.CAPTURE
            and payment.status is PaymentStatus.SUCCEEDED
            and not payment.fulfillment_order
        )
        return captured - self.paid(PaymentOperation.REFUND)

    @property
    def deposit(self) -> int:
        """What is prepaid, not used up by what was shipped, not owed otherwise, and was never
        charged back: what was, the order does not give back once more.
        """
        used = sum(parcel.amount for parcel in self.parcels.values() if parcel.booked)
        return max(0, self.prepaid - used - self.taken_in_advance() - self.owed_instead)

    def taken_in_advance(self, authorization: str = "") -> int:
        """What was ever charged back of captures in advance: of all, or of one authorization's."""
        found = ((self.payments.get(each.capture), each.amount) for each in self.disputes.values())
        return sum(
            amount
            for capture, amount in found
            if capture
            and not capture.fulfillment_order
            and authorization in ("", capture.authorization)
        )

    @property
    def charged_back(self) -> int:
        """What the customer's bank has taken back, and not given back."""
        return sum(max(0, each.amount - each.reversed) for each in self.disputes.values())

    def last_payment(self, operation: PaymentOperation, parcel: str = "") -> Payment | None:
        found = [
            payment
            for payment in self.payments.values()
            if payment.operation is operation and payment.fulfillment_order == parcel
        ]
        return max(found, key=lambda payment: payment.ordinal, default=None)
