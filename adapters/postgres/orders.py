"""Orders and returns under lock: journal, facts and projection."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime

from sqlalchemy import bindparam, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.postgres.closing import Closing
from adapters.postgres.projections import SAVE_RETURN, SAVE_VIEW, order_values, return_values
from adapters.postgres.tables import customer_order, return_order
from domain.codec import Json, from_json, to_json
from domain.errors import NotFound
from domain.facts import Fact
from domain.journal import Body, Entry, EntryRecord
from domain.order import PlacedOrder
from domain.process import ProcessDefinition
from domain.returns import ReturnView
from domain.view import OrderView
from domain.waits import Wait
from ports.unit_of_work import LockedOrder, LockedReturn

_LOCK = (
    select(customer_order.c.placed, customer_order.c.process)
    .where(customer_order.c.number == bindparam("order"))
    .with_for_update()
)
_ORDER_OF = select(return_order.c.order_number).where(return_order.c.number == bindparam("rma"))

# A statement of its own, after the lock: one that waited for the lock itself would still see the
# journal as it was before the wait.
_HISTORY = text(
    """
    SELECT (SELECT json_agg(json_build_array(seq, at, by, kind, data) ORDER BY seq)
            FROM journal WHERE subject = :subject),
           (SELECT json_agg(data) FROM fact
            WHERE order_number = :subject AND quarantined IS NULL),
           clock_timestamp()
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
    """See `ports.unit_of_work.Orders`. What it is to write, it puts into `closing`, which whoever
    opened the transaction writes at its end.
    """

    def __init__(
        self,
        connection: AsyncConnection,
        closing: Closing | None = None,
        clock: Clock | None = None,
    ) -> None:
        self.closing = closing or Closing()
        self._connection = connection
        self._clock = clock
        self._locked_at: datetime | None = None

    async def lock(self, order: str) -> LockedOrder:
        placed, process = await self._lock_row(order)
        entries, facts = await self._history(order)
        return LockedOrder(placed, process, entries, facts)

    async def lock_return(self, rma: str) -> LockedReturn:
        number = await self._connection.scalar(_ORDER_OF, {"rma": rma})
        if number is None:
            raise NotFound(f"there is no return {rma}")
        placed, process = await self._lock_row(number)
        entries, _ = await self._history(rma)
        return LockedReturn(placed, process, entries)

    async def _lock_row(self, order: str) -> tuple[PlacedOrder, ProcessDefinition]:
        found = await self._connection.execute(_LOCK, {"order": order})
        row = found.one_or_none()
        if row is None:
            raise NotFound(f"there is no order {order}")
        return from_json(PlacedOrder, row.placed), from_json(ProcessDefinition, row.process)

    async def _history(self, subject: str) -> tuple[tuple[Entry, ...], tuple[Fact, ...]]:
        found = await self._connection.execute(_HISTORY, {"subject": subject})
        entries, facts, self._locked_at = found.one()
        return (
            tuple(_entry(*row) for row in entries or ()),
            tuple(from_json(Fact, data) for data in facts or ()),
        )

    async def append(
        self, subject: str, order: str, after: int, bodies: Sequence[Body], by: str
    ) -> tuple[Entry, ...]:
        at = await self._clock() if self._clock else self._locked_at
        assert at is not None, "entries are journaled under lock"  # noqa: S101
        entries = tuple(Entry(after + i, at, by, body) for i, body in enumerate(bodies, start=1))
        row = {"subject": subject, "order_number": order}
        self.closing.entries += [{**row, **to_json(EntryRecord.of(entry))} for entry in entries]
        return entries

    async def project(self, view: OrderView, waits: Sequence[Wait]) -> None:
        self.closing.project(SAVE_VIEW, order_values(view, waits))

    async def project_return(self, view: ReturnView, waits: Sequence[Wait]) -> None:
        self.closing.project(SAVE_RETURN, return_values(view, waits))

    async def returned_units(self, order: str, *, except_for: str = "") -> dict[int, int]:
        found = await self._connection.execute(
            _RETURNED_UNITS, {"order": order, "except": except_for}
        )
        return dict(found.all())

    async def refunded_units(self, order: str) -> dict[int, int]:
        found = await self._connection.execute(_REFUNDED_UNITS, {"order": order})
        return dict(found.all())


def _entry(seq: int, at: str, by: str, kind: str, data: Json) -> Entry:
    return EntryRecord(seq, datetime.fromisoformat(at), by, kind, data).entry()
