"""Scalars of ours: amounts exceed GraphQL's 32-bit Int."""

from typing import Any, NewType

import strawberry
from graphql import GraphQLError
from strawberry.types.scalar import ScalarDefinition

from domain.money import AMOUNT_MAX

MinorUnits = NewType("MinorUnits", int)
Json = NewType("Json", object)


def _minor_units(value: Any) -> MinorUnits:
    if type(value) is not int or abs(value) > AMOUNT_MAX:
        raise GraphQLError("MinorUnits is a whole number of minor units, up to 2^53 - 1")
    return MinorUnits(value)


SCALARS: dict[object, ScalarDefinition] = {
    MinorUnits: strawberry.scalar(
        name="MinorUnits",
        description="An amount in the currency's minor unit (cents for USD, yen for JPY): a whole "
        "number up to 2^53 - 1, sent as a JSON number.",
        serialize=int,
        parse_value=_minor_units,
    ),
    Json: strawberry.scalar(
        name="JSON",
        description="Any JSON value.",
        serialize=lambda value: value,
        parse_value=lambda value: value,
    ),
}
