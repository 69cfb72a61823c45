"""Since when nothing but the warehouse has kept a parcel from being handed over to it."""

from collections.abc import Iterator
from datetime import datetime

from domain.methods import TERMS, Security
from domain.payments import PaymentOperation, PaymentStatus
from domain.view import OrderView, Parcel

_PROMISES = (PaymentOperation.AUTHORIZE, PaymentOperation.CAPTURE)


def free_since(view: OrderView, parcel: Parcel) -> datetime:
    """Of a parcel that may be handed over: it was sourced, its money is there, the units that it
    waited for have come, and the parcel that it replaces was given back.
    """
    return max((parcel.since, *_hindrances_ended(view, parcel)))


def _hindrances_ended(view: OrderView, parcel: Parcel) -> Iterator[datetime]:
    if TERMS[view.order.payment_method].security is Security.AUTHORIZATION:
        yield from _promised(view, parcel)
    elif view.money_at is not None:
        yield view.money_at
    if "supplied" in parcel.at:
        yield parcel.at["supplied"]
    if parcel.replaces:
        replaced = view.parcels[parcel.replaces].at
        yield from (replaced[end] for end in ("canceled", "rejected") if end in replaced)


def _promised(view: OrderView, parcel: Parcel) -> Iterator[datetime]:
    """By the order's payments, and the parcel's own."""
    scopes = ("", parcel.fulfillment_order)
    for payment in view.payments.values():
        stands = payment.status is PaymentStatus.SUCCEEDED and payment.operation in _PROMISES
        if stands and payment.fulfillment_order in scopes:
            yield payment.since
