"""The double-entry ledger: which accounts a business operation debits and credits.

A posting is unique by its operation; amounts are positive minor units; debits equal credits.
"""

from dataclasses import dataclass
from enum import StrEnum

from domain.errors import Unbalanced
from domain.order import PlacedOrder


class Account(StrEnum):
    RECEIVABLE = "receivable"
    DEPOSITS = "deposits"
    REVENUE = "revenue"
    TAX = "tax"
    PROVIDER_CLEARING = "provider_clearing"
    CHANNEL_CLEARING = "channel_clearing"
    REFUNDS_PAYABLE = "refunds_payable"


@dataclass(frozen=True, slots=True)
class Leg:
    """A positive `amount` is a debit, a negative one a credit."""

    account: Account
    amount: int


@dataclass(frozen=True, slots=True)
class Posting:
    """Refuses (`Unbalanced`) legs that do not add up to zero. Zero legs are left out."""

    operation: str
    order: str
    currency: str
    legs: tuple[Leg, ...]

    def __post_init__(self) -> None:
        if sum(leg.amount for leg in self.legs) != 0:
            raise Unbalanced(f"{self.operation}: debits and credits differ")
        object.__setattr__(self, "legs", tuple(leg for leg in self.legs if leg.amount))


def sale(order: PlacedOrder, operation: str, amount: int, tax: int) -> Posting:
    """Goods were shipped: the customer owes them; a deposit already paid is used up first."""
    legs = [
        Leg(Account.RECEIVABLE, amount),
        Leg(Account.REVENUE, -(amount - tax)),
        Leg(Account.TAX, -tax),
    ]
    if order.payment_method == "paid_at_channel":
        legs += [Leg(Account.DEPOSITS, amount), Leg(Account.RECEIVABLE, -amount)]
    return Posting(operation, order.number, order.currency, tuple(legs))


def captured(order: PlacedOrder, operation: str, amount: int) -> Posting:
    """The provider has the customer's money for us."""
    legs = (Leg(Account.PROVIDER_CLEARING, amount), Leg(Account.RECEIVABLE, -amount))
    return Posting(operation, order.number, order.currency, legs)


def registered(order: PlacedOrder, operation: str, amount: int) -> Posting:
    """The channel has the customer's money for us; the goods are still owed."""
    legs = (Leg(Account.CHANNEL_CLEARING, amount), Leg(Account.DEPOSITS, -amount))
    return Posting(operation, order.number, order.currency, legs)


def deposit_owed_back(order: PlacedOrder, operation: str, amount: int) -> Posting:
    """Goods paid at the channel will not be sent: the channel pays the customer back."""
    legs = (Leg(Account.DEPOSITS, amount), Leg(Account.CHANNEL_CLEARING, -amount))
    return Posting(operation, order.number, order.currency, legs)


def refund_granted(order: PlacedOrder, operation: str, amount: int, tax: int) -> Posting:
    legs = (
        Leg(Account.REVENUE, amount - tax),
        Leg(Account.TAX, tax),
        Leg(Account.REFUNDS_PAYABLE, -amount),
    )
    return Posting(operation, order.number, order.currency, legs)


def refund_executed(order: PlacedOrder, operation: str, amount: int) -> Posting:
    """The money went back the way it came."""
    through = (
        Account.CHANNEL_CLEARING
        if order.payment_method == "paid_at_channel"
        else Account.PROVIDER_CLEARING
    )
    legs = (Leg(Account.REFUNDS_PAYABLE, amount), Leg(through, -amount))
    return Posting(operation, order.number, order.currency, legs)
