"""Orders, journals, facts and stock, drawn by hypothesis."""

from datetime import datetime

from hypothesis import settings
from hypothesis import strategies as st

from domain import journal as j
from domain.facts import Fact, FactKind, Package
from domain.order import (
    Destination,
    LineUnits,
    OrderLine,
    PaymentMethod,
    PlacedOrder,
    share_discount,
)
from domain.quantity import QUANTITY_MAX, Quantity
from domain.rounding import Rounding
from tests.domain.builders import (
    APPROVED,
    AUTHORIZED,
    NUMBER,
    at,
    entries,
    placed,
)

SOME = settings(deadline=None, max_examples=100)
FEW = settings(deadline=None, max_examples=25)

SKUS = ("A", "B", "C")
moments = st.integers(0, 10**6).map(at)  # minutes
rates = st.sampled_from([0, 500, 625, 1_300, 2_500, 9_999])
degrees = st.one_of(st.none(), st.floats(-90, 90))

# What `st.from_type` draws for these types.
st.register_type_strategy(datetime, moments)
st.register_type_strategy(Quantity, st.integers(1, QUANTITY_MAX).map(Quantity))
st.register_type_strategy(
    Destination, st.builds(Destination, st.text(max_size=2), st.text(), degrees, degrees)
)


@st.composite
def order_lines(draw: st.DrawFn, number: int, quantity_max: int = 20) -> OrderLine:
    quantity = draw(st.integers(1, quantity_max))
    price = draw(st.integers(0, 10**6))
    return OrderLine(
        number,
        draw(st.sampled_from(SKUS)),
        Quantity(quantity),
        price,
        draw(st.integers(0, price * quantity)),
        draw(rates),
    )


@st.composite
def orders(draw: st.DrawFn, lines_max: int = 4, quantity_max: int = 20) -> PlacedOrder:
    """Discounted or not, taxed in either way, rounded by any rule, in 0, 2 or 3 decimals."""
    count = draw(st.integers(1, lines_max))
    lines = [draw(order_lines(n + 1, quantity_max)) for n in range(count)]
    worth = sum(line.discounted for line in lines)
    return placed(
        *share_discount(lines, draw(st.just(0) | st.integers(0, worth))),
        shipping=draw(st.integers(0, 5_000)),
        shipping_tax_rate_bp=draw(rates),
        tax_included=draw(st.booleans()),
        rounding=draw(st.sampled_from(Rounding)),
        payment_method=draw(st.sampled_from(PaymentMethod)),
        currency=draw(st.sampled_from(["USD", "JPY", "KWD"])),
    )


@st.composite
def splits(draw: st.DrawFn, order: PlacedOrder, pieces_max: int = 4) -> list[list[LineUnits]]:
    """Every unit of the order in one of the pieces; none is empty."""
    count = draw(st.integers(1, pieces_max))
    pieces: list[list[LineUnits]] = [[] for _ in range(count)]
    for line in order.lines:
        rest = int(line.quantity)
        for piece in pieces[:-1]:
            taken = draw(st.integers(0, rest))
            rest -= taken
            if taken:
                piece.append(LineUnits(line.line, line.sku, taken))
        if rest:
            pieces[-1].append(LineUnits(line.line, line.sku, rest))
    return [piece for piece in pieces if piece]


@st.composite
def histories(draw: st.DrawFn) -> tuple[PlacedOrder, list[j.Entry], list[Fact]]:
    """An order, a prefix of a plausible journal, and any facts about its parcels, or others."""
    order = draw(orders(lines_max=3, quantity_max=3))
    parcels = [
        j.PlannedParcel(f"{NUMBER}-F{n}", f"L{n}", tuple(lines))
        for n, lines in enumerate(draw(splits(order, 3)), 1)
    ]
    bodies: list[j.Body] = [APPROVED, j.Sourced(tuple(parcels), "rule/1"), AUTHORIZED]
    for parcel in parcels:
        bodies += _way_of(draw, parcel)
    known = bodies[: draw(st.integers(0, len(bodies)))]
    return order, entries(*known), draw(st.lists(_facts(parcels), max_size=12, unique_by=_id))


def _way_of(draw: st.DrawFn, parcel: j.PlannedParcel) -> list[j.Body]:
    name = parcel.fulfillment_order
    packages = (Package(f"P-{name}", "carrier", f"T-{name}", parcel.lines),)
    two = (*packages, Package(f"Q-{name}", "carrier", f"U-{name}", ()))
    said = j.PackagesArrived(name, (f"U-{name}",), "she called")
    ways: list[list[j.Body]] = [
        [j.Submitted(name)],
        [j.Submitted(name), j.Shipped(name, packages, parcel.lines, 100)],
        [j.Submitted(name), j.Shipped(name, packages, parcel.lines, 100), j.Delivered(name)],
        [j.Submitted(name), j.Shipped(name, two, parcel.lines, 100), said],
        [j.Submitted(name), j.CancelRequested(name)],
        [j.CancelRequested(name)],
        [j.CancelRequested(name), j.NeverReceived(name)],
        [j.CancelWanted("no longer wanted"), j.CancelRequested(name), j.Withdrawn(name, "silent")],
        [j.SubmissionRefused(name, "location_closed")],
        [j.Submitted(name), j.ReservationReleased(name, parcel.lines, "rejected")],
        [j.ReservationReleased(name, parcel.lines[:1], "short pick"), j.Submitted(name)],
    ]
    return draw(st.sampled_from(ways))


def _facts(parcels: list[j.PlannedParcel]) -> st.SearchStrategy[Fact]:
    """Few moments, so that some happen at the same time; few ids, so that kinds are mixed."""
    subjects = [parcel.fulfillment_order for parcel in parcels]

    @st.composite
    def one(draw: st.DrawFn) -> Fact:
        subject = draw(st.sampled_from([*subjects, "somebody-else-F1"]))
        lines = next((p.lines for p in parcels if p.fulfillment_order == subject), ())
        numbers = [f"T-{subject}", f"U-{subject}"]
        sent = tuple(
            Package(f"P-{number}", "carrier", number, lines)
            for number in numbers[: draw(st.integers(0, 2))]
        )
        return Fact(
            f"test:{draw(st.integers(0, 10**6))}",
            draw(st.sampled_from(FactKind)),
            subject,
            at(draw(st.integers(0, 5))),
            lines[: draw(st.integers(0, 2))],
            sent,
            draw(st.sampled_from(numbers)),
        )

    return one()


def _id(fact: Fact) -> str:
    return fact.id
