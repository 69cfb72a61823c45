"""What people did alone, of what is watched: added up before the next act of the same kind.

The sum is locked before stock, customers and the ledger, and is the person's own, so that nobody
waits for anybody else. Decision 23 says what is added up and why.
"""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import insert, text
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.postgres.tables import lone_act
from domain.acts import Act
from domain.codec import Json
from domain.four_eyes import ALONE_WITHIN, Watched
from domain.money import Money

_ONE_BY_ONE = text("SELECT pg_advisory_xact_lock(hashtextextended(:sum, 0))")
_BEFORE = text(
    """
    SELECT coalesce(sum(size), 0)::bigint FROM lone_act
    WHERE person = :person AND what = :what AND subject = :subject
      AND at > clock_timestamp() - CAST(:within AS interval)
    """
)
_HOURS = int(ALONE_WITHIN.total_seconds() // 3600)


@dataclass(frozen=True, slots=True)
class Alone:
    """What the person of an act has done before, within a day and without a second person, of
    `what` with one `subject`.
    """

    connection: AsyncConnection
    act: Act
    what: Watched
    subject: str
    before: int

    def check(self, size: int, deed: str, words: Callable[[int], str] = str, **seen: Json) -> None:
        """Called before anything is written. Raises `SecondPersonNeeded` when the act would make it
        too much, until one has approved; `deed` says how much the act itself is, at its `{}`.
        """
        together, most = self.before + size, self.act.limits.most(self.what)
        if size and together > most:
            in_all = f", {words(together)} within {_HOURS} hours" if self.before else ""
            why = f"{deed.format(words(size))}{in_all}, more than {words(most)}"
            self.act.needs_second_person(why, **seen)

    async def done(self, size: int) -> None:
        """What two have looked at is nobody's lone act."""
        if not size or self.act.approved_by:
            return
        values = {
            "command": self.act.id,
            "person": self.act.by.name,
            "what": self.what.value,
            "subject": self.subject,
            "size": size,
            "most": self.act.limits.most(self.what),
        }
        await self.connection.execute(insert(lone_act).values(values))


async def alone(connection: AsyncConnection, act: Act, what: Watched, subject: str) -> Alone:
    """Locked: two acts of one person do not pass the threshold side by side."""
    values = {"person": act.by.name, "what": what.value, "subject": subject}
    await connection.execute(_ONE_BY_ONE, {"sum": "/".join(values.values())})
    before = await connection.scalar(_BEFORE, {**values, "within": ALONE_WITHIN})
    return Alone(connection, act, what, subject, before or 0)


async def count_money(
    connection: AsyncConnection, act: Act, amount: Money, deed: str = "it writes off {}"
) -> None:
    """Money that the act gives up, by person and currency. As `Alone.check`."""
    lately = await alone(connection, act, Watched.WRITTEN_OFF, amount.currency)
    lately.check(abs(amount.amount), deed, lambda some: str(Money(some, amount.currency)))
    await lately.done(abs(amount.amount))


async def count_receivable(connection: AsyncConnection, act: Act, amount: Money, lost: int) -> None:
    """A receivable that the act gives up: as `count_money`. `lost` minor units of its order were
    given up before, whoever did it: parts of one debt do not pass below.
    """
    in_all, limit = lost + amount.amount, act.limits.written_off
    if in_all > limit:
        told, most = (Money(each, amount.currency) for each in (in_all, limit))
        act.needs_second_person(f"it makes {told} written off of this order, more than {most}")
    await count_money(connection, act, amount)
