"""Which parcel had brought what comes back: each unit once, in the order of delivery."""

from collections import Counter
from datetime import timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from domain.coming_back import UnitsBack, units_back
from domain.journal import InspectedUnits
from domain.order import LineUnits
from domain.returns import ReturnView
from domain.view import OrderView, Parcel, ParcelStatus
from tests.domain.builders import AT, placed

RMA = ReturnView("O-R1", "O")
GOODS = ["restock", "quarantine", "scrap", "send_back"]


def order(*units: int, status: ParcelStatus = ParcelStatus.DELIVERED) -> OrderView:
    """Parcels F1, F2 … with so many units of line 1, delivered in this order."""
    view = OrderView(placed())
    for n, quantity in enumerate(units, 1):
        lines = (LineUnits(1, "SET", quantity),)
        parcel = Parcel(f"F{n}", "BOS", lines, AT, status)
        parcel.booked = True
        parcel.at["delivered"] = AT + timedelta(hours=n)
        view.parcels[f"F{n}"] = parcel
    return view


def found(quantity: int, disposition: str = "restock") -> InspectedUnits:
    return InspectedUnits(1, "SET", quantity, disposition)


def parcels(back: tuple[UnitsBack, ...]) -> list[tuple[str, int, str]]:
    return [(unit.parcel, unit.quantity, unit.disposition) for unit in back]


def test_what_was_delivered_first_comes_back_first():
    view = order(2, 3)
    view.parcels["F1"].at["delivered"] = AT + timedelta(days=1)
    back = units_back(view, RMA, {}, [found(2), found(2, "scrap")])
    assert parcels(back) == [("F2", 2, "restock"), ("F2", 1, "scrap"), ("F1", 1, "scrap")]
    assert parcels(units_back(view, RMA, {1: 4}, [found(1)])) == [("F1", 1, "restock")]


def test_a_parcel_that_was_not_delivered_comes_back_as_itself_and_without_what_is_lost():
    view = order(2, 3)
    view.parcels["F2"].status = ParcelStatus.RETURNED_TO_SENDER
    rma = ReturnView("O-R1", "O", parcel="F2")
    lost = InspectedUnits(0, "", 1, "lost")  # the shipping
    back = units_back(view, rma, {1: 1}, [found(2), found(1, "lost"), lost])
    assert parcels(back) == [("F2", 2, "restock")]
    assert parcels(units_back(view, RMA, {1: 1}, [found(1)])) == [("F1", 1, "restock")]


def test_units_that_no_parcel_brought_are_of_none():
    assert parcels(units_back(order(1), RMA, {}, [found(2)])) == [
        ("F1", 1, "restock"), ("", 1, "restock")
    ]  # fmt: skip


@given(
    sent=st.lists(st.integers(1, 5), min_size=1, max_size=4),
    cuts=st.lists(st.tuples(st.integers(1, 4), st.sampled_from(GOODS)), max_size=20),
    late=st.integers(0, 3),
)
def test_any_returns_in_any_steps_bring_back_each_unit_once(
    sent: list[int], cuts: list[Any], late: int
):
    """Also while later parcels are still on the way."""
    back: Counter[str] = Counter()
    done, delivered = 0, max(1, len(sent) - late)
    for quantity, disposition in cuts:
        units = min(quantity, sum(sent[:delivered]) - done)
        if not units:
            delivered = min(len(sent), delivered + 1)
            continue
        for each in units_back(
            order(*sent[:delivered]), RMA, {1: done}, [found(units, disposition)]
        ):
            back[each.parcel] += each.quantity
        done += units
    assert sum(back.values()) == done
    left = done
    for n, quantity in enumerate(sent, 1):
        assert back[f"F{n}"] == min(left, quantity)
        left -= back[f"F{n}"]
