"""Canceling an order of which a warehouse may have a parcel: it is asked back first."""

from domain.journal import (
    Body,
    Canceled,
    CancelRequested,
    CancelWanted,
    HoldReleased,
    ReservationReleased,
)
from domain.remedies import remedies
from domain.view import OrderView, Parcel, ParcelStatus
from domain.waits import SHIPPED


def canceling(view: OrderView) -> bool:
    """Whether the order is to be canceled, and no warehouse has kept, or sent, a parcel of it."""
    if view.cancel_wanted is None or view.status.stopped:
        return False
    return not any(_kept(parcel) for parcel in view.parcels.values())


def _kept(parcel: Parcel) -> bool:
    sent = parcel.status.active and parcel.status.progress >= SHIPPED
    return sent or parcel.cancel == "refused"


def may_come_back(parcel: Parcel) -> bool:
    """Of an active parcel that is not `OPEN`: whether it is asked back already, or the warehouse
    has not yet answered whether it takes it.
    """
    if parcel.cancel:
        return not _kept(parcel)
    return parcel.status is ParcelStatus.SUBMITTED and "submitted" not in parcel.at


def cancel_entries(view: OrderView, reason: str) -> list[Body]:
    """What no warehouse can have is given up at once, with what the order waits for; should a
    warehouse keep its parcel, it is sourced anew.
    """
    out = [parcel for parcel in view.active_parcels if parcel.status is not ParcelStatus.OPEN]
    if not out:
        return [Canceled(reason)]
    why = "the order is being canceled"
    return [
        CancelWanted(reason),
        *(HoldReleased(hold, why) for hold in ("stock",) if hold in view.holds),
        *(
            ReservationReleased(parcel.fulfillment_order, parcel.lines, why)
            for parcel in view.active_parcels
            if parcel.status is ParcelStatus.OPEN
        ),
        *(CancelRequested(parcel.fulfillment_order) for parcel in out if not parcel.cancel),
    ]


def called_off(view: OrderView) -> list[Body]:
    """What is due of an order that is being canceled; its units are not sourced again."""
    if all(parcel.cancel == "confirmed" for parcel in view.active_parcels):
        return [Canceled(view.cancel_wanted or "")]
    return [*remedies(view)]
