"""The process definition: versioned data that sets the parameters of fixed stages.

It is stamped on every order, so that an order keeps the promises under which it was placed.
"""

from dataclasses import dataclass
from enum import StrEnum

from domain.points_rules import NO_PROGRAM, PointsProgram
from domain.rounding import Rounding

_HOUR = 3600
_DAY = 24 * _HOUR


class InvoicePolicy(StrEnum):
    """What an invoice is issued for."""

    PER_SHIPMENT = "per_shipment"
    PER_ORDER = "per_order"  # at its completion
    NONE = "none"  # somebody else invoices, such as a marketplace


class PaymentTiming(StrEnum):
    SHIPMENT = "shipment"  # each parcel is captured when it is shipped
    PLACEMENT = "placement"  # the whole is captured as soon as it is authorized


class AuthorizationScope(StrEnum):
    """What one authorization is for."""

    ORDER = "order"
    PARCEL = "parcel"  # where the provider captures an authorization only once


@dataclass(frozen=True, slots=True)
class ProcessDefinition:
    """Durations are in seconds; each is the deadline of one wait. Provider and scope follow from
    the settings: they are stamped, so that an order in flight keeps its way when those change.
    """

    name: str = "standard"
    version: int = 1
    payment_timing: PaymentTiming = PaymentTiming.SHIPMENT
    payment_provider: str = "http"
    authorization_scope: AuthorizationScope = AuthorizationScope.ORDER
    checks_within: float = 0.5 * _HOUR  # our own checks and the provider's authorization are done
    review_within: float = 1 * _DAY  # staff decides a held order, else it escalates
    soft_reservation: float = 0.25 * _HOUR  # what is reserved at placement waits for its sourcing
    backorder_horizon: float = 30 * _DAY  # inbound units that come so soon are promised
    stock_within: float = 2 * _DAY  # stock turns up, else the missing units are canceled
    payment_action_within: float = 0.5 * _HOUR  # the cardholder confirms, else the order expires
    payment_retry_within: float = 1 * _DAY  # a declined customer pays otherwise, else it expires
    transfer_within: float = 7 * _DAY  # a bank transfer comes in, else the order expires
    credit_within: float = 1 * _DAY  # finance decides an order over the customer's credit limit
    authorization_renewed_before: float = 1 * _DAY  # it expires, while goods are unshipped
    accept_within: float = 4 * _HOUR  # the warehouse accepts what it was handed
    ship_within: float = 2 * _DAY  # … picks, packs and ships it
    transit_within: float = 1 * _DAY  # the carrier scans it for the first time
    deliver_within: float = 10 * _DAY  # … and delivers it
    cancel_within: float = 4 * _HOUR  # the warehouse answers a request to cancel
    task_within: float = 1 * _DAY  # staff ends an escalated wait, else it rises one level
    return_window: float = 30 * _DAY
    return_review_within: float = 2 * _DAY
    return_parcel_within: float = 21 * _DAY  # the customer sends the goods, else the return expires
    return_inspect_within: float = 2 * _DAY
    cash_on_delivery_max: int = 0  # minor units; a larger order waits for an agent; 0: no limit
    refund_four_eyes_above: int = 100_000  # minor units; a second person approves more; 0: never
    return_auto_approve_max: int = 50_000  # minor units; a larger return waits for an agent
    invoice: InvoicePolicy = InvoicePolicy.PER_SHIPMENT
    invoice_series: str = "INV"  # numbers are <series>-<year>-000001, gapless within a year
    credit_note_series: str = "CN"
    invoice_time_zone: str = "UTC"  # IANA name: whose calendar dates invoices
    rounding: Rounding = Rounding.HALF_UP  # of every amount of the order
    points: PointsProgram = NO_PROGRAM  # loyalty points: none are earned or spent

    @property
    def backorder_days(self) -> int:
        return int(self.backorder_horizon // _DAY)
