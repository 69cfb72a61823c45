"""One transaction on a connection of its own, done again when another one got in its way; or one
statement, which is a transaction by itself.
"""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from psycopg import errors
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from tenacity import AsyncRetrying, retry_if_exception, stop_after_attempt, wait_random_exponential

T = TypeVar("T")
TRIES = 8
_CONFLICTS = (errors.SerializationFailure, errors.DeadlockDetected)


def each_alone(engine: AsyncEngine) -> AsyncEngine:
    """The same connections, where each statement commits itself: without BEGIN and COMMIT, which
    take as long as a small statement.
    """
    return engine.execution_options(isolation_level="AUTOCOMMIT")


async def in_transaction(engine: AsyncEngine, work: Callable[[AsyncConnection], Awaitable[T]]) -> T:
    """Runs `work` and commits. A Refusal rolls back and passes through."""
    async for attempt in AsyncRetrying(
        retry=retry_if_exception(is_conflict),
        stop=stop_after_attempt(TRIES),
        wait=wait_random_exponential(multiplier=0.01, max=0.5),
        reraise=True,
    ):
        with attempt:
            async with engine.begin() as connection:
                return await work(connection)
    raise AssertionError("the retry loop either returns or raises")


def is_conflict(error: BaseException) -> bool:
    """Two transactions got in one another's way: doing it again is the cure."""
    return isinstance(error, DBAPIError) and isinstance(error.orig, _CONFLICTS)
