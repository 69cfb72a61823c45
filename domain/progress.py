"""How far a parcel has come."""

from collections.abc import Iterable
from datetime import datetime

from domain.journal import Undelivered
from domain.view import Parcel, ParcelStatus

_SHIPPED = ParcelStatus.SHIPPED.progress
_ON_THE_ROAD = (ParcelStatus.IN_TRANSIT, ParcelStatus.OUT_FOR_DELIVERY)


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


def arrive(parcel: Parcel, tracking_numbers: Iterable[str], at: datetime) -> None:
    """Some packages of it, whoever says so: the carrier or staff."""
    parcel.arrived = tuple(sorted({*parcel.arrived, *tracking_numbers}))
    parcel.at["arrived"] = max(at, parcel.at.get("arrived", at))


def follow_carrier(parcel: Parcel) -> None:
    """What the carrier tells counts once the warehouse has told what it shipped, whichever of them
    was faster.
    """
    if not parcel.status.active or parcel.status.progress < _SHIPPED:
        return
    for status in _ON_THE_ROAD:
        if status.value.lower() in parcel.at:
            reach(parcel, status, parcel.at[status.value.lower()])
    numbers = {package.tracking_number for package in parcel.packages}
    if numbers and numbers <= set(parcel.arrived):
        reach(parcel, ParcelStatus.DELIVERED, parcel.at["arrived"])
