"""What each payment method means: the one table that every step of an order and a refund asks."""

from dataclasses import dataclass
from enum import Enum, auto

from domain.ledger import Account
from domain.order import PaymentMethod


class Security(Enum):
    """What has to be there before a parcel is handed to a warehouse."""

    AUTHORIZATION = auto()  # the provider's promise
    REGISTRATION = auto()  # the channel says that it has the money
    MONEY = auto()  # the whole amount, on our account
    CREDIT = auto()  # within the customer's limit, or granted by finance
    NOTHING = auto()  # the carrier collects it


@dataclass(frozen=True, slots=True)
class MethodTerms:
    """`prepaid`: money comes in before the goods go, and waits in `Account.DEPOSITS`.
    `back_through`: the account that a refund to the original tender leaves by.
    """

    security: Security
    back_through: Account
    prepaid: bool = False


TERMS = {
    PaymentMethod.CARD: MethodTerms(Security.AUTHORIZATION, Account.PROVIDER_CLEARING),
    PaymentMethod.PAID_AT_CHANNEL: MethodTerms(
        Security.REGISTRATION, Account.CHANNEL_CLEARING, prepaid=True
    ),
    PaymentMethod.CASH_ON_DELIVERY: MethodTerms(Security.NOTHING, Account.BANK),
    PaymentMethod.BANK_TRANSFER: MethodTerms(Security.MONEY, Account.BANK, prepaid=True),
    PaymentMethod.CREDIT_TERMS: MethodTerms(Security.CREDIT, Account.BANK, prepaid=True),
}
