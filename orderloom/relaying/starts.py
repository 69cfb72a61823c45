"""Outbox events that start a process."""

from ports.desk import OrderDesk
from ports.front_office import OutboxEvent, ProcessStart


class ProcessStarter:
    def __init__(self, desk: OrderDesk) -> None:
        self._desk = desk

    async def start(self, event: OutboxEvent) -> None:
        match event.kind:
            case ProcessStart.ORDER:
                await self._desk.start_order(event.subject, event.payload["channel"])
            case ProcessStart.RETURN:
                await self._desk.start_return(event.subject)
            case _:
                raise ValueError(f"no process is started by {event.kind}")
