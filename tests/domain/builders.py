"""Small orders, journals and facts to test the domain with; every value has a plain default."""

from datetime import UTC, datetime, timedelta
from typing import Any

from domain import journal as j
from domain.facts import Fact, FactKind, Package
from domain.fold import fold
from domain.ids import OrderNumber
from domain.order import Destination, LineUnits, OrderLine, PaymentMethod, PlacedOrder
from domain.payments import PaymentOperation, PaymentStatus
from domain.quantity import Quantity
from domain.returns import ReturnView, fold_return
from domain.view import OrderView

NUMBER = "7K3M-9QXT-2AVB"
F1, F2, F3 = (f"{NUMBER}-F{n}" for n in (1, 2, 3))
RMA = f"{NUMBER}-R1"
AT = datetime(2026, 11, 22, 10, tzinfo=UTC)


def at(minute: float) -> datetime:
    return AT + timedelta(minutes=minute)


def order_line(number: int = 1, sku: str = "A", quantity: int = 1, **rest: Any) -> OrderLine:
    price = rest.pop("unit_price", 1_000)
    return OrderLine(number, sku, Quantity(quantity), price, **rest)


def placed(*lines: OrderLine, **rest: Any) -> PlacedOrder:
    """USD, by card, to Boston; one unit of A for 10.00 unless lines are given."""
    values: dict[str, Any] = {
        "number": OrderNumber(NUMBER),
        "channel": "web",
        "channel_ref": "WEB-1",
        "currency": "USD",
        "placed_at": AT,
        "lines": lines or (order_line(),),
        "shipping": 0,
        "payment_method": PaymentMethod.CARD,
        "destination": Destination("US", "MA", 42.36, -71.06),
    }
    return PlacedOrder(**{**values, **rest})


def units(*sums: tuple[int, str, int]) -> tuple[LineUnits, ...]:
    return tuple(LineUnits(line, sku, quantity) for line, sku, quantity in sums)


ONE_A = units((1, "A", 1))


def entries(*bodies: j.Body) -> list[j.Entry]:
    """Entry n is journaled n minutes after `AT`."""
    return [j.Entry(seq, at(seq), "system", body) for seq, body in enumerate(bodies, 1)]


def view_of(*bodies: j.Body, facts: tuple[Fact, ...] = (), **rest: Any) -> OrderView:
    order = rest.pop("order", None) or placed(**rest)
    return fold(order, entries(*bodies), facts)


def return_of(*bodies: j.Body) -> ReturnView:
    return fold_return(RMA, NUMBER, entries(*bodies))


def fact(kind: FactKind, subject: str = F1, minute: float = 60, **rest: Any) -> Fact:
    name = rest.pop("id", f"test:{kind.value}/{subject}/{minute}")
    return Fact(name, kind, subject, at(minute), **rest)


def package(number: str = "T1", lines: tuple[LineUnits, ...] = ONE_A) -> Package:
    return Package(f"P-{number}", "carrier", number, lines)


APPROVED = j.Reviewed("approve", "review/1", "small order", "nothing is odd")
HELD = j.Reviewed("hold", "review/1", "price", "the price deviates", "agent")


def sourced(*parcels: tuple[str, str, tuple[LineUnits, ...]], **rest: Any) -> j.Sourced:
    """Of (fulfillment order, location, units); all of one line of A from BOS unless given."""
    chosen = parcels or ((F1, "BOS", ONE_A),)
    return j.Sourced(tuple(j.PlannedParcel(*parcel) for parcel in chosen), "rule/1", **rest)


def money(
    operation: PaymentOperation,
    status: PaymentStatus,
    amount: int = 1_000,
    *,
    ordinal: int = 1,
    parcel: str = "",
    reason: str = "",
    expires_at: datetime | None = None,
) -> j.PaymentMoved:
    """Drawn on the order's first authorization, where it draws on one."""
    key = f"{parcel or NUMBER}/{operation.value}/{ordinal}"
    first = f"{NUMBER}/authorize/1"
    drawn = "" if operation is PaymentOperation.AUTHORIZE else first
    return j.PaymentMoved(
        key, operation, ordinal, status, amount, reason, parcel, drawn, expires_at
    )


AUTHORIZED = money(PaymentOperation.AUTHORIZE, PaymentStatus.SUCCEEDED)
CAPTURED = money(PaymentOperation.CAPTURE, PaymentStatus.SUCCEEDED, parcel=F1)
CAPTURE_FAILED = money(
    PaymentOperation.CAPTURE, PaymentStatus.FAILED, parcel=F1, reason="insufficient funds"
)
SHIPPED = j.Shipped(F1, (package(),), ONE_A, 1_000)
PROCESSING = (APPROVED, sourced(), AUTHORIZED)
ON_ITS_WAY = (*PROCESSING, j.Submitted(F1), SHIPPED)
COMPLETED = (*ON_ITS_WAY, CAPTURED, j.Delivered(F1), j.Completed())
CLOSED = (*COMPLETED, j.Closed())
