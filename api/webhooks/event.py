"""A webhook's body, as `docs/contracts.md` has it, → `Fact`.

A source may tell only its own kinds: a carrier cannot say that something was paid. A kind that
nobody knows is refused, naming those that are known, so that it stands in the sender's own log of
failed deliveries until it is understood here; stored, it could never be applied.
"""

from datetime import datetime
from typing import Annotated, Any

from pydantic import Field

from api.refusals import FieldError, InvalidInput
from api.shapes import MinorUnits, Moment, Name, Shape, Text, Url, read_shape
from domain.facts import Fact, FactKind, Package, believable
from domain.money import AMOUNT_MAX
from domain.order import ORDER_LINES_MAX, LineUnits
from domain.quantity import QUANTITY_MAX

_PREFIX = {"payment": "payment.", "warehouse": "fulfillment.", "carrier": "shipment."}
KINDS = {
    source: {kind.value: kind for kind in FactKind if kind.value.startswith(prefix)}
    for source, prefix in _PREFIX.items()
}
PACKAGES_MAX = 200


class EventShape(Shape):
    id: Name
    type: Name
    occurred_at: Moment
    data: dict[str, Any]


class UnitsShape(Shape):
    line: Annotated[int, Field(ge=1, le=ORDER_LINES_MAX)]
    sku: Name
    quantity: Annotated[int, Field(ge=0, le=QUANTITY_MAX)]  # 0: nothing was found


Lines = Annotated[list[UnitsShape], Field(max_length=ORDER_LINES_MAX)]


class PackageShape(Shape):
    package: Name
    carrier: Text = ""
    tracking_number: Text = ""
    lines: Lines


class FulfillmentShape(Shape):
    reference: Name
    reason: Text = ""
    lines: Lines = Field(default_factory=list)
    missing: Lines = Field(default_factory=list)
    packages: Annotated[list[PackageShape], Field(max_length=PACKAGES_MAX)] = Field(
        default_factory=list
    )


class ShippedPackageShape(PackageShape):
    carrier: Name
    tracking_number: Name


class PickedShape(FulfillmentShape):
    """`missing` are components of a line's bundle, in their own units."""

    lines: Lines


class ShippedShape(FulfillmentShape):
    packages: Annotated[list[ShippedPackageShape], Field(min_length=1, max_length=PACKAGES_MAX)]  # type: ignore[assignment]  # narrower than its base, and never written


class ShipmentShape(Shape):
    reference: Name
    tracking_number: Name
    code: Text = ""


class PaymentObjectShape(Shape):
    id: Name
    reference: Name
    status: Name
    amount: MinorUnits
    currency: Name
    decline_code: Text | None = None
    action_url: Url | None = None


class OperationShape(Shape):
    reference: Name
    status: Name


class PaymentShape(Shape):
    payment: PaymentObjectShape
    operation: OperationShape | None = None


class ChargebackShape(Shape):
    id: Name
    amount: Annotated[int, Field(ge=1, le=AMOUNT_MAX)]
    reason: Text = ""


class DisputeShape(Shape):
    """`operation` is the capture."""

    payment: PaymentObjectShape
    operation: OperationShape
    chargeback: ChargebackShape


class RefundShape(OperationShape):
    amount: Annotated[int, Field(ge=1, le=AMOUNT_MAX)]
    reason: Text | None = None


class FailedRefundShape(Shape):
    payment: PaymentObjectShape
    operation: RefundShape


def read_event(source: str, message: str, body: dict[str, Any], at: datetime) -> Fact:
    """The fact, named `<source>:<event id>`, as received `at`. Refuses (`InvalidInput`) a wrong
    shape, an unknown kind, and an id that is not the one of the signed message; `BadTime`.
    """
    event = read_shape(EventShape, body)
    if event.id != message:
        raise InvalidInput([FieldError("id", "it must equal the header webhook-id")])
    kind = KINDS[source].get(event.type)
    if kind is None:
        known = ", ".join(sorted(KINDS[source]))
        raise InvalidInput([FieldError("type", f"a {source} tells one of: {known}")])
    believable("occurred_at", event.occurred_at, at)
    try:
        return _READERS[source](f"{source}:{event.id}", kind, event)
    except InvalidInput as error:
        raise InvalidInput(FieldError(f"data.{e.field}", e.message) for e in error.errors) from None


_FULFILLMENT_SHAPES: dict[FactKind, type[FulfillmentShape]] = {
    FactKind.PICKED: PickedShape,
    FactKind.SHIPPED: ShippedShape,
}


def _fulfillment(fact: str, kind: FactKind, event: EventShape) -> Fact:
    data = read_shape(_FULFILLMENT_SHAPES.get(kind, FulfillmentShape), event.data)
    packages = tuple(
        Package(each.package, each.carrier, each.tracking_number, _units(each.lines))
        for each in data.packages
    )
    return Fact(
        fact,
        kind,
        data.reference,
        event.occurred_at,
        lines=_units(data.lines),
        packages=packages,
        code=data.reason,
        parts=_units(data.missing),
    )


def _shipment(fact: str, kind: FactKind, event: EventShape) -> Fact:
    data = read_shape(ShipmentShape, event.data)
    return Fact(
        fact,
        kind,
        data.reference,
        event.occurred_at,
        tracking_number=data.tracking_number,
        code=data.code,
    )


def _payment(fact: str, kind: FactKind, event: EventShape) -> Fact:
    """About the operation when it names one, else about the authorization of the payment."""
    if kind is FactKind.REFUND_FAILED:
        return _failed_refund(fact, kind, event)
    if kind.is_unasked:
        return _dispute(fact, kind, event)
    data = read_shape(PaymentShape, event.data)
    subject = data.operation.reference if data.operation else data.payment.reference
    code = data.payment.decline_code or (data.operation.status if data.operation else "")
    return Fact(fact, kind, subject, event.occurred_at, code=code)


def _dispute(fact: str, kind: FactKind, event: EventShape) -> Fact:
    """About a capture."""
    data = read_shape(DisputeShape, event.data)
    return Fact(
        fact,
        kind,
        data.operation.reference,
        event.occurred_at,
        code=data.chargeback.reason,
        amount=data.chargeback.amount,
        dispute=data.chargeback.id,
        currency=data.payment.currency,
    )


def _failed_refund(fact: str, kind: FactKind, event: EventShape) -> Fact:
    data = read_shape(FailedRefundShape, event.data)
    return Fact(
        fact,
        kind,
        data.operation.reference,
        event.occurred_at,
        code=data.operation.reason or "",
        amount=data.operation.amount,
        currency=data.payment.currency,
    )


def _units(lines: list[UnitsShape]) -> tuple[LineUnits, ...]:
    return tuple(LineUnits(each.line, each.sku, each.quantity) for each in lines)


_READERS = {"payment": _payment, "warehouse": _fulfillment, "carrier": _shipment}
