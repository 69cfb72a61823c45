"""Submissions to warehouses that were begun, a mark on each fulfillment order."""

from sqlalchemy import bindparam, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.postgres.tables import fulfillment_order

_f = fulfillment_order.c
_BEGIN = (
    update(fulfillment_order)
    .where(_f.id == bindparam("parcel"), _f.begun_at.is_(None))
    .values(begun_at=func.clock_timestamp())
)
_BEGUN = (
    select(_f.id)
    .where(_f.order_number == bindparam("order"), _f.begun_at.is_not(None))
    .order_by(_f.id)
)


class PostgresSubmissions:
    """See `ports.unit_of_work.Submissions`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def begin(self, parcel: str) -> None:
        await self._connection.execute(_BEGIN, {"parcel": parcel})

    async def begun(self, order: str) -> tuple[str, ...]:
        return tuple(await self._connection.scalars(_BEGUN, {"order": order}))
