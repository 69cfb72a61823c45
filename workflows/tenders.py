"""How the money of an order comes in, by its payment method: the one place that chooses."""

from typing import Protocol, assert_never

from domain import journal as j
from domain.order import PaymentMethod
from domain.securing import secured
from workflows.card import Card
from workflows.clerk import Clerk
from workflows.undo import Undo


class Tender(Protocol):
    """One instance an order. Each method returns at once where the method has nothing to do then,
    and raises `OrderStopped` when the order stops while it waits.
    """

    async def secure(self, undo: Undo) -> None:
        """Once stock is reserved: until the money is promised or paid. Registers what would give
        it back before asking for it.
        """

    async def collect(self, parcel: str) -> None:
        """Once a parcel is shipped, and booked."""

    async def collect_again(self) -> None:
        """Beside everything else: what finance wants tried again."""


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


class PaidByCustomer:
    """To the carrier at the door, or to our bank before anything is sent: nothing of it is ours to
    do. Parcels wait until the money is secured, which for cash it is from the start.
    """

    def __init__(self, clerk: Clerk) -> None:
        self._clerk = clerk

    async def secure(self, _undo: Undo) -> None:
        await self._clerk.until(secured)

    async def collect(self, _parcel: str) -> None:
        return

    async def collect_again(self) -> None:
        return


class PaidAtChannel(PaidByCustomer):
    """The channel has the money: it is registered, and never charged."""

    async def secure(self, _undo: Undo) -> None:
        order = self._clerk.book.order
        await self._clerk.record(j.PaymentRegistered(order.total, order.channel_ref))


class OnCredit(PaidByCustomer):
    """Over the customer's limit, finance decides."""

    async def secure(self, undo: Undo) -> None:
        if not secured(self._clerk.view) and "credit" not in self._clerk.view.holds:
            await self._clerk.extend_credit()
        await super().secure(undo)
