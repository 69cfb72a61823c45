"""What an order may be sourced from: units on hand, units to come, and what its bundles are made
of, in one statement.
"""

from collections.abc import Iterable

from sqlalchemy import Text, bindparam, text
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.postgres.stock.bundles import PARTS
from domain.sourcing import Coming, Sources

# Whether units to come may be promised: `:days` ahead, and a presale for its date, however late.
SOON_ENOUGH = "(s.kind = 'presale' OR s.available_on <= current_date + :days)"
# What the order itself has reserved softly is there for it.
_SOURCES = text(
    """
    WITH claims AS (
        SELECT unnest(CAST(:skus AS text[])) AS sku
    ), {parts}, skus AS (
        SELECT DISTINCT part AS sku FROM parts
    ), own AS (
        SELECT sku, location, sum(quantity)::int AS units FROM reservation
        WHERE order_number = :order AND state = 'SOFT' GROUP BY sku, location
    ), free AS (
        SELECT s.location, s.sku, s.on_hand - s.reserved - s.safety + coalesce(own.units, 0)
               AS units
        FROM skus JOIN stock s USING (sku) JOIN location ON location.id = s.location
        LEFT JOIN own ON own.sku = s.sku AND own.location = s.location
        WHERE location.active
    ), coming AS (
        SELECT s.kind, s.location, s.sku, s.quantity - s.received - s.reserved AS units, s.id,
               s.available_on
        FROM skus JOIN supply s USING (sku) JOIN location ON location.id = s.location
        WHERE location.active AND s.received < s.quantity
          AND {soon_enough}
    )
    SELECT 'part' AS kind, whole AS place, part AS sku, per_unit AS units,
           CAST(NULL AS bigint) AS supply, CAST(NULL AS date) AS available_on
    FROM parts WHERE whole <> part
    UNION ALL SELECT 'free', location, sku, units, NULL, NULL FROM free WHERE units <> 0
    UNION ALL SELECT kind, location, sku, units, id, available_on FROM coming WHERE units > 0
    ORDER BY available_on, supply, place, sku
    """.replace("{parts}", PARTS).replace("{soon_enough}", SOON_ENOUGH)
).bindparams(bindparam("order", type_=Text))


async def sources(
    connection: AsyncConnection, order: str, skus: Iterable[str], within_days: int
) -> Sources:
    """Not locked. Units to come are in the order of their dates."""
    values = {"order": order, "skus": list(skus), "days": within_days}
    stock: dict[str, dict[str, int]] = {}
    recipes: dict[str, dict[str, int]] = {}
    coming: list[Coming] = []
    for row in await connection.execute(_SOURCES, values):
        match row.kind:
            case "part":
                recipes.setdefault(row.place, {})[row.sku] = row.units
            case "free":
                stock.setdefault(row.place, {})[row.sku] = row.units
            case kind:
                when, presale = row.available_on.isoformat(), kind == "presale"
                coming.append(Coming(row.supply, row.sku, row.place, row.units, when, presale))
    return Sources(stock, recipes, tuple(coming))
