"""Orders that wait for stock are told when some has come."""

from dataclasses import dataclass

from ports.front_office import StockNews

BATCH = 500


@dataclass(frozen=True, slots=True)
class StockNewsSweeper:
    """`idle_seconds` is how long an order may wait without need."""

    name: str
    books: StockNews
    idle_seconds: float

    async def batch(self) -> bool:
        """Whether there may be more at once."""
        return await self.books.tell(BATCH) == BATCH
