"""Soft reservations: made when an order is placed, if it is to be placed only when its goods are
there, and given back when nothing has come of them in time.
"""

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from adapters.postgres.locations import active_locations
from adapters.postgres.stock.reserving import Claim, expire_soft
from adapters.postgres.stock.sources import sources
from adapters.postgres.transactions import in_transaction
from domain.order import LineUnits, PlacedOrder
from domain.sourcing import choose_sources


async def soft_claims(connection: AsyncConnection, order: PlacedOrder) -> list[Claim]:
    """What would be reserved now, read without a lock. Refuses (`OutOfStock`): whoever comes too
    late costs two reads.
    """
    demand = [LineUnits(line.line, line.sku, line.quantity) for line in order.lines]
    found = await sources(connection, order.number, {unit.sku for unit in demand}, within_days=0)
    locations = await active_locations(connection)
    stock = {p.id: found.stock[p.id] for p in locations if p.id in found.stock}
    plan = choose_sources(demand, stock, locations, order.destination, found.recipes)
    return [
        Claim("", unit.line, unit.sku, place, unit.quantity)
        for place, units in plan.sources.items()
        for unit in units
    ]


class PostgresSoftReservations:
    """See `ports.front_office.Expiring`: what is due is given back."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def expire(self, limit: int) -> int:
        return await in_transaction(self._engine, lambda each: expire_soft(each, limit))
