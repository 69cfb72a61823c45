"""Chargebacks: a cardholder's bank takes captured money back through the provider, and gives it
back once the dispute is won.

It is an outside fact about money that has left: booked as it is told, whatever became of the order
meanwhile. What was charged back the customer owes again, until finance, the bank or the customer
says otherwise. Decision 30.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from domain.facts import Fact
from domain.ledger import Account, Leg, Posting, moved
from domain.money import Money
from domain.order import PlacedOrder
from domain.payments import PaymentStatus
from domain.process import ProcessDefinition
from domain.receivables import against_debts
from domain.refunds import needs_second_person, refund_plan
from domain.return_entries import ReturnRequested
from domain.returns import DISPUTE_WON
from domain.view import OrderView
from domain.write_offs import lost

Balances = Mapping[Account, int]


@dataclass(frozen=True, slots=True)
class Captured:
    """A capture as our books have it, in minor units. `taken` of it is charged back already; `left`
    of its authorization is captured and neither refunded nor charged back; `refunding` says whether
    a refund of that is under way.
    """

    key: str
    status: PaymentStatus
    amount: int
    currency: str
    taken: int = 0
    left: int = 0
    refunding: bool = False


@dataclass(frozen=True, slots=True)
class Unbooked:
    """Why what was told is kept apart. `later`: it may still be booked, and is looked at again.
    `quiet`: something that is under way comes to its end first; else people are told at once.
    """

    why: str
    later: bool = False
    quiet: bool = False


def check_chargeback(capture: Captured, fact: Fact, given_back: int = 0) -> Unbooked | None:
    """Under the order's lock. None when it may be booked. `given_back` of it has been told of
    before: what came and went takes nothing from what others took meanwhile.
    """
    if capture.status is PaymentStatus.FAILED:
        return Unbooked(f"our books say {capture.key} FAILED")
    if capture.status is not PaymentStatus.SUCCEEDED:
        return Unbooked(f"{capture.key} has no outcome yet", later=True, quiet=True)
    if fact.currency not in ("", capture.currency):
        return Unbooked(f"it is in {fact.currency}, {capture.key} in {capture.currency}")
    if capture.refunding:
        return Unbooked(f"a refund of {capture.key} is under way", later=True, quiet=True)
    left = min(capture.left, capture.amount - capture.taken)
    if fact.amount <= 0 or fact.amount - given_back > left:
        asked, rest = (Money(each, capture.currency) for each in (fact.amount, left))
        why = f"it is of {asked}, and {rest} is captured and neither refunded nor taken"
        return Unbooked(why, later=True)  # until we are told what has come back
    return None


def check_reversal(charged_back: int, currency: str, fact: Fact) -> Unbooked | None:
    """`charged_back` by that dispute, 0 when we have not been told of it. As above."""
    if not charged_back:
        why = f"dispute {fact.dispute} has charged nothing back yet"
        return Unbooked(why, later=True, quiet=True)
    if not 0 < fact.amount <= charged_back or fact.currency not in ("", currency):
        told = f"{fact.amount} {fact.currency}".strip()
        return Unbooked(f"it gives back {told}, and {Money(charged_back, currency)} was taken")
    return None


def same_again(before: int, fact: Fact) -> Unbooked | None:
    """Another event of a dispute that was booked with `before`: None when it says the same."""
    if fact.amount == before:
        return None
    return Unbooked(f"dispute {fact.dispute} was booked with {before}, not {fact.amount}")


def charged_back(order: PlacedOrder, key: str, amount: int) -> Posting:
    """The provider has it no longer, and the customer owes it again."""
    owed, had = Account.RECEIVABLE, Account.PROVIDER_CLEARING
    return moved(order, key, amount, debit=owed, credit=had)


def won(
    view: OrderView, key: str, amount: int, balances: Balances, accepted: int = 0
) -> tuple[Posting, int]:
    """The provider has it again: what was `accepted` as lost of this dispute was given up too
    early, before it pays anything else that the customer owes. What was settled otherwise meanwhile
    is owed to the customer: that part comes with the posting. `view` is the order's before it was
    told.
    """
    clearing = Account.PROVIDER_CLEARING
    own = min(amount, accepted, lost(balances))
    return _against_debts(view, key, amount, balances, debit=clearing, own=own)


def deposit_settled(
    view: OrderView, operation: str, balances: Balances
) -> tuple[Posting | None, int]:
    """Of an order that ends, or has ended: what was paid in advance for goods that will not come,
    and what was charged back of it, are owed no more on either side. What the bank gave back before
    is owed to the customer, and comes with the posting; what was never charged back the order
    itself has the provider refund.
    """
    gone = max(0, -balances.get(Account.DEPOSITS, 0) - view.deposit) if view.disputes else 0
    if not gone:
        return None, 0
    return _against_debts(view, operation, gone, balances, debit=Account.DEPOSITS)


def _against_debts(
    view: OrderView,
    operation: str,
    amount: int,
    balances: Balances,
    *,
    debit: Account,
    own: int = 0,
) -> tuple[Posting, int]:
    """With the rest, which is owed to the customer. `own` of what was written off comes first."""
    others = {**balances, Account.BAD_DEBT: lost(balances) - own}
    debts = against_debts(view, others, amount - own)
    legs = (
        Leg(debit, amount),
        Leg(Account.RECEIVABLE, -debts.owed),
        Leg(Account.BAD_DEBT, -own - debts.lost),
        Leg(Account.REFUNDS_PAYABLE, -debts.rest),
    )
    return Posting(operation, view.order.number, view.order.currency, legs), debts.rest


def owed_back(
    view: OrderView, process: ProcessDefinition, balances: Balances, amount: int
) -> ReturnRequested:
    """The refund of what is owed to the customer since a dispute was won; it is owed already. The
    bank has decided it, so that it is no part of what one person grants.
    """
    second = needs_second_person(process, amount, 0)
    plan = () if second else refund_plan(view, balances, amount)
    why = "a dispute was won, and the customer does not owe it"
    return ReturnRequested((), why, amount, DISPUTE_WON, plan)
