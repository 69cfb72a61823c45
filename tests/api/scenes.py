"""Orders in some states, folded from real journals and facts, as the reads would answer them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from domain import journal as j
from domain.codec import to_json
from domain.facts import Fact, FactKind, Package
from domain.fold import fold
from domain.ids import OrderNumber, TrackingToken
from domain.order import Destination, LineUnits, OrderLine, PaymentMethod, PlacedOrder
from domain.payments import PaymentOperation, PaymentStatus
from domain.process import ProcessDefinition
from domain.quantity import Quantity
from domain.view import OrderView
from domain.waits import waits
from ports.desk import LiveProcess
from ports.front_office import Person
from ports.live import live_process
from ports.reads import OrderDetail, OrderSummary, PaymentRead, ReturnRead

PLACED = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
NUMBER = "7K3M-9QXT-2AVB"
TOKEN = TrackingToken.derive(b"test", NUMBER, 1).text
ANA = Person(
    name="Ana Ruiz",
    line1="1 Main St",
    city="Boston",
    region="MA",
    postal_code="02108",
    country="US",
    email="ana@example.com",
    phone="+1 212 555 0100",
)
PROCESS = ProcessDefinition()
LINES = (
    OrderLine(1, "1082185", Quantity(2), 1999, 200, 600),
    OrderLine(2, "<b>SKU & Söhne</b>", Quantity(1), 4500),
)
FIRST, SECOND = f"{NUMBER}-F1", f"{NUMBER}-F2"
IN_FIRST = (LineUnits(1, "1082185", 2),)
IN_SECOND = (LineUnits(2, "<b>SKU & Söhne</b>", 1),)


def order(number: str = NUMBER, currency: str = "USD") -> PlacedOrder:
    return PlacedOrder(
        number=OrderNumber(number),
        channel="web",
        channel_ref="WEB-10045",
        currency=currency,
        placed_at=PLACED,
        lines=LINES,
        shipping=500,
        payment_method=PaymentMethod.CARD,
        destination=Destination("US", "MA"),
        customer_ref="C-17",
    )


def received() -> OrderDetail:
    return detail([], [])


def in_review() -> OrderDetail:
    held = j.Reviewed("hold", "review/1", "price", "price deviates by 4,000 bp", "agent")
    return detail([held], [])


def confirming() -> OrderDetail:
    """The cardholder has to confirm."""
    asked = _payment(PaymentOperation.AUTHORIZE, PaymentStatus.REQUIRES_ACTION)
    return detail([*_approved(), asked], [], action_url="https://bank.example/confirm")


def declined() -> OrderDetail:
    failed = _payment(PaymentOperation.AUTHORIZE, PaymentStatus.FAILED)
    return detail([*_approved(), failed, j.HoldPlaced("payment", "declined", "customer")], [])


def processing() -> OrderDetail:
    """One parcel is in transit, one is being packed."""
    return detail([*_paid(), _shipped(FIRST, IN_FIRST, 4028)], _facts_under_way())


def canceled() -> OrderDetail:
    return detail([*_approved(), j.Canceled("changed my mind")], [])


def completed(returns: list[ReturnRead] | None = None) -> OrderDetail:
    """Both parcels have arrived, and the return window is open."""
    bodies = [
        *_paid(),
        _shipped(FIRST, IN_FIRST, 4028),
        _shipped(SECOND, IN_SECOND, 4500),
        j.Delivered(FIRST),
        j.Delivered(SECOND),
        j.Completed(),
    ]
    facts = [*_facts_under_way(), _fact(FIRST, FactKind.DELIVERED, 70, tracking="1Z-1")]
    facts.append(_fact(SECOND, FactKind.DELIVERED, 72, tracking="1Z-2"))
    return replace(detail(bodies, facts), returns=returns or [])


def requested_return(number: str = f"{NUMBER}-R1", status: str = "REQUESTED") -> ReturnRead:
    lines = [{"line": 1, "sku": "1082185", "quantity": 1}]
    requested = PLACED + timedelta(days=4)
    return ReturnRead(
        number, NUMBER, status, "damaged", lines, [], [], 0, 0, [], "return", "USD", requested
    )


_AFTER = {
    j.Shipped: timedelta(hours=9),
    j.Delivered: timedelta(hours=72),
    j.Completed: timedelta(hours=73),
}


def detail(bodies: list[j.Body], facts: list[Fact], action_url: str = "") -> OrderDetail:
    entries = [
        j.Entry(n, PLACED + _AFTER.get(type(body), timedelta(minutes=10 * n)), "system", body)
        for n, body in enumerate(bodies, 1)
    ]
    placed = order()
    view = fold(placed, entries, facts)
    return OrderDetail(
        summary=_summary(placed, view),
        order=placed,
        process=PROCESS,
        view=view,
        last_known=process(view, live=False),
        payments=_payments(view, action_url),
        returns=[],
        person=ANA,
        tracking_token=TOKEN,
    )


def process(view: OrderView, *, live: bool = True) -> LiveProcess:
    """As the workflow would tell it."""
    return live_process(view, waits(view, PROCESS), live=live)


def _summary(placed: PlacedOrder, view: OrderView) -> OrderSummary:
    return OrderSummary(
        number=placed.number,
        channel=placed.channel,
        channel_ref=placed.channel_ref,
        status=view.status.value,
        payment_status="AUTHORIZED",
        currency=placed.currency,
        total=placed.total,
        customer_ref=placed.customer_ref,
        placed_at=placed.placed_at,
        updated_at=view.since or placed.placed_at,
        parcels=len(view.parcels),
    )


def _payments(view: OrderView, action_url: str) -> list[PaymentRead]:
    return [
        PaymentRead(
            key=each.key,
            operation=each.operation.value,
            ordinal=each.ordinal,
            status=each.status.value,
            amount=each.amount,
            reason=each.reason,
            fulfillment_order=each.fulfillment_order,
            action_url=action_url,
            at=each.since,
        )
        for each in view.payments.values()
    ]


def _approved() -> list[j.Body]:
    parcels = (
        j.PlannedParcel(FIRST, "BOS", IN_FIRST),
        j.PlannedParcel(SECOND, "NYC", IN_SECOND),
    )
    return [j.Reviewed("approve", "review/1", "default", "nothing stands against it"),
            j.Sourced(parcels, "fewest-soonest-nearest/2")]  # fmt: skip


def _paid() -> list[j.Body]:
    paid = _payment(PaymentOperation.AUTHORIZE, PaymentStatus.SUCCEEDED)
    return [*_approved(), paid, j.Submitted(FIRST), j.Submitted(SECOND)]


def _payment(operation: PaymentOperation, status: PaymentStatus) -> j.PaymentMoved:
    return j.PaymentMoved(f"{NUMBER}/{operation}/1", operation, 1, status, 8798)


def _shipped(parcel: str, lines: tuple[LineUnits, ...], amount: int) -> j.Shipped:
    return j.Shipped(parcel, (_package(parcel, lines),), lines, amount)


def _package(parcel: str, lines: tuple[LineUnits, ...]) -> Package:
    return Package("P1", "ups", f"1Z-{parcel[-1]}", lines)


def _facts_under_way() -> list[Fact]:
    return [
        _fact(FIRST, FactKind.ACCEPTED, 2),
        _fact(FIRST, FactKind.PICKED, 5, lines=IN_FIRST),
        _fact(FIRST, FactKind.PACKED, 6),
        _fact(FIRST, FactKind.SHIPPED, 9, packages=(_package(FIRST, IN_FIRST),)),
        _fact(FIRST, FactKind.IN_TRANSIT, 20, tracking="1Z-1"),
        _fact(SECOND, FactKind.ACCEPTED, 3),
        _fact(SECOND, FactKind.PICKED, 8, lines=IN_SECOND),
        _fact(SECOND, FactKind.PACKED, 9),
    ]


def _fact(
    parcel: str,
    kind: FactKind,
    hours: int,
    *,
    lines: tuple[LineUnits, ...] = (),
    packages: tuple[Package, ...] = (),
    tracking: str = "",
) -> Fact:
    at = PLACED + timedelta(hours=hours)
    return Fact(f"warehouse:{parcel}/{kind}", kind, parcel, at, lines, packages, tracking)


def plain(lines: tuple[LineUnits, ...]) -> list[dict[str, object]]:
    return [to_json(line) for line in lines]


def without_person(shown: OrderDetail) -> OrderDetail:
    """As a developer may see it."""
    return replace(shown, person=None, tracking_token="")
