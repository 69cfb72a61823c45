"""What a refund may be, by which tenders it goes back, and what of it has gone.

Granting makes it a debt of ours; executing pays the debt, tender by tender.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from domain.errors import LimitExceeded, StepRefused
from domain.ledger import Account, Leg, Posting
from domain.methods import TERMS, Security
from domain.order import PlacedOrder
from domain.payments import NO_EFFECT, PaymentOperation, PaymentStatus
from domain.process import ProcessDefinition
from domain.return_entries import ReturnRequested, Share
from domain.returns import ReturnStatus, ReturnView
from domain.tenders import Tender

Balances = Mapping[Account, int]
GOODWILL, OVERPAID = "goodwill", "overpaid"  # kinds of refunds without goods


@dataclass(frozen=True, slots=True)
class Goodwill:
    """The act's subject is the order; minor units. Up to `store_credit` of it becomes that."""

    amount: int
    store_credit: int = 0


def refundable(balances: Balances) -> int:
    """What was sold for money and not given back yet, as a refund for goods or as goodwill."""
    sold = -balances.get(Account.REVENUE, 0) - balances.get(Account.TAX, 0)
    given = balances.get(Account.GOODWILL, 0) + balances.get(Account.LOYALTY, 0)
    return max(0, sold - given)


def check_refundable(balances: Balances, amount: int) -> None:
    """Under the order's lock. Refuses (`LimitExceeded`) more than was sold and not given back."""
    if not 0 < amount <= refundable(balances):
        raise LimitExceeded(f"{amount} is not within the {refundable(balances)} that is left")


def needs_second_person(process: ProcessDefinition, amount: int) -> bool:
    limit = process.refund_four_eyes_above
    return bool(limit) and amount > limit


def refund_plan(
    order: PlacedOrder, balances: Balances, amount: int, store_credit: int
) -> tuple[Share, ...]:
    """Up to `store_credit` of it becomes store credit. Of the rest, what the customer still owes
    for this order is owed no more; and what remains goes back as it came. Refuses (`StepRefused`)
    store credit of nobody.
    """
    if store_credit and not order.customer_ref:
        raise StepRefused("the order names no customer who could have store credit")
    terms, credit = TERMS[order.payment_method], min(store_credit, amount)
    direct = terms.security in (Security.MONEY, Security.CREDIT)
    owed = max(0, balances.get(Account.RECEIVABLE, 0)) if direct else 0
    netted = min(owed, amount - credit)
    shares = (
        Share(Tender.STORE_CREDIT, credit),
        Share(Tender.RECEIVABLE, netted),
        Share(terms.back_by, amount - credit - netted),
    )
    return tuple(share for share in shares if share.amount)


def overpaid(process: ProcessDefinition, amount: int) -> ReturnRequested:
    """What came to our bank and is not needed; it is owed already."""
    plan = () if needs_second_person(process, amount) else (Share(Tender.BANK, amount),)
    return ReturnRequested((), "paid more than was needed", amount, OVERPAID, plan)


_ACCOUNTS = {
    Tender.PROVIDER: Account.PROVIDER_CLEARING,
    Tender.CHANNEL: Account.CHANNEL_CLEARING,
    Tender.BANK: Account.BANK,
    Tender.RECEIVABLE: Account.RECEIVABLE,
    Tender.STORE_CREDIT: Account.STORE_CREDIT,
}


def executed(order: PlacedOrder, operation: str, tender: Tender, amount: int) -> Posting:
    """A part of what was granted has gone."""
    party = order.customer_ref if tender is Tender.STORE_CREDIT else ""
    legs = (Leg(Account.REFUNDS_PAYABLE, amount), Leg(_ACCOUNTS[tender], -amount, party))
    return Posting(operation, order.number, order.currency, legs)


def in_our_books(order: PlacedOrder, rma: str, plan: tuple[Share, ...]) -> list[Posting]:
    """The shares that are executed as soon as they are planned."""
    return [
        executed(order, f"{rma}/refund/{share.tender}", share.tender, share.amount)
        for share in plan
        if share.tender in (Tender.STORE_CREDIT, Tender.RECEIVABLE)
    ]


# What is still to go


def is_planned(view: ReturnView) -> bool:
    """Whether it may go: over the threshold a second person says so first."""
    return bool(view.plan) or not view.refund


def to_provider(view: ReturnView) -> int:
    """Minor units that the provider still has to pay back."""
    return min(_share(view, Tender.PROVIDER) - _by_provider(view), _open(view))


def by_hand(view: ReturnView) -> int:
    """Minor units that finance has to transfer; and what the provider has refused, if it likes."""
    return _open(view) - (0 if refund_failed(view) else to_provider(view))


def refund_failed(view: ReturnView) -> bool:
    """For good: one that is proven to have had no effect is being asked for anew."""
    last = view.last_refund
    failed = last is not None and last.status is PaymentStatus.FAILED and last.reason != NO_EFFECT
    return failed and not view.retrying


def refunded(view: ReturnView) -> int:
    """What has gone; what was granted is `view.refund`."""
    if view.status is ReturnStatus.COMPLETED:
        return view.refund
    here = _share(view, Tender.STORE_CREDIT) + _share(view, Tender.RECEIVABLE)
    return here + _by_provider(view) + view.transferred


def _open(view: ReturnView) -> int:
    asked = _share(view, Tender.PROVIDER) + _share(view, Tender.BANK)
    return asked - _by_provider(view) - view.transferred


def _share(view: ReturnView, tender: Tender) -> int:
    return sum(share.amount for share in view.plan if share.tender is tender)


def _by_provider(view: ReturnView) -> int:
    return sum(
        payment.amount
        for payment in view.payments.values()
        if payment.operation is PaymentOperation.REFUND
        and payment.status is PaymentStatus.SUCCEEDED
    )
