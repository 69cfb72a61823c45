"""One fulfillment order on its way: handed over, shipped, captured, delivered."""

from domain.journal import Delivered
from domain.view import OrderView, Parcel, ParcelStatus
from domain.waits import SHIPPED
from workflows.clerk import Clerk, OrderStopped


class FulfillmentProcess:
    """Runs as a task of the order workflow. It ends when the parcel has arrived, or when its units
    are to be sourced elsewhere, which is the order's affair.
    """

    def __init__(self, clerk: Clerk, fulfillment_order: str) -> None:
        self._clerk = clerk
        self._name = fulfillment_order

    @property
    def _parcel(self) -> Parcel:
        return self._clerk.view.parcels[self._name]

    async def run(self) -> None:
        try:
            await self._clerk.until(self._is_free_to_go)
            if _given_up(self._parcel):
                return
            await self._hand_over()
            await self._clerk.until(lambda _: self._sent() or _given_up(self._parcel))
            if not self._sent():
                return
            await self._book_shipment()
            await self._capture()
            await self._clerk.until(lambda _: self._parcel.status is ParcelStatus.DELIVERED)
            await self._book_arrival()
        except OrderStopped:
            return  # the order itself undoes what was done

    def _is_free_to_go(self, view: OrderView) -> bool:
        return not view.blocked(self._parcel) or _given_up(self._parcel)

    def _sent(self) -> bool:
        return self._parcel.status.active and self._parcel.status.progress >= SHIPPED

    async def _hand_over(self) -> None:
        if self._parcel.status is ParcelStatus.OPEN:
            await self._clerk.hand_over(self._name)

    async def _book_shipment(self) -> None:
        if not self._parcel.booked:
            await self._clerk.ship(self._name)

    async def _capture(self) -> None:
        view = self._clerk.view
        if not view.registered and not any(
            payment.fulfillment_order == self._name for payment in view.payments.values()
        ):
            await self._clerk.capture(self._name)

    async def _book_arrival(self) -> None:
        if not self._parcel.arrival_booked:
            await self._clerk.record(Delivered(self._name))


def _given_up(parcel: Parcel) -> bool:
    return not parcel.status.active or not parcel.lines
