"""Orders and returns under lock: journal, facts and projection."""

import json
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, LiteralString

from psycopg.rows import namedtuple_row
from sqlalchemy import bindparam, func, insert, literal, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.postgres.clock import start_due
from adapters.postgres.closing import Closing
from adapters.postgres.projections import SAVE_RETURN, SAVE_VIEW, order_values, return_values
from adapters.postgres.tables import outbox, return_order
from adapters.postgres.transactions import driver_of
from domain.codec import from_json, to_json
from domain.errors import NotFound
from domain.facts import Fact
from domain.ids import return_number
from domain.journal import Body, Entry, EntryRecord, ReturnRequested
from domain.order import PlacedOrder
from domain.process import ProcessDefinition
from domain.return_waits import return_waits
from domain.returns import Disposition, ReturnView, fold_return
from domain.view import OrderView
from domain.waits import Wait
from ports.front_office import ProcessStart
from ports.unit_of_work import NO_STEP, LockedOrder, LockedReturn, StepName

# A function of the database locks the order's row, and then looks: a statement that waited for the
# lock itself would still see the journal as it was before the wait, and two are two round trips.
_LOCK = "SELECT * FROM locked_order(%(subject)s, %(name)s, %(ordinal)s)"
_LOCK_PARCELS_ORDER = """
    SELECT locked.* FROM fulfillment_order, locked_order(order_number, '', 0) AS locked
    WHERE fulfillment_order.id = %(parcel)s
    """
# As `ReturnView.settles`.
_RETURNED_UNITS = text(
    """
    SELECT (line->>'line')::int, sum((line->>'quantity')::int)
    FROM return_order,
         jsonb_array_elements(CASE WHEN jsonb_array_length(view->'received') > 0
                                        AND view->>'parcel' = ''
                                   THEN view->'received' ELSE view->'lines' END) AS line
    WHERE order_number = :order AND status NOT IN ('DECLINED', 'CANCELED', 'EXPIRED')
    GROUP BY 1
    """
)

_INSPECTED_UNITS = text(
    """
    SELECT (unit->>'line')::int, sum((unit->>'quantity')::int)
    FROM return_order, jsonb_array_elements(view->'units') AS unit
    WHERE order_number = :order AND unit->>'disposition' <> ALL(CAST(:but AS text[]))
      AND NOT (:delivered_only AND view->>'parcel' <> '')
    GROUP BY 1
    """
)


_RETURNS = (
    select(func.count())
    .select_from(return_order)
    .where(return_order.c.order_number == bindparam("order"))
)
_VIEWS = (
    select(return_order.c.view)
    .where(return_order.c.order_number == bindparam("order"))
    .order_by(return_order.c.created_at, return_order.c.number)
)
_START_RETURN = insert(outbox).values(
    event_id=literal("return/") + bindparam("rma") + literal("/start"),
    kind=ProcessStart.RETURN.value,
    subject=bindparam("rma"),
    payload=bindparam("payload", type_=outbox.c.payload.type),
    due_at=start_due(),
)
_NOT_REFUNDED = [each.value for each in Disposition if not each.refunded]
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

    async def lock(self, order: str, step: StepName = NO_STEP) -> LockedOrder:
        locked = await self._lock(_LOCK, subject=order, **step._asdict())
        if locked is None:
            raise NotFound(f"there is no order {order}")
        return locked

    async def lock_return(self, rma: str, step: StepName = NO_STEP) -> LockedReturn:
        locked = await self._lock(_LOCK, subject=rma, **step._asdict())
        if locked is None:
            raise NotFound(f"there is no return {rma}")
        return LockedReturn(locked.order, locked.process, locked.journal, locked.done)

    async def lock_by_parcel(self, parcel: str) -> LockedOrder | None:
        """The order that the parcel belongs to, if it is one of ours."""
        return await self._lock(_LOCK_PARCELS_ORDER, parcel=parcel)

    async def _lock(self, statement: LiteralString, **subject: str | int) -> LockedOrder | None:
        async with driver_of(self._connection).cursor(row_factory=namedtuple_row) as cursor:
            row: Any = await (await cursor.execute(statement, subject)).fetchone()
        if row is None:
            return None
        self._locked_at = row.at
        return LockedOrder(
            _order(row.placed),
            _process(row.process),
            tuple(map(_entry, row.entries)),
            tuple(map(_fact, row.facts)),
            row.done,
        )

    async def append(
        self, subject: str, order: str, after: int, bodies: Sequence[Body], by: str
    ) -> tuple[Entry, ...]:
        at = await self.now()
        entries = tuple(Entry(after + i, at, by, body) for i, body in enumerate(bodies, start=1))
        row = {"subject": subject, "order_number": order}
        self.closing.entries += [{**row, **to_json(EntryRecord.of(entry))} for entry in entries]
        return entries

    async def now(self) -> datetime:
        """What entries are dated: when the order was locked."""
        at = await self._clock() if self._clock else self._locked_at
        assert at is not None, "entries are journaled under lock"  # noqa: S101
        return at

    async def project(self, view: OrderView, waits: Sequence[Wait]) -> None:
        self.closing.project(SAVE_VIEW, order_values(view, waits))

    async def project_return(self, view: ReturnView, waits: Sequence[Wait]) -> None:
        self.closing.project(SAVE_RETURN, return_values(view, waits))

    async def open_return(
        self, order: PlacedOrder, process: ProcessDefinition, entry: ReturnRequested, by: str
    ) -> str:
        before = await self._connection.scalar(_RETURNS, {"order": order.number})
        rma = return_number(order.number, (before or 0) + 1)
        entries = await self.append(rma, order.number, 0, [entry], by)
        view = fold_return(rma, order.number, entries)
        await self.project_return(view, return_waits(view, process))
        await self.closing.write(self._connection)
        await self._connection.execute(
            _START_RETURN, {"rma": rma, "payload": {"order": order.number}}
        )
        return rma

    async def returns(self, order: str) -> list[ReturnView]:
        found = await self._connection.scalars(_VIEWS, {"order": order})
        return [from_json(ReturnView, view) for view in found]

    async def returned_units(self, order: str) -> dict[int, int]:
        found = await self._connection.execute(_RETURNED_UNITS, {"order": order})
        return dict(found.all())

    async def refunded_units(self, order: str, *, delivered_only: bool = False) -> dict[int, int]:
        return await self._inspected(order, _NOT_REFUNDED, delivered_only=delivered_only)

    async def inspected_units(self, order: str) -> dict[int, int]:
        return await self._inspected(order, [], delivered_only=True)

    async def _inspected(
        self, order: str, but: list[str], *, delivered_only: bool
    ) -> dict[int, int]:
        asked = {"order": order, "but": but, "delivered_only": delivered_only}
        found = await self._connection.execute(_INSPECTED_UNITS, asked)
        return dict(found.all())


# None of these ever changes, so its text says all there is to know: each is read once, though every
# effect on the order asks for it.
_read_once = lru_cache(maxsize=2048)


@_read_once
def _order(placed: str) -> PlacedOrder:
    return from_json(PlacedOrder, json.loads(placed))


@_read_once
def _process(process: str) -> ProcessDefinition:
    return from_json(ProcessDefinition, json.loads(process))


@_read_once
def _entry(entry: str) -> Entry:
    return from_json(EntryRecord, json.loads(entry)).entry()


@_read_once
def _fact(fact: str) -> Fact:
    return from_json(Fact, json.loads(fact))
