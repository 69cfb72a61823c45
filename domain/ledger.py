"""The double-entry ledger: which accounts a business operation debits and credits.

A posting is unique by its operation and of one currency; amounts are minor units; debits equal
credits. An exchange is two postings, one in each currency, each against `Account.EXCHANGE`.
"""

from dataclasses import dataclass
from enum import StrEnum

from domain.errors import Unbalanced
from domain.order import PlacedOrder


class PostedOtherwise(Exception):  # a mistake in our code, not a refusal
    """The ledger has the operation as another posting; this one would be lost without a word."""


class Account(StrEnum):
    RECEIVABLE = "receivable"  # what customers owe us for goods that were sent
    DEPOSITS = "deposits"  # what customers paid for goods that are still to be sent
    REVENUE = "revenue"
    TAX = "tax"
    BANK = "bank"
    PROVIDER_CLEARING = "provider_clearing"  # the payment provider has it for us
    CHANNEL_CLEARING = "channel_clearing"  # the channel has it for us
    COD_CLEARING = "cod_clearing"  # the carrier has it for us: cash on delivery
    UNMATCHED = "unmatched"  # came to the bank, and nobody knows yet for what
    REFUNDS_PAYABLE = "refunds_payable"  # granted and not executed
    STORE_CREDIT = "store_credit"  # per customer: `Leg.party`
    CREDIT_HELD = "store_credit_held"  # of it, by orders for what they still have to send
    GOODWILL = "goodwill"  # given back without goods: no invoice changes for it
    LOYALTY = "loyalty"  # what customers paid with points: an expense of ours
    FEES = "fees"  # what providers, channels and carriers keep for themselves
    ROUNDING = "rounding"
    EXCHANGE = "exchange"  # gain and loss
    WRITTEN_OFF = "written_off"  # differences of settlements that a person gave up on
    BAD_DEBT = "bad_debt"  # what customers owed and will not pay


@dataclass(frozen=True, slots=True)
class Leg:
    """A positive `amount` is a debit, a negative one a credit. `party` is the customer whose share
    of the account it is, where an account is kept per customer.
    """

    account: Account
    amount: int
    party: str = ""


@dataclass(frozen=True, slots=True)
class Posting:
    """`order` is empty for what is about no single order, such as a settlement. Refuses
    (`Unbalanced`) legs that do not add up to zero. Zero legs are left out.
    """

    operation: str
    order: str
    currency: str
    legs: tuple[Leg, ...]

    def __post_init__(self) -> None:
        if sum(leg.amount for leg in self.legs) != 0:
            raise Unbalanced(f"{self.operation}: debits and credits differ")
        object.__setattr__(self, "legs", tuple(leg for leg in self.legs if leg.amount))


def moved(
    order: PlacedOrder, operation: str, amount: int, *, debit: Account, credit: Account
) -> Posting:
    """One amount, from one account of the order to another."""
    legs = (Leg(debit, amount), Leg(credit, -amount))
    return Posting(operation, order.number, order.currency, legs)


def credit_reserved(order: PlacedOrder) -> Posting:
    """The customer cannot spend it elsewhere any more."""
    amount, held = order.store_credit, Account.CREDIT_HELD
    legs = (Leg(Account.STORE_CREDIT, amount, order.customer_ref), Leg(held, -amount))
    operation = f"{order.number}/store-credit-reserved"
    return Posting(operation, order.number, order.currency, legs)


def credit_released(order: PlacedOrder, operation: str, amount: int) -> Posting:
    """What it was held for will not be sent."""
    held = Account.CREDIT_HELD
    legs = (Leg(held, amount), Leg(Account.STORE_CREDIT, -amount, order.customer_ref))
    return Posting(operation, order.number, order.currency, legs)


def sale(
    order: PlacedOrder,
    operation: str,
    amount: int,
    tax: int,
    *,
    deposit: int = 0,
    points: int = 0,
    credit: int = 0,
) -> Posting:
    """Goods were shipped: the customer owes `amount` for them, less the `deposit` that is used up
    for it; loyalty points have paid `points` besides, and held store credit `credit`.
    """
    legs = (
        Leg(Account.RECEIVABLE, amount - deposit),
        Leg(Account.DEPOSITS, deposit),
        Leg(Account.LOYALTY, points),
        Leg(Account.CREDIT_HELD, credit),
        Leg(Account.REVENUE, -(amount + points + credit - tax)),
        Leg(Account.TAX, -tax),
    )
    return Posting(operation, order.number, order.currency, legs)


def captured(order: PlacedOrder, operation: str, amount: int) -> Posting:
    """The provider has the customer's money for us."""
    through, owed = Account.PROVIDER_CLEARING, Account.RECEIVABLE
    return moved(order, operation, amount, debit=through, credit=owed)


def captured_in_advance(order: PlacedOrder, operation: str, amount: int) -> Posting:
    """The provider has the customer's money for us; the goods are still owed."""
    through, owed = Account.PROVIDER_CLEARING, Account.DEPOSITS
    return moved(order, operation, amount, debit=through, credit=owed)


def deposit_refunded(order: PlacedOrder, operation: str, amount: int) -> Posting:
    """Goods paid in advance will not be sent: the provider pays the customer back."""
    through = Account.PROVIDER_CLEARING
    return moved(order, operation, amount, debit=Account.DEPOSITS, credit=through)


def registered(order: PlacedOrder, operation: str, amount: int) -> Posting:
    """The channel has the customer's money for us; the goods are still owed."""
    through, owed = Account.CHANNEL_CLEARING, Account.DEPOSITS
    return moved(order, operation, amount, debit=through, credit=owed)


def deposit_owed_back(order: PlacedOrder, operation: str, amount: int) -> Posting:
    """Goods paid at the channel will not be sent: the channel pays the customer back."""
    through = Account.CHANNEL_CLEARING
    return moved(order, operation, amount, debit=Account.DEPOSITS, credit=through)


def refund_granted(
    order: PlacedOrder,
    operation: str,
    amount: int,
    tax: int,
    *,
    goodwill: int = 0,
    points: int = 0,
) -> Posting:
    """Goods came back. `goodwill` was given for them before: so much less is owed now. What
    `points` had paid comes back as points.
    """
    legs = (
        Leg(Account.REVENUE, amount + points - tax),
        Leg(Account.TAX, tax),
        Leg(Account.GOODWILL, -goodwill),
        Leg(Account.REFUNDS_PAYABLE, -(amount - goodwill)),
        Leg(Account.LOYALTY, -points),
    )
    return Posting(operation, order.number, order.currency, legs)
