"""The ledger of loyalty points: append-only, in points; balances derive from its entries."""

from collections.abc import Callable
from typing import Protocol

from domain.points import PointsAccount


class Points(Protocol):
    async def change(
        self, customer: str, order: str, operation: str, act: Callable[[PointsAccount], None]
    ) -> None:
        """`act` on the customer's points, under lock, after what has expired was written off. What
        it moves is written; unique by `operation`: doing it again changes nothing. `order` is empty
        for what is about no order.
        """
