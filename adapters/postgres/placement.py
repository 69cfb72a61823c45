"""What the books say about a requested order before it is placed, and the order it makes."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.codec import Json
from domain.errors import Malformed, UnknownSku
from domain.facts import believable
from domain.ids import OrderNumber
from domain.order import Destination, OrderLine, PlacedOrder
from domain.quantity import Quantity
from ports.front_office import OrderRequest

# One round trip. A tax of the region beats the country's; a city of that name in any region of the
# country is better than no place at all.
_LOOK_UP = text(
    """
    SELECT clock_timestamp() AS at,
      (SELECT json_build_array(command.body_hash, command.subject, tracking_version)
       FROM command LEFT JOIN customer_order ON number = command.subject
       WHERE principal = :principal AND key = :key) AS by_key,
      (SELECT json_build_array(command.body_hash, number, tracking_version)
       FROM customer_order JOIN command ON command.subject = number AND command.kind = 'place'
       WHERE channel = :channel AND channel_ref = :channel_ref
       ORDER BY command.created_at LIMIT 1) AS by_reference,
      (SELECT json_object_agg(product.sku, price.unit_price)
       FROM product LEFT JOIN price ON price.sku = product.sku AND price.currency = :currency
       WHERE product.sku = ANY(:skus)) AS prices,
      (SELECT rate_bp FROM tax_rate
       WHERE country = :country AND region IN (:region, '')
       ORDER BY region DESC LIMIT 1) AS rate_bp,
      COALESCE(
        (SELECT json_build_array(latitude, longitude) FROM place
         WHERE country = :country AND region = :region AND city = :city),
        (SELECT json_build_array(latitude, longitude) FROM place
         WHERE country = :country AND city = :city ORDER BY region LIMIT 1)) AS place
    """
)


@dataclass(frozen=True, slots=True)
class Before:
    """A command or an order that came before, under the same key or the same reference."""

    body_hash: str
    number: str
    tracking_version: int


@dataclass(frozen=True, slots=True)
class Known:
    """`prices` by SKU, None where a SKU has none in that currency; `place` in degrees."""

    at: datetime
    by_key: Before | None
    by_reference: Before | None
    prices: dict[str, int | None]
    tax_rate_bp: int
    place: tuple[float, float] | None


async def look_up(
    connection: AsyncConnection, principal: str, key: str, request: OrderRequest
) -> Known:
    found = await connection.execute(
        _LOOK_UP,
        {
            "principal": principal,
            "key": key,
            "channel": request.channel,
            "channel_ref": request.channel_ref,
            "currency": request.currency,
            "skus": sorted({line.sku for line in request.lines}),
            "country": request.ship_to.country,
            "region": request.ship_to.region,
            "city": request.ship_to.city.strip().lower(),
        },
    )
    row = found.one()
    return Known(
        at=row.at,
        by_key=_before(row.by_key),
        by_reference=_before(row.by_reference),
        prices=row.prices or {},
        tax_rate_bp=row.rate_bp or 0,
        place=row.place and tuple(row.place),
    )


def _before(row: Json) -> Before | None:
    return row and Before(*row)


def placed_order(number: OrderNumber, request: OrderRequest, known: Known) -> PlacedOrder:
    """Refuses `UnknownSku`, `BadTime` and `Malformed`: a line without any price, and what an order
    refuses.
    """
    unknown = sorted({line.sku for line in request.lines} - known.prices.keys())
    if unknown:
        raise UnknownSku(unknown)
    latitude, longitude = known.place or (None, None)
    ship_to = request.ship_to
    return PlacedOrder(
        number=number,
        channel=request.channel,
        channel_ref=request.channel_ref,
        currency=request.currency,
        placed_at=believable("placed_at", request.placed_at or known.at, known.at),
        lines=_lines(request, known),
        shipping=request.shipping,
        payment_method=request.payment_method,
        destination=Destination(ship_to.country, ship_to.region, latitude, longitude),
        customer_ref=request.customer_ref,
        received_at=known.at,
    )


def _lines(request: OrderRequest, known: Known) -> tuple[OrderLine, ...]:
    return tuple(
        OrderLine(
            line=number,
            sku=line.sku,
            quantity=Quantity(line.quantity),
            unit_price=_unit_price(line.unit_price, line.sku, request, known),
            discount=line.discount,
            tax_rate_bp=known.tax_rate_bp,
        )
        for number, line in enumerate(request.lines, start=1)
    )


def _unit_price(asked: int | None, sku: str, request: OrderRequest, known: Known) -> int:
    price = known.prices[sku] if asked is None else asked
    if price is None:
        raise Malformed(f"{sku} has no list price in {request.currency}; name its unit price")
    return price
