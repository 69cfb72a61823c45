"""The life of one customer order, top-down."""

import asyncio
from dataclasses import dataclass

from temporalio import workflow

from activities.messages import Start
from domain.calling_off import called_off, canceling
from domain.commands import Command
from domain.decisions import ending
from domain.facts import Fact
from domain.remedies import remedies, unasked
from domain.transitions import OrderStatus
from domain.view import OrderView, ParcelStatus
from ports.desk import LiveProcess
from ports.live import live_process
from workflows.clerk import Clerk, OrderStopped
from workflows.parcel import FulfillmentProcess
from workflows.tenders import tender_of
from workflows.undo import Undo


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a command: `refusal` is (code, message), empty when it was done."""

    refusal: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class End:
    status: str


@workflow.defn(name="order")
class OrderWorkflow:
    @workflow.init
    def __init__(self, start: Start) -> None:
        self._clerk = Clerk(start.subject)
        self._undo = Undo()
        self._parcels: dict[str, asyncio.Task[None]] = {}

    @workflow.run
    async def run(self, _start: Start) -> End:
        clerk = self._clerk
        await clerk.open()
        tender = self._tender = tender_of(clerk)
        self._undo.push(tender.settle)
        clerk.spawn(clerk.watch_deadlines())
        clerk.spawn(tender.watch())
        clerk.spawn(self._book_what_nobody_asked_for())
        clerk.spawn(self._follow_what_warehouses_have())
        try:
            await self._pass_review()
            await self._reserve_stock()
            await self._secure_payment()
            await self._fulfill_every_parcel()
            await tender.settle()
            await self._keep_return_window_open()
        except OrderStopped:
            await self._undo.unwind()
        await clerk.outlast(lambda view: not unasked(view))
        await workflow.wait_condition(workflow.all_handlers_finished)
        clerk.rest()
        return End(clerk.view.status)

    async def _pass_review(self) -> None:
        """Rules approve, reject or hold; a held order waits for a person."""
        await self._clerk.review()
        await self._clerk.until(lambda view: view.status is not OrderStatus.IN_REVIEW)

    async def _reserve_stock(self) -> None:
        """Sources are chosen for every unit; without stock the order waits for some."""
        while self._clerk.view.unallocated and not canceling(self._clerk.view):
            await self._clerk.source()
            await self._clerk.until(lambda view: "stock" not in view.holds or view.looks_again)

    async def _secure_payment(self) -> None:
        """Promised or paid, as the payment method has it."""
        if self._clerk.view.status is not OrderStatus.COMPLETED:
            await self._tender.secure()

    async def _fulfill_every_parcel(self) -> None:
        """Parcels go side by side; what a warehouse refuses or lacks is sourced elsewhere."""
        clerk = self._clerk
        while clerk.view.status is OrderStatus.PROCESSING:
            for name in clerk.view.parcels:
                self._send(name)
            await clerk.until(
                lambda view: _has_arrived(view) or _to_be_sourced(view) or self._has_more(view)
            )
            if _to_be_sourced(clerk.view):
                await clerk.source()
            elif _has_arrived(clerk.view):
                await workflow.wait_condition(self._every_parcel_ended)
                clerk.check()
                await clerk.record(ending(clerk.view))

    async def _follow_what_warehouses_have(self) -> None:
        """Whatever the order still waits for: a process before this one may have handed it over."""
        try:
            while True:
                await self._clerk.until(lambda view: bool(self._unfollowed(view)))
                for name in self._unfollowed(self._clerk.view):
                    self._send(name)
        except OrderStopped:
            return

    def _unfollowed(self, view: OrderView) -> list[str]:
        if view.status is not OrderStatus.PROCESSING:
            return []
        out = [each for each in view.active_parcels if each.status is not ParcelStatus.OPEN]
        return [p.fulfillment_order for p in out if p.fulfillment_order not in self._parcels]

    def _send(self, parcel: str) -> None:
        if parcel not in self._parcels and self._clerk.view.parcels[parcel].status.active:
            process = FulfillmentProcess(self._clerk, self._tender, parcel)
            self._parcels[parcel] = self._clerk.spawn(process.run())

    def _has_more(self, view: OrderView) -> bool:
        return any(parcel.fulfillment_order not in self._parcels for parcel in view.active_parcels)

    def _every_parcel_ended(self) -> bool:
        return all(task.done() for task in self._parcels.values())

    async def _book_what_nobody_asked_for(self) -> None:
        """What a warehouse sends although it was not to leaves the stock, whatever has become of
        the order.
        """
        while True:
            await self._clerk.outlast(lambda view: bool(unasked(view)))
            await self._clerk.record(*unasked(self._clerk.view))

    async def _keep_return_window_open(self) -> None:
        """The deadline of the window closes the order; returns are workflows of their own."""
        await self._clerk.until(lambda view: view.status is OrderStatus.CLOSED)

    # What others tell it and want of it

    @workflow.signal
    def fact(self, fact: Fact) -> None:
        """Something happened. The same fact told twice changes nothing."""
        self._clerk.book.hear(fact)

    @workflow.update
    async def command(self, command: Command) -> Outcome:
        """Somebody wants something. The outcome is committed with the effect. No validator: the
        edge has asked the books, and this process may know less than they do.
        """
        clerk = self._clerk
        await workflow.wait_condition(lambda: clerk.book.opened)
        result = await clerk.apply(command)
        return Outcome(result.refusal)

    @workflow.query
    def process(self) -> LiveProcess:
        """What the order is doing, what it waits for, and which acts are possible now."""
        book = self._clerk.book
        return live_process(book.view, book.waits, live=True)


def _has_arrived(view: OrderView) -> bool:
    return not view.unallocated and all(p.arrival_settled for p in view.active_parcels)


def _to_be_sourced(view: OrderView) -> bool:
    if canceling(view):
        return bool(called_off(view))
    waits = "stock" in view.holds and not view.looks_again
    return bool(remedies(view)) or (bool(view.unallocated) and not waits)
