"""Payment rows of what nobody asked the provider for: beside the operation that each is about."""

from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.facts import Fact, FactKind
from domain.payments import Unasked

# By our own key, or by the provider's object where that is captured once.
_CAPTURE = text(
    """
    SELECT key, order_number, fulfillment_order, provider_payment, authorization_key
    FROM payment_transaction
    WHERE operation = 'capture' AND (key = :subject OR provider_payment = :subject)
    ORDER BY key = :subject DESC, status = 'SUCCEEDED' DESC, created_at DESC LIMIT 1
    """
)
_REFUND = text(
    """
    SELECT key, order_number FROM payment_transaction
    WHERE operation = 'refund' AND key = :subject
    """
)
_AMOUNT = text("SELECT amount FROM payment_transaction WHERE key = :key")
_WRITE = text(
    """
    INSERT INTO payment_transaction (key, subject, order_number, operation, ordinal, status, amount,
      currency, fulfillment_order, provider_payment, reason, action_url, authorization_key)
    SELECT :key, order_number, order_number, :operation,
      (SELECT count(*) + 1 FROM payment_transaction AS other
       WHERE other.order_number = about.order_number AND other.operation = :operation),
      'SUCCEEDED', :amount, currency, fulfillment_order, provider_payment, :reason, '',
      authorization_key
    FROM payment_transaction AS about WHERE key = :about
    """
)


@dataclass(frozen=True, slots=True)
class OurOperation:
    """The one that a fact is about, and the order that it belongs to."""

    key: str
    order: str


async def find_operation(connection: AsyncConnection, fact: Fact) -> OurOperation | None:
    """A capture by its key, or the provider's payment; a refund by its key; None for what is none
    of ours.
    """
    statement = _REFUND if fact.kind is FactKind.REFUND_FAILED else _CAPTURE
    row = (await connection.execute(statement, {"subject": fact.subject})).one_or_none()
    return None if row is None else OurOperation(row.key, row.order_number)


async def amount_of(connection: AsyncConnection, key: str) -> int | None:
    """Minor units; None when there is no such row."""
    amount: int | None = await connection.scalar(_AMOUNT, {"key": key})
    return amount


async def write_unasked(
    connection: AsyncConnection, key: str, what: Unasked, about: str, amount: int, reason: str
) -> None:
    """`about` is the key of the operation of ours."""
    values = {"key": key, "operation": what.value, "about": about, "amount": amount}
    await connection.execute(_WRITE, {**values, "reason": reason})
