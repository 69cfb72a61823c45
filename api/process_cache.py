"""What an order is doing, asked of its live workflow at most once per order and second.

GraphQL and the tracking page both ask here, so that many watchers of one order cost one query.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace

import structlog

from ports.desk import DeskUnavailable, LiveProcess, NoSuchProcess, OrderDesk
from ports.reads import OrderDetail

FRESH_SECONDS = 1.0
ORDERS_MAX = 5_000  # remembered answers, a few kilobytes each

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Asked:
    """`answer` is None when the workflow did not answer."""

    at: float
    answer: "asyncio.Task[LiveProcess | None]"


class ProcessCache:
    """`monotonic` counts seconds, as `time.monotonic`."""

    def __init__(self, desk: OrderDesk, monotonic: Callable[[], float]) -> None:
        self._desk = desk
        self._monotonic = monotonic
        self._asked: OrderedDict[str, _Asked] = OrderedDict()

    async def of(self, detail: OrderDetail) -> LiveProcess:
        """The workflow's own answer, at most a second old. When the projection has heard of more
        since then, what the projection says; when nobody answers, that too, marked `live=False`.
        """
        order = detail.summary.number
        known = self._asked.get(order)
        remembered = known is not None and self._monotonic() - known.at < FRESH_SECONDS
        if known is None or not remembered:
            known = _Asked(self._monotonic(), asyncio.create_task(self._ask(order)))
            self._remember(order, known)
        live = await asyncio.shield(known.answer)  # one visitor leaving must not cancel the others
        if live is None:
            return replace(detail.last_known, live=False)
        if remembered and _knows_more(detail.last_known, live):
            return replace(detail.last_known, live=True)
        return live

    async def _ask(self, order: str) -> LiveProcess | None:
        try:
            return await self._desk.process(order)
        except (DeskUnavailable, NoSuchProcess) as error:
            log.info("process.last_known", order=order, error=type(error).__name__)
            return None

    def _remember(self, order: str, asked: _Asked) -> None:
        self._asked[order] = asked
        self._asked.move_to_end(order)
        while len(self._asked) > ORDERS_MAX:
            self._asked.popitem(last=False)


def _knows_more(projection: LiveProcess, live: LiveProcess) -> bool:
    return projection.seq > live.seq or not set(projection.facts) <= set(live.facts)
