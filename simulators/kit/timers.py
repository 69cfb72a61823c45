"""Named timers on the event loop's own heap: thousands cost nothing while they wait."""

import asyncio
from collections.abc import Callable
from datetime import datetime

from simulators.kit.wire import now


class Timers:
    def __init__(self) -> None:
        self._handles: dict[str, asyncio.TimerHandle] = {}

    def set(
        self, name: str, since: datetime, seconds: float | None, act: Callable[[], object]
    ) -> None:
        """Acts `seconds` after `since`, replacing the timer of that name; None is never."""
        self.cancel(name)
        if seconds is None:
            return
        wait = max(0.0, seconds - (now() - since).total_seconds())

        def ring() -> None:
            del self._handles[name]
            act()

        self._handles[name] = asyncio.get_running_loop().call_later(wait, ring)

    def cancel(self, name: str) -> None:
        if handle := self._handles.pop(name, None):
            handle.cancel()

    def close(self) -> None:
        for name in list(self._handles):
            self.cancel(name)
