"""What each payment method means: the one table that every step of an order and a refund asks."""

from dataclasses import dataclass
from enum import Enum, auto

from domain.order import PaymentMethod
from domain.tenders import Tender


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
    `back_by`: how a refund goes back the way the money came.
    """

    security: Security
    back_by: Tender
    prepaid: bool = False


TERMS = {
    PaymentMethod.CARD: MethodTerms(Security.AUTHORIZATION, Tender.PROVIDER),
    PaymentMethod.PAID_AT_CHANNEL: MethodTerms(Security.REGISTRATION, Tender.CHANNEL, prepaid=True),
    PaymentMethod.CASH_ON_DELIVERY: MethodTerms(Security.NOTHING, Tender.BANK),
    PaymentMethod.BANK_TRANSFER: MethodTerms(Security.MONEY, Tender.BANK, prepaid=True),
    PaymentMethod.CREDIT_TERMS: MethodTerms(Security.CREDIT, Tender.BANK, prepaid=True),
}
