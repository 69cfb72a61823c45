"""A wish that is decided in the transaction that stores it: done once, and answered the same again.

What the state does not allow is an outcome, and stays one; a mistake in what was asked leaves no
trace, and may be asked again, corrected, under the same key.
"""

from collections.abc import Awaitable, Callable

from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.postgres.command_rows import Wish, find, store
from adapters.postgres.outcomes import settle
from domain.codec import Json
from domain.errors import LimitExceeded, OutOfStock, Refusal, StepRefused

DECIDED = (StepRefused, LimitExceeded, OutOfStock)  # by the state: the same key gets it again


async def once(
    connection: AsyncConnection, wished: Wish, work: Callable[[], Awaitable[Json]]
) -> Json | Refusal:
    """The result of `work`, or the refusal that became the outcome. Refuses `KeyConflict`, and
    whatever else `work` refuses; then nothing has happened.
    """
    if not await store(connection, wished, expires_seconds=None):
        return await _again(connection, wished)
    try:
        async with connection.begin_nested():
            result = await work()
    except DECIDED as refused:
        told = (refused.code, refused.message)
        await settle(connection, wished.id, refusal=told, result=None)
        return refused
    await settle(connection, wished.id, refusal=None, result=result)
    return result


async def _again(connection: AsyncConnection, wished: Wish) -> Json | Refusal:
    before = await find(connection, wished)
    assert before is not None, "its key is taken"  # noqa: S101
    if "refusal" not in before.outcome:
        return before.outcome["result"]
    code, message = before.outcome["refusal"]
    return next(kind(message) for kind in DECIDED if kind.code == code)
