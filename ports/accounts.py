"""Read views of the ledger: the trial balance, and one order's account. Amounts in minor units."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from domain.access import Principal, Role

READERS = (Role.FINANCE, Role.SUPERVISOR, Role.DEVELOPER, Role.SYSTEM)


@dataclass(frozen=True, slots=True)
class AccountTotals:
    """`balance` is debits less credits."""

    account: str
    debits: int
    credits: int

    @property
    def balance(self) -> int:
        return self.debits - self.credits


@dataclass(frozen=True, slots=True)
class TrialBalance:
    """Of one currency; its debits equal its credits."""

    currency: str
    accounts: tuple[AccountTotals, ...]

    @property
    def debits(self) -> int:
        return sum(each.debits for each in self.accounts)

    @property
    def credits(self) -> int:
        return sum(each.credits for each in self.accounts)


@dataclass(frozen=True, slots=True)
class AccountEntry:
    """A positive `amount` is a debit; `balance` is the account's, within the order, after it."""

    at: datetime
    operation: str
    account: str
    amount: int
    balance: int


@dataclass(frozen=True, slots=True)
class OrderAccount:
    """Every entry about the order, as posted; `balances` are those that are not zero."""

    order: str
    currency: str
    entries: tuple[AccountEntry, ...]
    balances: dict[str, int]


class Accounts(Protocol):
    """Refuses (`Forbidden`) everybody but `READERS`."""

    async def trial_balance(self, principal: Principal, as_of: date | None) -> list[TrialBalance]:
        """By currency; of what was posted up to the end of that day (UTC), or up to now."""

    async def store_credit(self, principal: Principal, customer: str) -> dict[str, int]:
        """By currency, minor units that the customer may still spend: what orders hold is not among
        them. For agents, too, and for a channel where the customer has ordered.
        """

    async def order_account(self, principal: Principal, order: str) -> OrderAccount:
        """Refuses `NotFound`."""
