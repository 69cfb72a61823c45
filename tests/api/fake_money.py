"""As `fake_reads`, of the ports that tell of money."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from domain.access import Principal, Role
from domain.aging import OpenItem
from domain.errors import NotFound
from ports.accounts import READERS as LEDGER_READERS
from ports.accounts import OrderAccount, TrialBalance
from ports.points_reads import READERS as POINTS_READERS
from ports.points_reads import CustomerPoints, OrderPoints, PointsEntryRead
from ports.reads import Page
from ports.receivables import READERS as RECEIVABLE_READERS
from ports.receivables import CustomerReceivables
from ports.settlements import READERS as SETTLEMENT_READERS
from ports.settlements import DayReport, LineRead


@dataclass
class FakeAccounts:
    balances: list[TrialBalance] = field(default_factory=list)
    orders: dict[str, OrderAccount] = field(default_factory=dict)
    asked: list[date | None] = field(default_factory=list)

    async def trial_balance(self, principal: Principal, as_of: date | None) -> list[TrialBalance]:
        principal.require(*LEDGER_READERS)
        self.asked.append(as_of)
        return self.balances

    async def store_credit(self, principal: Principal, customer: str) -> dict[str, int]:
        principal.require(*LEDGER_READERS, Role.AGENT)
        return {"USD": 500} if customer == "C-17" else {}

    async def order_account(self, principal: Principal, order: str) -> OrderAccount:
        principal.require(*LEDGER_READERS)
        if order not in self.orders:
            raise NotFound(f"there is no order {order}")
        return self.orders[order]


@dataclass
class FakePoints:
    """`found` are customers by reference, `orders` by number."""

    found: dict[str, CustomerPoints] = field(default_factory=dict)
    written: list[PointsEntryRead] = field(default_factory=list)
    orders: dict[str, OrderPoints] = field(default_factory=dict)

    async def customer(self, principal: Principal, customer: str) -> CustomerPoints:
        principal.require(*POINTS_READERS)
        if customer not in self.found:
            raise NotFound("there is no such customer")
        return self.found[customer]

    async def entries(
        self, principal: Principal, customer: str, first: int, after: str | None
    ) -> Page:
        await self.customer(principal, customer)
        return _page(self.written, first, after)

    async def of_order(self, _principal: Principal, order: str) -> OrderPoints:
        return self.orders.get(order, OrderPoints())


@dataclass
class FakeReceivables:
    """`open_items` are by customer."""

    sums: list[CustomerReceivables] = field(default_factory=list)
    open_items: dict[str, list[OpenItem]] = field(default_factory=dict)

    async def customers(self, principal: Principal, first: int, after: str | None) -> Page:
        principal.require(*RECEIVABLE_READERS)
        return _page(self.sums, first, after)

    async def items(
        self, principal: Principal, customer: str, first: int, after: str | None
    ) -> Page:
        principal.require(*RECEIVABLE_READERS)
        return _page(self.open_items.get(customer, []), first, after)


@dataclass
class FakeSettlements:
    days: list[DayReport] = field(default_factory=list)
    all_lines: list[LineRead] = field(default_factory=list)
    asked: list[tuple[object, ...]] = field(default_factory=list)

    async def report(
        self, principal: Principal, since: date | None, until: date | None
    ) -> list[DayReport]:
        principal.require(*SETTLEMENT_READERS)
        self.asked.append((since, until))
        return self.days

    async def lines(
        self, principal: Principal, verdict: str, first: int, after: str | None
    ) -> Page:
        principal.require(*SETTLEMENT_READERS)
        self.asked.append((verdict, first, after))
        items = self.all_lines
        return Page(items[:first], [item.id for item in items[:first]], more=len(items) > first)


def _page(items: Sequence[object], first: int, after: str | None) -> Page:
    begin = int(after or 0)
    found = items[begin : begin + first]
    cursors = [str(begin + n) for n in range(1, len(found) + 1)]
    return Page(found, cursors, more=begin + first < len(items))
