"""Handing a parcel to a warehouse, and asking for it back, as the books know it when the warehouse
is called, and when it has answered.
"""

from collections.abc import Iterable

from domain.journal import NeverReceived, SubmissionRefused, Submitted
from domain.securing import awaits_transfer
from domain.view import OrderView, Parcel, ParcelStatus
from domain.waits import SHIPPED


def to_be_submitted(view: OrderView, name: str) -> bool:
    """Not, once it is wanted back or given up, or the warehouse has told that it has it, or will
    not: what an attempt without an answer has done is then for the request to cancel to find out.
    Nor while the transfer that paid for it turns out not to have come.
    """
    parcel = view.parcels[name]
    due = parcel.status is ParcelStatus.OPEN and not awaits_transfer(view)
    return due and _is_carried(view, parcel)


def on_their_way(view: OrderView, begun: Iterable[str]) -> tuple[str, ...]:
    """Of the parcels whose submission was begun, by whomever: those that no answer is known of. A
    warehouse may have them.
    """
    found = (view.parcels[name] for name in begun if name in view.parcels)
    return tuple(p.fulfillment_order for p in found if p.status is ParcelStatus.OPEN and p.lines)


def to_be_asked_back(view: OrderView, name: str) -> bool:
    """Until the warehouse has answered, or somebody for it."""
    return view.parcels[name].cancel == "requested" and _may_still_end(view, name)


def submitted(view: OrderView, name: str) -> list[Submitted]:
    known = view.status.stopped or "submitted" in view.parcels[name].at
    return [] if known else [Submitted(name)]


def refused(view: OrderView, name: str, reason: str) -> list[SubmissionRefused]:
    """Of a parcel that the warehouse has begun to work at it proves nothing."""
    begun = view.parcels[name].status.progress > ParcelStatus.SUBMITTED.progress
    due = _may_still_end(view, name) and not begun
    return [SubmissionRefused(name, reason)] if due else []


def never_received(view: OrderView, name: str) -> list[NeverReceived]:
    return [NeverReceived(name)] if to_be_asked_back(view, name) else []


def _may_still_end(view: OrderView, name: str) -> bool:
    parcel = view.parcels[name]
    active = parcel.status.active and parcel.status.progress < SHIPPED
    return active and _is_carried(view, parcel)


def _is_carried(view: OrderView, parcel: Parcel) -> bool:
    return bool(parcel.lines) and not view.status.stopped
