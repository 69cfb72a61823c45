"""One transaction on a connection of its own, done again when another one got in its way; or one
statement, which is a transaction by itself.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import psycopg
from psycopg import errors
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from tenacity import AsyncRetrying, retry_if_exception, stop_after_attempt, wait_random_exponential

T = TypeVar("T")
Driver = psycopg.AsyncConnection[Any]
TRIES = 8
_CONFLICTS = (errors.SerializationFailure, errors.DeadlockDetected)


def each_alone(engine: AsyncEngine) -> AsyncEngine:
    """The same connections, where each statement commits itself: without BEGIN and COMMIT, which
    take as long as a small statement. For reads, too: SQLAlchemy ends what has only read with a
    ROLLBACK, and that makes the driver forget every statement that the connection has prepared.
    """
    return engine.execution_options(isolation_level="AUTOCOMMIT")


def driver_of(connection: AsyncConnection) -> Driver:
    """What is below SQLAlchemy, which takes more than twice as long for a statement as the driver:
    for the few that many wait for. It is in the same transaction.
    """
    assert connection.sync_connection is not None, "it is in use"  # noqa: S101
    driver: Driver = connection.sync_connection.connection.driver_connection  # type: ignore[assignment]
    return driver


async def in_transaction(engine: AsyncEngine, work: Callable[[AsyncConnection], Awaitable[T]]) -> T:
    """Runs `work` and commits, unless it has done that (`committing`). A Refusal rolls back and
    passes through.
    """
    async for attempt in AsyncRetrying(
        retry=retry_if_exception(is_conflict),
        stop=stop_after_attempt(TRIES),
        wait=wait_random_exponential(multiplier=0.01, max=0.5),
        reraise=True,
    ):
        with attempt:
            return await _once(engine, work)
    raise AssertionError("the retry loop either returns or raises")


async def _once(engine: AsyncEngine, work: Callable[[AsyncConnection], Awaitable[T]]) -> T:
    async with engine.connect() as connection:
        driver = driver_of(connection)
        try:
            result = await work(connection)
            await driver.commit()  # SQLAlchemy may not know that there is something,
        except psycopg.Error as error:  # nor what went wrong
            if driver.closed:
                await connection.invalidate(error)
            raise DBAPIError.instance(None, None, error, psycopg.Error) from error
        return result


@asynccontextmanager
async def committing(connection: AsyncConnection) -> AsyncIterator[Driver]:
    """The last statements of a transaction, for the driver. They and the COMMIT go out together, so
    that what they lock is locked while the database works, and not while this process is busy with
    something else. Nobody sees their results. What one of them raises is raised by the next, or at
    the end, and nothing is committed.
    """
    driver = driver_of(connection)
    failed: psycopg.Error | None = None
    try:
        async with driver.pipeline():
            try:
                yield driver
                await driver.execute("COMMIT")
            except psycopg.Error as error:
                failed = error  # what went out after it is still to be answered
    except psycopg.Error as error:
        raise failed or error from None
    if failed:
        raise failed


def is_conflict(error: BaseException) -> bool:
    """Two transactions got in one another's way: doing it again is the cure."""
    return isinstance(error, DBAPIError) and isinstance(error.orig, _CONFLICTS)
