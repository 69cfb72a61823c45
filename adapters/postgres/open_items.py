"""Open items: what orders have in a clearing account, from the ledger itself; and for the bank,
what the others say that they paid out. An item is settled when the ledger has the operation that
settles it.
"""

from typing import Any

from sqlalchemy import Row, TextClause, text
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.ledger import Account
from domain.settlement import CLEARING, PAYOUT, Item, PartyKind

_UNASKED = "/(chargeback(_reversal)?/|refund_failure$)"
# By kind: what the party may call an item, whom it has to come from, and where both stand.
_NAMES = {
    # What nobody asked for it may call by the capture or refund, or by the dispute.
    PartyKind.PROVIDER: (
        f"""
        ARRAY[payment.provider_payment] || CASE WHEN posted.operation ~ '{_UNASKED}'
        THEN array_remove(regexp_split_to_array(posted.operation, '{_UNASKED}'), '') END
        """,
        "''",
        "LEFT JOIN payment_transaction AS payment ON payment.key = posted.operation",
    ),
    PartyKind.CARRIER: (
        "array_append(packed.numbers, regexp_replace(posted.operation, '/cash$', ''))",
        "packed.carrier",
        """
        LEFT JOIN order_view ON order_view.number = posted.order_number
        LEFT JOIN LATERAL (
            SELECT array_agg(package->>'tracking_number') AS numbers,
                   coalesce(max(package->>'carrier'), '') AS carrier
            FROM jsonb_array_elements(
                view->'parcels'->regexp_replace(posted.operation, '/cash$', '')->'packages'
            ) AS package
        ) AS packed ON true
        """,
    ),
    PartyKind.CHANNEL: (
        "ARRAY[channel_ref, posted.order_number, source.source]",
        "channel",
        """
        JOIN customer_order ON customer_order.number = posted.order_number
        LEFT JOIN payment_source AS source ON source.order_number = posted.order_number
        """,
    ),
    # A transfer is `bank/<reference>/<order>`, or `bank-2/…` the second time, with nothing after
    # the last slash while it is about no order; a refund is `<return>/refund/bank/<reference>`.
    # References may have slashes in them.
    PartyKind.BANK: (
        """
        ARRAY[posted.order_number, CASE
            WHEN posted.operation !~ '^bank(-[0-9]+)?/'
            THEN regexp_replace(posted.operation, '^[^/]+/refund/bank/', '')
            ELSE regexp_replace(regexp_replace(posted.operation, '^bank(-[0-9]+)?/', ''),
                                '/' || COALESCE(posted.order_number, '') || '$', '')
        END]
        """,
        "''",
        "",
    ),
}
_SETTLED = "EXISTS (SELECT FROM ledger_transaction WHERE operation = 'settle/' || posted.operation)"
OPEN = f"NOT {_SETTLED}"
# Nothing of it was ever at the bank; what is settled was there, and tells a line that came twice.
_WITHDRAWN = f"""
    {OPEN} AND EXISTS (SELECT FROM ledger_transaction
                       WHERE operation = 'withdrawn/' || posted.operation)
    """


# A payout is at the bank once its lines are settled, each with its net. The bank calls it by its
# name, or says only who paid; of those that it has told, the payer alone names none.
_PAYOUT_NAMES = f"ARRAY[posted.reference, CASE WHEN {OPEN} THEN posted.party END]"


def items_sql(kind: PartyKind, condition: str) -> str:
    """Those of a kind of party of which the condition holds, about `posted`: what was posted."""
    names, party, tables = _NAMES[kind]
    return f"""
        SELECT posted.operation, posted.order_number, sum(entry.amount)::bigint AS amount,
               posted.currency, posted.at, {names} AS names, {party} AS owed_by,
               {_SETTLED} AS settled
        FROM ledger_entry AS entry
        JOIN ledger_transaction AS posted ON posted.id = entry.transaction_id
        {tables}
        WHERE entry.account = '{CLEARING[kind]}' AND posted.operation NOT LIKE 'settle/%'
          AND posted.operation NOT LIKE 'withdrawn/%' AND NOT ({_WITHDRAWN}) AND ({condition})
        GROUP BY posted.id, names, owed_by HAVING sum(entry.amount) <> 0
        """  # noqa: S608 - our own words


def _payouts_sql(condition: str) -> str:
    """As above, about `posted`: what a settlement of another party than a bank says in all."""
    return f"""
        SELECT posted.operation, NULL AS order_number, paid.amount, posted.currency, posted.at,
               {_PAYOUT_NAMES} AS names, '' AS owed_by, {_SETTLED} AS settled
        FROM (
            SELECT id, '{PAYOUT}' || kind || '/' || party || '/' || reference AS operation,
                   currency, period_to AS at, reference, party
            FROM settlement WHERE kind <> '{PartyKind.BANK}'
        ) AS posted
        CROSS JOIN LATERAL (
            SELECT sum(gross - fee)::bigint AS amount
            FROM settlement_line WHERE settlement_id = posted.id
        ) AS paid
        WHERE paid.amount <> 0 AND ({condition})
        """  # noqa: S608 - our own words


def _named(names: str) -> str:
    return f"""
        {OPEN} OR EXISTS (SELECT FROM unnest({names} || posted.operation) AS name
                          WHERE lower(name) = ANY(:references))
        """


def _sorted(*queries: str) -> TextClause:
    return text(f"{' UNION ALL '.join(queries)} ORDER BY at, operation")


def _of(kind: PartyKind, items: str, payouts: str) -> TextClause:
    bank = (_payouts_sql(payouts),) if kind is PartyKind.BANK else ()
    return _sorted(items_sql(kind, items), *bank)


_THIS, _PAYOUT = "posted.operation = :operation", _named(_PAYOUT_NAMES)
_WANTED = {kind: _of(kind, _named(names), _PAYOUT) for kind, (names, _, _) in _NAMES.items()}
_ONE = {kind: _of(kind, _THIS, _THIS) for kind in PartyKind}


async def open_items(
    connection: AsyncConnection, kind: PartyKind, references: list[str]
) -> list[Item]:
    """What is open, and what is settled of `references`, be they written small or large."""
    plain = [reference.strip().lower() for reference in references]
    found = await connection.execute(_WANTED[kind], {"references": plain})
    return [_item(row, CLEARING[kind]) for row in found]


async def find_item(connection: AsyncConnection, kind: PartyKind, operation: str) -> Item | None:
    row = (await connection.execute(_ONE[kind], {"operation": operation})).one_or_none()
    return None if row is None else _item(row, CLEARING[kind])


def _item(row: Row[Any], account: Account) -> Item:
    names = tuple(name for name in row.names or () if name)
    return Item(
        row.operation,
        row.order_number or "",
        account,
        row.amount,
        row.currency,
        row.at,
        names,
        row.owed_by or "",
        row.settled,
    )
