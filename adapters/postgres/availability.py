"""How many units could be promised: one statement for all SKUs, locations and days."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from sqlalchemy import Row, bindparam, text
from sqlalchemy.dialects.postgresql import DATE
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.postgres.keys import can_hold
from adapters.postgres.stock.bundles import PARTS
from adapters.postgres.stock.sources import SOON_ENOUGH
from adapters.postgres.transactions import each_alone
from domain.access import STAFF, Principal, Role
from domain.availability import Availability, Place, Step, Supplies, availability
from domain.errors import Malformed, NotFound
from domain.process import ProcessDefinition
from ports.availability import SKUS_MAX, AvailabilityQuestion

_READERS = (*sorted(STAFF), Role.DEVELOPER, Role.CHANNEL)
# As sourcing has it: locations that are not active are no source, safety stock is kept back, and
# what comes too late is not promised.
_SUPPLIES = text(
    """
    WITH claims AS (
        SELECT sku FROM product WHERE sku = ANY(CAST(:skus AS text[]))
    ), {parts}, skus AS (
        SELECT DISTINCT part AS sku FROM parts
    ), places AS (
        SELECT id AS location FROM location WHERE active AND (:location = '' OR id = :location)
    )
    SELECT 'today' AS kind, '' AS place, '' AS sku, 0 AS units, current_date AS day
    UNION ALL SELECT 'location', id, '', 0, NULL FROM location WHERE id = :location
    UNION ALL SELECT 'part', whole, part, per_unit, NULL FROM parts
    UNION ALL SELECT 'free', location, sku, on_hand - reserved - safety, NULL
        FROM stock JOIN skus USING (sku) JOIN places USING (location)
    UNION ALL SELECT kind, location, sku, quantity - received - reserved, available_on
        FROM supply s JOIN skus USING (sku) JOIN places USING (location)
        WHERE received < quantity AND quantity - received - reserved > 0
          AND (:until IS NULL OR available_on <= :until) AND {soon_enough}
    """.replace("{parts}", PARTS).replace("{soon_enough}", SOON_ENOUGH)
).bindparams(bindparam("until", type_=DATE))


class PostgresAvailability:
    """See `ports.availability.AvailabilityReads`. `process` says how far ahead is promised."""

    def __init__(self, engine: AsyncEngine, process: ProcessDefinition | None = None) -> None:
        self._alone = each_alone(engine)
        self._days = (process or ProcessDefinition()).backorder_days

    async def availability(
        self, principal: Principal, question: AvailabilityQuestion
    ) -> list[Availability]:
        principal.require(*_READERS)
        skus = list(dict.fromkeys(question.skus))
        if not 1 <= len(skus) <= SKUS_MAX:
            raise Malformed(f"availability is asked for 1 to {SKUS_MAX} SKUs, not {len(skus)}")
        if not can_hold(question.location):
            raise _no_location(question.location)
        values = {
            "skus": list(filter(can_hold, skus)),
            "location": question.location,
            "until": question.until,
            "days": self._days,
        }
        async with self._alone.connect() as connection:
            rows = (await connection.execute(_SUPPLIES, values)).all()
        return _answer(question, skus, rows)


def _answer(
    question: AvailabilityQuestion, skus: Iterable[str], rows: Iterable[Row[*tuple[Any, ...]]]
) -> list[Availability]:
    today, located = date.min, not question.location
    parts: dict[str, dict[str, int]] = {}
    free: dict[Place, int] = {}
    inbound: dict[Place, list[Step]] = {}
    presale: dict[Place, list[Step]] = {}
    for row in rows:
        match row.kind:
            case "today":
                today = row.day
            case "location":
                located = True
            case "part":
                parts.setdefault(row.place, {})[row.sku] = row.units
            case "free":
                free[row.sku, row.place] = row.units
            case kind:
                coming = presale if kind == "presale" else inbound
                coming.setdefault((row.sku, row.place), []).append(Step(row.day, row.units))
    if not located:
        raise _no_location(question.location)
    if question.until is not None and question.until < today:
        raise Malformed(f"{question.until} has passed; today is {today}")
    supplies = Supplies(free, inbound, presale, parts)
    return [availability(sku, supplies, today) for sku in skus if sku in parts]


def _no_location(name: str) -> NotFound:
    return NotFound(f"there is no location {name}")
