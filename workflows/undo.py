"""The saga's memory: what has to be undone, newest first."""

from collections.abc import Awaitable, Callable


class Undo:
    """Each undo is registered before its deed, is idempotent, and safe if the deed never happened.
    It runs when the business stops an order, never for a coding bug.
    """

    def __init__(self) -> None:
        self._undos: list[Callable[[], Awaitable[None]]] = []

    def push(self, undo: Callable[[], Awaitable[None]]) -> None:
        self._undos.append(undo)

    async def unwind(self) -> None:
        while self._undos:
            await self._undos.pop()()
