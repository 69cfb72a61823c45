"""What a refund may be, by which tenders it goes back, and what of it has gone.

Granting makes it a debt of ours; executing pays the debt, tender by tender.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from domain.amounts import ROUNDED_PARTS, tenders_beside
from domain.errors import LimitExceeded, StepRefused
from domain.ledger import Account, Leg, Posting, moved
from domain.methods import TERMS
from domain.order import PlacedOrder
from domain.payments import PaymentOperation, PaymentStatus
from domain.process import ProcessDefinition
from domain.receivables import against_debts, never_collected, uncollected
from domain.return_entries import ReturnRequested, Share
from domain.returns import GOODWILL, OVERPAID, ReturnStatus, ReturnView
from domain.tenders import Tender
from domain.view import OrderView

Balances = Mapping[Account, int]


@dataclass(frozen=True, slots=True)
class Goodwill:
    """The act's subject is the order; minor units. Up to `store_credit` of it becomes that."""

    amount: int
    store_credit: int = 0


def refundable(balances: Balances, credit: int = 0) -> int:
    """What was sold for money and not given back yet, as a refund for goods or as goodwill;
    `credit` is what was sold for store credit, and did not come back.
    """
    sold = -balances.get(Account.REVENUE, 0) - balances.get(Account.TAX, 0)
    given = balances.get(Account.GOODWILL, 0) + balances.get(Account.LOYALTY, 0)
    return max(0, sold - given - credit)


def check_refundable(view: OrderView, balances: Balances, amount: int, credit: int = 0) -> None:
    """Under the order's lock. Refuses (`LimitExceeded`) more than was sold for money and not given
    back; cash that was not collected is no money yet.
    """
    left = max(0, refundable(balances, credit) - uncollected(view, balances))
    if not 0 < amount <= left:
        raise LimitExceeded(f"{amount} is not within the {left} that is left")


def after_goodwill(
    view: OrderView, balances: Balances, amount: int, credit: int, parcel: str = ""
) -> int:
    """What units give back in money, `amount` at the most: less goodwill, as far as what else was
    sold and paid does not cover it. Of `parcel`, which was not delivered, nothing was paid that
    goodwill could have given back before, if it was to be paid in cash.
    """
    left = refundable(balances, credit)
    cash = 0 if never_collected(view, parcel) else uncollected(view, balances)
    given = max(0, balances.get(Account.GOODWILL, 0))
    return min(left, amount - min(given, max(0, amount - max(0, left - cash))))


def granted_alone(order: OrderView, returns: Iterable[ReturnView]) -> int:
    """Minor units that go back by the returns of an order and that no second person has looked at.
    Cash that was never collected goes nowhere; what replaces a refund that failed was granted with
    that.
    """
    return sum(
        each.refund - never_collected(order, each.parcel)
        for each in returns
        if each.plan and not each.approved_by and not each.replaces
    )


def needs_second_person(process: ProcessDefinition, amount: int, alone: int) -> bool:
    """`alone` is what was granted on the order before without one: parts do not pass below."""
    limit = process.refund_four_eyes_above
    return bool(limit) and amount > 0 and alone + amount > limit


def refund_plan(
    view: OrderView,
    balances: Balances,
    amount: int,
    store_credit: int = 0,
    *,
    parcel: str = "",
    credit_back: int = 0,
) -> tuple[Share, ...]:
    """`credit_back` of it comes back as store credit, which had paid for it. Cash that was never
    collected for `parcel`, which was not delivered, is owed no more. Nor is what the customer still
    owes for this order, and what was written off of it was never paid. Of the rest, up to
    `store_credit` becomes that, and what remains goes back as it came. Refuses (`StepRefused`)
    store credit of nobody.
    """
    if store_credit and not view.order.customer_ref:
        raise StepRefused("the order names no customer who could have store credit")
    cash, rounding = _cash_never_collected(view, amount - credit_back, parcel)
    debts = against_debts(view, balances, amount - credit_back - cash - rounding)
    credit = min(store_credit, debts.rest)
    shares = (
        Share(Tender.STORE_CREDIT, credit_back + credit),
        Share(Tender.RECEIVABLE, cash + debts.owed),
        Share(Tender.BAD_DEBT, debts.lost),
        Share(Tender.ROUNDING, rounding),
        Share(TERMS[view.order.payment_method].back_by, debts.rest - credit),
    )
    return tuple(share for share in shares if share.amount)


def _cash_never_collected(view: OrderView, amount: int, parcel: str) -> tuple[int, int]:
    """(minor units of it, the rounding between it and `amount`): a parcel was sold for its place
    among the units shipped, and its units give back by theirs among the units refunded. What had
    arrived of it took its share of the price.
    """
    cash = never_collected(view, parcel)
    lines = (*view.parcels[parcel].lines, *view.parcels[parcel].kept) if cash else ()
    rounded = ROUNDED_PARTS * len(lines)
    if cash and abs(amount - cash) <= rounded + tenders_beside(view.order):
        return cash, amount - cash
    return min(cash, amount), 0


def overpaid(
    view: OrderView, process: ProcessDefinition, amount: int, returns: Iterable[ReturnView]
) -> ReturnRequested:
    """What came to our bank and is not needed; it is owed already. `returns` are the order's."""
    second = needs_second_person(process, amount, granted_alone(view, returns))
    plan = () if second else (Share(Tender.BANK, amount),)
    return ReturnRequested((), "paid more than was needed", amount, OVERPAID, plan)


_HERE = (Tender.STORE_CREDIT, Tender.RECEIVABLE, Tender.BAD_DEBT, Tender.ROUNDING)
_ACCOUNTS = {
    Tender.PROVIDER: Account.PROVIDER_CLEARING,
    Tender.CHANNEL: Account.CHANNEL_CLEARING,
    Tender.BANK: Account.BANK,
    Tender.RECEIVABLE: Account.RECEIVABLE,
    Tender.STORE_CREDIT: Account.STORE_CREDIT,
    Tender.BAD_DEBT: Account.BAD_DEBT,
    Tender.ROUNDING: Account.ROUNDING,
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
        if share.tender in _HERE
    ]


def replanned(
    view: ReturnView, order: OrderView, balances: Balances, store_credit: int = 0
) -> tuple[Share, ...]:
    """The plan of a refund that has failed at the provider and is asked for again: what the
    customer has come to owe, as by a chargeback of the same money, is owed no more, and up to
    `store_credit` becomes that. Empty when all of it is asked for as before. Refuses as
    `refund_plan`.
    """
    left = to_provider(view)
    again = refund_plan(order, balances, left, store_credit)
    if all(share.tender is Tender.PROVIDER for share in again):
        return ()
    shares = {share.tender: share.amount for share in view.plan}
    shares[Tender.PROVIDER] -= left
    for share in again:
        shares[share.tender] = shares.get(share.tender, 0) + share.amount
    return tuple(Share(tender, amount) for tender, amount in shares.items() if amount)


def newly_in_our_books(
    order: PlacedOrder, view: ReturnView, plan: tuple[Share, ...]
) -> list[Posting]:
    """What a new plan executes here beside what the old one has."""
    more = ((share.tender, share.amount - _share(view, share.tender)) for share in plan)
    return [
        executed(order, f"{view.number}/refund/{tender}/{view.seq + 1}", tender, amount)
        for tender, amount in more
        if tender in _HERE and amount
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
    failed = last is not None and last.status is PaymentStatus.FAILED and not last.undone
    return failed and not view.retrying


def may_be_canceled(view: ReturnView) -> bool:
    """Goodwill of which nothing has gone, and that nobody but finance is about to pay."""
    return view.kind == GOODWILL and 0 < view.refund == by_hand(view)


def canceled(order: PlacedOrder, rma: str, goodwill: int) -> Posting:
    """It is owed no more."""
    operation, owed = f"{rma}/refund-canceled", Account.REFUNDS_PAYABLE
    return moved(order, operation, goodwill, debit=owed, credit=Account.GOODWILL)


def refunded(view: ReturnView) -> int:
    """What has gone; what was granted is `view.refund`."""
    if view.status is ReturnStatus.COMPLETED:
        return view.refund
    here = sum(_share(view, tender) for tender in _HERE)
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
