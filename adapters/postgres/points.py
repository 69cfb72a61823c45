"""The ledger of loyalty points. Whoever changes it holds the customer's row, so that two orders
never spend the same points; what is there is never changed, which the database itself refuses.
"""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from adapters.postgres.transactions import in_transaction
from domain.points import Lot, Move, PointsAccount

_LOCK = text(
    """
    INSERT INTO points_account (customer_ref) VALUES (:customer)
    ON CONFLICT (customer_ref) DO UPDATE SET customer_ref = EXCLUDED.customer_ref
    RETURNING CAST(clock_timestamp() AT TIME ZONE 'UTC' AS date)
    """
)
# After the lock, as a statement of its own: it sees what the one before has committed.
_LOTS = text(
    """
    SELECT lot AS name, expires_on, sum(points)::bigint AS available,
      COALESCE(sum(reserved) FILTER (WHERE own), 0)::bigint AS held,
      COALESCE(-sum(reserved) FILTER (WHERE own AND kind = 'SPEND'), 0)::bigint AS spent,
      COALESCE(sum(points) FILTER (WHERE own AND kind = 'EARN'), 0)::bigint AS earned,
      COALESCE(-sum(points) FILTER (WHERE own AND kind = 'REVERSE'), 0)::bigint AS taken_back,
      COALESCE(sum(points) FILTER (WHERE own AND kind = 'RESTORE'), 0)::bigint AS given_back,
      bool_or(own AND kind = 'EARN' AND operation = lot) AS own,
      COALESCE(-sum(points) FILTER (WHERE kind = 'EXPIRE'), 0)::bigint AS expired,
      bool_or(operation = :operation) AS done
    FROM points_entry, LATERAL (SELECT COALESCE(order_number = :order, false) AS own) AS whose
    WHERE customer_ref = :customer GROUP BY lot, expires_on
    """
)
_WRITE = text(
    """
    INSERT INTO points_entry (operation, line, customer_ref, order_number, kind, lot, expires_on,
                              points, reserved)
    SELECT operation, row_number() OVER (PARTITION BY operation ORDER BY ordinal), :customer,
           NULLIF(order_number, ''), kind, lot, expires_on, points, reserved
    FROM unnest(CAST(:operations AS text[]), CAST(:orders AS text[]), CAST(:kinds AS text[]),
                CAST(:lots AS text[]), CAST(:expire AS date[]), CAST(:points AS bigint[]),
                CAST(:reserved AS bigint[]))
         WITH ORDINALITY
         AS m(operation, order_number, kind, lot, expires_on, points, reserved, ordinal)
    """
)
_DUE = text(
    """
    SELECT DISTINCT customer_ref FROM (
        SELECT customer_ref FROM points_entry
        WHERE expires_on < CAST(clock_timestamp() AT TIME ZONE 'UTC' AS date)
        GROUP BY customer_ref, lot HAVING sum(points) > 0) AS expired
    LIMIT :limit
    """
)


class PostgresPoints:
    """See `ports.points.Points`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def change(
        self, customer: str, order: str, operation: str, act: Callable[[PointsAccount], None]
    ) -> None:
        asked = {"customer": customer, "order": order, "operation": operation}
        today = (await self._connection.execute(_LOCK, {"customer": customer})).scalar_one()
        rows = (await self._connection.execute(_LOTS, asked)).all()
        if any(row.done for row in rows):
            return
        account = _account(rows, today, operation)
        account.expire()
        expired = len(account.moves)
        act(account)
        await self._write(customer, order, operation, account.moves, expired)

    async def _write(
        self, customer: str, order: str, operation: str, moves: list[Move], expired: int
    ) -> None:
        """The first `expired` of the moves are no part of the operation."""
        if not moves:
            return
        named = [
            (f"expire/{move.lot}", "") if n < expired else (operation, order)
            for n, move in enumerate(moves)
        ]
        values = {
            "customer": customer,
            "operations": [operation for operation, _ in named],
            "orders": [order for _, order in named],
            "kinds": [move.kind.value for move in moves],
            "lots": [move.lot for move in moves],
            "expire": [move.expires_on for move in moves],
            "points": [move.points for move in moves],
            "reserved": [move.reserved for move in moves],
        }
        await self._connection.execute(_WRITE, values)


class PostgresPointsExpiry:
    """See `ports.front_office.Expiring`: what has expired is written off, customer by customer. Of
    a customer whose points move meanwhile that is done at once, so that being late changes nothing
    but when it is written down.
    """

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def expire(self, limit: int) -> int:
        """`limit` counts customers."""
        async with self._engine.connect() as connection:
            due = (await connection.execute(_DUE, {"limit": limit})).scalars().all()
        for customer in due:
            await in_transaction(
                self._engine,
                lambda connection: PostgresPoints(connection).change(
                    customer,  # noqa: B023 - it is called before the next one comes
                    "",
                    "",
                    _nothing_more,
                ),
            )
        return len(due)


def _nothing_more(_: PointsAccount) -> None:
    return


def _account(rows: Sequence[Row[Any]], today: date, operation: str) -> PointsAccount:
    lots = {
        row.name: Lot(
            row.name,
            row.expires_on,
            row.available,
            row.held,
            row.spent,
            row.earned,
            row.own,
            row.expired,
        )
        for row in rows
    }
    taken_back = sum(row.taken_back for row in rows)
    given_back = sum(row.given_back for row in rows)
    return PointsAccount(today, lots, operation, taken_back, given_back)
