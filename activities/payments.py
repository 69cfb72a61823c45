"""Money at the provider: the intent is committed first, each business operation has one key, and an
outcome that was not heard stays UNKNOWN until an inquiry resolves it.
"""

from temporalio import activity

from activities.effects import OrderTurn, ReturnTurn, Turn, journal, unknown_entries
from activities.messages import PaymentCall, StepResult
from domain.decisions import payment_entries
from domain.errors import LimitExceeded
from domain.journal import SYSTEM, EntryRecord, PaymentMoved
from domain.payments import NO_EFFECT, PaymentOperation, PaymentStatus
from ports.outside import OutcomeUnknown, PaymentProvider, PaymentRequest, ProviderAnswer
from ports.unit_of_work import Database, PaymentRow, UnitOfWork

NOTHING_TO_VOID = "nothing_to_void"


class PaymentActivities:
    def __init__(self, database: Database, provider: PaymentProvider) -> None:
        self._database = database
        self._provider = provider

    @activity.defn(name="payment.perform")
    async def perform(self, call: PaymentCall) -> StepResult:
        """Outcome: the payment status. Raises `OutcomeUnknown` to be tried again, which inquires
        first; a second live attempt does the same, and the row's conditional moves decide.
        """
        begun = await self._begin(call)
        if isinstance(begun, StepResult):
            return begun
        row, new = begun
        if not new:
            return await self._ask(call, row)
        try:
            answer = await self._provider.perform(_request(row))
        except OutcomeUnknown:
            await self._move(call, ProviderAnswer(PaymentStatus.UNKNOWN, ""))
            raise
        return await self._move(call, answer)

    @activity.defn(name="payment.confirm")
    async def confirm(self, call: PaymentCall) -> StepResult:
        """Asks the provider what became of an operation that waited for the cardholder."""
        row = await self._database.run(lambda uow: uow.payments.find(call.key))
        if row is None or row.status.settled:
            return await self._known(call)
        return await self._ask(call, row)

    async def _ask(self, call: PaymentCall, row: PaymentRow) -> StepResult:
        answer = await self._provider.inquire(_request(row))
        if answer is None:
            answer = ProviderAnswer(PaymentStatus.FAILED, "", NO_EFFECT)
        return await self._move(call, answer)

    async def _begin(self, call: PaymentCall) -> tuple[PaymentRow, bool] | StepResult:
        """The row and whether this call wrote it; or the result, where there is nothing to ask."""

        async def work(uow: UnitOfWork) -> tuple[PaymentRow, bool] | StepResult:
            turn = await _turn(uow, call)
            payment = ""
            if call.operation is not PaymentOperation.AUTHORIZE:
                authorization = await uow.payments.authorization(turn.order.number)
                if authorization is None:
                    return StepResult(unknown_entries(turn, call.step.seq), NOTHING_TO_VOID)
                payment = authorization.provider_payment
            try:
                row, new = await uow.payments.begin(_row(call, turn, payment))
            except LimitExceeded as refusal:
                return await _record(uow, call, turn, PaymentStatus.FAILED, refusal.code)
            if row.status.settled:
                return StepResult(unknown_entries(turn, call.step.seq), row.status, (), row.reason)
            return row, new

        return await self._database.run(work)

    async def _move(self, call: PaymentCall, answer: ProviderAnswer) -> StepResult:
        """Moves the row, if nobody has meanwhile, and books what that means."""

        async def work(uow: UnitOfWork) -> StepResult:
            turn = await _turn(uow, call)
            moved = await uow.payments.move(
                call.key,
                answer.status,
                provider_payment=answer.payment,
                reason=answer.reason,
                action_url=answer.action_url,
            )
            if moved:
                return await _record(uow, call, turn, answer.status, answer.reason)
            return await _as_it_stands(uow, call, turn)

        return await self._database.run(work)

    async def _known(self, call: PaymentCall) -> StepResult:
        async def work(uow: UnitOfWork) -> StepResult:
            return await _as_it_stands(uow, call, await _turn(uow, call))

        return await self._database.run(work)


async def _turn(uow: UnitOfWork, call: PaymentCall) -> Turn:
    """Refunds belong to returns, everything else to orders."""
    subject = call.step.subject
    if call.operation is PaymentOperation.REFUND:
        return ReturnTurn(uow, subject, await uow.orders.lock_return(subject))
    return OrderTurn(uow, await uow.orders.lock(subject))


async def _record(
    uow: UnitOfWork, call: PaymentCall, turn: Turn, status: PaymentStatus, reason: str
) -> StepResult:
    body = PaymentMoved(
        call.key,
        call.operation,
        call.ordinal,
        status,
        call.amount,
        reason,
        call.fulfillment_order,
    )
    bodies = payment_entries(turn.view, body) if isinstance(turn, OrderTurn) else [body]
    entries = await journal(turn, bodies, SYSTEM)
    await uow.facts.handled(call.step.facts, by=call.key)
    before = unknown_entries(turn, call.step.seq)
    return StepResult((*before, *map(EntryRecord.of, entries)), status, (), reason)


async def _as_it_stands(uow: UnitOfWork, call: PaymentCall, turn: Turn) -> StepResult:
    row = await uow.payments.find(call.key)
    await uow.facts.handled(call.step.facts, by=call.key)
    entries = unknown_entries(turn, call.step.seq)
    if row is None:
        return StepResult(entries, PaymentStatus.FAILED, (), NO_EFFECT)
    return StepResult(entries, row.status, (), row.reason)


def _row(call: PaymentCall, turn: Turn, payment: str) -> PaymentRow:
    return PaymentRow(
        call.key,
        call.step.subject,
        turn.order.number,
        call.operation,
        call.ordinal,
        PaymentStatus.REQUESTED,
        call.amount,
        turn.order.currency,
        call.fulfillment_order,
        payment,
    )


def _request(row: PaymentRow) -> PaymentRequest:
    return PaymentRequest(
        row.key, row.operation, row.amount, row.currency, row.source, row.provider_payment
    )
