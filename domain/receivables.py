"""What a customer owes us for goods that were sent, as far as nobody else will collect it."""

from collections.abc import Mapping
from typing import NamedTuple

from domain.authorizations import awaits_capture, awaits_finance
from domain.errors import StepRefused
from domain.ledger import Account
from domain.methods import TERMS, Security
from domain.order import PaymentMethod
from domain.payments import PaymentOperation
from domain.view import OrderView
from domain.write_offs import lost


class AgainstDebts(NamedTuple):
    """Of an amount, in minor units: what takes off what is `owed`, what brings back what was `lost`
    of that, and the rest, which is about neither.
    """

    owed: int
    lost: int
    rest: int


def owed_directly(view: OrderView, balances: Mapping[Account, int]) -> int:
    """To us, by transfer: not what the provider or the carrier is about to collect."""
    open_now = max(0, balances.get(Account.RECEIVABLE, 0))
    match TERMS[view.order.payment_method].security:
        case Security.MONEY | Security.CREDIT:
            return open_now
        case Security.AUTHORIZATION:
            parcels = view.parcels.values()
            left = sum(view.parcels[name].amount for name in view.left_receivable)
            coming = sum(parcel.amount for parcel in parcels if awaits_capture(view, parcel))
            return max(0, min(left + view.charged_back, open_now - coming))
        case Security.REGISTRATION | Security.NOTHING:
            return 0


def against_debts(view: OrderView, balances: Mapping[Account, int], amount: int) -> AgainstDebts:
    """Whatever comes in for an order, or goes back, is about what the customer owes us first, then
    about what was written off of it.
    """
    owed = min(amount, owed_directly(view, balances))
    back = min(amount - owed, lost(balances))
    return AgainstDebts(owed, back, amount - owed - back)


def check_decided(view: OrderView) -> None:
    """Refuses (`StepRefused`) while finance has yet to say of a failed capture whether it is tried
    again: nobody knows until then what a refund has to be taken off.
    """
    if is_undecided(view):
        raise StepRefused("a capture has failed: retry it, or leave it as a receivable, first")


def is_undecided(view: OrderView) -> bool:
    return any(
        payment.operation is PaymentOperation.CAPTURE and awaits_finance(view, payment)
        for payment in view.payments.values()
    )


def uncollected(view: OrderView, balances: Mapping[Account, int]) -> int:
    """Of what was sold with cash on delivery: what no carrier has collected yet, or ever will."""
    cash = view.order.payment_method is PaymentMethod.CASH_ON_DELIVERY
    return max(0, balances.get(Account.RECEIVABLE, 0)) if cash else 0


def never_collected(view: OrderView, parcel: str) -> int:
    """Of a parcel with cash on delivery that was given up: what the carrier did not collect, since
    it never arrived, and the customer does not owe. `parcel` is empty for what is about none.
    """
    cash = view.order.payment_method is PaymentMethod.CASH_ON_DELIVERY
    if not (cash and parcel and view.parcels[parcel].status.undelivered):
        return 0
    return view.parcels[parcel].amount - view.parcels[parcel].kept_amount
