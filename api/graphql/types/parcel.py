"""Parcels with their content and packages, from the folded view."""

import strawberry

from api.graphql.types.money import Money, money
from domain.facts import Package as DomainPackage
from domain.order import LineUnits
from domain.view import Parcel as DomainParcel


@strawberry.type(description="Some units of one order line.")
class Units:
    line: int = strawberry.field(description="The order line's number, from 1.")
    sku: str = strawberry.field(description="The SKU of that line.")
    quantity: int = strawberry.field(description="How many units.")


@strawberry.type(description="What the carrier carries.")
class Package:
    package: str = strawberry.field(description="The warehouse's name for it.")
    carrier: str = strawberry.field(description="The carrier's code.")
    tracking_number: str = strawberry.field(description="The carrier's number.")
    lines: list[Units] = strawberry.field(description="Its content.")


@strawberry.type(description="A fulfillment order: units sent from one location.")
class Parcel:
    fulfillment_order: str = strawberry.field(description="Its number, `<order>-F<n>`.")
    location: str = strawberry.field(description="Where it is sent from.")
    status: str = strawberry.field(description="The furthest stage reached, as `PACKED`.")
    lines: list[Units] = strawberry.field(description="The units that it carries now.")
    packages: list[Package] = strawberry.field(description="Known once it is shipped.")
    replaces: str | None = strawberry.field(
        description="The fulfillment order that this one replaces, after an override."
    )
    amount: Money | None = strawberry.field(
        description="What is due for it, once it is shipped: what the carrier collects of a parcel "
        "with cash on delivery."
    )
    trouble: str | None = strawberry.field(description="The problem that was reported, if any.")


def parcel(view: DomainParcel, currency: str) -> Parcel:
    return Parcel(
        fulfillment_order=view.fulfillment_order,
        location=view.location,
        status=view.status.value,
        lines=[units(each) for each in view.lines],
        packages=[_package(each) for each in view.packages],
        replaces=view.replaces or None,
        amount=money(view.amount, currency) if view.booked else None,
        trouble=view.trouble or None,
    )


def units(line: LineUnits) -> Units:
    return Units(line=line.line, sku=line.sku, quantity=line.quantity)


def _package(package: DomainPackage) -> Package:
    return Package(
        package=package.package,
        carrier=package.carrier,
        tracking_number=package.tracking_number,
        lines=[units(each) for each in package.lines],
    )
