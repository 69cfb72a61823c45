"""The journal: what we decided and did, gapless per order or return, written by activities only.

Each kind of entry is one frozen dataclass. Codes, quantities and amounts only: no personal data.
"""

from dataclasses import dataclass, field
from datetime import datetime

from domain.codec import Json, from_json, to_json
from domain.order import LineUnits
from domain.parcel_entries import (
    CancelRequested,
    CancelWanted,
    Delivered,
    NeverReceived,
    PackagesArrived,
    Shipped,
    ShippedUnasked,
    SubmissionRefused,
    Submitted,
    Undelivered,
    Withdrawn,
)
from domain.payments import PaymentOperation, PaymentStatus
from domain.return_entries import (
    InspectedUnits,  # noqa: F401 - a part of `ReturnInspected`, called by the same name
    RefundApproved,
    RefundRetried,
    RefundTransferred,
    ReturnApproved,
    ReturnCanceled,
    ReturnCompleted,
    ReturnDeclined,
    ReturnInspected,
    ReturnReceived,
    ReturnRequested,
    Share,  # noqa: F401 - as above
)
from domain.sourcing_entries import (
    BROKEN,  # noqa: F401 - why a reservation was released
    SHORT_PICK,  # noqa: F401
    Candidate,  # noqa: F401 - a part of `Sourced`, called by the same name
    PlannedParcel,  # noqa: F401
    ReservationReleased,
    Sourced,
    SupplyUnits,  # noqa: F401
)

SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Reviewed:
    """`decision` is approve, hold or reject; the inputs and the matched rule say why."""

    decision: str
    rule_version: str
    rule: str
    reason: str
    owner: str = ""
    inputs: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class HoldPlaced:
    """`news` counts the facts of stock that came which were known: with more, an order on hold for
    stock looks again. Placed again, a hold stands since it was first placed.
    """

    hold: str
    reason: str
    owner: str
    note: str = ""
    news: int = 0


@dataclass(frozen=True, slots=True)
class HoldReleased:
    hold: str
    reason: str


@dataclass(frozen=True, slots=True)
class Approved:
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Rejected:
    reason: str


@dataclass(frozen=True, slots=True)
class UnitsCanceled:
    lines: tuple[LineUnits, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class PaymentMoved:
    """One business operation took a new status. `key` is its idempotency key; `authorization` that
    of the one it draws on, gives up or refunds; `expires_at` is an authorization's.
    """

    key: str
    operation: PaymentOperation
    ordinal: int
    status: PaymentStatus
    amount: int
    reason: str = ""
    fulfillment_order: str = ""
    authorization: str = ""
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class RenewalDue:
    """An authorization expires soon, and goods are unshipped: another one is to replace it."""

    authorization: str


@dataclass(frozen=True, slots=True)
class PaymentRegistered:
    """The channel took the money; we never charge it."""

    amount: int
    reference: str


@dataclass(frozen=True, slots=True)
class CreditGranted:
    """The order is delivered on credit. `exposure` is what the customer owed or had ordered on
    credit before it, `limit` what was allowed, both minor units; `reason` is finance's, over it.
    """

    amount: int
    terms_days: int
    exposure: int = 0
    limit: int = 0
    reason: str = ""


@dataclass(frozen=True, slots=True)
class CaptureRetried:
    """Finance wants a failed capture to be tried again."""

    fulfillment_order: str


@dataclass(frozen=True, slots=True)
class ReceivableLeft:
    """Finance leaves a failed capture as a receivable."""

    fulfillment_order: str
    reason: str


@dataclass(frozen=True, slots=True)
class OperationRetried:
    """Finance wants a failed void or refund, named by its key, to be tried again."""

    operation: str


@dataclass(frozen=True, slots=True)
class OperationLeft:
    """Finance lets a failed void or refund be: a void lapses; of a refund, `owed` minor units are
    transferred instead, as a refund of its own.
    """

    operation: str
    reason: str
    owed: int = 0


@dataclass(frozen=True, slots=True)
class Escalated:
    """A wait outlasted its deadline: from now on `owner` (a staff role) has it in the queue."""

    wait: str
    reason: str
    owner: str
    level: int


@dataclass(frozen=True, slots=True)
class Canceled:
    reason: str


@dataclass(frozen=True, slots=True)
class Expired:
    reason: str


@dataclass(frozen=True, slots=True)
class Completed:
    """Every parcel has arrived; the return window opens."""


@dataclass(frozen=True, slots=True)
class Closed:
    """Nothing more will happen to this order."""


Body = (
    Reviewed
    | HoldPlaced
    | HoldReleased
    | Approved
    | Rejected
    | Sourced
    | ReservationReleased
    | UnitsCanceled
    | PaymentMoved
    | RenewalDue
    | PaymentRegistered
    | CreditGranted
    | Submitted
    | SubmissionRefused
    | CancelRequested
    | CancelWanted
    | NeverReceived
    | Withdrawn
    | Shipped
    | ShippedUnasked
    | PackagesArrived
    | Delivered
    | Undelivered
    | Escalated
    | CaptureRetried
    | ReceivableLeft
    | OperationRetried
    | OperationLeft
    | Canceled
    | Expired
    | Completed
    | Closed
    | ReturnRequested
    | ReturnApproved
    | ReturnDeclined
    | ReturnReceived
    | ReturnInspected
    | RefundRetried
    | RefundApproved
    | RefundTransferred
    | ReturnCompleted
    | ReturnCanceled
)

KINDS: dict[str, type[Body]] = {kind.__name__: kind for kind in Body.__args__}


@dataclass(frozen=True, slots=True)
class Entry:
    """`seq` counts 1, 2, 3 … per order or return; `by` is a principal, or `system`."""

    seq: int
    at: datetime
    by: str
    body: Body

    @property
    def kind(self) -> str:
        return type(self.body).__name__


@dataclass(frozen=True, slots=True)
class BodyRecord:
    """What is to be journaled, in plain form."""

    kind: str
    data: dict[str, Json]

    @classmethod
    def of(cls, body: Body) -> "BodyRecord":
        return cls(type(body).__name__, to_json(body))

    def body(self) -> Body:
        return from_json(KINDS[self.kind], self.data)


@dataclass(frozen=True, slots=True)
class EntryRecord:
    """An entry in plain form, as the database and the engine's payloads carry it."""

    seq: int
    at: datetime
    by: str
    kind: str
    data: dict[str, Json]

    @classmethod
    def of(cls, entry: Entry) -> "EntryRecord":
        return cls(entry.seq, entry.at, entry.by, entry.kind, to_json(entry.body))

    def entry(self) -> Entry:
        return Entry(self.seq, self.at, self.by, from_json(KINDS[self.kind], self.data))
