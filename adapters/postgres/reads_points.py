"""Read views of loyalty points, by the ledger's entries as they are."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from adapters.postgres.cursors import Cursor, check_page, read_cursor
from adapters.postgres.keys import can_hold
from adapters.postgres.points_acts import KNOWN_CUSTOMER
from adapters.postgres.transactions import each_alone
from domain.access import Principal, Role
from domain.errors import NotFound
from ports.points_reads import (
    READERS,
    SOON_DAYS,
    CustomerPoints,
    OrderPoints,
    PointsEntryRead,
)
from ports.reads import Page

_MAY_SEE = text(
    f"""
    SELECT CASE WHEN CAST(:channel AS text) IS NULL THEN {KNOWN_CUSTOMER}
           ELSE EXISTS (SELECT FROM customer_order
                        WHERE customer_ref = :customer AND channel = :channel) END
    """  # noqa: S608 - ours
)
# What expired and is not written off yet cannot be spent either.
_LOTS = text(
    """
    SELECT expires_on, sum(available)::bigint AS available, sum(reserved)::bigint AS reserved,
           expires_on <= today + CAST(:soon AS int) AS soon
    FROM (SELECT expires_on, today, sum(reserved) AS reserved,
                 CASE WHEN expires_on < today THEN LEAST(sum(points), 0)
                      ELSE sum(points) END AS available
          FROM points_entry,
               (SELECT CAST(clock_timestamp() AT TIME ZONE 'UTC' AS date) AS today) AS clock
          WHERE customer_ref = :customer GROUP BY lot, expires_on, today) AS lots
    GROUP BY expires_on, today ORDER BY expires_on
    """
)
_ENTRIES = text(
    """
    SELECT CAST(id AS text) AS id, at, kind, points, reserved,
           COALESCE(order_number, '') AS "order", operation, expires_on
    FROM points_entry
    WHERE customer_ref = :customer AND (CAST(:before AS bigint) IS NULL OR id < :before)
    ORDER BY points_entry.id DESC LIMIT :most
    """
)
_OF_ORDER = text(
    """
    SELECT channel, COALESCE(sum(reserved), 0)::bigint AS reserved,
      COALESCE(-sum(reserved) FILTER (WHERE kind = 'SPEND'), 0)::bigint AS spent,
      COALESCE(sum(points) FILTER (WHERE kind = 'RESTORE'), 0)::bigint AS restored,
      COALESCE(sum(points) FILTER (WHERE kind = 'EARN'), 0)::bigint AS earned,
      COALESCE(-sum(points) FILTER (WHERE kind = 'REVERSE'), 0)::bigint AS reversed
    FROM customer_order LEFT JOIN points_entry ON order_number = number
    WHERE number = :order GROUP BY number
    """
)


class PostgresPointsReads:
    """See `ports.points_reads.PointsReads`."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._alone = each_alone(engine)

    async def customer(self, principal: Principal, customer: str) -> CustomerPoints:
        async with self._alone.connect() as connection:
            await _check_sees(connection, principal, customer)
            asked = {"customer": customer, "soon": SOON_DAYS}
            lots = (await connection.execute(_LOTS, asked)).all()
        soon = tuple((lot.expires_on, lot.available) for lot in lots if lot.soon)
        return CustomerPoints(
            customer,
            sum(lot.available for lot in lots),
            sum(lot.reserved for lot in lots),
            tuple((day, points) for day, points in soon if points > 0),
        )

    async def entries(
        self, principal: Principal, customer: str, first: int, after: str | None
    ) -> Page:
        check_page(first)
        before = None if after is None else read_cursor(after).number
        async with self._alone.connect() as connection:
            await _check_sees(connection, principal, customer)
            asked = {"customer": customer, "before": before, "most": first + 1}
            rows = (await connection.execute(_ENTRIES, asked)).all()
        items = [PointsEntryRead(*row) for row in rows[:first]]
        cursors = [Cursor(item.at, item.id).write() for item in items]
        return Page(items, cursors, more=len(rows) > first)

    async def of_order(self, principal: Principal, order: str) -> OrderPoints:
        async with self._alone.connect() as connection:
            found = can_hold(order) and await connection.execute(_OF_ORDER, {"order": order})
            row = found.one_or_none() if found else None
        if row is None or not principal.reads(order, row.channel):
            raise NotFound(f"there is no order {order}")
        return OrderPoints(row.reserved, row.spent, row.restored, row.earned, row.reversed)


async def _check_sees(connection: AsyncConnection, principal: Principal, customer: str) -> None:
    principal.require(*READERS)
    everybody = principal.may(*(set(READERS) - {Role.CHANNEL}))
    asked = {"customer": customer, "channel": None if everybody else principal.scope}
    if not (customer and can_hold(customer) and await connection.scalar(_MAY_SEE, asked)):
        raise NotFound("there is no such customer")
