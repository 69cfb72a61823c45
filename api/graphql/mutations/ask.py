"""Fields that the inputs of many mutations have."""

from typing import Any

import strawberry

from api.graphql.scalars import MinorUnits


def key() -> Any:
    return strawberry.field(
        description="Chosen by you: the same key with the same content never acts twice."
    )


def order() -> Any:
    return strawberry.field(description="The order's number.")


def rma() -> Any:
    return strawberry.field(name="return", description="The return's number.")


def parcel() -> Any:
    return strawberry.field(description="The parcel, `<order>-F<n>`.")


def packages() -> Any:
    return strawberry.field(
        default_factory=list,
        description="Of several packages, which it is about: by tracking number, or as their "
        "warehouse calls them. None: all that are under way.",
    )


def operation() -> Any:
    return strawberry.field(description="The operation's key, as `<order>/void/<n>`.")


def store_credit() -> Any:
    return strawberry.field(
        default=MinorUnits(0),
        description="Up to so much of the refund becomes store credit; the rest goes back as the "
        "money came.",
    )


def reason() -> Any:
    return strawberry.field(description="Why; it stands in the timeline. No personal data.")


def act_reason() -> Any:
    return strawberry.field(description="Why; it stands in the audit trail. No personal data.")


def note() -> Any:
    return strawberry.field(default="", description="Why, if you like. No personal data.")
