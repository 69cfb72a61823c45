"""The connection pool, and one transaction as a unit of work."""

import json
import time
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from psycopg import errors
from sqlalchemy import Engine as SyncEngine
from sqlalchemy import event
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from adapters.postgres.orders import Clock
from adapters.postgres.transactions import each_alone, in_transaction
from adapters.postgres.unit_of_work import PostgresUnitOfWork
from ports.unit_of_work import UnitOfWork

T = TypeVar("T")
Engine = AsyncEngine  # as the composition root names it
PING_AFTER_SECONDS = 1.0  # a server needs longer than that to restart


def create_engine(database_url: str, pool_size: int = 10) -> AsyncEngine:
    """`database_url` as SQLAlchemy writes it, with `postgresql+psycopg://`. A connection that a
    server restart has cut is noticed before it is used.
    """
    engine = create_async_engine(
        database_url,
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=10,
        pool_use_lifo=True,  # few connections, whose caches are warm
        connect_args={"prepare_threshold": 1},  # statements are few and come again and again
        json_serializer=lambda value: json.dumps(value, separators=(",", ":")),
    )
    _ping_after_a_while(engine.sync_engine)
    return engine


def _ping_after_a_while(engine: SyncEngine) -> None:
    """As `pool_pre_ping` does, but only what lay idle: under load, pings would be a tenth of all
    round trips.
    """

    @event.listens_for(engine, "checkin")
    def remember(_connection: Any, record: Any) -> None:
        record.info["used_at"] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def ping(connection: Any, record: Any, _proxy: Any) -> None:
        if time.monotonic() - record.info.get("used_at", time.monotonic()) < PING_AFTER_SECONDS:
            return
        try:
            engine.dialect.do_ping(connection)
        except errors.Error as cut:  # the pool then brings a new one
            raise DisconnectionError from cut


class PostgresDatabase:
    """See `ports.unit_of_work.Database`. The clock is the database's own, one for all writers;
    tests that skip time bring another.
    """

    def __init__(self, engine: AsyncEngine, clock: Clock | None = None) -> None:
        self._engine = engine
        self._alone = each_alone(engine)
        self._clock = clock

    async def look(self, question: Callable[[UnitOfWork], Awaitable[T]]) -> T:
        async with self._alone.connect() as connection:
            return await question(PostgresUnitOfWork(connection, self._clock))

    async def run(self, work: Callable[[UnitOfWork], Awaitable[T]]) -> T:
        async def whole(connection: AsyncConnection) -> T:
            unit = PostgresUnitOfWork(connection, self._clock)
            result = await work(unit)
            await unit.commit()
            return result

        return await in_transaction(self._engine, whole)
