"""A bank transfer that was registered by mistake: whose money it was, and what is owed without it.

What came in pays debts first, then goods that are still to be sent, and what is left goes back.
Withdrawn, it is missed in the opposite order: first of what nobody needed.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from domain.errors import StepRefused
from domain.ledger import Account, Leg, Posting
from domain.methods import TERMS, Security
from domain.money import Money
from domain.refunds import by_hand, is_planned
from domain.return_entries import Share
from domain.returns import OVERPAID, ReturnView
from domain.securing import order_value
from domain.tenders import Tender
from domain.transfers import Receipt, booked
from domain.view import OrderView

Balances = Mapping[Account, int]


@dataclass(frozen=True, slots=True)
class WithdrawTransfer:
    """The act's subject is the bank's reference; `order` is the one that the transfer was
    registered for or assigned to, empty while it stands unmatched.
    """

    order: str = ""


@dataclass(frozen=True, slots=True)
class Transfer:
    """One that stands registered, by the bank's `reference`, for the nth time. `item` is the
    posting that put it at the bank: its own, or that by which it once stood unmatched.
    """

    reference: str
    ordinal: int
    order: str
    amount: Money
    item: str

    @property
    def operation(self) -> str:
        return booked(self.reference, self.order, self.ordinal)

    @property
    def was_assigned(self) -> bool:
        return self.item != self.operation


def withdrawing(operation: str) -> str:
    """The operation that takes another one back; the ledger takes it once."""
    return f"withdrawn/{operation}"


def check_named(transfer: Transfer, order: str) -> None:
    """Refuses (`StepRefused`) a transfer that is not about the order which was named."""
    if transfer.order == order:
        return
    is_of = f"it is about order {transfer.order}" if transfer.order else "it stands unmatched"
    named = f"not about {order}" if order else "which has to be named"
    raise StepRefused(f"the transfer {transfer.reference} is not withdrawn: {is_of}, {named}")


def confirmed(transfer: Transfer, settled: Balances) -> int:
    """What a statement of the bank has confirmed of it, by the posting that `settled` its item: a
    fee that the bank kept is part of it, what a person gave up is not.
    """
    rest = settled.get(Account.ROUNDING, 0) + settled.get(Account.WRITTEN_OFF, 0)
    return transfer.amount.amount - rest


def where_it_was(transfer: Transfer, settled: Balances | None) -> tuple[Leg, ...]:
    """Where the money of a transfer that was about an order is after it is withdrawn: what had
    stood unmatched, or is confirmed, stands unmatched; what is not confirmed was never there.
    `settled` is what confirmed it, by account; None when nothing has.
    """
    whole = transfer.amount.amount
    if transfer.was_assigned:
        return (Leg(Account.UNMATCHED, -whole),)
    if settled is None:
        return (Leg(Account.BANK, -whole),)
    rests = (Account.ROUNDING, Account.WRITTEN_OFF)
    given_up = tuple(Leg(account, -settled.get(account, 0)) for account in rests)
    return (Leg(Account.UNMATCHED, -confirmed(transfer, settled)), *given_up)


def untouched(returns: Iterable[ReturnView]) -> list[ReturnView]:
    """Refunds of what was too much, of which nothing has gone; the newest first."""
    found = [each for each in returns if each.kind == OVERPAID and each.refund]
    return [each for each in reversed(found) if not each.transferred and _is_open(each)]


def _is_open(view: ReturnView) -> bool:
    return view.status is not None and not view.status.final


def check_not_given_back(view: OrderView, returns: Iterable[ReturnView], amount: Money) -> None:
    """Under the order's lock. Refuses (`StepRefused`) while money that came in too much has gone
    back to the customer, and would not have been too much without this transfer.
    """
    gone = [each for each in returns if each.kind == OVERPAID and each.transferred]
    given = sum(each.transferred for each in gone)
    left = view.received - amount.amount - given
    if given and left < _needed(view):
        why = f"{gone[-1].number} has given back {Money(given, amount.currency)} of what came in"
        what = "register what the customer pays back first (transfer_register)"
        raise StepRefused(f"{why}: {what}, then it can be withdrawn")


def _needed(view: OrderView) -> int:
    return order_value(view) if _is_direct(view) and not view.status.stopped else 0


def _is_direct(view: OrderView) -> bool:
    security = TERMS[view.order.payment_method].security
    return security in (Security.MONEY, Security.CREDIT)


def missed(view: OrderView, balances: Balances, was: Receipt, amount: int, surplus: int) -> Receipt:
    """What a withdrawn `amount` is taken from; what is not there any more the customer owes. `was`
    says what it was received for, `surplus` is owed back to the customer as too much.
    """
    direct = _is_direct(view)
    back = min(amount, surplus if direct else min(surplus, was.surplus))
    ahead = max(0, -balances.get(Account.DEPOSITS, 0)) if direct else 0
    deposit = min(amount - back, ahead)
    lost = min(amount - back - deposit, was.recovered)
    return Receipt(amount - back - deposit - lost, lost, deposit, back)


def to_be_canceled(open_now: Sequence[ReturnView], surplus: int) -> list[ReturnView]:
    """As many as have to be, for `surplus` of what they give back."""
    found, sum_of = [], 0
    for each in open_now:
        if sum_of < surplus:
            found.append(each)
            sum_of += each.refund
    return found


def taken_back(transfer: Transfer, missing: Receipt, gone: tuple[Leg, ...]) -> Posting:
    legs = (
        Leg(Account.RECEIVABLE, missing.receivable),
        Leg(Account.BAD_DEBT, missing.recovered),
        Leg(Account.DEPOSITS, missing.deposit),
        Leg(Account.REFUNDS_PAYABLE, missing.surplus),
        *gone,
    )
    operation = withdrawing(transfer.operation)
    return Posting(operation, transfer.order, transfer.amount.currency, legs)


def netted(view: ReturnView, owed: int) -> tuple[Share, ...]:
    """The plan of another refund that our bank is still to pay, now that the customer owes so much
    for the order: what is owed is owed no more, and the rest is paid. Empty when it stays.
    """
    shares = {share.tender: share.amount for share in view.plan}
    planned = _is_open(view) and is_planned(view)
    by_bank = min(by_hand(view), shares.get(Tender.BANK, 0)) if planned else 0
    taken = min(by_bank, owed)
    if taken <= 0:
        return ()
    shares[Tender.BANK] -= taken
    shares[Tender.RECEIVABLE] = shares.get(Tender.RECEIVABLE, 0) + taken
    return tuple(Share(tender, amount) for tender, amount in shares.items() if amount)
