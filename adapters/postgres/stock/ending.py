"""Ending reservations, whole or in part: the units are free again, or leave the stock with a
movement that says why. What is not there to be ended changes nothing, so that twice is once.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.order import LineUnits

# `asked` are units of order lines; of a bundle, each component's share is `per_unit` times that.
# Without units a line ends whole, wherever it is from; else its rows of one SKU are used up in
# their order, and the last one may be split. `takes` says whether the units leave, `promised`
# whether units that are still to come may be ended, too; with a `supply`, only units of that are.
# A parcel that comes up short again has another movement for it: `again` counts what was released.
_END = """
    WITH asked AS (
        {asked}
    ), held AS (
        SELECT r.id, r.line, r.sku, r.location, r.quantity, r.per_unit, r.supply, a.units
        FROM reservation r JOIN asked a USING (line)
        WHERE {scope} AND r.state = ANY(CAST(:before AS text[]))
          AND CASE WHEN CAST(:supply AS bigint) IS NULL THEN r.supply IS NULL OR :promised
                   ELSE r.supply = :supply END
        ORDER BY r.id FOR UPDATE OF r
    ), parts AS (
        SELECT *, CASE WHEN units IS NULL THEN quantity ELSE
            greatest(0, least(quantity, units * per_unit - (
                sum(quantity) OVER (PARTITION BY line, sku ORDER BY id) - quantity)))::int
            END AS part
        FROM held
    ), whole AS (
        UPDATE reservation r SET state = :to, updated_at = clock_timestamp()
        FROM parts p WHERE r.id = p.id AND p.part = p.quantity
    ), shrunk AS (
        UPDATE reservation r SET quantity = p.quantity - p.part, updated_at = clock_timestamp()
        FROM parts p WHERE r.id = p.id AND 0 < p.part AND p.part < p.quantity
        RETURNING r.*, p.part
    ), split AS (
        INSERT INTO reservation (order_number, fulfillment_order, line, sku, location, quantity,
                                 per_unit, supply, state, expires_at, created_at)
        SELECT order_number, fulfillment_order, line, sku, location, part, per_unit, supply, :to,
               expires_at, created_at
        FROM shrunk
    ), change AS (
        SELECT sku, location, sum(part)::int AS units FROM parts
        WHERE part > 0 AND supply IS NULL GROUP BY sku, location
    ), locked AS (
        SELECT s.sku, s.location, c.units FROM stock s JOIN change c USING (sku, location)
        ORDER BY s.sku COLLATE "C", s.location COLLATE "C" FOR UPDATE OF s
    ), changed AS (
        UPDATE stock s SET reserved = s.reserved - CASE WHEN :holds THEN l.units ELSE 0 END,
                           on_hand = s.on_hand - CASE WHEN :takes THEN l.units ELSE 0 END
        FROM locked l WHERE s.sku = l.sku AND s.location = l.location
    ), unpromised AS (
        UPDATE supply s SET reserved = s.reserved - p.units, updated_at = clock_timestamp()
        FROM (SELECT supply, sum(part)::int AS units FROM parts
              WHERE :holds AND part > 0 AND supply IS NOT NULL GROUP BY supply) AS p
        WHERE s.id = p.supply
    ), again AS (
        SELECT r.line, r.sku, '/' || count(*) AS suffix FROM reservation r JOIN asked USING (line)
        WHERE :takes AND {scope} AND r.state = 'RELEASED' AND CAST(:to AS text) = 'RELEASED'
        GROUP BY r.line, r.sku
    ), moved AS (
        INSERT INTO movement (reason, reference, line, sku, location, units)
        SELECT :reason, :reference || coalesce(suffix, ''), line, sku, location, -sum(part)
        FROM parts LEFT JOIN again USING (line, sku)
        WHERE :takes AND part > 0 GROUP BY line, sku, location, suffix
    )
    SELECT line, sku, location, per_unit, sum(part)::int AS units FROM parts
    WHERE part > 0 GROUP BY line, sku, location, per_unit ORDER BY line, sku
    """
_ASKED = """
        SELECT line, sum(units)::int AS units
        FROM unnest(CAST(:lines AS int[]), CAST(:units AS int[])) AS l(line, units) GROUP BY line
    """
_EVERY_LINE = """
        SELECT DISTINCT line, CAST(NULL AS int) AS units FROM reservation
        WHERE order_number = :reference
    """
_END_OF_PARCEL = text(_END.format(asked=_ASKED, scope="r.fulfillment_order = :reference"))
_END_OF_ORDER = text(_END.format(asked=_EVERY_LINE, scope="r.order_number = :reference"))


ACTIVE = ("SOFT", "HARD")


@dataclass(frozen=True, slots=True)
class Ended:
    """Units of one SKU at one location whose reservation has ended; `per_unit` of them are one unit
    of the order line.
    """

    line: int
    sku: str
    location: str
    per_unit: int
    units: int


async def end(
    connection: AsyncConnection,
    parcel: str,
    lines: Sequence[LineUnits],
    *,
    before: str = "HARD",
    after: str,
    taken_for: str = "",
    promised: bool = True,
    supply: int | None = None,
) -> list[Ended]:
    """Ends reservations of a parcel that are in state `before`. `taken_for` is the reason of the
    movement when the units leave the stock: only what is on hand can. Without `promised`, what is
    still to come is left as it is; with `supply`, all but what is to come of that.
    """
    values = {
        "reference": parcel,
        "lines": [unit.line for unit in lines],
        "units": [unit.quantity for unit in lines],
        **_how([before], after, taken_for, promised=promised and not taken_for),
        "supply": supply,
    }
    return [Ended(*row) for row in await connection.execute(_END_OF_PARCEL, values)]


async def end_order(
    connection: AsyncConnection, order: str, *, before: Sequence[str] = ACTIVE, after: str
) -> list[Ended]:
    """Ends every reservation of an order that is in one of the states `before`."""
    values = {"reference": order, **_how(before, after, "", promised=True)}
    return [Ended(*row) for row in await connection.execute(_END_OF_ORDER, values)]


def _how(before: Sequence[str], after: str, taken_for: str, *, promised: bool) -> dict[str, object]:
    return {
        "before": list(before),
        "to": after,
        "takes": bool(taken_for),
        "promised": promised,
        "supply": None,
        "holds": "BROKEN" not in before,  # what is broken is reserved no longer
        "reason": taken_for,
    }
