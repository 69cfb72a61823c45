"""Payment transactions in our books: intents, what became of them, and what is left to draw on."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from domain.payments import PaymentOperation, PaymentStatus


@dataclass(frozen=True, slots=True)
class PaymentRow:
    """A payment transaction; `provider_payment` is the provider's object, once known;
    `source` the tokenized means, for an authorization; `authorization` the key of the one that
    everything else draws on.
    """

    key: str
    subject: str
    order: str
    operation: PaymentOperation
    ordinal: int
    status: PaymentStatus
    amount: int
    currency: str
    fulfillment_order: str = ""
    provider_payment: str = ""
    reason: str = ""
    action_url: str = ""
    source: str = ""
    authorization: str = ""
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Drawn:
    """What was drawn on an authorization so far, in minor units; what is under way counts as done
    where that is the safe side. `given_up` when it is voided, or is being voided.
    """

    captured: int = 0
    captures: int = 0  # with those under way
    refunds: int = 0  # with those under way, less what failed after it had succeeded
    charged_back: int = 0  # less what was given back
    given_up: bool = False


class Payments(Protocol):
    async def begin(self, row: PaymentRow) -> tuple[PaymentRow, bool]:
        """Writes the intent, or finds the row that is there; and whether it wrote it. Refuses
        (`LimitExceeded`), under lock, a capture beyond what its authorization has left, and a
        refund beyond what was captured under it and neither refunded nor charged back.
        """

    async def prepared(self, key: str, provider_payment: str) -> bool:
        """Commits the provider's object before it takes effect; False when another attempt has
        committed one.
        """

    async def not_sent(self, key: str) -> None:
        """The provider refused our API key: the intent stands, and nothing came of it."""

    async def sent_anew(self, key: str) -> bool:
        """Whether the caller is the one who may ask the provider for it again: of an operation that
        was not sent, the first who comes.
        """

    async def drawn(self, authorization: str) -> Drawn: ...

    async def refundable(self, order: str) -> dict[str, int]:
        """What was captured and neither refunded nor charged back, by authorization; the most
        first.
        """

    async def find(self, key: str) -> PaymentRow | None: ...

    async def unsettled(self, subject: str) -> tuple[PaymentRow, ...]:
        """What was begun for an order, or a return, and has not come to its end; oldest first."""

    async def move(
        self,
        key: str,
        status: PaymentStatus,
        *,
        provider_payment: str = "",
        reason: str = "",
        action_url: str = "",
        expires_at: datetime | None = None,
    ) -> bool:
        """A conditional transition; False when the row was no longer in a status before it."""
