"""Accounts receivable: what customers owe us, by age, and item by item."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from domain.access import Principal, Role
from domain.aging import Age
from ports.reads import Page

READERS = (Role.FINANCE, Role.SUPERVISOR, Role.SYSTEM)


@dataclass(frozen=True, slots=True)
class CustomerReceivables:
    """What a customer owes in one currency, in minor units by age; `customer` is empty for orders
    that name none.
    """

    customer: str
    currency: str
    by_age: Mapping[Age, int]

    @property
    def total(self) -> int:
        return sum(self.by_age.values())


class Receivables(Protocol):
    """As the ledger has it: all customers together are its account `receivable`. Refuses
    (`Forbidden`) everybody but `READERS`.
    """

    async def customers(self, principal: Principal, first: int, after: str | None) -> Page:
        """Who owes anything, by customer and currency, of `CustomerReceivables`."""

    async def items(
        self, principal: Principal, customer: str, first: int, after: str | None
    ) -> Page:
        """What is open of one customer, of `domain.aging.OpenItem`: what was due first comes first,
        what is on no invoice last.
        """


class Overdue(Protocol):
    """Tasks of finance for what is overdue."""

    async def tell(self) -> int:
        """Raises a task for each invoice that is overdue and ours to collect, once; renews what the
        open ones say, and closes those whose invoice is open no more. Answers how many are overdue.
        """
