"""Orders that wait for stock are told when some has come: triggers on stock and supply note what
may be more than before, and the relay looks who can use it.
"""

from collections.abc import Sequence

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from adapters.postgres.documents import view_of
from adapters.postgres.stock.breaking import tell
from adapters.postgres.stock.sources import sources
from adapters.postgres.transactions import in_transaction
from domain.codec import from_json
from domain.facts import FactKind
from domain.order import PlacedOrder
from domain.process import ProcessDefinition
from domain.waiting import Waiting, parts, whose_turn

LOOKED_AT_MAX = 1_000  # orders that wait
TOLD_MAX = 20  # … of which so many are told at once

# Not the newest: an order that just found too little is on hold a moment later.
_CAME = text(
    """
    SELECT id, sku FROM stock_news WHERE at < clock_timestamp() - interval '1 second' * :grace
    ORDER BY id LIMIT :limit FOR UPDATE SKIP LOCKED
    """
)
_LOOKED_AT = text("DELETE FROM stock_news WHERE id = ANY(:ids)")
_WAITING = text(
    """
    SELECT order_view.number, placed, process, view
    FROM order_view JOIN customer_order USING (number)
    WHERE queued > 0 AND view->'holds' ? 'stock'
    ORDER BY order_view.placed_at, order_view.number LIMIT :limit
    """
)


class PostgresStockNews:
    """See `ports.front_office.StockNews`. `grace_seconds` pass before news is looked at."""

    def __init__(self, engine: AsyncEngine, grace_seconds: float = 2.0) -> None:
        self._engine = engine
        self._grace_seconds = grace_seconds

    async def tell(self, limit: int) -> int:
        return await in_transaction(self._engine, lambda each: self._tell(each, limit))

    async def _tell(self, connection: AsyncConnection, limit: int) -> int:
        values = {"limit": limit, "grace": self._grace_seconds}
        came = (await connection.execute(_CAME, values)).all()
        if not came:
            return 0
        turns = await _turns(connection, {row.sku for row in came})
        news = max(row.id for row in came)
        for order in sorted(turns[:TOLD_MAX]):  # locked in the order in which everybody locks them
            await tell(connection, FactKind.STOCK_CAME, order, f"came/{news}/{order}")
        if len(turns) <= TOLD_MAX:  # else the others are told next time
            await connection.execute(_LOOKED_AT, {"ids": [row.id for row in came]})
        return len(came)


async def _turns(connection: AsyncConnection, skus: set[str]) -> Sequence[str]:
    """Of orders that can use one of the SKUs."""
    waiting, days = [], 0
    for row in await connection.execute(_WAITING, {"limit": LOOKED_AT_MAX}):
        view = view_of(row.view, from_json(PlacedOrder, row.placed))
        days = max(days, from_json(ProcessDefinition, row.process).backorder_days)
        waiting.append(Waiting(row.number, view.unallocated, view.looks_again))
    wanted = {unit.sku for each in waiting for unit in each.demand}
    found = await sources(connection, "", wanted, days)
    concerned = [each for each in waiting if skus & parts(each.demand, found.recipes).keys()]
    return whose_turn(concerned, found)
