"""The outside parties, in domain words: payment provider, warehouse, review rules."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from domain.order import LineUnits
from domain.payments import PaymentOperation, PaymentStatus
from domain.review import ReviewDecision, ReviewInputs


class OutcomeUnknown(Exception):  # it is a state of knowledge, not an error
    """The call was made and no answer heard: it may or may not have had its effect."""


class Unreachable(Exception):  # as above
    """The party could not be asked at all; asking again later is safe."""


class KeyRefused(Exception):  # as above
    """The party refuses our key: wrong, revoked, or without the right. This call did nothing, and
    none will until our configuration is mended; it is no answer to what was asked.
    """


@dataclass(frozen=True, slots=True)
class ProviderAnswer:
    """`status` is SUCCEEDED, FAILED or REQUIRES_ACTION; `reason` the decline or failure code;
    `expires_at` is when an authorization lapses, where the provider says so.
    """

    status: PaymentStatus
    payment: str
    reason: str = ""
    action_url: str = ""
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class PaymentRequest:
    """`key` is both the idempotency key and the reference; `payment` the provider's object: for an
    authorization the one that was prepared, if any; `amount` in minor units.
    """

    key: str
    operation: PaymentOperation
    amount: int
    currency: str
    source: str = ""
    payment: str = ""


@dataclass(frozen=True, slots=True)
class Capabilities:
    captures_per_authorization: int | None = None  # None: as many as fit
    prepares: bool = False  # an authorization's object is created before it takes effect


class PaymentProvider(Protocol):
    @property
    def capabilities(self) -> Capabilities: ...

    async def prepare(self, request: PaymentRequest) -> ProviderAnswer:
        """Creates the object of an authorization, without effect: REQUESTED with its id, which is
        committed before anything takes effect; or FAILED. Only where the provider `prepares`.
        Raises `Unreachable` and `KeyRefused`: trying again is safe, since what was created did
        nothing.
        """

    async def perform(self, request: PaymentRequest) -> ProviderAnswer:
        """The only one that moves money. Raises `OutcomeUnknown` when no answer was heard, or an
        inquiry has closed the key, and `KeyRefused`. A decline is an answer.
        """

    async def inquire(self, request: PaymentRequest) -> ProviderAnswer | None:
        """The outcome of an operation; None proves that it had no effect and never will. It looks,
        and performs nothing: whether a thing is still wanted is for whoever asks to decide. What
        it does not find it first closes the key of, at the provider, since a request may still be
        under way: from then on `perform` raises `OutcomeUnknown` under it, however late it comes.
        What the provider has begun and not finished is neither. Raises `Unreachable`, `KeyRefused`.
        """


@dataclass(frozen=True, slots=True)
class ParcelRequest:
    """A fulfillment order for a warehouse. `ship_to` is personal data: it goes from the database
    to the warehouse and nowhere else.
    """

    fulfillment_order: str
    order: str
    location: str
    lines: tuple[LineUnits, ...]
    ship_to: dict[str, str] = field(repr=False, default_factory=dict)


class Warehouse(Protocol):
    async def submit(self, parcel: ParcelRequest) -> str:
        """Idempotent by the fulfillment order. Empty when the warehouse has it; else the code for
        which it will not take it, now or later. Raises `OutcomeUnknown`, `Unreachable` or
        `KeyRefused`.
        """

    async def request_cancel(self, fulfillment_order: str) -> bool:
        """Idempotent; the answer comes as a fact. False proves that the warehouse never had it, and
        will not take it any more. Raises as `submit`.
        """


class ReviewRules(Protocol):
    version: str

    async def review(self, inputs: ReviewInputs) -> ReviewDecision:
        """What no rule matches is held for a person, never approved."""
