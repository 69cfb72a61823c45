"""How steps are run: timeouts and retries, each with its reason.

Every step is tried until it succeeds: it is idempotent, and giving up would lose the order. What
takes too long is seen by people, because each wait has a deadline that escalates.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import TypedDict, TypeVar

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import FailureError, is_cancelled_exception

T = TypeVar("T")


BOOK_ATTEMPTS = 7
BOOK_PAUSE = timedelta(seconds=10)  # twice as long each time
BOOK_PAUSE_MAX = timedelta(seconds=60)


class LocalOptions(TypedDict):
    start_to_close_timeout: timedelta
    retry_policy: RetryPolicy
    local_retry_threshold: timedelta


class OutsideOptions(TypedDict):
    start_to_close_timeout: timedelta
    retry_policy: RetryPolicy


# One transaction in our own database, a few milliseconds long: a local activity costs the engine
# one marker instead of a task queue round trip. The timeout outlasts a restart of the database.
OPENING = LocalOptions(
    start_to_close_timeout=timedelta(seconds=20),
    retry_policy=RetryPolicy(
        initial_interval=timedelta(milliseconds=100),
        maximum_interval=timedelta(seconds=10),
    ),
    local_retry_threshold=timedelta(seconds=8),  # below the 10 s of a workflow task
)

# The same for a step that has the turn of its order (`in_turn`): nothing else is journaled while it
# is tried, not even that it takes too long. These attempts take 6 s when they fail at once.
BOOK_STEP = LocalOptions(
    start_to_close_timeout=timedelta(seconds=20),
    retry_policy=RetryPolicy(
        initial_interval=timedelta(milliseconds=100), maximum_attempts=BOOK_ATTEMPTS
    ),
    local_retry_threshold=timedelta(seconds=8),
)

# A call to an outside party: its HTTP client gives up after 10 s, so the attempt ends before the
# engine would start another.
OUTSIDE_STEP = OutsideOptions(
    start_to_close_timeout=timedelta(seconds=25),
    retry_policy=RetryPolicy(
        initial_interval=timedelta(milliseconds=300),
        maximum_interval=timedelta(seconds=30),
    ),
)


async def in_turn(turn: asyncio.Lock, step: Callable[[], Awaitable[T]]) -> T:
    """Takes a step in our own books when its turn comes. While it keeps failing, it lets others
    have the turn in between: deadlines and commands, which may be what helps. `step` is called anew
    each time, to see what they did.
    """
    pause = BOOK_PAUSE
    while True:
        try:
            async with turn:
                return await step()
        except FailureError as failed:  # a local activity's failure comes without an ActivityError
            if is_cancelled_exception(failed):
                raise
            workflow.logger.warning("a step in our own books keeps failing", exc_info=failed)
        await workflow.sleep(pause, summary="before the step is tried again")
        pause = min(2 * pause, BOOK_PAUSE_MAX)
