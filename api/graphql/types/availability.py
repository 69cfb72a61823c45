"""Available to promise in GraphQL."""

from collections.abc import Iterable
from datetime import date

import strawberry

from domain import availability as domain

INT_MAX = 2**31 - 1  # of GraphQL; locations may have more together


@strawberry.type(description="A day, and units.")
class UnitsOnDay:
    day: date = strawberry.field(description="The day.")
    units: int = strawberry.field(description="Units, at most 2^31 - 1.")


@strawberry.type(description="What could be promised of a product at a location, or in total.")
class Available:
    location: strawberry.ID | None = strawberry.field(description="Where; null: in total.")
    immediate: int = strawberry.field(
        description="From what is on hand, less what is reserved and safety stock; never negative, "
        "and told up to 2^31 - 1."
    )
    steps: list[UnitsOnDay] = strawberry.field(
        description="From each day on so many in all, more than before, as inbound units come. "
        "What is overdue is expected today."
    )
    presale: list[UnitsOnDay] = strawberry.field(
        description="What is left of quotas that are sold for a day, in none of the steps."
    )


@strawberry.type(description="Available to promise: a product, in total and by location.")
class Availability:
    sku: strawberry.ID = strawberry.field(description="The product.")
    total: Available = strawberry.field(description="At all locations together.")
    locations: list[Available] = strawberry.field(
        description="At each that has, expects or presells any; inactive ones are no source."
    )


def availability(found: domain.Availability) -> Availability:
    return Availability(
        sku=strawberry.ID(found.sku),
        total=_available(found.total),
        locations=[_available(place) for place in found.locations],
    )


def _available(found: domain.Available) -> Available:
    return Available(
        location=strawberry.ID(found.location) if found.location else None,
        immediate=min(found.immediate, INT_MAX),
        steps=_units_on_days(found.steps),
        presale=_units_on_days(found.presale),
    )


def _units_on_days(steps: Iterable[domain.Step]) -> list[UnitsOnDay]:
    return [UnitsOnDay(day=step.day, units=min(step.units, INT_MAX)) for step in steps]
