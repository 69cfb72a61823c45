"""Payment transactions: one row a business operation, moved by conditional transitions only."""

from dataclasses import replace
from typing import Any

from sqlalchemy import Row, Select, bindparam, case, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.postgres.tables import payment_source, payment_transaction
from domain.errors import LimitExceeded
from domain.payments import PaymentOperation, PaymentStatus, sources_of
from ports.unit_of_work import PaymentRow

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
)

_SOURCE = payment_source.c.source
_FOUND = select(*_COLUMNS, func.coalesce(_SOURCE, "").label("source")).outerjoin(
    payment_source, payment_source.c.order_number == _t.order_number
)
_FIND = _FOUND.where(_t.key == bindparam("key"))
_AUTHORIZATION = (
    _FOUND.where(
        _t.order_number == bindparam("order"),
        _t.operation == PaymentOperation.AUTHORIZE.value,
        _t.status != PaymentStatus.FAILED.value,
    )
    .order_by(_t.ordinal.desc())
    .limit(1)
)
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
        updated_at=func.clock_timestamp(),
    )
)
_SETTLED = case((_t.status == PaymentStatus.SUCCEEDED.value, _t.amount), else_=0)
_UNDER_WAY = case((_t.status != PaymentStatus.FAILED.value, _t.amount), else_=0)
_LIMIT_AND_USED = select(
    func.coalesce(func.sum(_SETTLED).filter(_t.operation == bindparam("limiting")), 0),
    func.coalesce(func.sum(_UNDER_WAY).filter(_t.operation == bindparam("operation")), 0),
).where(_t.order_number == bindparam("order"))


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
            },
        )
        return replace(row, source=written.scalar_one() or ""), True

    async def find(self, key: str) -> PaymentRow | None:
        return await self._one(_FIND, key=key)

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
    ) -> bool:
        values = {
            "of": key,
            "before": [source.value for source in sources_of(status)],
            "to": status.value,
            "payment": provider_payment,
            "why": reason,
            "url": action_url,
        }
        return (await self._connection.execute(_MOVE, values)).rowcount == 1

    async def authorization(self, order: str) -> PaymentRow | None:
        return await self._one(_AUTHORIZATION, order=order)

    async def _refuse_beyond_limit(self, row: PaymentRow) -> None:
        """What is under way counts as if it succeeded, so that partial amounts cannot race."""
        limits = {
            PaymentOperation.CAPTURE: PaymentOperation.AUTHORIZE,
            PaymentOperation.REFUND: PaymentOperation.CAPTURE,
        }
        if row.operation not in limits:
            return
        values = {
            "limiting": limits[row.operation].value,
            "operation": row.operation.value,
            "order": row.order,
        }
        limit, used = (await self._connection.execute(_LIMIT_AND_USED, values)).one()
        if used + row.amount > limit:
            raise LimitExceeded(
                f"{row.operation} of {row.amount} is more than the {limit - used} that is left"
            )


def _payment(row: Row[Any, *tuple[Any, ...]]) -> PaymentRow:
    values = row._asdict()
    values["operation"] = PaymentOperation(values["operation"])
    values["status"] = PaymentStatus(values["status"])
    return PaymentRow(**values)
