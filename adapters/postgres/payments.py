"""Payment transactions: one row a business operation, moved by conditional transitions only."""

from typing import Any

from sqlalchemy import Row, case, func, insert, select, update
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
        await self._connection.execute(
            insert(payment_transaction).values(
                key=row.key,
                subject=row.subject,
                order_number=row.order,
                operation=row.operation.value,
                ordinal=row.ordinal,
                status=row.status.value,
                amount=row.amount,
                currency=row.currency,
                fulfillment_order=row.fulfillment_order,
                provider_payment=row.provider_payment,
                reason=row.reason,
                action_url=row.action_url,
            )
        )
        begun = await self.find(row.key)
        assert begun is not None, "the row was written in this transaction"  # noqa: S101
        return begun, True

    async def find(self, key: str) -> PaymentRow | None:
        found = await self._connection.execute(
            select(*_COLUMNS, func.coalesce(payment_source.c.source, "").label("source"))
            .outerjoin(payment_source, payment_source.c.order_number == _t.order_number)
            .where(_t.key == key)
        )
        row = found.one_or_none()
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
        moved = await self._connection.execute(
            update(payment_transaction)
            .where(_t.key == key, _t.status.in_([s.value for s in sources_of(status)]))
            .values(
                status=status.value,
                provider_payment=func.coalesce(
                    func.nullif(provider_payment, ""), _t.provider_payment
                ),
                reason=reason,
                action_url=action_url,
                updated_at=func.clock_timestamp(),
            )
        )
        return moved.rowcount == 1

    async def authorization(self, order: str) -> PaymentRow | None:
        found = await self._connection.scalar(
            select(_t.key)
            .where(
                _t.order_number == order,
                _t.operation == PaymentOperation.AUTHORIZE.value,
                _t.status != PaymentStatus.FAILED.value,
            )
            .order_by(_t.ordinal.desc())
            .limit(1)
        )
        return None if found is None else await self.find(found)

    async def _refuse_beyond_limit(self, row: PaymentRow) -> None:
        """What is under way counts as if it succeeded, so that partial amounts cannot race."""
        limits = {
            PaymentOperation.CAPTURE: PaymentOperation.AUTHORIZE,
            PaymentOperation.REFUND: PaymentOperation.CAPTURE,
        }
        if row.operation not in limits:
            return
        settled = case((_t.status == PaymentStatus.SUCCEEDED.value, _t.amount), else_=0)
        under_way = case((_t.status != PaymentStatus.FAILED.value, _t.amount), else_=0)
        sums = await self._connection.execute(
            select(
                func.coalesce(
                    func.sum(settled).filter(_t.operation == limits[row.operation].value), 0
                ),
                func.coalesce(func.sum(under_way).filter(_t.operation == row.operation.value), 0),
            ).where(_t.order_number == row.order)
        )
        limit, used = sums.one()
        if used + row.amount > limit:
            raise LimitExceeded(
                f"{row.operation} of {row.amount} is more than the {limit - used} that is left"
            )


def _payment(row: Row[Any, *tuple[Any, ...]]) -> PaymentRow:
    values = row._asdict()
    values["operation"] = PaymentOperation(values["operation"])
    values["status"] = PaymentStatus(values["status"])
    return PaymentRow(**values)
