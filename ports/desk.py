"""The order desk: how the edges reach the live process of an order or a return."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from domain.codec import Json
from domain.commands import Command
from domain.facts import Fact


class DeskUnavailable(Exception):  # a state, answered by "last known" or "try again"
    """The engine or its worker did not answer in time."""


class NoSuchProcess(Exception):  # as above
    """No process of that name runs: it has not started yet, or is closed and past retention."""


@dataclass(frozen=True, slots=True)
class LiveWait:
    key: str
    reason: str
    owner: str
    since: datetime
    deadline: datetime
    queued: bool
    level: int


@dataclass(frozen=True, slots=True)
class LiveParcel:
    """`at` says when it reached each stage, in the order of progress; `kept` units had arrived when
    the rest was given up.
    """

    fulfillment_order: str
    location: str
    status: str
    units: int
    tracking_numbers: list[str]
    at: dict[str, datetime]
    trouble: str = ""
    kept: int = 0


@dataclass(frozen=True, slots=True)
class LiveProcess:
    """What an order is doing, told by its own workflow (`live`) or last known from the
    projection. `doing` is one sentence; `possible` the acts its state allows now; `seq` and
    `facts` say how much of its history the answer knows.
    """

    order: str
    status: str
    payment_status: str
    doing: str
    waits: list[LiveWait]
    parcels: list[LiveParcel]
    possible: list[str]
    seq: int
    facts: list[str]
    live: bool = True


class OrderDesk(Protocol):
    async def start_order(self, order: str, channel: str) -> None:
        """Starts `order/<number>`, found by its channel; it is no error when it runs already, or
        has ended: nothing starts twice.
        """

    async def start_return(self, rma: str) -> None:
        """Starts `return/<rma>`, as `start_order`."""

    async def command(self, subject: str, command: Command) -> Json:
        """Delivers a command to an order or a return and waits for its outcome, which its own
        activity has committed. Raises a Refusal, `DeskUnavailable` or `NoSuchProcess`.
        """

    async def tell(self, order: str, fact: Fact) -> None:
        """Signals a fact, by its id. Raises `DeskUnavailable` or `NoSuchProcess`."""

    async def process(self, order: str) -> LiveProcess:
        """Asks the live workflow, within 500 ms. Raises `DeskUnavailable` or `NoSuchProcess`."""
