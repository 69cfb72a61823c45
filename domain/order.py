"""An order as it was placed: it never changes; what happens to it is journaled."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from domain.charge import Charge, TaxRule
from domain.errors import BadAmount, Malformed, TooManyLines
from domain.ids import OrderNumber
from domain.money import AMOUNT_MAX, Money, apportion
from domain.quantity import Quantity
from domain.rounding import Rounding

ORDER_LINES_MAX = 200


class PaymentMethod(StrEnum):
    CARD = "card"
    PAID_AT_CHANNEL = "paid_at_channel"  # registered, never charged
    CASH_ON_DELIVERY = "cash_on_delivery"
    BANK_TRANSFER = "bank_transfer"  # paid before anything is sent
    CREDIT_TERMS = "credit_terms"  # paid days after it was sent


@dataclass(frozen=True, slots=True)
class LineUnits:
    """Some units of one order line."""

    line: int
    sku: str
    quantity: int


def subtract(units: tuple[LineUnits, ...], less: tuple[LineUnits, ...]) -> tuple[LineUnits, ...]:
    """The units that remain, line by line; empty lines are left out."""
    gone: dict[int, int] = {}
    for unit in less:
        gone[unit.line] = gone.get(unit.line, 0) + unit.quantity
    rest = (LineUnits(u.line, u.sku, u.quantity - gone.get(u.line, 0)) for u in units)
    return tuple(unit for unit in rest if unit.quantity > 0)


def by_line(units: Iterable[LineUnits]) -> tuple[LineUnits, ...]:
    """Each line once."""
    sums: dict[int, LineUnits] = {}
    for unit in units:
        before = sums[unit.line].quantity if unit.line in sums else 0
        sums[unit.line] = LineUnits(unit.line, unit.sku, before + unit.quantity)
    return tuple(sums.values())


def both(units: tuple[LineUnits, ...], others: tuple[LineUnits, ...]) -> tuple[LineUnits, ...]:
    """The units that are in both, line by line."""
    return subtract(units, subtract(units, others))


@dataclass(frozen=True, slots=True)
class OrderLine:
    """`unit_price` is the price of one unit, `discount` the reduction of the whole line and
    `order_discount` its share in the order's discount, in minor units. `list_price` is what the
    price list named `price_list` asked for one unit, None when no list had a price.
    """

    line: int
    sku: str
    quantity: Quantity
    unit_price: int
    discount: int = 0
    tax_rate_bp: int = 0  # hundredths of a percent
    order_discount: int = 0
    list_price: int | None = None
    price_list: str = ""
    tax_category: str = ""

    def __post_init__(self) -> None:
        if not 0 <= self.unit_price <= AMOUNT_MAX:
            raise BadAmount(f"line {self.line}: a unit price is 0 or more: {self.unit_price}")
        if not 0 <= self.discount <= self.price:
            raise BadAmount(
                f"line {self.line}: a discount is between 0 and the line's price: {self.discount}"
            )
        if not 0 <= self.order_discount <= self.discounted:
            raise BadAmount(
                f"line {self.line}: its share of the order's discount is between 0 and what is "
                f"left of its price: {self.order_discount}"
            )

    @property
    def price(self) -> int:
        """Of all units, before any discount."""
        return self.unit_price * self.quantity

    @property
    def discounted(self) -> int:
        """After the line's own discount."""
        return self.price - self.discount

    @property
    def amount(self) -> int:
        """After every discount; with or without tax, as the order's prices are."""
        return self.discounted - self.order_discount


def share_discount(lines: Sequence[OrderLine], discount: int) -> tuple[OrderLine, ...]:
    """The lines with their shares of an order's discount, by largest remainder of what each costs.
    Refuses (`BadAmount`) a discount that is more than all of them.
    """
    worth = [line.discounted for line in lines]
    if not 0 <= discount <= sum(worth):
        raise BadAmount(f"an order's discount is between 0 and the price of its lines: {discount}")
    shares = apportion(discount, worth) if discount else [0] * len(lines)
    return tuple(
        replace(line, order_discount=share) for line, share in zip(lines, shares, strict=True)
    )


@dataclass(frozen=True, slots=True)
class Destination:
    """Where to, as far as decisions need it; name and street are personal data and elsewhere.
    Coordinates (degrees) are the city's, absent when the city is not among the known places.
    """

    country: str
    region: str = ""
    latitude: float | None = None
    longitude: float | None = None


@dataclass(frozen=True, slots=True)
class PlacedOrder:
    """Refuses an empty order, more than `ORDER_LINES_MAX` lines, two lines of one number, and
    totals out of range.
    """

    number: OrderNumber
    channel: str
    channel_ref: str
    currency: str
    placed_at: datetime
    lines: tuple[OrderLine, ...]
    shipping: int
    payment_method: PaymentMethod
    destination: Destination
    customer_ref: str = ""
    order_type: str = "standard"
    rounding: Rounding = Rounding.HALF_UP
    received_at: datetime | None = None  # by our clock; `placed_at` is the channel's word
    tax_included: bool = True  # in prices, discounts and shipping; else it comes on top of them
    shipping_tax_rate_bp: int = 0
    stated_total: int | None = None  # what the channel says that it charged
    points: int = 0  # loyalty points of the customer that pay for it …
    points_worth: int = 0  # … so much of the total, in minor units
    store_credit: int = 0  # of the customer that pays for it, in minor units

    def __post_init__(self) -> None:
        if not 1 <= len(self.lines) <= ORDER_LINES_MAX:
            raise TooManyLines(f"an order has 1 to {ORDER_LINES_MAX} lines, not {len(self.lines)}")
        if len({line.line for line in self.lines}) < len(self.lines):
            raise Malformed("two lines of an order have the same number")
        if self.shipping < 0:
            raise BadAmount(f"shipping is 0 or more: {self.shipping}")
        Money(self.subtotal, self.currency)  # may be more than the total, and is shown as well
        Money(self.total, self.currency)
        if self.points < 0 or not 0 <= self.points_worth <= self.total:
            raise BadAmount("points pay something between nothing and the order's total")
        if not 0 <= self.store_credit <= self.total - self.points_worth:
            raise BadAmount("store credit pays something between nothing and what points leave")

    @property
    def tax_rule(self) -> TaxRule:
        return TaxRule(self.tax_included, self.rounding)

    def charge(self, line: OrderLine) -> Charge:
        """What the whole line costs."""
        return self.tax_rule.charge(line.amount, line.tax_rate_bp)

    @property
    def shipping_charge(self) -> Charge:
        return self.tax_rule.charge(self.shipping, self.shipping_tax_rate_bp)

    @property
    def charged(self) -> Charge:
        """The whole order: each line once, and shipping."""
        return sum(map(self.charge, self.lines), self.shipping_charge)

    @property
    def subtotal(self) -> int:
        """The lines' prices before any discount; with or without tax, as they are."""
        return sum(line.price for line in self.lines)

    @property
    def discount(self) -> int:
        """Every reduction: of lines, and of the order as a whole."""
        return sum(line.discount + line.order_discount for line in self.lines)

    @property
    def total(self) -> int:
        """What the order costs, tax and shipping and all, in minor units."""
        return self.charged.gross

    @property
    def due(self) -> int:
        """What the customer pays in money: the total, less what points and store credit pay."""
        return self.total - self.points_worth - self.store_credit

    @property
    def known_since(self) -> datetime:
        return self.received_at or self.placed_at

    def line(self, number: int) -> OrderLine:
        return next(line for line in self.lines if line.line == number)
