"""Whom a fact is about, and what is to be done with it: tell the order, look again, or nothing."""

from dataclasses import dataclass

from sqlalchemy import bindparam, select
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.postgres.tables import payment_transaction
from domain.facts import Fact, FactKind
from domain.payments import PaymentStatus

TELL_GRACE_SECONDS = 2  # whoever stores a fact tells it; then the relay does
LOOK_AGAIN_SECONDS = 5  # for the step that is settling a payment to commit what it was answered

# What a payment fact says of its operation's row.
SAYS = {
    FactKind.PAYMENT_AUTHORIZED: PaymentStatus.SUCCEEDED,
    FactKind.PAYMENT_DECLINED: PaymentStatus.FAILED,
    FactKind.PAYMENT_CAPTURED: PaymentStatus.SUCCEEDED,
    FactKind.PAYMENT_CAPTURE_FAILED: PaymentStatus.FAILED,
    FactKind.PAYMENT_VOIDED: PaymentStatus.SUCCEEDED,
    FactKind.PAYMENT_REFUNDED: PaymentStatus.SUCCEEDED,
}


@dataclass(frozen=True, slots=True)
class Match:
    """`order` is empty when the fact matches nothing; `payment` the status of a payment's row."""

    order: str
    payment: PaymentStatus | None = None


_PAYMENT = select(payment_transaction.c.order_number, payment_transaction.c.status).where(
    payment_transaction.c.key == bindparam("subject")
)


async def match_payment(connection: AsyncConnection, key: str) -> Match:
    row = (await connection.execute(_PAYMENT, {"subject": key})).one_or_none()
    return Match(row.order_number, PaymentStatus(row.status)) if row else Match("")


@dataclass(frozen=True, slots=True)
class Standing:
    """`due_seconds` until the order is told, or the fact looked at again; None is never."""

    signal: bool = False
    due_seconds: float | None = None
    handled_by: str | None = None
    quarantined: str | None = None


def standing(
    fact: Fact,
    matched: Match,
    *,
    final: bool,
    again: bool,
    grace_seconds: float = TELL_GRACE_SECONDS,
) -> Standing:
    """`final` says that the order has ended, `again` that the fact was looked at before."""
    if not matched.order:
        return Standing(quarantined=f"nothing of ours is called {fact.subject}")
    if matched.payment is not None:
        return _payment_standing(fact.kind, matched.payment, again=again)
    if final:
        return Standing(handled_by="closed")
    return Standing(signal=True, due_seconds=grace_seconds)


def _payment_standing(kind: FactKind, status: PaymentStatus, *, again: bool) -> Standing:
    """Our books move by what a call was answered; only a cardholder's act is news to them."""
    if status is SAYS[kind]:
        return Standing(handled_by="books")
    if status.settled:
        return Standing(quarantined=f"our books say {status}")
    if status is PaymentStatus.REQUIRES_ACTION or again:
        return Standing(signal=True, due_seconds=TELL_GRACE_SECONDS)
    return Standing(due_seconds=LOOK_AGAIN_SECONDS)
