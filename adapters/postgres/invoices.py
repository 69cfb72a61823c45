"""Issuing invoices and credit notes: the number is taken at the very end of the transaction."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from psycopg.types.json import Jsonb
from sqlalchemy import bindparam, select
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.postgres.stock.alerts import raise_alerts
from adapters.postgres.tables import invoice, invoice_line
from adapters.postgres.transactions import Driver
from domain.codec import Json, to_json
from domain.invoices import DocumentKind, DocumentLine, Draft, Issued
from domain.process import ProcessDefinition

# A document that is there already takes no number. The series' row is locked from here to the
# commit; what fails before or after gives the number back with everything else.
_ISSUE = """
    WITH dated AS (
        SELECT CAST(CAST(%(at)s AS timestamptz) AT TIME ZONE %(zone)s AS date) AS today
        WHERE NOT EXISTS (SELECT FROM invoice WHERE operation = %(operation)s)
    ), counted AS (
        INSERT INTO number_series AS known (series, last, issued_on)
        SELECT %(prefix)s || '-' || to_char(today, 'YYYY'), 1, today FROM dated
        ON CONFLICT (series) DO UPDATE
        SET last = known.last + 1, issued_on = greatest(known.issued_on, excluded.issued_on)
        RETURNING series, last, issued_on
    ), document AS (
        INSERT INTO invoice (number, series, ordinal, kind, operation, order_number, subject,
                             credits, currency, issued_at, issued_on, due_on)
        SELECT series || '-' || lpad(last::text, greatest(6, length(last::text)), '0'),
               series, last, %(kind)s, %(operation)s, %(order)s, %(subject)s, %(credits)s,
               %(currency)s, %(at)s, issued_on, issued_on + %(due_days)s
        FROM counted RETURNING number
    )
    INSERT INTO invoice_line (invoice, position, line, sku, first, quantity, unit_price, discount,
                              order_discount, tax_rate_bp, net, tax, gross, credits)
    SELECT document.number, position, line, sku, first, quantity, unit_price, discount,
           order_discount, tax_rate_bp, net, tax, gross, credits
    FROM document, jsonb_populate_recordset(NULL::invoice_line, %(lines)s)
    """

_LINES = tuple(invoice_line.c[name] for name in DocumentLine.__dataclass_fields__)
_ISSUED = (
    select(invoice.c.number, *_LINES)
    .join(invoice_line, invoice_line.c.invoice == invoice.c.number)
    .where(
        invoice.c.order_number == bindparam("order"),
        invoice.c.kind == DocumentKind.INVOICE.value,
    )
    .order_by(invoice.c.issued_at, invoice.c.number, invoice_line.c.position)
)

Now = Callable[[], Awaitable[datetime]]


@dataclass(frozen=True, slots=True)
class _Wanted:
    """`values` are the parameters of `_ISSUE`. Invoices are numbered before credit notes, always,
    so that no two transactions hold a series that the other one wants.
    """

    kind: DocumentKind
    values: dict[str, Json]


class PostgresInvoices:
    """See `ports.unit_of_work.Invoices`. `write` issues what is `wanted`, by the last statement
    before the commit; `now` dates what the transaction writes.
    """

    def __init__(self, connection: AsyncConnection, now: Now) -> None:
        self._connection = connection
        self._now = now
        self.wanted: list[_Wanted] = []

    async def issued(self, order: str) -> tuple[Issued, ...]:
        found = await self._connection.execute(_ISSUED, {"order": order})
        return tuple(
            Issued(number, tuple(DocumentLine(*row[1:]) for row in rows))
            for number, rows in groupby(found, key=lambda row: row.number)
        )

    async def issue(self, draft: Draft, process: ProcessDefinition) -> None:
        prefix = {
            DocumentKind.INVOICE: process.invoice_series,
            DocumentKind.CREDIT_NOTE: process.credit_note_series,
        }[draft.kind]
        values = {
            "prefix": prefix,
            "zone": process.invoice_time_zone,
            "at": await self._now(),
            "kind": draft.kind.value,
            "operation": draft.operation,
            "order": draft.order,
            "subject": draft.subject,
            "credits": draft.credits or None,
            "currency": draft.currency,
            "due_days": draft.due_days,
            "lines": Jsonb([to_json(line) for line in draft.lines]),
        }
        self.wanted.append(_Wanted(draft.kind, values))

    async def write(self, driver: Driver) -> None:
        if self.wanted:
            await raise_alerts(driver)
        for wanted in sorted(self.wanted, key=lambda each: each.kind is DocumentKind.CREDIT_NOTE):
            await driver.execute(_ISSUE, wanted.values)
        self.wanted.clear()
