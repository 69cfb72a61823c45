"""How steps are run: timeouts and retries, each with its reason.

Every step is tried until it succeeds: it is idempotent, and giving up would lose the order. What
takes too long is seen by people, because each wait has a deadline that escalates.
"""

from datetime import timedelta
from typing import TypedDict

from temporalio.common import RetryPolicy


class LocalOptions(TypedDict):
    start_to_close_timeout: timedelta
    retry_policy: RetryPolicy
    local_retry_threshold: timedelta


class OutsideOptions(TypedDict):
    start_to_close_timeout: timedelta
    retry_policy: RetryPolicy


# One transaction in our own database, a few milliseconds long: a local activity costs the engine
# one marker instead of a task queue round trip. The timeout outlasts a restart of the database.
BOOK_STEP = LocalOptions(
    start_to_close_timeout=timedelta(seconds=20),
    retry_policy=RetryPolicy(
        initial_interval=timedelta(milliseconds=100),
        maximum_interval=timedelta(seconds=10),
    ),
    local_retry_threshold=timedelta(seconds=8),  # below the 10 s of a workflow task
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
