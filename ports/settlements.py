"""Settlements: taking them in, matching what is open, and saying what came of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from domain.access import Principal, Role
from domain.codec import Json
from domain.settlement import Settlement
from ports.reads import Page

READERS = (Role.FINANCE, Role.SUPERVISOR, Role.DEVELOPER, Role.SYSTEM)


@dataclass(frozen=True, slots=True)
class Reconciled:
    """What one run came to: lines by verdict, of those that were open before it; `missing` open
    items that a settlement should have had and had not, now known for the first time.
    """

    matched: int = 0
    differing: int = 0
    proposed: int = 0
    unmatched: int = 0
    missing: int = 0

    def __add__(self, other: "Reconciled") -> "Reconciled":
        return Reconciled(
            self.matched + other.matched,
            self.differing + other.differing,
            self.proposed + other.proposed,
            self.unmatched + other.unmatched,
            self.missing + other.missing,
        )


@dataclass(frozen=True, slots=True)
class DayReport:
    """Lines of one verdict on one day (UTC), by party and currency; minor units."""

    day: date
    kind: str
    party: str
    currency: str
    verdict: str
    lines: int
    gross: int
    fee: int


@dataclass(frozen=True, slots=True)
class LineRead:
    """One line and what became of it; `item` is the open item it settles, or may settle; `due` what
    that item is, in `due_currency`.
    """

    id: str
    kind: str
    party: str
    settlement: str
    line: int
    line_kind: str
    reference: str
    currency: str
    gross: int
    fee: int
    occurred_at: datetime
    verdict: str
    item: str
    due: int | None
    due_currency: str
    reasons: Json
    score: int
    resolved_by: str


@dataclass(frozen=True, slots=True)
class Collected:
    """Files of the folder: those that were new, those known before, those that are refused."""

    taken: int = 0
    known: int = 0
    refused: int = 0


class SettlementInbox(Protocol):
    async def collect(self) -> Collected:
        """Takes in every file that waits, and lays it aside. Doing it again is safe."""


class Settlements(Protocol):
    """Reading refuses (`Forbidden`) everybody but `READERS`."""

    async def take_in(self, settlement: Settlement, file: str, sha256: str) -> bool:
        """All its lines, not matched yet. False when the same file was taken in before. Refuses
        (`StepRefused`) another content under the same payout of the same party.
        """

    async def tell_refused(self, file: str, sha256: str, why: str) -> None:
        """A file that cannot be read is a task for finance, once for each content."""

    async def match_open(self) -> Reconciled:
        """Matches whatever is open, of every party, books what is matched, and leaves the rest as
        tasks for finance. Doing it again changes nothing.
        """

    async def report(
        self, principal: Principal, since: date | None, until: date | None
    ) -> Sequence[DayReport]:
        """By day, both ends included, oldest first."""

    async def lines(
        self, principal: Principal, verdict: str, first: int, after: str | None
    ) -> Page:
        """`LineRead`s, oldest first; of every verdict when it is empty."""
