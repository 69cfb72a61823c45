"""Journal entries by hand, each with its consequences: of orders and returns without a process."""

from activities.effects import OrderTurn, ReturnTurn, journal
from adapters.postgres.engine import PostgresDatabase
from domain import journal as j
from ports.unit_of_work import UnitOfWork


async def journal_order(database: PostgresDatabase, order: str, *bodies: j.Body) -> None:
    async def work(uow: UnitOfWork) -> None:
        turn = OrderTurn(uow, await uow.orders.lock(order))
        await journal(turn, bodies, j.SYSTEM)

    await database.run(work)


async def journal_return(
    database: PostgresDatabase, rma: str, *bodies: j.Body, by: str = j.SYSTEM
) -> None:
    async def work(uow: UnitOfWork) -> None:
        turn = ReturnTurn(uow, rma, await uow.orders.lock_return(rma))
        await journal(turn, bodies, by)

    await database.run(work)
