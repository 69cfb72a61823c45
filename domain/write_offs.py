"""Receivables that nobody will pay: finance gives them up."""

from collections.abc import Mapping
from dataclasses import dataclass

from domain.errors import BadAmount, LimitExceeded
from domain.ledger import Account, Posting, moved
from domain.money import Money
from domain.order import PlacedOrder


@dataclass(frozen=True, slots=True)
class WriteOffReceivable:
    """The act's subject is an invoice, or an order; minor units."""

    amount: int


def check_write_off(wanted: WriteOffReceivable, owed: int, currency: str) -> None:
    """Under the order's lock. Refuses (`BadAmount`, `LimitExceeded`) nothing, and more than is owed
    to us now.
    """
    if wanted.amount <= 0:
        raise BadAmount(f"a write-off is of 1 minor unit or more, not {wanted.amount}")
    if wanted.amount > owed:
        asked = Money(wanted.amount, currency)
        raise LimitExceeded(f"the customer owes us {Money(owed, currency)} of it, not {asked}")


def written_off(order: PlacedOrder, operation: str, amount: int) -> Posting:
    debt, owed = Account.BAD_DEBT, Account.RECEIVABLE
    return moved(order, operation, amount, debit=debt, credit=owed)


def lost(balances: Mapping[Account, int]) -> int:
    """What was written off of an order and has not been paid after all."""
    return max(0, balances.get(Account.BAD_DEBT, 0))
