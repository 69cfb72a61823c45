"""Changes of locations and products: acts of warehouse staff and supervisors."""

import strawberry

from api.graphql.context import Ask
from api.graphql.mutations import ask
from api.graphql.mutations.acts import ActPayload, act_payload
from api.graphql.resolved import mutation
from domain.acts import ActKind as Kind
from domain.codec import Json

_NEW = "True: there is none of that name yet, and this makes it; {}."


@strawberry.input(description="Changes a location. What is left out, or null, stays as it is.")
class LocationChangeInput:
    location: strawberry.ID = strawberry.field(description="Which one.")
    idempotency_key: str = ask.key()
    reason: str = ask.act_reason()
    new: bool | None = strawberry.field(
        default=None, description=_NEW.format("it needs `name` and `country`")
    )
    name: str | None = strawberry.field(default=None, description="What people call it.")
    kind: str | None = strawberry.field(
        default=None, description="`warehouse`, `store` or `supplier`."
    )
    country: str | None = strawberry.field(default=None, description="ISO 3166, as `US`.")
    region: str | None = strawberry.field(default=None, description="As `MA`; empty: none.")
    latitude: float | None = strawberry.field(
        default=None, description="Degrees; together with `longitude`."
    )
    longitude: float | None = strawberry.field(
        default=None, description="Degrees; together with `latitude`."
    )
    priority: int | None = strawberry.field(
        default=None, description="The lower is preferred when distances do not tell."
    )
    fulfilled_by: str | None = strawberry.field(
        default=None,
        description="`built_in` or `http`; empty: as the settings say. Of new parcels only.",
    )
    active: bool | None = strawberry.field(
        default=None,
        description="An inactive one is no source for new parcels; those already there go on.",
    )
    capacity: int | None = strawberry.field(
        default=None, description="Parcels a day; 0: without limit."
    )
    timezone: str | None = strawberry.field(
        default=None, description="IANA name, as `America/New_York`."
    )
    cutoff: str | None = strawberry.field(
        default=None, description="As `16:30`; empty: until midnight."
    )
    weekdays: list[int] | None = strawberry.field(
        default=None, description="On which it works; Monday is 1."
    )
    holidays: str | None = strawberry.field(
        default=None, description="Whose public holidays it keeps, as `US-MA`; empty: none."
    )
    closed_on: list[str] | None = strawberry.field(
        default=None, description="All further days without work, as `2026-12-24`."
    )


@strawberry.input(description="So many units of a product in one bundle.")
class ComponentInput:
    sku: strawberry.ID = strawberry.field(description="The product.")
    quantity: int = strawberry.field(description="Units in one bundle.")


@strawberry.input(description="Changes a product. What is left out, or null, stays as it is.")
class ProductChangeInput:
    sku: strawberry.ID = strawberry.field(description="Which one.")
    idempotency_key: str = ask.key()
    reason: str = ask.act_reason()
    new: bool | None = strawberry.field(default=None, description=_NEW.format("it needs `name`"))
    name: str | None = strawberry.field(default=None, description="What people call it.")
    category: str | None = strawberry.field(default=None, description="Empty: none.")
    tax_category: str | None = strawberry.field(
        default=None, description="Whose tax rates it has, as `standard`."
    )
    weight_g: int | None = strawberry.field(default=None, description="Grams; 0: not known.")
    length_mm: int | None = strawberry.field(default=None, description="Millimeters; 0: not known.")
    width_mm: int | None = strawberry.field(default=None, description="Millimeters; 0: not known.")
    height_mm: int | None = strawberry.field(default=None, description="Millimeters; 0: not known.")
    components: list[ComponentInput] | None = strawberry.field(
        default=None, description="All of them; empty: it is no bundle."
    )


@strawberry.type
class CatalogMutations:
    @mutation("Changes a location, or makes a new one. Warehouse and supervisors.")
    async def location_change(self, info: Ask, input: LocationChangeInput) -> ActPayload:  # noqa: A002 - the schema's word, here and below
        body = {
            "new": input.new,
            "name": input.name,
            "kind": input.kind,
            "country": input.country,
            "region": input.region,
            "latitude": input.latitude,
            "longitude": input.longitude,
            "priority": input.priority,
            "fulfilled_by": input.fulfilled_by,
            "active": input.active,
            "capacity": input.capacity,
            "timezone": input.timezone,
            "cutoff": input.cutoff,
            "weekdays": input.weekdays,
            "holidays": input.holidays,
            "closed_on": input.closed_on,
        }
        return await act_payload(info, Kind.LOCATION_CHANGE, input.location, input, _given(body))

    @mutation("Changes a product, or makes a new one. Warehouse and supervisors.")
    async def product_change(self, info: Ask, input: ProductChangeInput) -> ActPayload:  # noqa: A002
        parts = None
        if input.components is not None:
            parts = [{"sku": each.sku, "quantity": each.quantity} for each in input.components]
        body: dict[str, Json] = {
            "new": input.new,
            "name": input.name,
            "category": input.category,
            "tax_category": input.tax_category,
            "weight_g": input.weight_g,
            "length_mm": input.length_mm,
            "width_mm": input.width_mm,
            "height_mm": input.height_mm,
            "components": parts,
        }
        return await act_payload(info, Kind.PRODUCT_CHANGE, input.sku, input, _given(body))


def _given(body: dict[str, Json]) -> dict[str, Json]:
    return {name: value for name, value in body.items() if value is not None}
