"""What customers owe us, by the ledger: per customer and age, and item by item."""

from collections.abc import Sequence
from datetime import date
from itertools import groupby
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from adapters.postgres.cursors import check_page, read_names, write_names
from adapters.postgres.invoice_sums import invoices_of
from adapters.postgres.keys import can_hold
from adapters.postgres.transactions import each_alone
from domain.access import Principal
from domain.aging import OpenItem, by_age, days_overdue
from ports.invoice_reads import InvoiceSummary
from ports.reads import Page
from ports.receivables import READERS, CustomerReceivables

ORDERS_AT_ONCE = 500
NEVER = date.max.isoformat()  # when what is on no invoice is due
# `today` is by the calendar that the order's invoices are dated by.
_OWING = """
    SELECT order_number AS number, customer_ref AS customer, customer_order.currency, balance,
           (clock_timestamp() AT TIME ZONE COALESCE(process->>'invoice_time_zone', 'UTC'))::date
             AS today
    FROM (
        SELECT order_number, sum(amount)::bigint AS balance
        FROM ledger_entry JOIN ledger_transaction ON transaction_id = id
        WHERE account = 'receivable' AND order_number IS NOT NULL {of}
        GROUP BY order_number HAVING sum(amount) <> 0
    ) AS owing JOIN customer_order ON number = order_number
    """
_ALL = text(_OWING.format(of=""))
_OF_CUSTOMER = text(
    _OWING.format(
        of="AND order_number IN (SELECT number FROM customer_order WHERE customer_ref = :customer)"
    )
)
_OF_ORDER = text(_OWING.format(of="AND order_number = :order"))
_Row = Row[*tuple[Any, ...]]


class PostgresReceivables:
    """See `ports.receivables.Receivables`."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._alone = each_alone(engine)

    async def customers(self, principal: Principal, first: int, after: str | None) -> Page:
        principal.require(*READERS)
        check_page(first)
        last = ("", "") if after is None else read_names(after, 2)
        async with self._alone.connect() as connection:
            rows = sorted(await connection.execute(_ALL), key=lambda row: row[1:3])
            groups = [
                (customer, currency, list(group))
                for (customer, currency), group in groupby(rows, lambda row: row[1:3])
                if after is None or (customer, currency) > last
            ]
            items = [
                CustomerReceivables(customer, currency, by_age(await _items(connection, group)))
                for customer, currency, group in groups[:first]
            ]
        cursors = [write_names(each.customer, each.currency) for each in items]
        return Page(items, cursors, more=len(groups) > first)

    async def items(
        self, principal: Principal, customer: str, first: int, after: str | None
    ) -> Page:
        principal.require(*READERS)
        check_page(first)
        last = None if after is None else read_names(after, 3)
        if not can_hold(customer):
            return Page([], [], more=False)
        async with self._alone.connect() as connection:
            rows = (await connection.execute(_OF_CUSTOMER, {"customer": customer})).all()
            found = sorted(await _items(connection, rows), key=_place)
        left = [item for item in found if last is None or _place(item) > last]
        cursors = [write_names(*_place(item)) for item in left[:first]]
        return Page(left[:first], cursors, more=len(left) > first)


async def all_items(connection: AsyncConnection) -> list[OpenItem]:
    return await _items(connection, (await connection.execute(_ALL)).all())


async def items_of_order(connection: AsyncConnection, order: str) -> list[OpenItem]:
    return await _items(connection, (await connection.execute(_OF_ORDER, {"order": order})).all())


def _place(item: OpenItem) -> tuple[str, ...]:
    due = item.due_on.isoformat() if item.due_on else NEVER
    return due, item.invoice, item.order


async def _items(connection: AsyncConnection, owing: Sequence[_Row]) -> list[OpenItem]:
    found: list[OpenItem] = []
    for start in range(0, len(owing), ORDERS_AT_ONCE):
        rows = owing[start : start + ORDERS_AT_ONCE]
        invoices: dict[str, list[InvoiceSummary]] = {row.number: [] for row in rows}
        for each in await invoices_of(connection, list(invoices)):
            invoices[each.order].append(each)
        for row in rows:
            found += _of_order(row, invoices[row.number])
    return found


def _of_order(row: _Row, invoices: Sequence[InvoiceSummary]) -> list[OpenItem]:
    """They add up to what the ledger says that the order owes."""
    whose = (row.number, row.customer, row.currency)
    items = [
        OpenItem(
            *whose, each.open, each.number, each.subject, each.due_on,
            days_overdue(each.due_on, row.today),
        )
        for each in invoices
        if each.open
    ]  # fmt: skip
    rest = row.balance - sum(item.amount for item in items)
    return [*items, OpenItem(*whose, rest)] if rest else items
