"""A customer's loyalty points, in lots that expire: which of them an act moves.

Points that come in first fill lots that are below zero, and those that go out leave the lot that
expires first; so no lot is below zero while another has points that can be spent.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum

from domain.errors import LimitExceeded


class PointsKind(StrEnum):
    EARN = "EARN"  # goods were delivered
    RESERVE = "RESERVE"  # an order was placed that they pay
    SPEND = "SPEND"  # … and shipped
    RELEASE = "RELEASE"  # … or will not be sent
    REVERSE = "REVERSE"  # goods that had earned them came back
    RESTORE = "RESTORE"  # goods that they had paid came back
    EXPIRE = "EXPIRE"
    ADJUST = "ADJUST"  # by a person


@dataclass(frozen=True, slots=True)
class Lot:
    """Points of one origin; `name` is the operation that opened it, `expires_on` the last day on
    which they can be spent. `held`, `spent` and `earned` are the asking order's: reserved and not
    spent yet, spent, and earned here; `own` says that it has opened the lot, of which `expired`
    went unspent.
    """

    name: str
    expires_on: date
    available: int = 0
    held: int = 0
    spent: int = 0
    earned: int = 0
    own: bool = False
    expired: int = 0


@dataclass(frozen=True, slots=True)
class Move:
    """`points` changes what can be spent, `reserved` what orders hold."""

    kind: PointsKind
    lot: str
    expires_on: date
    points: int
    reserved: int = 0


@dataclass(slots=True)
class PointsAccount:
    """A customer's points under lock, as one order sees them; each act appends to `moves`.
    `taken_back` and `given_back` are what returns of the order reversed and restored before.
    """

    day: date
    lots: dict[str, Lot]
    operation: str  # names the lot that it opens
    taken_back: int = 0
    given_back: int = 0
    moves: list[Move] = field(default_factory=list)

    def expire(self) -> None:
        """What can no longer be spent goes; what orders hold stays theirs."""
        for lot in self._by_expiry():
            if lot.available > 0 and lot.expires_on < self.day:
                self._move(PointsKind.EXPIRE, lot, -lot.available)

    def reserve(self, points: int) -> None:
        """Refuses (`LimitExceeded`) more than there are."""
        self._take_all(PointsKind.RESERVE, points)

    def spend(self, points: int) -> None:
        """Of what the order holds; no more than that."""
        for lot in self._by_expiry():
            part = min(points, lot.held)
            points -= part
            self._move(PointsKind.SPEND, lot, 0, -part)

    def release(self, grace: date, keep: int = 0) -> None:
        """All but `keep` that the order still holds, into the lots they came from: it keeps what
        expires first, since that is what it spends first.
        """
        points = sum(lot.held for lot in self.lots.values()) - keep
        for lot in reversed(self._by_expiry()):
            part = max(0, min(points, lot.held))
            points -= part
            self._move(PointsKind.RELEASE, lot, 0, -part)
            self._give(PointsKind.RELEASE, self._home(lot, grace), part)

    def earn(self, points: int, expires_on: date) -> None:
        self._give(PointsKind.EARN, Lot(self.operation, expires_on, own=True), points)

    def reverse(self, points: int) -> None:
        """What the order has earned, as far as it was not taken back before and has not expired.
        What the customer has spent meanwhile is owed: the lot that it was earned in goes below
        zero.
        """
        gone = self.taken_back + sum(lot.expired for lot in self.lots.values() if lot.own)
        left = sum(lot.earned for lot in self.lots.values()) - gone
        own = sorted((lot for lot in self._by_expiry() if lot.earned), key=lambda lot: lot.name)
        points = self._take(PointsKind.REVERSE, max(0, min(points, left)), own)
        points = self._take(PointsKind.REVERSE, points, self._by_expiry())
        if points:
            self._move(PointsKind.REVERSE, own[-1], -points)

    def restore(self, points: int, grace: date) -> None:
        """What the order has spent, as far as it was not given back before: first to the lots that
        expire last.
        """
        before = self.given_back
        for lot in reversed(self._by_expiry()):
            skipped = min(before, lot.spent)
            before -= skipped
            part = min(points, lot.spent - skipped)
            points -= part
            self._give(PointsKind.RESTORE, self._home(lot, grace), part)

    def adjust(self, points: int, expires_on: date) -> None:
        """Refuses (`LimitExceeded`) to take more than there are."""
        if points < 0:
            self._take_all(PointsKind.ADJUST, -points)
        else:
            self._give(PointsKind.ADJUST, Lot(self.operation, expires_on), points)

    def _by_expiry(self) -> list[Lot]:
        return sorted(self.lots.values(), key=lambda lot: (lot.expires_on, lot.name))

    def _home(self, lot: Lot, grace: date) -> Lot:
        """Where points of a lot come back to: a lot of this operation's, when theirs expired."""
        return lot if lot.expires_on >= self.day else Lot(self.operation, grace)

    def _take_all(self, kind: PointsKind, points: int) -> None:
        there = sum(lot.available for lot in self.lots.values())
        if points > there:
            raise LimitExceeded(f"the customer has {max(0, there)} points, not {points}")
        self._take(kind, points, self._by_expiry())

    def _take(self, kind: PointsKind, points: int, lots: Iterable[Lot]) -> int:
        """From the first lots that have any; how many are missing."""
        for each in lots:
            lot = self.lots[each.name]
            part = max(0, min(points, lot.available))
            points -= part
            self._move(kind, lot, -part, part if kind is PointsKind.RESERVE else 0)
        return points

    def _give(self, kind: PointsKind, home: Lot, points: int) -> None:
        for debt in self._by_expiry():
            part = max(0, min(points, -debt.available))
            points -= part
            self._move(kind, debt, part)
        self._move(kind, home, points)

    def _move(self, kind: PointsKind, lot: Lot, points: int, reserved: int = 0) -> None:
        if not (points or reserved):
            return
        self.moves.append(Move(kind, lot.name, lot.expires_on, points, reserved))
        before = self.lots.get(lot.name, lot)
        self.lots[lot.name] = replace(
            before,
            available=before.available + points,
            held=before.held + reserved,
            expired=before.expired - (points if kind is PointsKind.EXPIRE else 0),
        )
