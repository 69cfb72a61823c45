"""Orders and returns under lock: journal, facts and projection."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime

from sqlalchemy import Table, bindparam, func, select, text
from sqlalchemy.dialects.postgresql import Insert, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.postgres.documents import view_json
from adapters.postgres.tables import customer_order, journal, order_view, return_order
from domain.codec import Json, from_json, to_json
from domain.derived import payment_state
from domain.errors import NotFound
from domain.facts import Fact
from domain.journal import Body, Entry, EntryRecord
from domain.order import PlacedOrder
from domain.process import ProcessDefinition
from domain.returns import ReturnView
from domain.view import OrderView
from domain.waits import Wait
from ports.unit_of_work import LockedOrder, LockedReturn

_LOCK = select(customer_order.c.placed, customer_order.c.process).where(
    customer_order.c.number == bindparam("order")
)

# A statement of its own, after the lock: one that waited for the lock itself would still see the
# journal as it was before the wait.
_HISTORY = text(
    """
    SELECT (SELECT json_agg(json_build_array(seq, at, by, kind, data) ORDER BY seq)
            FROM journal WHERE subject = :subject),
           (SELECT json_agg(data) FROM fact
            WHERE order_number = :subject AND quarantined IS NULL)
    """
)

_RETURNED_UNITS = text(
    """
    SELECT (line->>'line')::int, sum((line->>'quantity')::int)
    FROM return_order,
         jsonb_array_elements(CASE WHEN jsonb_array_length(view->'received') > 0
                                   THEN view->'received' ELSE view->'lines' END) AS line
    WHERE order_number = :order AND number <> :except
      AND status NOT IN ('DECLINED', 'CANCELED', 'EXPIRED')
    GROUP BY 1
    """
)

_REFUNDED_UNITS = text(
    """
    SELECT (unit->>'line')::int, sum((unit->>'quantity')::int)
    FROM return_order, jsonb_array_elements(view->'units') AS unit
    WHERE order_number = :order AND unit->>'disposition' <> 'send_back'
    GROUP BY 1
    """
)


Clock = Callable[[], Awaitable[datetime]]


class PostgresOrders:
    """See `ports.unit_of_work.Orders`."""

    def __init__(self, connection: AsyncConnection, clock: Clock | None = None) -> None:
        self._connection = connection
        self._clock = clock

    async def lock(self, order: str) -> LockedOrder:
        placed, process = await self._lock_row(order)
        entries, facts = await self._history(order)
        return LockedOrder(placed, process, entries, facts)

    async def lock_return(self, rma: str) -> LockedReturn:
        number = await self._connection.scalar(
            select(return_order.c.order_number).where(return_order.c.number == rma)
        )
        if number is None:
            raise NotFound(f"there is no return {rma}")
        placed, process = await self._lock_row(number)
        entries, _ = await self._history(rma)
        return LockedReturn(placed, process, entries)

    async def _lock_row(self, order: str) -> tuple[PlacedOrder, ProcessDefinition]:
        found = await self._connection.execute(_LOCK.with_for_update(), {"order": order})
        row = found.one_or_none()
        if row is None:
            raise NotFound(f"there is no order {order}")
        return from_json(PlacedOrder, row.placed), from_json(ProcessDefinition, row.process)

    async def _history(self, subject: str) -> tuple[tuple[Entry, ...], tuple[Fact, ...]]:
        entries, facts = (await self._connection.execute(_HISTORY, {"subject": subject})).one()
        return (
            tuple(_entry(*row) for row in entries or ()),
            tuple(from_json(Fact, data) for data in facts or ()),
        )

    async def append(
        self, subject: str, order: str, after: int, bodies: Sequence[Body], by: str
    ) -> tuple[Entry, ...]:
        at = {"at": await self._clock()} if self._clock else {}
        rows = [
            {
                **at,
                "subject": subject,
                "order_number": order,
                "seq": after + i,
                "by": by,
                "kind": type(body).__name__,
                "data": to_json(body),
            }
            for i, body in enumerate(bodies, start=1)
        ]
        written = await self._connection.execute(
            insert(journal).values(rows).returning(journal.c.seq, journal.c.at)
        )
        times = {row.seq: row.at for row in written}
        return tuple(
            Entry(after + i, times[after + i], by, body) for i, body in enumerate(bodies, start=1)
        )

    async def project(self, view: OrderView, waits: Sequence[Wait]) -> None:
        values = {
            "number": view.order.number,
            "seq": view.seq,
            "channel": view.order.channel,
            "customer_ref": view.order.customer_ref,
            "status": view.status.value,
            "payment_status": payment_state(view).value,
            "currency": view.order.currency,
            "total": view.order.total,
            "parcels": len(view.active_parcels),
            "view": view_json(view),
            "placed_at": view.order.placed_at,
            **_waiting(waits),
        }
        await self._connection.execute(_SAVE_VIEW, values)

    async def project_return(self, view: ReturnView, waits: Sequence[Wait]) -> None:
        values = {
            "number": view.number,
            "order_number": view.order,
            "seq": view.seq,
            "status": view.status.value if view.status else "",
            "view": to_json(view),
            **_waiting(waits),
        }
        await self._connection.execute(_SAVE_RETURN, values)

    async def returned_units(self, order: str, *, except_for: str = "") -> dict[int, int]:
        found = await self._connection.execute(
            _RETURNED_UNITS, {"order": order, "except": except_for}
        )
        return dict(found.all())

    async def refunded_units(self, order: str) -> dict[int, int]:
        found = await self._connection.execute(_REFUNDED_UNITS, {"order": order})
        return dict(found.all())


def _waiting(waits: Sequence[Wait]) -> dict[str, Json]:
    return {
        "waits": [to_json(wait) for wait in waits],
        "deadline": min((wait.deadline for wait in waits), default=None),
        "queued": sum(wait.queued for wait in waits),
    }


def _entry(seq: int, at: str, by: str, kind: str, data: Json) -> Entry:
    return EntryRecord(seq, datetime.fromisoformat(at), by, kind, data).entry()


def _upsert(table: Table, key: str) -> Insert:
    statement = insert(table)
    changed = {
        column.name: statement.excluded[column.name]
        for column in table.columns
        if column.name not in (key, "created_at", "updated_at")
    }
    return statement.on_conflict_do_update(
        index_elements=[key], set_={**changed, "updated_at": func.clock_timestamp()}
    )


_SAVE_VIEW = _upsert(order_view, "number")
_SAVE_RETURN = _upsert(return_order, "number")
