"""What expires by the calendar: soft reservations are given back, loyalty points written off, acts
that waited for a second person are not done.
"""

from dataclasses import dataclass

from ports.front_office import Expiring

BATCH = 500


@dataclass(frozen=True, slots=True)
class ExpirySweeper:
    """`idle_seconds` is how long it may be late."""

    name: str
    books: Expiring
    idle_seconds: float

    async def batch(self) -> bool:
        """Whether there may be more at once."""
        return await self.books.expire(BATCH) == BATCH
