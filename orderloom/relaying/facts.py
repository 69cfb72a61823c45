"""Facts that nobody has told the order yet, or told long ago without a result."""

import asyncio

import structlog

from ports.desk import DeskUnavailable, NoSuchProcess, OrderDesk
from ports.front_office import FactInbox, StoredFact

log = structlog.get_logger()

BATCH = 50


class FactRelay:
    def __init__(self, inbox: FactInbox, desk: OrderDesk) -> None:
        self._inbox = inbox
        self._desk = desk

    async def batch(self) -> bool:
        due = await self._inbox.untold(BATCH)
        outages = await asyncio.gather(*(self._tell(stored) for stored in due))
        told = [stored.fact.id for stored, outage in zip(due, outages, strict=True) if not outage]
        if told:
            await self._inbox.told(told)
        for outage in outages:
            if isinstance(outage, DeskUnavailable):
                raise outage
        return len(due) == BATCH

    async def _tell(self, stored: StoredFact) -> Exception | None:
        """None when it was told."""
        try:
            await self._desk.tell(stored.order, stored.fact)
        except NoSuchProcess as nobody:
            log.info("nobody to tell", fact=stored.fact.id, order=stored.order)
            await self._inbox.nobody_there(stored.fact.id)
            return nobody
        except DeskUnavailable as outage:
            return outage
        return None
