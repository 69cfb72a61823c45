"""Payment transactions: one row a business operation, moved by conditional transitions only."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Row,
    Select,
    bindparam,
    desc,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.postgres.tables import payment_source, payment_transaction
from domain.errors import LimitExceeded
from domain.payments import KEY_REFUSED, PaymentOperation, PaymentStatus, Unasked, sources_of
from ports.payment_book import Drawn, PaymentRow

_t = payment_transaction.c
_COLUMNS = (
    _t.key,
    _t.subject,
    _t.order_number.label("order"),
    _t.operation,
    _t.ordinal,
    _t.status,
    _t.amount,
    _t.currency,
    _t.fulfillment_order,
    _t.provider_payment,
    _t.reason,
    _t.action_url,
    _t.authorization_key.label("authorization"),
    _t.expires_at,
)

_SOURCE = payment_source.c.source
_FOUND = select(*_COLUMNS, func.coalesce(_SOURCE, "").label("source")).outerjoin(
    payment_source, payment_source.c.order_number == _t.order_number
)
_FIND = _FOUND.where(_t.key == bindparam("key"))
_UNSETTLED = _FOUND.where(
    _t.subject == bindparam("of_subject"),
    _t.status.not_in([status.value for status in PaymentStatus if status.settled]),
).order_by(_t.created_at, _t.key)
_BEGIN = insert(payment_transaction).returning(
    select(_SOURCE).where(payment_source.c.order_number == bindparam("of_order")).scalar_subquery()
)
_MOVE = (
    update(payment_transaction)
    .where(_t.key == bindparam("of"), _t.status.in_(bindparam("before", expanding=True)))
    .values(
        status=bindparam("to"),
        provider_payment=func.coalesce(func.nullif(bindparam("payment"), ""), _t.provider_payment),
        reason=bindparam("why"),
        action_url=bindparam("url"),
        expires_at=func.coalesce(bindparam("expires", type_=_t.expires_at.type), _t.expires_at),
        updated_at=func.clock_timestamp(),
    )
)
_PREPARE = (
    update(payment_transaction)
    .where(
        _t.key == bindparam("of"),
        _t.status == PaymentStatus.REQUESTED.value,
        _t.provider_payment == "",
    )
    .values(provider_payment=bindparam("payment"))
)
_NOT_SENT, _SENT_ANEW = (
    update(payment_transaction)
    .where(
        _t.key == bindparam("of"),
        _t.status == PaymentStatus.REQUESTED.value,
        _t.reason == before,
    )
    .values(reason=after, updated_at=func.clock_timestamp())
    for before, after in (("", KEY_REFUSED), (KEY_REFUSED, ""))
)


def _sum(operation: PaymentOperation | Unasked, *, under_way: bool) -> ColumnElement[int]:
    done = (
        _t.status != PaymentStatus.FAILED.value
        if under_way
        else _t.status == PaymentStatus.SUCCEEDED.value
    )
    return func.coalesce(func.sum(_t.amount).filter(_t.operation == operation.value, done), 0).cast(
        BigInteger
    )


_CAPTURED = _sum(PaymentOperation.CAPTURE, under_way=False)
_REFUNDS = _sum(PaymentOperation.REFUND, under_way=True) - _sum(
    Unasked.REFUND_FAILURE, under_way=False
)
_CHARGED_BACK = _sum(Unasked.CHARGEBACK, under_way=False) - _sum(Unasked.REVERSAL, under_way=False)
_LEFT = _CAPTURED - _REFUNDS - _CHARGED_BACK
_DRAWN = select(
    _CAPTURED,
    _sum(PaymentOperation.CAPTURE, under_way=True),
    _REFUNDS,
    _CHARGED_BACK,
    _sum(PaymentOperation.VOID, under_way=True) > 0,
).where(_t.authorization_key == bindparam("authorization"))
_REFUNDABLE = (
    select(_t.authorization_key, _LEFT.label("left"))
    .where(_t.order_number == bindparam("order"), _t.authorization_key != "")
    .group_by(_t.authorization_key)
    .having(_LEFT > 0)
    .order_by(desc("left"), _t.authorization_key)
)


class PostgresPayments:
    """See `ports.unit_of_work.Payments`. The order's row is locked by the caller: that is what
    makes the limits hold against a second capture or refund.
    """

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def begin(self, row: PaymentRow) -> tuple[PaymentRow, bool]:
        existing = await self.find(row.key)
        if existing is not None:
            return existing, False
        await self._refuse_beyond_limit(row)
        written = await self._connection.execute(
            _BEGIN,
            {
                "key": row.key,
                "subject": row.subject,
                "order_number": row.order,
                "of_order": row.order,
                "operation": row.operation.value,
                "ordinal": row.ordinal,
                "status": row.status.value,
                "amount": row.amount,
                "currency": row.currency,
                "fulfillment_order": row.fulfillment_order,
                "provider_payment": row.provider_payment,
                "reason": row.reason,
                "action_url": row.action_url,
                "authorization_key": row.authorization,
                "expires_at": row.expires_at,
            },
        )
        return replace(row, source=written.scalar_one() or ""), True

    async def find(self, key: str) -> PaymentRow | None:
        return await self._one(_FIND, key=key)

    async def unsettled(self, subject: str) -> tuple[PaymentRow, ...]:
        found = await self._connection.execute(_UNSETTLED, {"of_subject": subject})
        return tuple(map(_payment, found))

    async def _one(self, statement: Select[Any], **values: str) -> PaymentRow | None:
        row = (await self._connection.execute(statement, values)).one_or_none()
        return None if row is None else _payment(row)

    async def move(
        self,
        key: str,
        status: PaymentStatus,
        *,
        provider_payment: str = "",
        reason: str = "",
        action_url: str = "",
        expires_at: datetime | None = None,
    ) -> bool:
        values = {
            "of": key,
            "before": [source.value for source in sources_of(status)],
            "to": status.value,
            "payment": provider_payment,
            "why": reason,
            "url": action_url,
            "expires": expires_at,
        }
        return (await self._connection.execute(_MOVE, values)).rowcount == 1

    async def prepared(self, key: str, provider_payment: str) -> bool:
        values = {"of": key, "payment": provider_payment}
        return (await self._connection.execute(_PREPARE, values)).rowcount == 1

    async def not_sent(self, key: str) -> None:
        await self._connection.execute(_NOT_SENT, {"of": key})

    async def sent_anew(self, key: str) -> bool:
        return (await self._connection.execute(_SENT_ANEW, {"of": key})).rowcount == 1

    async def drawn(self, authorization: str) -> Drawn:
        found = await self._connection.execute(_DRAWN, {"authorization": authorization})
        return Drawn(*found.one())

    async def refundable(self, order: str) -> dict[str, int]:
        found = await self._connection.execute(_REFUNDABLE, {"order": order})
        return {row.authorization_key: row.left for row in found}

    async def _refuse_beyond_limit(self, row: PaymentRow) -> None:
        """What is under way counts as if it succeeded, so that partial amounts cannot race."""
        match row.operation:
            case PaymentOperation.CAPTURE:
                left = await self._capturable(row.authorization)
            case PaymentOperation.REFUND:
                drawn = await self.drawn(row.authorization)
                left = drawn.captured - drawn.refunds - drawn.charged_back
            case PaymentOperation.AUTHORIZE | PaymentOperation.VOID:
                return
        if row.amount > left:
            raise LimitExceeded(
                f"{row.operation} of {row.amount} is more than the {left} that is left"
            )

    async def _capturable(self, key: str) -> int:
        authorization, drawn = await self.find(key), await self.drawn(key)
        promised = authorization and authorization.status is PaymentStatus.SUCCEEDED
        if authorization is None or not promised or drawn.given_up:
            return 0
        return authorization.amount - drawn.captures


def _payment(row: Row[Any, *tuple[Any, ...]]) -> PaymentRow:
    values = row._asdict()
    values["operation"] = PaymentOperation(values["operation"])
    values["status"] = PaymentStatus(values["status"])
    return PaymentRow(**values)
