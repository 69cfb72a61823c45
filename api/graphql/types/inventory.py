"""Locations, products, stock and movements in GraphQL."""

from datetime import date, datetime
from typing import cast

import strawberry

from api.graphql.types.pages import PageInfo, page_info
from domain.departure import LocationKind
from ports.inventory_reads import LocationRead, MovementRead, ProductRead, StockRead
from ports.reads import Page

strawberry.enum(LocationKind, description="What stands there.")


@strawberry.type(description="Somewhere that goods are sent from.")
class Location:
    id: strawberry.ID = strawberry.field(description="As orders and stock name it.")
    name: str = strawberry.field(description="For people.")
    kind: LocationKind = strawberry.field(description="What stands there.")
    country: str = strawberry.field(description="ISO 3166 code.")
    region: str = strawberry.field(description="Within the country; may be empty.")
    latitude: float | None = strawberry.field(description="Degrees.")
    longitude: float | None = strawberry.field(description="Degrees.")
    priority: int = strawberry.field(
        description="Where distances do not tell, the lower is preferred."
    )
    active: bool = strawberry.field(
        description="An inactive one is no source for new parcels; those already there go on."
    )
    fulfilled_by: str = strawberry.field(
        description="`built_in` or `http`; empty: as the settings say."
    )
    capacity: int | None = strawberry.field(description="Parcels a day; null: without limit.")
    taken: int = strawberry.field(
        description="Of the capacity: parcels sourced since the last cut-off."
    )
    timezone: str = strawberry.field(description="IANA name, as `America/New_York`.")
    cutoff: str | None = strawberry.field(
        description="As `16:30`: what is sourced before it leaves that day; null: until midnight."
    )
    weekdays: list[int] = strawberry.field(description="On which it works; Monday is 1.")
    holidays: str = strawberry.field(
        description="Whose public holidays it keeps, as `US-MA`; empty: none."
    )
    closed_on: list[date] = strawberry.field(description="Further days without work.")
    departs_on: date = strawberry.field(
        description="When a parcel would leave that is sourced now, by its own clock."
    )
    delay: str | None = strawberry.field(description="Why that is not today.")


@strawberry.type(description="So many units of a product in one bundle.")
class Component:
    sku: strawberry.ID = strawberry.field(description="The product.")
    name: str = strawberry.field(description="Its name.")
    quantity: int = strawberry.field(description="Units in one bundle.")


@strawberry.type(description="What is sold: one unit as it is packed, or a bundle of products.")
class Product:
    sku: strawberry.ID = strawberry.field(description="As orders and stock name it.")
    name: str = strawberry.field(description="For people.")
    category: str = strawberry.field(description="May be empty.")
    weight_g: int | None = strawberry.field(description="Grams; null: not known.")
    length_mm: int | None = strawberry.field(description="Millimeters; null: not known.")
    width_mm: int | None = strawberry.field(description="Millimeters; null: not known.")
    height_mm: int | None = strawberry.field(description="Millimeters; null: not known.")
    components: list[Component] = strawberry.field(
        description="Of a bundle, which has no stock of its own; else empty."
    )


@strawberry.type(description="Units of a product at a location.")
class Stock:
    sku: strawberry.ID = strawberry.field(description="The product.")
    location: strawberry.ID = strawberry.field(description="Where.")
    on_hand: int = strawberry.field(description="Sellable units there.")
    reserved: int = strawberry.field(description="Of these, promised to orders.")
    safety: int = strawberry.field(description="Of these, kept back.")
    damaged: int = strawberry.field(description="Beside those on hand: damaged.")
    quarantined: int = strawberry.field(description="Beside those on hand: to be looked at.")
    available: int = strawberry.field(
        description="On hand less reserved less safety: what can be promised; may be negative."
    )

    reorder_point: int = strawberry.field(
        description="At so few units, on hand less reserved, it is to be reordered; 0: never."
    )
    reorder_to: int = strawberry.field(description="Up to so many units.")
    low: bool = strawberry.field(description="Whether safety stock or reorder point is reached.")
    inbound: int = strawberry.field(description="Ordered units that are to come, promised or not.")
    expected_on: date | None = strawberry.field(description="When the first of them comes.")
    presale: int = strawberry.field(description="What presale quotas still await, promised or not.")


@strawberry.type(description="What changed the stock, once and for all.")
class Movement:
    id: strawberry.ID = strawberry.field(description="Later ones have higher numbers.")
    at: datetime = strawberry.field(description="When it was booked.")
    sku: strawberry.ID = strawberry.field(description="The product.")
    location: strawberry.ID = strawberry.field(description="Where.")
    reason: str = strawberry.field(description="As `ship`, `short_pick`, `restock`, `load`.")
    reference: str = strawberry.field(description="The parcel, return or count that caused it.")
    line: int = strawberry.field(description="Which line of it.")
    units: int = strawberry.field(description="Change of what is on hand.")
    bucket: str = strawberry.field(
        description="The bucket that changed, `damaged` or `quarantined`; empty for none."
    )
    bucket_units: int = strawberry.field(description="Change of a bucket beside it.")


@strawberry.type(description="A page of locations, by id.")
class LocationConnection:
    nodes: list[Location] = strawberry.field(description="The locations.")
    page_info: PageInfo = strawberry.field(description="Whether there is more.")


@strawberry.type(description="A page of products, by SKU.")
class ProductConnection:
    nodes: list[Product] = strawberry.field(description="The products.")
    page_info: PageInfo = strawberry.field(description="Whether there is more.")


@strawberry.type(description="A page of stock, by SKU and location.")
class StockConnection:
    nodes: list[Stock] = strawberry.field(description="The stock.")
    page_info: PageInfo = strawberry.field(description="Whether there is more.")


@strawberry.type(description="A page of movements, newest first.")
class MovementConnection:
    nodes: list[Movement] = strawberry.field(description="The movements.")
    page_info: PageInfo = strawberry.field(description="Whether there is more.")


def location_connection(page: Page) -> LocationConnection:
    nodes = [_location(read) for read in cast("list[LocationRead]", page.items)]
    return LocationConnection(nodes=nodes, page_info=page_info(page))


def product_connection(page: Page) -> ProductConnection:
    nodes = [_product(read) for read in cast("list[ProductRead]", page.items)]
    return ProductConnection(nodes=nodes, page_info=page_info(page))


def stock_connection(page: Page) -> StockConnection:
    nodes = [_stock(read) for read in cast("list[StockRead]", page.items)]
    return StockConnection(nodes=nodes, page_info=page_info(page))


def movement_connection(page: Page) -> MovementConnection:
    nodes = [_movement(read) for read in cast("list[MovementRead]", page.items)]
    return MovementConnection(nodes=nodes, page_info=page_info(page))


def _location(read: LocationRead) -> Location:
    return Location(
        id=strawberry.ID(read.id),
        name=read.name,
        kind=LocationKind(read.kind),
        country=read.country,
        region=read.region,
        latitude=read.latitude,
        longitude=read.longitude,
        priority=read.priority,
        active=read.active,
        fulfilled_by=read.fulfilled_by,
        capacity=read.capacity,
        taken=read.taken,
        timezone=read.timezone,
        cutoff=f"{read.cutoff:%H:%M}" if read.cutoff else None,
        weekdays=read.weekdays,
        holidays=read.holidays,
        closed_on=read.closed_on,
        departs_on=read.departs_on,
        delay=read.delay or None,
    )


def _product(read: ProductRead) -> Product:
    return Product(
        sku=strawberry.ID(read.sku),
        name=read.name,
        category=read.category,
        weight_g=read.weight_g,
        length_mm=read.length_mm,
        width_mm=read.width_mm,
        height_mm=read.height_mm,
        components=[
            Component(sku=strawberry.ID(each.sku), name=each.name, quantity=each.quantity)
            for each in read.components
        ],
    )


def _stock(read: StockRead) -> Stock:
    return Stock(
        sku=strawberry.ID(read.sku),
        location=strawberry.ID(read.location),
        on_hand=read.on_hand,
        reserved=read.reserved,
        safety=read.safety,
        damaged=read.damaged,
        quarantined=read.quarantined,
        available=read.available,
        reorder_point=read.reorder_point,
        reorder_to=read.reorder_to,
        low=read.low,
        inbound=read.inbound,
        expected_on=read.expected_on,
        presale=read.presale,
    )


def _movement(read: MovementRead) -> Movement:
    return Movement(
        id=strawberry.ID(str(read.id)),
        at=read.at,
        sku=strawberry.ID(read.sku),
        location=strawberry.ID(read.location),
        reason=read.reason,
        reference=read.reference,
        line=read.line,
        units=read.units,
        bucket=read.bucket,
        bucket_units=read.bucket_units,
    )
