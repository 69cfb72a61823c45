"""What has to be given back before an order's units can be sourced again: parcels that a warehouse
rejected, returned or picked short, units that a count found missing, and the loser of an override.
"""

from collections.abc import Container, Iterable, Iterator

from domain.facts import FactKind
from domain.journal import (
    BROKEN,
    SHORT_PICK,
    CancelRequested,
    ReservationReleased,
    ShippedUnasked,
)
from domain.order import LineUnits, both, subtract
from domain.view import OrderView, Parcel, ParcelStatus
from domain.waits import SHIPPED

Remedy = ReservationReleased | CancelRequested


def remedies(view: OrderView) -> list[Remedy]:
    """What is due now: units to be released, parcels to be asked back."""
    return [remedy for parcel in view.parcels.values() for remedy in _remedies(view, parcel)]


def _remedies(view: OrderView, parcel: Parcel) -> Iterator[Remedy]:
    if parcel.booked or not parcel.lines:
        return
    name = parcel.fulfillment_order
    if parcel.status is ParcelStatus.REJECTED:
        yield from _given_back(parcel, "rejected by the warehouse")
    elif parcel.cancel == "confirmed" and not _gone(parcel):
        withdrawn = "withdrawn" in parcel.at
        by = "withdrawn from" if withdrawn else "given back by"
        yield from _given_back(parcel, f"{by} the warehouse")
    elif parcel.replaces and not _still_replaces(view.parcels[parcel.replaces]):
        yield ReservationReleased(name, parcel.lines, "the first source keeps the parcel")
    elif parcel.missing:
        yield from short_pick(parcel, parcel.missing)
    elif parcel.unmended:
        yield from _mend(parcel)


def _given_back(parcel: Parcel, why: str) -> Iterator[Remedy]:
    """All of it; what the warehouse had not found is on no shelf again."""
    yield from short_pick(parcel, parcel.missing)
    if back := subtract(parcel.lines, parcel.missing):
        yield ReservationReleased(parcel.fulfillment_order, back, why)


def short_pick(parcel: Parcel, missing: tuple[LineUnits, ...]) -> list[ReservationReleased]:
    """Units that the warehouse did not find. Of those that a count had found missing before, it
    says nothing new: the stock books know.
    """
    known = both(missing, parcel.unmended)
    news = subtract(missing, known)
    released = ((known, BROKEN, ()), (news, SHORT_PICK, _parts(parcel, news)))
    name = parcel.fulfillment_order
    return [ReservationReleased(name, lines, why, parts) for lines, why, parts in released if lines]


def _parts(parcel: Parcel, missing: tuple[LineUnits, ...]) -> tuple[LineUnits, ...]:
    """Which components of the bundles among them were not found: told once, given up once."""
    lines = {unit.line for unit in missing} - {part.line for part in parcel.named}
    return tuple(part for part in parcel.unfound if part.line in lines)


def unsure_of(
    view: OrderView, due: Iterable[Remedy], demand: Iterable[LineUnits], bundles: Container[str]
) -> set[str]:
    """Locations whose warehouse did not find a bundle that is in demand, and did not say what of
    it is missing: that is about to be counted.
    """
    wanted = {unit.sku for unit in demand if unit.sku in bundles}
    return {
        view.parcels[each.fulfillment_order].location
        for each in due
        if isinstance(each, ReservationReleased) and each.reason == SHORT_PICK
        for unit in each.lines
        if unit.sku in wanted and unit.line not in {part.line for part in each.parts}
    }


def unasked(view: OrderView) -> list[ShippedUnasked]:
    """What warehouses sent unasked and is still in the stock books."""
    return [
        ShippedUnasked(parcel.fulfillment_order, parcel.surplus)
        for parcel in view.parcels.values()
        if parcel.surplus
    ]


def _mend(parcel: Parcel) -> Iterator[Remedy]:
    """Units that a count found missing: what the warehouse has begun to pick it may find after
    all, so it is asked for the parcel; what is packed is there, whatever the count says.
    """
    name = parcel.fulfillment_order
    if parcel.cancel:
        return
    if parcel.status is ParcelStatus.OPEN:
        yield ReservationReleased(name, parcel.unmended, BROKEN)
    elif parcel.status.progress < ParcelStatus.PACKED.progress:
        yield CancelRequested(name)


def _gone(parcel: Parcel) -> bool:
    return parcel.status.active and parcel.status.progress >= SHIPPED


def _still_replaces(replaced: Parcel) -> bool:
    """Whether the parcel that was to be replaced is given back, or may still be."""
    if not replaced.status.active:
        return True
    return replaced.cancel in ("requested", "confirmed") and not _gone(replaced)


def refusing_locations(view: OrderView) -> set[str]:
    """Locations whose warehouse rejected a parcel of this order, or never answered for it: not
    asked again.
    """
    gave_none = {FactKind.REJECTED.value.removeprefix("fulfillment."), "withdrawn"}
    return {
        parcel.location for parcel in view.parcels.values() if not gave_none.isdisjoint(parcel.at)
    }
