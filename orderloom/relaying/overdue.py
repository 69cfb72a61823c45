"""What becomes overdue by the calendar is told to finance."""

from dataclasses import dataclass

from ports.receivables import Overdue


@dataclass(frozen=True, slots=True)
class OverdueSweeper:
    """`idle_seconds` is how long a task may be late, or stand after its invoice was paid."""

    name: str
    books: Overdue
    idle_seconds: float

    async def batch(self) -> bool:
        """Never more at once: each look is at all there is."""
        await self.books.tell()
        return False
