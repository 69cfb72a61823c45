"""Money at the provider: the intent is committed first, each business operation has one key, and an
outcome that was not heard stays UNKNOWN until an inquiry resolves it.
"""

from collections.abc import Awaitable, Mapping
from dataclasses import dataclass, replace

from temporalio import activity

from activities.effects import OrderTurn, ReturnTurn, Turn, journal, unknown_entries
from activities.messages import PaymentCall, StepResult
from domain.decisions import payment_entries
from domain.errors import LimitExceeded
from domain.journal import SYSTEM, EntryRecord, PaymentMoved
from domain.payments import NO_EFFECT, VOIDED, PaymentOperation, PaymentStatus
from ports.outside import (
    KeyRefused,
    OutcomeUnknown,
    PaymentProvider,
    PaymentRequest,
    ProviderAnswer,
)
from ports.payment_book import PaymentRow
from ports.unit_of_work import Database, UnitOfWork

NOT_AUTHORIZED = "not_authorized"


@dataclass(frozen=True, slots=True)
class Begun:
    """The committed intent, whether this call is the one to send it, and whose provider it is
    for.
    """

    row: PaymentRow
    new: bool
    provider: PaymentProvider


class PaymentActivities:
    """`providers` by the name that is stamped on orders: an order in flight stays at its own."""

    def __init__(self, database: Database, providers: Mapping[str, PaymentProvider]) -> None:
        self._database = database
        self._providers = providers

    @activity.defn(name="payment.perform")
    async def perform(self, call: PaymentCall) -> StepResult:
        """Outcome: the payment status. Raises `OutcomeUnknown` to be tried again, which inquires
        first; a second live attempt does the same, and the row's conditional moves decide. Raises
        `KeyRefused` to be tried again under the same key.
        """
        begun = await self._begin(call)
        if isinstance(begun, StepResult):
            return begun
        if _may_have_gone_out(begun):
            return await self._ask(call, begun)
        if _has_to_be_prepared(begun):
            begun = await self._prepare(call, begun)
            if isinstance(begun, StepResult):
                return begun
        try:
            answer = await self._send(call, begun.provider.perform(_request(begun.row)))
        except OutcomeUnknown:
            await self._move(call, ProviderAnswer(PaymentStatus.UNKNOWN, ""))
            raise
        return await self._move(call, answer)

    async def _send(self, call: PaymentCall, answer: Awaitable[ProviderAnswer]) -> ProviderAnswer:
        """Where our API key is refused, the intent is as good as new."""
        try:
            return await answer
        except KeyRefused as refused:
            activity.logger.error("%s: %s", call.key, refused)
            await self._database.run(lambda uow: uow.payments.not_sent(call.key))
            raise

    @activity.defn(name="payment.confirm")
    async def confirm(self, call: PaymentCall) -> StepResult:
        """Asks the provider what became of an operation that waited for the cardholder."""
        return await self._look(call)

    async def _prepare(self, call: PaymentCall, begun: Begun) -> Begun | StepResult:
        """The provider's object is committed before it takes effect. Whoever comes second asks
        what became of the first one's.
        """
        answer = await self._send(call, begun.provider.prepare(_request(begun.row)))
        if answer.status is PaymentStatus.FAILED:
            return await self._move(call, answer)
        first = await self._database.run(
            lambda uow: uow.payments.prepared(call.key, answer.payment)
        )
        if not first:
            return await self._look(call)
        return replace(begun, row=replace(begun.row, provider_payment=answer.payment))

    async def _look(self, call: PaymentCall) -> StepResult:
        begun = await self._begin(call)
        return begun if isinstance(begun, StepResult) else await self._ask(call, begun)

    async def _ask(self, call: PaymentCall, begun: Begun) -> StepResult:
        """What was not prepared has not gone out, and no longer can once its row has moved."""
        unasked = _has_to_be_prepared(begun)
        answer = None if unasked else await begun.provider.inquire(_request(begun.row))
        if answer is None:
            answer = ProviderAnswer(PaymentStatus.FAILED, "", NO_EFFECT)
        return await self._move(call, answer)

    async def _begin(self, call: PaymentCall) -> Begun | StepResult:
        """The intent; or the result, where there is nothing to ask."""

        async def work(uow: UnitOfWork) -> Begun | StepResult:
            turn = await _turn(uow, call)
            known = turn.view.payments.get(call.key)
            if known is not None and known.status.settled:
                return await _as_it_stands(uow, call, turn)
            row = await uow.payments.find(call.key)
            new = row is None or await uow.payments.sent_anew(call.key)
            if row is None:
                try:
                    row, new = await uow.payments.begin(await _row(uow, call, turn))
                except LimitExceeded as refusal:
                    reason = refusal.code if call.authorization else NOT_AUTHORIZED
                    return await _record(
                        uow, call, turn, ProviderAnswer(PaymentStatus.FAILED, "", reason)
                    )
            return Begun(row, new, self._providers[turn.locked.process.payment_provider])

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
                expires_at=answer.expires_at,
            )
            if moved:
                return await _record(uow, call, turn, answer)
            return await _as_it_stands(uow, call, turn)

        return await self._database.run(work)


def _may_have_gone_out(begun: Begun) -> bool:
    """Whether another attempt may have asked the provider already. Not before it had committed
    what it prepared.
    """
    return not begun.new and not _has_to_be_prepared(begun)


def _has_to_be_prepared(begun: Begun) -> bool:
    return (
        begun.provider.capabilities.prepares
        and begun.row.operation is PaymentOperation.AUTHORIZE
        and not begun.row.provider_payment
    )


async def _turn(uow: UnitOfWork, call: PaymentCall) -> Turn:
    subject = call.step.subject
    if call.rma:
        return ReturnTurn(uow, subject, await uow.orders.lock_return(subject))
    return OrderTurn(uow, await uow.orders.lock(subject))


async def _record(
    uow: UnitOfWork, call: PaymentCall, turn: Turn, answer: ProviderAnswer
) -> StepResult:
    row = await uow.payments.find(call.key)
    body = PaymentMoved(
        call.key,
        call.operation,
        call.ordinal,
        answer.status,
        row.amount if row else call.amount,
        answer.reason,
        call.fulfillment_order,
        row.authorization if row else call.authorization,
        answer.expires_at,
    )
    bodies = payment_entries(turn.view, body) if isinstance(turn, OrderTurn) else [body]
    if body.operation is PaymentOperation.VOID and body.status is PaymentStatus.SUCCEEDED:
        bodies += await _voided(uow, body.authorization)
    entries = await journal(turn, bodies, SYSTEM)
    await uow.facts.handled(call.step.facts, by=call.key)
    before = unknown_entries(turn, call.step.seq)
    known = (*before, *map(EntryRecord.of, entries))
    return StepResult(known, answer.status, (), answer.reason)


async def _voided(uow: UnitOfWork, authorization: str) -> list[PaymentMoved]:
    """One that waited for its cardholder has come to its end: nobody can confirm it any more."""
    row = await uow.payments.find(authorization)
    if row is None or row.status is not PaymentStatus.REQUIRES_ACTION:
        return []
    await uow.payments.move(row.key, PaymentStatus.FAILED, reason=VOIDED)
    return [
        PaymentMoved(
            row.key,
            row.operation,
            row.ordinal,
            PaymentStatus.FAILED,
            row.amount,
            VOIDED,
            row.fulfillment_order,
        )
    ]


async def _as_it_stands(uow: UnitOfWork, call: PaymentCall, turn: Turn) -> StepResult:
    row = await uow.payments.find(call.key)
    await uow.facts.handled(call.step.facts, by=call.key)
    entries = unknown_entries(turn, call.step.seq)
    if row is not None:
        return StepResult(entries, row.status, (), row.reason)
    known = turn.view.payments.get(call.key)  # refused before there was a row
    reason = known.reason if known else NO_EFFECT
    return StepResult(entries, PaymentStatus.FAILED, (), reason)


async def _row(uow: UnitOfWork, call: PaymentCall, turn: Turn) -> PaymentRow:
    """The intent. Under the order's lock: what a void frees, and which payment a refund gives
    back, follow from what was drawn so far. Refuses `LimitExceeded`.
    """
    authorization, amount = call.authorization, call.amount
    if call.operation is PaymentOperation.REFUND:
        authorization, amount = await _to_give_back(uow, turn, call)
    drawn_on = await uow.payments.find(authorization) if authorization else None
    if call.operation is PaymentOperation.VOID and drawn_on:
        amount = drawn_on.amount - (await uow.payments.drawn(authorization)).captured
        if amount <= 0:
            raise LimitExceeded(f"nothing is left of {authorization}")
    return PaymentRow(
        call.key,
        call.step.subject,
        turn.order.number,
        call.operation,
        call.ordinal,
        PaymentStatus.REQUESTED,
        amount,
        turn.order.currency,
        call.fulfillment_order,
        drawn_on.provider_payment if drawn_on else "",
        authorization=authorization,
    )


async def _to_give_back(uow: UnitOfWork, turn: Turn, call: PaymentCall) -> tuple[str, int]:
    """(authorization, minor units) of the next refund: of the one that is named, else all at once,
    if one payment has as much.
    """
    left, amount = await uow.payments.refundable(turn.order.number), call.amount
    if call.authorization:
        left = {call.authorization: left.get(call.authorization, 0)}
        amount = _still_kept(turn, amount)
    most_of_all = sum(left.values())
    if not 0 < amount <= most_of_all:
        raise LimitExceeded(f"refund of {amount} is more than the {most_of_all} that is left")
    authorization, most = next(iter(left.items()))
    return authorization, min(amount, most)


def _still_kept(turn: Turn, deposit: int) -> int:
    """Of a deposit the bank may have taken a part since the order decided to give it back."""
    if isinstance(turn, OrderTurn) and turn.view.disputes:
        return min(deposit, turn.view.deposit)
    return deposit


def _request(row: PaymentRow) -> PaymentRequest:
    return PaymentRequest(
        row.key, row.operation, row.amount, row.currency, row.source, row.provider_payment
    )
