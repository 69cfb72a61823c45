"""Paid by card: authorized when stock is reserved, captured parcel by parcel when it is shipped."""

from domain.payments import PaymentOperation, PaymentStatus
from domain.securing import order_value
from workflows.clerk import Clerk, OrderStopped
from workflows.undo import Undo


class Card:
    """See `workflows.tenders.Tender`."""

    def __init__(self, clerk: Clerk) -> None:
        self._clerk = clerk

    async def secure(self, undo: Undo) -> None:
        clerk = self._clerk
        undo.push(self._void)
        while clerk.book.order.total and not clerk.view.paid(PaymentOperation.AUTHORIZE):
            await clerk.until(lambda view: "payment" not in view.holds)  # declined: pay otherwise
            told = clerk.book.payment_news
            amount = order_value(clerk.view)
            status = await clerk.pay(PaymentOperation.AUTHORIZE, amount)
            if status is PaymentStatus.REQUIRES_ACTION:
                await self._let_cardholder_confirm(told)
        clerk.check()

    async def _let_cardholder_confirm(self, told: int) -> None:
        """The provider tells when it is done; what it tells is asked for, not believed. `told` is
        how much had been told before we asked: news may come before the answer does.
        """
        clerk = self._clerk
        while True:
            last = clerk.view.last_payment(PaymentOperation.AUTHORIZE)
            assert last is not None, "an authorization waits for the cardholder"  # noqa: S101
            if last.status.settled:
                return
            await clerk.until(lambda _: clerk.book.payment_news > told)  # noqa: B023  # it rises
            told = clerk.book.payment_news
            await clerk.confirm(PaymentOperation.AUTHORIZE, last.ordinal, last.amount)

    async def _void(self) -> None:
        await self._clerk.pay(PaymentOperation.VOID, order_value(self._clerk.view))

    async def collect(self, parcel: str) -> None:
        last = self._clerk.view.last_payment(PaymentOperation.CAPTURE, parcel)
        if last is None or not last.status.settled:
            await self._capture(parcel)

    async def collect_again(self) -> None:
        try:
            while True:
                await self._clerk.until(lambda view: bool(view.recapturing))
                await self._capture(self._clerk.view.recapturing[0])
        except OrderStopped:
            return

    async def _capture(self, parcel: str) -> None:
        amount = self._clerk.view.parcels[parcel].amount
        if amount:
            await self._clerk.pay(PaymentOperation.CAPTURE, amount, parcel)
