"""Customers' credit, and the bank transfers of refunds: parts of a unit of work."""

from dataclasses import dataclass
from typing import Protocol

from domain.order import PlacedOrder


@dataclass(frozen=True, slots=True)
class CreditLine:
    """Minor units; `exposure` is what the customer owes, and what was ordered on credit and not
    sent yet.
    """

    limit: int
    terms_days: int
    exposure: int


class Credit(Protocol):
    async def lock(self, customer: str, currency: str) -> CreditLine | None:
        """None when the customer has no credit in that currency. Locks the customer's row."""


class Transfers(Protocol):
    async def sent(self, reference: str, order: PlacedOrder, amount: int) -> None:
        """Finance has transferred it. Refuses (`StepRefused`) a reference that was used before."""
