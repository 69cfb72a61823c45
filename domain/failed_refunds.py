"""Refunds that fail after they had succeeded: the customer's bank does not take the money, and the
provider has it again.

It is an outside fact, booked as it is told, as a chargeback is. The customer never had the money:
we owe it once more, and finance decides how it is given back. Decision 33.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from domain.chargebacks import Unbooked
from domain.facts import Fact
from domain.ledger import Account, Posting, moved
from domain.money import Money
from domain.order import PlacedOrder
from domain.payments import PaymentStatus
from domain.refunds import refund_plan
from domain.return_entries import ReturnRequested
from domain.returns import REFUND_FAILED
from domain.view import OrderView


@dataclass(frozen=True, slots=True)
class Executed:
    """A refund at the provider as our books have it, in minor units."""

    key: str
    status: PaymentStatus
    amount: int
    currency: str

    @property
    def counted(self) -> bool:
        """Whether our books say that it has gone: else nothing of it can come back."""
        return self.status is PaymentStatus.SUCCEEDED


def check_failure(refund: Executed, fact: Fact) -> Unbooked | None:
    """Under the order's lock. None when it may be booked, or our books have never counted it: a
    refund fails as a whole.
    """
    if not refund.status.settled:
        return Unbooked(f"{refund.key} has no outcome yet", later=True, quiet=True)
    if (fact.amount, fact.currency or refund.currency) != (refund.amount, refund.currency):
        told = f"{fact.amount} {fact.currency}".strip()
        return Unbooked(f"it is of {told}, {refund.key} of {Money(refund.amount, refund.currency)}")
    return None


def came_back(order: PlacedOrder, key: str, amount: int) -> Posting:
    """The provider has it again, and the customer is owed it again."""
    has, owed = Account.PROVIDER_CLEARING, Account.REFUNDS_PAYABLE
    return moved(order, key, amount, debit=has, credit=owed)


def owed_again(
    view: OrderView, balances: Mapping[Account, int], refund: Executed, code: str
) -> ReturnRequested:
    """It was granted before, so that nobody has to grant or approve it again. What the customer has
    come to owe meanwhile is netted.
    """
    why = f"refund {refund.key} failed: {code or 'no reason told'}"
    plan = refund_plan(view, balances, refund.amount)
    return ReturnRequested((), why, refund.amount, REFUND_FAILED, plan, replaces=refund.key)
