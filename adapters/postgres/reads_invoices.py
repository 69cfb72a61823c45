"""Invoices and credit notes as they were issued, and what was paid on them by the ledger."""

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, false, select, text, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from adapters.postgres.cursors import Cursor, check_page, read_cursor
from adapters.postgres.invoice_sums import DOCUMENTS, invoices_of
from adapters.postgres.keys import can_hold
from adapters.postgres.reads_detail import SEES_PERSON
from adapters.postgres.tables import customer_order, invoice, invoice_line, person, product
from adapters.postgres.transactions import each_alone
from domain.access import Principal, Role
from domain.codec import from_json
from domain.errors import NotFound
from domain.invoices import (
    DocumentKind,
    DocumentLine,
    InvoiceStatus,
)
from domain.ledger import Account
from domain.money import apportion
from domain.order import PlacedOrder
from ports.front_office import Person
from ports.invoice_reads import InvoiceDetail, InvoiceFilter, InvoiceSummary
from ports.reads import Page

LISTS_INVOICES = (Role.FINANCE, Role.SUPERVISOR, Role.DEVELOPER)

_l = invoice_line.c
# An order that owes nothing has no invoice that is not paid.
_OWES = text(
    """
    EXISTS (SELECT FROM ledger_transaction AS posted
            JOIN ledger_entry AS entry ON entry.transaction_id = posted.id
            WHERE posted.order_number = invoice.order_number AND entry.account = 'receivable'
            HAVING sum(entry.amount) > 0)
    """
)

# Of the sales that it is about: a parcel's, or all of its order.
_PAID_BESIDE = text(
    """
    SELECT account, sum(amount)::bigint AS amount
    FROM invoice
    JOIN ledger_transaction AS posted ON posted.order_number = invoice.order_number
     AND CASE subject WHEN invoice.order_number THEN posted.operation LIKE '%/sale'
                      ELSE posted.operation = subject || '/sale' END
    JOIN ledger_entry ON transaction_id = posted.id
    WHERE invoice.number = :number AND account IN ('loyalty', 'store_credit_held')
    GROUP BY account
    """
)

# What each return of its order has taken back, what of that had been paid beside money, and the
# invoices that its credit notes are for.
_TAKEN_BACK = text(
    """
    SELECT back.number, note.credits, note.gross, taken.whole, taken.loyalty,
           COALESCE((back.view->>'credit_back')::bigint, 0) AS store_credit
    FROM invoice JOIN return_order AS back ON back.order_number = invoice.order_number
    JOIN LATERAL (
        SELECT sum(amount) FILTER (WHERE account <> 'loyalty')::bigint AS whole,
               COALESCE(-sum(amount) FILTER (WHERE account = 'loyalty'), 0)::bigint AS loyalty
        FROM ledger_transaction JOIN ledger_entry ON transaction_id = id
        WHERE operation = back.number || '/refund-granted'
          AND account IN ('revenue', 'tax', 'loyalty')
    ) AS taken ON taken.whole > 0
    LEFT JOIN LATERAL (
        SELECT document.credits, sum(gross)::bigint AS gross
        FROM invoice AS document JOIN invoice_line ON invoice_line.invoice = document.number
        WHERE document.subject = back.number GROUP BY document.credits
    ) AS note ON true
    WHERE invoice.number = :number ORDER BY back.number, note.credits
    """
)

_Row = Row[*tuple[Any, ...]]


class PostgresInvoiceReads:
    """See `ports.invoice_reads.InvoiceReads`."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._alone = each_alone(engine)

    async def of_order(self, principal: Principal, order: str) -> list[InvoiceSummary]:
        async with self._alone.connect() as connection:
            channel = can_hold(order) and await connection.scalar(
                select(customer_order.c.channel).where(customer_order.c.number == order)
            )
            if not channel or not principal.reads(order, channel):
                raise NotFound(f"there is no order {order}")
            return await invoices_of(connection, [order])

    async def invoice(self, principal: Principal, number: str) -> InvoiceDetail:
        async with self._alone.connect() as connection:
            row = await _heading(connection, number)
            if row is None or not principal.reads(row.order_number, row.channel):
                raise NotFound(f"there is no invoice {number}")
            order = from_json(PlacedOrder, row.placed)
            family = await invoices_of(connection, [row.order_number])
            summary = next(each for each in family if each.number == number)
            lines = await _lines(connection, number)
            return InvoiceDetail(
                summary=summary,
                lines=lines,
                credit_notes=tuple(each.number for each in family if each.credits == number),
                payment_method=order.payment_method,
                tax_included=order.tax_included,
                placed_at=order.placed_at,
                names=await _names(connection, lines),
                **await _paid_beside(connection, summary),
                buyer=_person(row) if principal.may(*SEES_PERSON) else None,
            )

    async def invoices(
        self, principal: Principal, wanted: InvoiceFilter, first: int, after: str | None
    ) -> Page:
        principal.require(*LISTS_INVOICES)
        check_page(first)
        at = None if after is None else read_cursor(after)
        found: list[InvoiceSummary] = []
        async with self._alone.connect() as connection:
            while len(found) <= first:
                query = _listed(wanted, at).limit(first + 1)
                rows = (await connection.execute(query)).all()
                found += [each for each in await _told(connection, rows) if _holds(wanted, each)]
                if len(rows) <= first:
                    break
                at = Cursor(rows[-1].issued_at, rows[-1].number)
        items = found[:first]
        cursors = [Cursor(item.issued_at, item.number).write() for item in items]
        return Page(items, cursors, more=len(found) > first)


def _listed(wanted: InvoiceFilter, after: Cursor | None) -> Select[*tuple[Any, ...]]:
    query = DOCUMENTS.order_by(invoice.c.issued_at.desc(), invoice.c.number.desc())
    if after is not None:
        query = query.where(tuple_(invoice.c.issued_at, invoice.c.number) < tuple(after))
    return query.where(and_(True, *_conditions(wanted)))


def _conditions(wanted: InvoiceFilter) -> Iterable[ColumnElement[bool]]:
    if not can_hold(wanted.series):
        yield false()
    elif wanted.series:
        yield invoice.c.series == wanted.series
    if wanted.issued_from:
        yield invoice.c.issued_on >= wanted.issued_from
    if wanted.issued_to:
        yield invoice.c.issued_on <= wanted.issued_to
    if wanted.status:
        yield invoice.c.kind == DocumentKind.INVOICE.value
    if wanted.status in (InvoiceStatus.ISSUED, InvoiceStatus.PARTIALLY_PAID):
        yield _OWES  # type: ignore[misc]  # a condition in words


def _holds(wanted: InvoiceFilter, found: InvoiceSummary) -> bool:
    return wanted.status is None or wanted.status is found.status


async def _told(connection: AsyncConnection, rows: Sequence[_Row]) -> list[InvoiceSummary]:
    """These rows of `DOCUMENTS`, in their order, each with what its whole order says of it."""
    orders = sorted({row.order for row in rows})
    known = {each.number: each for each in await invoices_of(connection, orders)}
    return [known[row.number] for row in rows]


async def _heading(connection: AsyncConnection, number: str) -> _Row | None:
    if not can_hold(number):
        return None
    found = await connection.execute(
        select(
            invoice.c.order_number,
            customer_order.c.channel,
            customer_order.c.placed,
            *(person.c[name] for name in Person.__dataclass_fields__),
        )
        .join(customer_order, customer_order.c.number == invoice.c.order_number)
        .join(person, person.c.id == customer_order.c.person_id)
        .where(invoice.c.number == number)
    )
    return found.one_or_none()


async def _lines(connection: AsyncConnection, number: str) -> tuple[DocumentLine, ...]:
    columns = (_l[name] for name in DocumentLine.__dataclass_fields__)
    found = await connection.execute(
        select(*columns).where(_l.invoice == number).order_by(_l.position)
    )
    return tuple(DocumentLine(*row) for row in found)


async def _paid_beside(connection: AsyncConnection, summary: InvoiceSummary) -> dict[str, int]:
    """Of what is paid on it: what came back of it is not."""
    found = await connection.execute(_PAID_BESIDE, {"number": summary.number})
    paid = {row.account: row.amount for row in found}
    back = (await connection.execute(_TAKEN_BACK, {"number": summary.number})).all()
    shares = [_share(summary, list(rows)) for _, rows in groupby(back, lambda row: row.number)]
    loyalty, credit = (sum(parts) for parts in zip(*shares, strict=True)) if shares else (0, 0)
    points = min(paid.get(Account.LOYALTY, 0) - loyalty, summary.paid)
    credit = min(paid.get(Account.CREDIT_HELD, 0) - credit, summary.paid - points)
    return {"by_points": points, "by_store_credit": credit}


def _share(summary: InvoiceSummary, back: Sequence[_Row]) -> tuple[int, int]:
    """What one return took from the invoice of points and of store credit, by what it credits of
    it; from the invoice of a whole order all, be it before it was issued.
    """
    if summary.subject == summary.order:
        return back[0].loyalty, back[0].store_credit
    credited = {row.credits: row.gross for row in back if row.credits}
    if summary.number not in credited:
        return 0, 0
    weights = [*credited.values(), back[0].whole - sum(credited.values())]
    place = list(credited).index(summary.number)
    return apportion(back[0].loyalty, weights)[place], apportion(back[0].store_credit, weights)[
        place
    ]


async def _names(connection: AsyncConnection, lines: Sequence[DocumentLine]) -> dict[str, str]:
    found = await connection.execute(
        select(product.c.sku, product.c.name).where(product.c.sku.in_({line.sku for line in lines}))
    )
    return dict(found.all())


def _person(row: _Row) -> Person:
    return Person(**{name: getattr(row, name) for name in Person.__dataclass_fields__})
