"""Which payment method does what: the one place that chooses."""

from typing import assert_never

from domain import journal as j
from domain.order import PaymentMethod
from domain.securing import secured
from workflows.card import Card
from workflows.clerk import Clerk
from workflows.tender import Tender


def tender_of(clerk: Clerk) -> Tender:
    method = clerk.book.order.payment_method
    match method:
        case PaymentMethod.CARD:
            return Card(clerk)
        case PaymentMethod.PAID_AT_CHANNEL:
            return PaidAtChannel(clerk)
        case PaymentMethod.CREDIT_TERMS:
            return OnCredit(clerk)
        case PaymentMethod.CASH_ON_DELIVERY | PaymentMethod.BANK_TRANSFER:
            return PaidByCustomer(clerk)
        case _:
            assert_never(method)


class PaidByCustomer(Tender):
    """To the carrier at the door, or to our bank before anything is sent: nothing of it is ours to
    do. Parcels wait until the money is secured, which for cash it is from the start.
    """

    def __init__(self, clerk: Clerk) -> None:
        self._clerk = clerk

    async def secure(self) -> None:
        await self._clerk.until(secured)

    async def secure_parcel(self, parcel: str) -> None:
        """The money was there once, and may have been withdrawn since."""
        if not secured(self._clerk.view):
            await self._clerk.until(lambda view: secured(view) or not view.parcels[parcel].lines)


class PaidAtChannel(PaidByCustomer):
    """The channel has the money: it is registered, and never charged."""

    async def secure(self) -> None:
        order = self._clerk.book.order
        await self._clerk.record(j.PaymentRegistered(order.due, order.channel_ref))


class OnCredit(PaidByCustomer):
    """Over the customer's limit, finance decides."""

    async def secure(self) -> None:
        if not secured(self._clerk.view) and "credit" not in self._clerk.view.holds:
            await self._clerk.extend_credit()
        await super().secure()
