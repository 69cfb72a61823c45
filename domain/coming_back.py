"""Which parcel had brought each unit that comes back, so that it is booked as it was shipped."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from domain.journal import InspectedUnits
from domain.returns import Disposition, ReturnView
from domain.view import OrderView, Parcel


@dataclass(frozen=True, slots=True)
class UnitsBack:
    """Inspected units of an order line that one `parcel` had; of none, where it is empty."""

    parcel: str
    line: int
    sku: str
    quantity: int
    disposition: str


def units_back(
    order: OrderView, rma: ReturnView, earlier: Mapping[int, int], units: Iterable[InspectedUnits]
) -> tuple[UnitsBack, ...]:
    """Of a parcel that was not delivered they are that parcel's. Else what was delivered first
    comes back first, after the `earlier` units by line: parcels that are delivered later change
    nothing of what was said before. What is lost does not come back.
    """
    here = [unit for unit in units if Disposition(unit.disposition) is not Disposition.LOST]
    if rma.parcel:
        return tuple(_of(rma.parcel, unit, unit.quantity) for unit in here)
    delivered = [parcel for parcel in order.parcels.values() if parcel.delivered]
    delivered.sort(key=lambda p: (p.at[p.status.value.lower()], p.fulfillment_order))
    taken = dict(earlier)
    return tuple(back for unit in here for back in _from(delivered, unit, taken))


def _from(
    parcels: list[Parcel], unit: InspectedUnits, taken: dict[int, int]
) -> Iterator[UnitsBack]:
    skip, left = taken.get(unit.line, 0), unit.quantity
    taken[unit.line] = skip + left
    for parcel in parcels:
        had = sum(each.quantity for each in parcel.delivered if each.line == unit.line)
        here = min(max(0, had - skip), left)
        skip, left = max(0, skip - had), left - here
        if here:
            yield _of(parcel.fulfillment_order, unit, here)
    if left:
        yield _of("", unit, left)


def _of(parcel: str, unit: InspectedUnits, quantity: int) -> UnitsBack:
    return UnitsBack(parcel, unit.line, unit.sku, quantity, unit.disposition)
