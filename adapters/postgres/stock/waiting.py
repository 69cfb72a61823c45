"""Orders that wait for stock are told when some has come: triggers on stock and supply note what
may be more than before, and the relay looks who can use it.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Row, text
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

LOOKED_AT_MAX = 1_000  # orders that wait for what came
TOLD_MAX = 20  # … of which so many are told at once

# Not the newest: an order that just found too little is on hold a moment later.
_CAME = text(
    """
    SELECT id, sku, told FROM stock_news
    WHERE at < clock_timestamp() - interval '1 second' * :grace
    ORDER BY id LIMIT :limit FOR UPDATE SKIP LOCKED
    """
)
_LOOKED_AT = text("DELETE FROM stock_news WHERE id = ANY(:ids)")
_TOLD = text("UPDATE stock_news SET told = told || CAST(:orders AS text[]) WHERE id = ANY(:ids)")
_WAITING = text(
    """
    SELECT order_view.number, placed, process, view
    FROM order_view JOIN customer_order USING (number)
    WHERE queued > 0 AND view->'holds' ? 'stock'
      AND EXISTS (
        SELECT FROM jsonb_array_elements(placed->'lines') AS line
        WHERE line->>'sku' = ANY(:skus) OR EXISTS (
            SELECT FROM bundle_component
            WHERE bundle = line->>'sku' AND component = ANY(:skus)))
    ORDER BY order_view.placed_at, order_view.number LIMIT :limit
    """
)
News = Row[*tuple[Any, ...]]


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
        turns = await _turns(connection, came)
        now = sorted(list(turns)[:TOLD_MAX])  # locked in the order in which everybody locks them
        for order in now:
            await tell(connection, FactKind.STOCK_CAME, order, f"came/{turns[order]}/{order}")
        ids = [row.id for row in came]
        if len(turns) <= TOLD_MAX:
            await connection.execute(_LOOKED_AT, {"ids": ids})
        else:  # the others are told next time
            await connection.execute(_TOLD, {"orders": now, "ids": ids})
        return len(came)


async def _turns(connection: AsyncConnection, came: Sequence[News]) -> Mapping[str, int]:
    """Orders that can use what came, oldest first, each with the latest news that it was not told
    of. Who was told of all that concerns it has looked, in vain: others have their turn.
    """
    waiting, days = [], 0
    values = {"limit": LOOKED_AT_MAX, "skus": list({row.sku for row in came})}
    for row in await connection.execute(_WAITING, values):
        view = view_of(row.view, from_json(PlacedOrder, row.placed))
        days = max(days, from_json(ProcessDefinition, row.process).backorder_days)
        waiting.append(Waiting(row.number, view.unallocated, view.looks_again))
    wanted = {unit.sku for each in waiting for unit in each.demand}
    found = await sources(connection, "", wanted, days)
    news = {
        each.order: max(_untold(each.order, parts(each.demand, found.recipes), came), default=0)
        for each in waiting
    }
    concerned = [each for each in waiting if each.told or news[each.order]]
    return {order: news[order] for order in whose_turn(concerned, found)}


def _untold(order: str, skus: Iterable[str], came: Sequence[News]) -> Iterable[int]:
    return (row.id for row in came if row.sku in skus and order not in row.told)
