"""How far a parcel has come."""

from datetime import datetime

from domain.journal import Undelivered
from domain.view import Parcel, ParcelStatus

_SHIPPED = ParcelStatus.SHIPPED.progress


def reach(parcel: Parcel, status: ParcelStatus, at: datetime) -> None:
    """Progress only goes forward; what was shipped can no longer be rejected."""
    parcel.at.setdefault(status.value.lower(), at)
    shipped = parcel.booked or (parcel.status.active and parcel.status.progress >= _SHIPPED)
    if status in (ParcelStatus.REJECTED, ParcelStatus.CANCELED):
        if not shipped:
            parcel.status = status
    elif not parcel.status.active:
        if status.progress >= _SHIPPED and parcel.lines:
            parcel.status = status
    elif status.progress > parcel.status.progress:
        parcel.status = status


def give_up(parcel: Parcel, body: Undelivered, at: datetime) -> None:
    """What has arrived of it stays with the customer."""
    parcel.kept, parcel.kept_amount = body.arrived, body.amount
    reach(parcel, ParcelStatus.RETURNED_TO_SENDER if body.returned else ParcelStatus.LOST, at)
