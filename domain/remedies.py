"""What has to be given back before an order's units can be sourced again: parcels that a warehouse
rejected, returned or picked short, and the loser of an override.
"""

from collections.abc import Iterator

from domain.facts import FactKind
from domain.journal import ReservationReleased
from domain.view import OrderView, Parcel, ParcelStatus
from domain.waits import SHIPPED

SHORT_PICK = "short pick"  # the units are not there at all: the stock was wrong


def remedies(view: OrderView) -> list[ReservationReleased]:
    """The releases that are due now."""
    return [release for parcel in view.parcels.values() for release in _remedies(view, parcel)]


def _remedies(view: OrderView, parcel: Parcel) -> Iterator[ReservationReleased]:
    if parcel.booked or not parcel.lines:
        return
    name = parcel.fulfillment_order
    if parcel.status is ParcelStatus.REJECTED:
        yield ReservationReleased(name, parcel.lines, "rejected by the warehouse")
    elif parcel.cancel == "confirmed" and _gone(parcel) is False:
        yield ReservationReleased(name, parcel.lines, "given back by the warehouse")
    elif parcel.replaces and not _still_replaces(view.parcels[parcel.replaces]):
        yield ReservationReleased(name, parcel.lines, "the first source keeps the parcel")
    elif parcel.missing:
        yield ReservationReleased(name, parcel.missing, SHORT_PICK)


def _gone(parcel: Parcel) -> bool:
    return parcel.status.active and parcel.status.progress >= SHIPPED


def _still_replaces(replaced: Parcel) -> bool:
    """Whether the parcel that was to be replaced is given back, or may still be."""
    if not replaced.status.active:
        return True
    return replaced.cancel in ("requested", "confirmed") and not _gone(replaced)


def refusing_locations(view: OrderView) -> set[str]:
    """Locations whose warehouse rejected a parcel of this order: not asked again."""
    return {
        parcel.location
        for parcel in view.parcels.values()
        if FactKind.REJECTED.value.removeprefix("fulfillment.") in parcel.at
    }
