"""An order in GraphQL."""

from datetime import datetime
from typing import Any

import strawberry

from api.books import Books
from api.graphql.context import Ask
from api.graphql.resolved import resolved
from api.graphql.types.invoices import InvoiceSummary, invoice_summary
from api.graphql.types.money import Money, money
from api.graphql.types.parcel import Parcel, parcel
from api.graphql.types.payments import Payment, payment
from api.graphql.types.points import OrderPoints, order_points
from api.graphql.types.process import OrderProcess, order_process
from api.graphql.types.returns import Return, return_
from api.graphql.types.timeline import TimelineEntry, timeline_entry
from domain.order import OrderLine as DomainLine
from domain.order import PlacedOrder
from ports.front_office import Person
from ports.reads import OrderDetail


@strawberry.type(description="One line of an order.")
class OrderLine:
    line: int = strawberry.field(description="Its number, from 1.")
    sku: str = strawberry.field(description="What was ordered.")
    name: str = strawberry.field(description="The product's name, or its SKU without one.")
    quantity: int = strawberry.field(description="Units ordered.")
    unit_price: Money = strawberry.field(description="Price of one unit.")
    list_price: Money | None = strawberry.field(
        description="What the price list asked for one unit; null when no list had a price."
    )
    price_list: str = strawberry.field(description="The list that has it; may be empty.")
    discount: Money = strawberry.field(description="Reduction of the whole line.")
    order_discount: Money = strawberry.field(
        description="Its share in the order's discount, by largest remainder of the lines' prices."
    )
    tax_category: str = strawberry.field(description="As `standard`: chooses the tax rate.")
    tax_rate_bp: int = strawberry.field(description="In hundredths of a percent.")
    tax: Money = strawberry.field(description="The tax in `amount`.")
    amount: Money = strawberry.field(description="What the customer pays for the line, with tax.")
    canceled: int = strawberry.field(description="Units that will not be sent.")
    shipped: int = strawberry.field(description="Units handed to a carrier.")
    delivered: int = strawberry.field(description="Units that have arrived.")


@strawberry.type(description="Whom the order goes to. Personal data: only for who may see it.")
class Customer:
    name: str = strawberry.field(description="Of the person.")
    line1: str = strawberry.field(description="Street and number.")
    line2: str = strawberry.field(description="More of the address; may be empty.")
    city: str = strawberry.field(description="City.")
    region: str = strawberry.field(description="State or province; may be empty.")
    postal_code: str = strawberry.field(description="Postal code; may be empty.")
    country: str = strawberry.field(description="ISO 3166 code, such as US.")
    email: str = strawberry.field(description="May be empty.")
    phone: str = strawberry.field(description="May be empty.")


@strawberry.type(description="A customer order: one durable process.")
class Order:
    detail: strawberry.Private[OrderDetail]
    number: strawberry.ID = strawberry.field(description="As `7K3M-9QXT-2AVB`.")
    channel: str = strawberry.field(description="Where it was placed.")
    channel_ref: str = strawberry.field(description="The channel's own name for it.")
    customer_ref: str = strawberry.field(description="The channel's name for the customer.")
    status: str = strawberry.field(
        description="RECEIVED, IN_REVIEW, APPROVED, PROCESSING, COMPLETED, CLOSED, REJECTED, "
        "CANCELED or EXPIRED."
    )
    payment_status: str = strawberry.field(
        description="Of authorizing, capturing, refunding and being charged back, as `CAPTURED`, "
        "`REFUNDED` or `CHARGED_BACK`."
    )
    placed_at: datetime = strawberry.field(description="When the customer placed it.")
    updated_at: datetime = strawberry.field(description="When something last happened to it.")
    total: Money = strawberry.field(
        description="What the customer pays: `subtotal` less `discount`, with `shipping`, and with "
        "`tax` when it is not included."
    )
    subtotal: Money = strawberry.field(description="The lines' prices before any discount.")
    discount: Money = strawberry.field(description="Every reduction, of lines and of the order.")
    shipping: Money = strawberry.field(description="What shipping costs.")
    tax: Money = strawberry.field(description="The tax in `total`.")
    tax_included: bool = strawberry.field(
        description="Whether prices, discounts and shipping are with tax; else it comes on top."
    )
    rounding: str = strawberry.field(description="The rule of its amounts, as `half_up`.")
    stated_total: Money | None = strawberry.field(
        description="What the channel says that it charged."
    )
    store_credit: Money = strawberry.field(
        description="What of `total` the customer's store credit pays."
    )
    due: Money = strawberry.field(
        description="What of `total` is paid in money: all but what points and store credit pay."
    )
    lines: list[OrderLine] = strawberry.field(description="What was ordered.")
    parcels: list[Parcel] = strawberry.field(description="From where it is sent, and in what.")
    payments: list[Payment] = strawberry.field(description="Every payment transaction.")
    returns: list[Return] = strawberry.field(description="Goods that come back.")
    customer: Customer | None = strawberry.field(
        description="Null for those who may not see personal data."
    )
    tracking_url: str | None = strawberry.field(description="The customer's own page.")
    process_version: str = strawberry.field(
        description="The process definition it was placed under, as `standard/1`."
    )

    @resolved("What it is doing right now, asked of its live workflow.")
    async def process(self, info: Ask) -> OrderProcess:
        return order_process(await info.context.books.processes.of(self.detail))

    @resolved("Its invoices and credit notes, oldest first.")
    async def invoices(self, info: Ask) -> list[InvoiceSummary]:
        context = info.context
        found = await context.books.invoices.of_order(context.principal, self.number)
        return [invoice_summary(each) for each in found]

    @resolved("What it did with loyalty points.")
    async def points(self, info: Ask) -> OrderPoints:
        context = info.context
        return order_points(await context.books.points.of_order(context.principal, self.number))

    @resolved("All that happened, and why, by time; returns included.")
    async def timeline(self, info: Ask) -> list[TimelineEntry]:
        context = info.context
        entries = await context.books.reads.timeline(context.principal, self.number)
        return [timeline_entry(each) for each in entries]


def order(detail: OrderDetail, books: Books) -> Order:
    summary, view = detail.summary, detail.view
    token = detail.tracking_token
    return Order(
        detail=detail,
        number=strawberry.ID(summary.number),
        channel=summary.channel,
        channel_ref=summary.channel_ref,
        customer_ref=summary.customer_ref,
        status=summary.status,
        payment_status=summary.payment_status,
        placed_at=summary.placed_at,
        updated_at=summary.updated_at,
        total=money(summary.total, summary.currency),
        **_amounts(detail.order),
        lines=[_line(each, detail) for each in detail.order.lines],
        parcels=[parcel(each, view.currency) for each in view.parcels.values()],
        payments=[payment(each, summary.currency) for each in detail.payments],
        returns=[return_(each) for each in detail.returns],
        customer=_customer(detail.person) if detail.person else None,
        tracking_url=books.tracking_url(token) if token else None,
        process_version=f"{detail.process.name}/{detail.process.version}",
    )


def _amounts(placed: PlacedOrder) -> dict[str, Any]:
    def worth(amount: int) -> Money:
        return money(amount, placed.currency)

    return {
        "subtotal": worth(placed.subtotal),
        "discount": worth(placed.discount),
        "shipping": worth(placed.shipping),
        "tax": worth(placed.charged.tax),
        "tax_included": placed.tax_included,
        "rounding": placed.rounding.value,
        "store_credit": worth(placed.store_credit),
        "due": worth(placed.due),
        "stated_total": None if placed.stated_total is None else worth(placed.stated_total),
    }


def _line(line: DomainLine, detail: OrderDetail) -> OrderLine:
    view, charge = detail.view, detail.order.charge(line)
    listed = line.list_price
    return OrderLine(
        line=line.line,
        sku=line.sku,
        name=detail.names.get(line.sku, line.sku),
        quantity=line.quantity,
        unit_price=money(line.unit_price, view.currency),
        list_price=None if listed is None else money(listed, view.currency),
        price_list=line.price_list,
        discount=money(line.discount, view.currency),
        order_discount=money(line.order_discount, view.currency),
        tax_category=line.tax_category,
        tax_rate_bp=line.tax_rate_bp,
        tax=money(charge.tax, view.currency),
        amount=money(charge.gross, view.currency),
        canceled=view.canceled(line.line),
        shipped=view.shipped_units(line.line),
        delivered=view.delivered_units(line.line),
    )


def _customer(person: Person) -> Customer:
    return Customer(
        name=person.name,
        line1=person.line1,
        line2=person.line2,
        city=person.city,
        region=person.region,
        postal_code=person.postal_code,
        country=person.country,
        email=person.email,
        phone=person.phone,
    )
