"""An order as it was placed: it never changes; what happens to it is journaled."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from domain.errors import BadAmount, Malformed, TooManyLines
from domain.ids import OrderNumber
from domain.money import AMOUNT_MAX, Money, portion
from domain.quantity import Quantity

ORDER_LINES_MAX = 200


class PaymentMethod(StrEnum):
    CARD = "card"
    PAID_AT_CHANNEL = "paid_at_channel"  # registered, never charged


@dataclass(frozen=True, slots=True)
class LineUnits:
    """Some units of one order line."""

    line: int
    sku: str
    quantity: int


@dataclass(frozen=True, slots=True)
class OrderLine:
    """`unit_price` is the list price of one unit, `discount` the reduction of the whole line,
    both in minor units; `tax_rate_bp` is the tax included in them, in hundredths of a percent.
    """

    line: int
    sku: str
    quantity: Quantity
    unit_price: int
    discount: int = 0
    tax_rate_bp: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.unit_price <= AMOUNT_MAX:
            raise BadAmount(f"line {self.line}: a unit price is 0 or more: {self.unit_price}")
        if not 0 <= self.discount <= self.unit_price * self.quantity:
            raise BadAmount(
                f"line {self.line}: a discount is between 0 and the line's price: {self.discount}"
            )

    @property
    def amount(self) -> int:
        return self.unit_price * self.quantity - self.discount

    def portion(self, before: int, after: int) -> int:
        """What the units before+1 … after cost; any partials add up to `amount` exactly."""
        return portion(self.amount, before, after, self.quantity)


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
    rounding: str = "half_up"
    received_at: datetime | None = None  # by our clock; `placed_at` is the channel's word

    def __post_init__(self) -> None:
        if not 1 <= len(self.lines) <= ORDER_LINES_MAX:
            raise TooManyLines(f"an order has 1 to {ORDER_LINES_MAX} lines, not {len(self.lines)}")
        if len({line.line for line in self.lines}) < len(self.lines):
            raise Malformed("two lines of an order have the same number")
        if self.shipping < 0:
            raise BadAmount(f"shipping is 0 or more: {self.shipping}")
        Money(self.total, self.currency)

    @property
    def total(self) -> int:
        """What the customer pays, in minor units: each line once, and shipping."""
        return sum(line.amount for line in self.lines) + self.shipping

    @property
    def known_since(self) -> datetime:
        return self.received_at or self.placed_at

    def line(self, number: int) -> OrderLine:
        return next(line for line in self.lines if line.line == number)
