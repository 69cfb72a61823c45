"""What the tracking page needs of the rest; the composition root hands it over."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from domain.access import Principal
from domain.codec import Json
from domain.commands import CommandKind
from domain.order import LineUnits
from ports.desk import LiveProcess
from ports.invoice_reads import InvoiceReads
from ports.reads import OrderDetail, Reads

Clock = Callable[[], datetime]


class Live(Protocol):
    async def __call__(self, detail: OrderDetail) -> LiveProcess:
        """Told by the workflow, or last known: `live` says which."""


class CarryOut(Protocol):
    async def __call__(
        self,
        principal: Principal,
        key: str,
        kind: CommandKind,
        subject: str,
        body: dict[str, Json],
    ) -> Json:
        """Raises a Refusal, or `DeskUnavailable`: the command is stored and will be delivered."""


class RequestReturn(Protocol):
    async def __call__(
        self, principal: Principal, key: str, order: str, lines: list[LineUnits], reason: str
    ) -> str:
        """The return's number. Raises a Refusal."""


@dataclass(frozen=True, slots=True)
class TrackingNeeds:
    reads: Reads
    live: Live
    carry_out: CarryOut
    request_return: RequestReturn
    invoices: InvoiceReads
