"""A channel's order, as `docs/contracts.md` has it, → `OrderRequest`."""

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from api.shapes import MinorUnits, Moment, Name, Shape, Text, Units, read_shape
from domain.currency import exponent
from domain.order import ORDER_LINES_MAX, PaymentMethod
from ports.front_office import OrderRequest, Person, RequestedLine

Country = Annotated[str, Field(pattern=r"^[A-Z]{2}$")]


class LineShape(Shape):
    sku: Name
    quantity: Units
    unit_price: MinorUnits | None = None  # the list price
    discount: MinorUnits = 0


class CustomerShape(Shape):
    ref: Text = ""
    name: Text = ""
    email: Text = ""
    phone: Text = ""


class AddressShape(Shape):
    """May be odd or incomplete: review holds such an order, intake does not refuse it."""

    name: Text
    line1: Text
    city: Text
    country: Country  # ISO 3166
    line2: Text = ""
    region: Text = ""
    postal_code: Text = ""
    phone: Text = ""


_NEEDED = {"card": "source", "paid_at_channel": "reference"}


class PaymentShape(Shape):
    method: Literal["card", "paid_at_channel", "cash_on_delivery", "bank_transfer", "credit_terms"]
    source: Text = ""
    reference: Text = ""

    @model_validator(mode="after")
    def _has_its_source(self) -> "PaymentShape":
        needed = _NEEDED.get(self.method)
        if needed and not getattr(self, needed):
            message = f"payment method {self.method} needs {needed!r}"
            raise PydanticCustomError("missing", "{why}", {"why": message})
        return self


class OrderShape(Shape):
    order: Name
    currency: Annotated[str, Field(min_length=3, max_length=3)]
    lines: Annotated[list[LineShape], Field(min_length=1, max_length=ORDER_LINES_MAX)]
    ship_to: AddressShape
    payment: PaymentShape
    shipping: MinorUnits = 0
    customer: CustomerShape = CustomerShape()
    placed_at: Moment | None = None
    discount: MinorUnits = 0
    tax_included: bool | None = None  # as the price list's
    total: MinorUnits | None = None
    only_if_in_stock: bool = False
    points: MinorUnits = 0  # not money: loyalty points of the customer
    store_credit: MinorUnits = 0


def read_order(channel: str, body: dict[str, Any]) -> OrderRequest:
    """Refuses (`InvalidInput`, `UnknownCurrency`) what is no order at all."""
    order = read_shape(OrderShape, body)
    exponent(order.currency)
    return OrderRequest(
        channel=channel,
        channel_ref=order.order,
        currency=order.currency,
        lines=[
            RequestedLine(line.sku, line.quantity, line.unit_price, line.discount)
            for line in order.lines
        ],
        ship_to=_person(order),
        payment_method=PaymentMethod(order.payment.method),
        payment_source=_payment_source(order.payment),
        shipping=order.shipping,
        customer_ref=order.customer.ref,
        placed_at=order.placed_at,
        raw=body,
        discount=order.discount,
        tax_included=order.tax_included,
        total=order.total,
        only_if_in_stock=order.only_if_in_stock,
        points=order.points,
        store_credit=order.store_credit,
    )


def _person(order: OrderShape) -> Person:
    to = order.ship_to
    return Person(
        name=to.name,
        line1=to.line1,
        line2=to.line2,
        city=to.city,
        region=to.region,
        postal_code=to.postal_code,
        country=to.country,
        email=order.customer.email,
        phone=to.phone or order.customer.phone,
    )


def _payment_source(payment: PaymentShape) -> str:
    return payment.source if payment.method == "card" else payment.reference
