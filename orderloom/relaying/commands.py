"""Commands that were accepted and whose sender did not live to see them delivered."""

import asyncio

import structlog

from domain.errors import Refusal
from ports.desk import DeskUnavailable, NoSuchProcess, OrderDesk
from ports.front_office import AcceptedCommand, CommandBook

log = structlog.get_logger()

BATCH = 20


class CommandSweeper:
    def __init__(self, book: CommandBook, desk: OrderDesk) -> None:
        self._book = book
        self._desk = desk

    async def batch(self) -> bool:
        """Never more at once: what could not be delivered now is the same a moment later."""
        waiting = await self._book.undelivered(BATCH)
        outages = await asyncio.gather(*(self._deliver(accepted) for accepted in waiting))
        for outage in filter(None, outages):
            raise outage
        return False

    async def _deliver(self, accepted: AcceptedCommand) -> DeskUnavailable | None:
        command = accepted.command
        try:
            await self._desk.command(accepted.subject, command)
        except Refusal as refusal:
            if accepted.settled:  # it knows better already
                await self._book.heard(command.id)
            else:
                await self._book.refuse(command.id, refusal.code, refusal.message)
        except NoSuchProcess:
            log.info("no process takes the command", command=command.id, subject=accepted.subject)
            if accepted.settled:
                await self._book.heard(command.id)
        except DeskUnavailable as outage:
            return outage
        else:
            await self._book.heard(command.id)
            log.info("delivered a command", command=command.id, subject=accepted.subject)
        return None
