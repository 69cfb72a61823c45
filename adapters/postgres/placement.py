"""What the books say about a requested order before it is placed, and the order it makes."""

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.postgres.valid_prices import VALID_PRICES
from domain.codec import Json, from_json
from domain.errors import Malformed, UnknownSku
from domain.facts import believable
from domain.ids import OrderNumber
from domain.order import Destination, OrderLine, PlacedOrder, share_discount
from domain.points_program import worth_of
from domain.prices import ListPrice, Prices, choose_prices
from domain.process import ProcessDefinition
from domain.quantity import Quantity
from domain.store_credit import check_credit
from domain.tax_rates import SHIPPING, TaxRate, rate_bp
from ports.front_office import OrderRequest, RequestedLine

# One round trip. A city of that name in any region of the country is better than no place at all.
_LOOK_UP = text(
    f"""
    SELECT clock_timestamp() AS at,
      (SELECT json_build_array(command.body_hash, command.subject, tracking_version)
       FROM command LEFT JOIN customer_order ON number = command.subject
       WHERE principal = :principal AND key = :key) AS by_key,
      (SELECT json_build_array(command.body_hash, number, tracking_version)
       FROM customer_order JOIN command ON command.subject = number AND command.kind = 'place'
       WHERE channel = :channel AND channel_ref = :channel_ref
       ORDER BY command.created_at LIMIT 1) AS by_reference,
      (SELECT json_object_agg(sku, tax_category) FROM product WHERE sku = ANY(:skus)) AS products,
      (SELECT json_agg(valid) FROM ({VALID_PRICES}) AS valid) AS prices,
      (SELECT json_agg(json_build_array(region, category, rate_bp)) FROM tax_rate
       WHERE country = :country AND region IN (:region, '')) AS rates,
      COALESCE(
        (SELECT json_build_array(latitude, longitude) FROM place
         WHERE country = :country AND region = :region AND city = :city),
        (SELECT json_build_array(latitude, longitude) FROM place
         WHERE country = :country AND city = :city ORDER BY region LIMIT 1)) AS place
    """  # noqa: S608 - the text of another statement of ours
)


@dataclass(frozen=True, slots=True)
class Before:
    """A command or an order that came before, under the same key or the same reference."""

    body_hash: str
    number: str
    tracking_version: int


@dataclass(frozen=True, slots=True)
class Known:
    """`products` are tax categories by SKU; `prices` those of every list that is valid for the
    customer, `rates` those of the country and the region; `place` in degrees.
    """

    at: datetime
    by_key: Before | None
    by_reference: Before | None
    products: dict[str, str]
    prices: list[ListPrice]
    rates: list[TaxRate]
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
            "skus": sorted({line.sku for line in request.lines}),
            "currency": request.currency,
            "tier": None,
            "customer": request.customer_ref,
            "at": request.placed_at,
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
        products=row.products or {},
        prices=from_json(list[ListPrice], row.prices or []),
        rates=[TaxRate(*rate) for rate in row.rates or ()],
        place=row.place and tuple(row.place),
    )


def _before(row: Json) -> Before | None:
    return row and Before(*row)


def placed_order(
    number: OrderNumber, request: OrderRequest, known: Known, process: ProcessDefinition
) -> PlacedOrder:
    """Refuses `UnknownSku`, `BadTime` and `Malformed`: a line without any price, and what an order
    refuses; and points that the program does not take, or store credit that is not needed.
    """
    unknown = sorted({line.sku for line in request.lines} - known.products.keys())
    if unknown:
        raise UnknownSku(unknown)
    prices = choose_prices(known.prices, tax_included=request.tax_included)
    latitude, longitude = known.place or (None, None)
    ship_to = request.ship_to
    order = PlacedOrder(
        number=number,
        channel=request.channel,
        channel_ref=request.channel_ref,
        currency=request.currency,
        placed_at=believable("placed_at", request.placed_at or known.at, known.at),
        lines=share_discount(_lines(request, known, prices), request.discount),
        shipping=request.shipping,
        payment_method=request.payment_method,
        destination=Destination(ship_to.country, ship_to.region, latitude, longitude),
        customer_ref=request.customer_ref,
        rounding=process.rounding,
        received_at=known.at,
        tax_included=prices.tax_included,
        shipping_tax_rate_bp=rate_bp(known.rates, SHIPPING),
        stated_total=request.total,
    )
    customer, total = order.customer_ref, order.total
    worth = worth_of(request.points, process.points, order.currency, customer, total)
    check_credit(request.store_credit, order.currency, customer, total - worth)
    return replace(
        order, points=request.points, points_worth=worth, store_credit=request.store_credit
    )


def _lines(request: OrderRequest, known: Known, prices: Prices) -> list[OrderLine]:
    return [
        _line(number, line, known, prices.by_sku.get(line.sku), request.currency)
        for number, line in enumerate(request.lines, start=1)
    ]


def _line(
    number: int, asked: RequestedLine, known: Known, listed: ListPrice | None, currency: str
) -> OrderLine:
    list_price = listed.unit_price if listed else None
    unit_price = list_price if asked.unit_price is None else asked.unit_price
    if unit_price is None:
        raise Malformed(f"{asked.sku} has no list price in {currency}; name its unit price")
    category = known.products[asked.sku]
    return OrderLine(
        line=number,
        sku=asked.sku,
        quantity=Quantity(asked.quantity),
        unit_price=unit_price,
        discount=asked.discount,
        tax_rate_bp=rate_bp(known.rates, category),
        list_price=list_price,
        price_list=listed.price_list if listed else "",
        tax_category=category,
    )
