"""What is owed to us, item by item, and for how long it has been overdue."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from domain.methods import TERMS, Security
from domain.money import Money
from domain.view import OrderView


class Age(StrEnum):
    """By the days that an item is overdue."""

    NOT_DUE = "not_due"
    DAYS_1_30 = "days_1_30"
    DAYS_31_60 = "days_31_60"
    DAYS_61_90 = "days_61_90"
    OVER_90 = "over_90"


_UNTIL = {Age.NOT_DUE: 0, Age.DAYS_1_30: 30, Age.DAYS_31_60: 60, Age.DAYS_61_90: 90}


@dataclass(frozen=True, slots=True)
class OpenItem:
    """An invoice as far as it is open, in minor units; `subject` is the parcel or the order that it
    is for. What an order owes and has on no invoice (yet) has no `invoice` and no day it is due:
    it is not overdue. `days` are those since `due_on`, 0 when that is not over.
    """

    order: str
    customer: str
    currency: str
    amount: int
    invoice: str = ""
    subject: str = ""
    due_on: date | None = None
    days: int = 0

    @property
    def age(self) -> Age:
        return next((age for age, last in _UNTIL.items() if self.days <= last), Age.OVER_90)


def days_overdue(due_on: date, today: date) -> int:
    """By the calendar that the invoice is dated by."""
    return max(0, (today - due_on).days)


def by_age(items: Iterable[OpenItem]) -> dict[Age, int]:
    """Minor units of each age; they add up to all that is open."""
    sums = dict.fromkeys(Age, 0)
    for item in items:
        sums[item.age] += item.amount
    return sums


def is_ours_to_collect(view: OrderView, item: OpenItem) -> bool:
    """Whether finance has to ask the customer for it: not what the provider or the carrier is about
    to collect, nor what a bank has taken back, which has a task of its own.
    """
    match TERMS[view.order.payment_method].security:
        case Security.MONEY | Security.CREDIT:
            return True
        case Security.AUTHORIZATION:
            left = view.left_receivable
            return item.subject in left or (item.subject == item.order and bool(left))
        case Security.REGISTRATION | Security.NOTHING:
            return False


def overdue_reason(item: OpenItem) -> str:
    """As the ops queue says it."""
    days = f"{item.days} day{'s' * (item.days != 1)}"
    who = f"customer {item.customer}" if item.customer else f"the customer of order {item.order}"
    amount = Money(item.amount, item.currency)
    return f"{item.invoice} is {days} overdue: {who} owes {amount} of it"
