"""One fulfillment order on its way: handed over, shipped, captured, delivered."""

from domain.journal import Delivered
from domain.order import PaymentMethod
from domain.view import OrderView, Parcel, ParcelStatus
from domain.waits import SHIPPED
from workflows.clerk import Clerk, OrderStopped
from workflows.tender import Tender


class FulfillmentProcess:
    """Runs as a task of the order workflow. It ends when the parcel has arrived, or when its units
    are to be sourced elsewhere, which is the order's affair.
    """

    def __init__(self, clerk: Clerk, tender: Tender, fulfillment_order: str) -> None:
        self._clerk = clerk
        self._tender = tender
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
            if not await self._is_sent():
                return
            await self._clerk.ship(self._name)
            if not self._parcel.booked:
                return  # nothing of what it carried was sent
            await self._tender.collect(self._name)
            await self._clerk.until(lambda _: self._has_arrived() or self._parcel.arrival_settled)
            await self._clerk.record(Delivered(self._name))
        except OrderStopped:
            return  # the order itself undoes what was done

    async def _hand_over(self) -> None:
        """Unless a process before this one has. The books may know that the transfer that paid for
        it was withdrawn: then it waits for another one.
        """
        attempt = 1
        while self._is_here() and (attempt == 1 or self._is_paid_by_transfer()):
            await self._tender.secure_parcel(self._name)
            await self._clerk.hand_over(self._name, attempt)
            attempt += 1

    def _is_here(self) -> bool:
        return self._parcel.status is ParcelStatus.OPEN and not _given_up(self._parcel)

    def _is_paid_by_transfer(self) -> bool:
        return self._clerk.view.order.payment_method is PaymentMethod.BANK_TRANSFER

    async def _is_sent(self) -> bool:
        """Until the warehouse has sent it, or it is given up; asking for it back when it shall
        come from elsewhere.
        """
        await self._clerk.until(lambda _: self._ended_here() or self._is_wanted_back())
        if self._is_wanted_back():
            await self._clerk.request_cancel(self._name)
            await self._clerk.until(lambda _: self._ended_here())
        return self._sent()

    def _ended_here(self) -> bool:
        return self._sent() or _given_up(self._parcel)

    def _is_wanted_back(self) -> bool:
        return self._parcel.cancel == "requested" and not self._ended_here()

    def _is_free_to_go(self, view: OrderView) -> bool:
        held_back = view.blocked(self._parcel) or self._parcel.waiting
        return not held_back or _given_up(self._parcel)

    def _has_arrived(self) -> bool:
        return self._parcel.status is ParcelStatus.DELIVERED

    def _sent(self) -> bool:
        return self._parcel.status.active and self._parcel.status.progress >= SHIPPED


def _given_up(parcel: Parcel) -> bool:
    """One that was rejected may turn out to have been sent, until its units are given up."""
    return not parcel.lines
