"""Money steps of one order at its provider, one at a time: what one of them asks for follows from
what the last one came to.
"""

import asyncio

from temporalio import workflow

from activities.messages import PaymentCall
from activities.payments import PaymentActivities
from domain.attempts import pause_before_next
from domain.authorizations import MoneyStep
from domain.decisions import next_ordinal
from domain.payments import NO_EFFECT, PaymentOperation, PaymentStatus
from domain.view import Payment
from workflows.clerk import Clerk
from workflows.steps import OUTSIDE_STEP

_TAKES = (PaymentOperation.AUTHORIZE, PaymentOperation.CAPTURE)


class Till:
    """Whoever pays holds `turn` from looking at the view to having paid."""

    def __init__(self, clerk: Clerk) -> None:
        self.turn = asyncio.Lock()
        self._clerk = clerk

    async def pay(self, due: MoneyStep) -> PaymentStatus:
        """One business operation to its end. Proven to have had no effect, it is asked anew, after
        pauses that grow, unless the order has been stopped meanwhile: who wants to cancel waited
        for that proof.
        """
        while True:
            outcome, reason = await self._perform(due)
            if reason != NO_EFFECT:
                return outcome
            await self._rest(due)
            await workflow.wait_condition(lambda: not self._clerk.undecided)
            if due.operation in _TAKES and self._clerk.view.status.stopped:
                return outcome

    async def _rest(self, due: MoneyStep) -> None:
        """Until the next attempt, or until somebody wants something of the order."""
        payments = self._clerk.view.payments.values()
        pause = pause_before_next(payments, due.operation, due.scope)
        if pause:
            await self._clerk.outlast(lambda _: bool(self._clerk.undecided), at_most=pause)

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

    async def confirm(self, payment: Payment) -> None:
        """Asks the provider what became of an operation that waited for the cardholder."""
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
