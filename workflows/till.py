"""Money steps of one order at its provider, one at a time: what one of them asks for follows from
what the last one came to.
"""

import asyncio
from collections.abc import Callable
from datetime import timedelta

from temporalio import workflow

from activities.messages import Intent, PaymentCall
from activities.payments import PaymentActivities
from domain.attempts import run_of
from domain.authorizations import MoneyStep
from domain.decisions import next_ordinal
from domain.payments import NO_EFFECT, Payment, PaymentOperation, PaymentStatus
from domain.view import OrderView
from workflows.clerk import Clerk
from workflows.steps import OUTSIDE_STEP

_TAKES = (PaymentOperation.AUTHORIZE, PaymentOperation.CAPTURE)
Due = Callable[[OrderView], MoneyStep | None]  # asked again whenever it matters


class Till:
    """Whoever pays holds `turn` from looking at the view to having paid."""

    def __init__(self, clerk: Clerk) -> None:
        self.turn = asyncio.Lock()
        self._clerk = clerk

    async def pay(self, due: Due) -> PaymentStatus | None:
        """What is due to its end; None if nothing is, nor is anything taken from an order that was
        stopped. Proven to have had no effect, it is asked for anew after a pause, in which others
        have their turn: then something else may be due.
        """
        while True:
            async with self.turn:
                step = self._step(due)
                if step is None:
                    return None
                if not self._pause(step):
                    outcome, reason = await self._perform(step)
                    if reason != NO_EFFECT:
                        return outcome
            await self._rest(step, due)

    def _step(self, due: Due) -> MoneyStep | None:
        step = due(self._clerk.view)
        stopped = self._clerk.view.status.stopped
        return None if step and step.operation in _TAKES and stopped else step

    def _pause(self, step: MoneyStep) -> timedelta:
        """How long it is until a step may be tried again, should it have had no effect so far."""
        run = run_of(self._clerk.view.payments.values(), step.operation, step.scope)
        if run is None or run.again_at is None:
            return timedelta()
        return max(timedelta(), run.again_at - workflow.now())

    async def _rest(self, step: MoneyStep, due: Due) -> None:
        """Who wants to cancel waited for the proof, and is decided first."""
        await self._clerk.outlast(lambda _: self._step(due) != step, at_most=self._pause(step))
        await self._clerk.outlast(lambda _: not self._clerk.undecided)

    async def _perform(self, due: MoneyStep) -> tuple[PaymentStatus, str]:
        ordinal = next_ordinal(self._clerk.view, due.operation, due.scope)
        result = await self._clerk.outside_step(
            f"{due.operation}/{due.scope}{ordinal}",
            lambda step: workflow.execute_activity_method(
                PaymentActivities.perform,
                PaymentCall(step, due.operation, ordinal, due.amount, due.scope, due.authorization),
                **OUTSIDE_STEP,
            ),
        )
        return PaymentStatus(result.outcome), result.result or ""

    async def finish(self) -> None:
        """What was begun by a process before this one, or just when the order ended, is brought to
        its end under its own key.
        """
        book = self._clerk.book
        while book.intents:
            async with self.turn:
                if book.intents:
                    await self._finish(book.intents.pop(min(book.intents)))

    async def _finish(self, intent: Intent) -> None:
        known = self._clerk.view.payments.get(intent.key)
        if known is None or not known.status.settled:
            await self.confirm(intent)

    async def confirm(self, payment: Payment | Intent) -> None:
        """Asks the provider what became of an operation that nobody has heard the outcome of, or
        that waited for the cardholder.
        """
        await self._clerk.outside_step(
            "confirm",
            lambda step: workflow.execute_activity_method(
                PaymentActivities.confirm,
                PaymentCall(
                    step,
                    payment.operation,
                    payment.ordinal,
                    payment.amount,
                    payment.fulfillment_order,
                ),
                **OUTSIDE_STEP,
            ),
        )
