"""The why-timeline: journal entries and facts of an order and its returns, by time."""

from dataclasses import replace

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.access import STAFF, Principal, Role
from domain.codec import from_json, to_json
from domain.facts import Fact
from domain.journal import SYSTEM
from ports.reads import TimelineEntry

# At the same moment what outside parties told comes before what we made of it.
_TIMELINE = text(
    """
    SELECT at, 'journal' AS source, kind, by, subject, data, seq
    FROM journal WHERE order_number = :number
    UNION ALL
    SELECT occurred_at, source, kind, source, subject, data, NULL
    FROM fact WHERE order_number = :number AND quarantined IS NULL
    ORDER BY at, seq NULLS FIRST, subject
    """
)


async def order_timeline(
    connection: AsyncConnection, principal: Principal, number: str
) -> list[TimelineEntry]:
    found = await connection.execute(_TIMELINE, {"number": number})
    entries = [TimelineEntry(*row) for row in found]
    if principal.may(*STAFF, Role.DEVELOPER, Role.SYSTEM):
        return entries
    return [_for_outsiders(entry, principal) for entry in entries]


def _for_outsiders(entry: TimelineEntry, principal: Principal) -> TimelineEntry:
    """Customers and channels see what happened and when; who decided it, and why, is the house's
    own business. What outside parties told is no secret; of what our own stock books and our own
    warehouse told, the words of staff and the names of their acts are.
    """
    if entry.source != "journal":
        fact = from_json(Fact, entry.data)
        if fact.is_ours:
            fact = replace(fact, id="", code="")
        return replace(entry, data=to_json(fact))
    by = entry.by if entry.by in (SYSTEM, principal.name) else "staff"
    return replace(entry, by=by, data={})
