"""Reserving in a unit of work of its own."""

from domain.errors import OutOfStock
from domain.journal import PlannedParcel
from ports.unit_of_work import Database


async def reserves(database: Database, order: str, *parcels: PlannedParcel) -> bool:
    """Whether it could be done: all of it, or nothing."""
    try:
        await database.run(lambda uow: uow.inventory.reserve(order, parcels))
    except OutOfStock:
        return False
    return True
