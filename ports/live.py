"""What an order is doing, in the words of the desk: made from a view and its waits, by the workflow
for its live answer and by the books for the last known one.
"""

from domain.commands import possible
from domain.derived import doing, payment_state
from domain.view import OrderView, Parcel
from domain.waits import Wait
from ports.desk import LiveParcel, LiveProcess, LiveWait


def live_process(view: OrderView, waits: list[Wait], *, live: bool) -> LiveProcess:
    return LiveProcess(
        order=view.order.number,
        status=view.status.value,
        payment_status=payment_state(view).value,
        doing=doing(view, waits),
        waits=[_wait(wait) for wait in waits],
        parcels=[_parcel(parcel) for parcel in view.parcels.values()],
        possible=[kind.value for kind in possible(view)],
        seq=view.seq,
        facts=list(view.facts),
        live=live,
    )


def _wait(wait: Wait) -> LiveWait:
    return LiveWait(
        wait.key, wait.reason, wait.owner, wait.since, wait.deadline, wait.queued, wait.level
    )


def _parcel(parcel: Parcel) -> LiveParcel:
    return LiveParcel(
        fulfillment_order=parcel.fulfillment_order,
        location=parcel.location,
        status=parcel.status.value,
        units=sum(unit.quantity for unit in parcel.lines),
        tracking_numbers=[package.tracking_number for package in parcel.packages],
        at=dict(parcel.at),
        trouble=parcel.trouble,
        kept=sum(unit.quantity for unit in parcel.kept),
    )
