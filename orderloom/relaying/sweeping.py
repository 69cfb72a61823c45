"""What is due by the calendar: soft reservations are given back, points written off, approvals end,
orders that wait for stock are told what has come, and finance of what is overdue.
"""

from ports.front_office import Expiring, StockNews
from ports.receivables import Overdue

BATCH = 500


class ExpirySweeper:
    def __init__(self, books: Expiring) -> None:
        self._books = books

    async def batch(self) -> bool:
        """Whether there may be more at once."""
        return await self._books.expire(BATCH) == BATCH


class StockNewsSweeper:
    def __init__(self, books: StockNews) -> None:
        self._books = books

    async def batch(self) -> bool:
        """As above."""
        return await self._books.tell(BATCH) == BATCH


class OverdueSweeper:
    def __init__(self, books: Overdue) -> None:
        self._books = books

    async def batch(self) -> bool:
        """Never more at once: each look is at all there is."""
        await self._books.tell()
        return False
