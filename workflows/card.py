"""Paid by card: authorized when stock is reserved; captured parcel by parcel when it is shipped, or
at once where the process has it so. What is not needed any more is given back, and what expires is
renewed: `domain.authorizations` says when.
"""

from functools import partial

from domain.authorizations import (
    MoneyStep,
    amount_to_promise,
    awaits_capture,
    awaits_finance,
    covering,
    lacks,
    lapsed,
    left,
    money_due,
    per_parcel,
    promise,
)
from domain.calling_off import canceling
from domain.payments import Payment, PaymentOperation, PaymentStatus
from domain.process import PaymentTiming
from domain.view import OrderView
from workflows.clerk import Clerk, OrderStopped
from workflows.tender import Tender
from workflows.till import Till

WHOLE_ORDER = ""


class Card(Tender):
    def __init__(self, clerk: Clerk) -> None:
        self._clerk = clerk
        self._till = Till(clerk)

    @property
    def _view(self) -> OrderView:
        return self._clerk.view

    # Before anything is sent

    async def secure(self) -> None:
        if per_parcel(self._clerk.book.process):
            for parcel in self._view.active_parcels:
                await self._promise(parcel.fulfillment_order)
        else:
            await self._promise(WHOLE_ORDER)
        if self._clerk.book.process.payment_timing is PaymentTiming.PLACEMENT:
            await self._capture_in_advance()
        self._clerk.check()

    async def secure_parcel(self, parcel: str) -> None:
        await self._promise(parcel if per_parcel(self._clerk.book.process) else WHOLE_ORDER)

    async def _promise(self, scope: str) -> None:
        """Until the money of a scope is promised, or no longer needed. Declined, it is asked for
        again when the customer pays otherwise. An order that is being canceled needs none.
        """
        while _is_lacking(self._view, scope):
            await self._clerk.until(
                lambda view: "payment" not in view.holds or not _is_lacking(view, scope)
            )
            told = self._clerk.book.payment_news
            if await self._authorize(scope) is PaymentStatus.REQUIRES_ACTION:
                await self._let_cardholder_confirm(scope, told)

    async def _authorize(self, scope: str) -> PaymentStatus | None:
        return await self._till.pay(partial(_to_promise, scope))

    async def _let_cardholder_confirm(self, scope: str, told: int) -> None:
        """The provider tells when it is done; what it tells is asked for, not believed. `told` is
        how much had been told before we asked: news may come before the answer does. Of a parcel
        that is sourced elsewhere meanwhile, nobody will tell.
        """
        clerk = self._clerk
        while True:
            last = clerk.view.last_payment(PaymentOperation.AUTHORIZE, scope)
            assert last is not None, "an authorization waits for the cardholder"  # noqa: S101
            if last.status.settled or not lacks(clerk.view, scope):
                return
            await clerk.until(
                lambda view: clerk.book.payment_news > told or not lacks(view, scope)  # noqa: B023  # it rises
            )
            told = clerk.book.payment_news
            await self._till.confirm(last)

    async def _capture_in_advance(self) -> None:
        """A capture that fails gives its authorization up: the customer pays otherwise."""
        while authorization := promise(self._view, WHOLE_ORDER):
            await self._clerk.until(lambda view: "payment" not in view.holds)
            for operation in (PaymentOperation.CAPTURE, PaymentOperation.VOID):
                done = await self._till.pay(partial(_all_of, authorization, operation))
                if done is PaymentStatus.SUCCEEDED:
                    break
            await self._promise(WHOLE_ORDER)

    # When a parcel is sent

    async def collect(self, parcel: str) -> None:
        last = self._view.last_payment(PaymentOperation.CAPTURE, parcel)
        if last is None or last.undone or not last.status.settled:
            await self._capture(parcel)

    async def _capture(self, parcel: str) -> None:
        """Without a promise that covers it, as when it could not be renewed, one is asked for now;
        what then fails is a receivable, and a task for finance.
        """
        anyway = False
        while awaits_capture(self._view, self._view.parcels[parcel]):
            covered = await self._till.pay(lambda _: self._to_cover(parcel))
            anyway = covered not in (None, PaymentStatus.SUCCEEDED)
            if await self._till.pay(lambda _: self._to_capture(parcel, anyway=anyway)):  # noqa: B023
                return

    def _to_cover(self, parcel: str) -> MoneyStep | None:
        amount = self._view.parcels[parcel].amount
        if covering(self._view, parcel, amount):
            return None
        return MoneyStep(PaymentOperation.AUTHORIZE, parcel, amount)

    def _to_capture(self, parcel: str, *, anyway: bool) -> MoneyStep | None:
        """`anyway`: also without a promise, so that finance sees that there was none."""
        owed, amount = self._view.parcels[parcel], self._view.parcels[parcel].amount
        source = covering(self._view, parcel, amount)
        if not awaits_capture(self._view, owed) or not (source or anyway):
            return None
        key = source.key if source else ""
        return MoneyStep(PaymentOperation.CAPTURE, parcel, amount, key)

    # Beside everything else

    async def watch(self) -> None:
        await self._till.finish()
        self._clerk.spawn(self._renew())
        try:
            while True:
                await self._clerk.until(lambda view: bool(view.recapturing) or _is_due(view))
                if self._view.recapturing:
                    await self._capture(self._view.recapturing[0])
                else:
                    await self._till.pay(lambda view: None if view.recapturing else money_due(view))
        except OrderStopped:
            return

    async def _renew(self) -> None:
        try:
            while True:
                await self._clerk.until(lambda view: lapsed(view) is not None)
                scope = lapsed(self._view)
                if scope is not None:
                    await self._promise(scope)
        except OrderStopped:
            return

    async def settle(self) -> None:
        """What the provider refuses for good waits for finance, which has it in its queue."""
        while True:
            await self._till.finish()
            async with self._till.turn:
                pass  # what is under way comes to its end first
            while _is_due(self._view):
                await self._till.pay(money_due)
            await self._clerk.outlast(lambda view: _is_due(view) or not _awaits_finance(view))
            if not _is_due(self._view):
                return


def _is_lacking(view: OrderView, scope: str) -> bool:
    return lacks(view, scope) and not canceling(view)


def _to_promise(scope: str, view: OrderView) -> MoneyStep | None:
    if "payment" in view.holds or not _is_lacking(view, scope):
        return None
    return MoneyStep(PaymentOperation.AUTHORIZE, scope, amount_to_promise(view, scope))


def _all_of(
    authorization: Payment, operation: PaymentOperation, view: OrderView
) -> MoneyStep | None:
    """As long as it can be captured."""
    found = promise(view, authorization.fulfillment_order)
    if found is None or found.key != authorization.key:
        return None
    return MoneyStep(operation, found.fulfillment_order, left(view, found), found.key)


def _is_due(view: OrderView) -> bool:
    return money_due(view) is not None


def _awaits_finance(view: OrderView) -> bool:
    return any(awaits_finance(view, payment) for payment in view.payments.values())
