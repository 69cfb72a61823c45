"""Disputes in the books: payment rows beside our own operations, postings, and finance's task.

The caller has locked the order. Nothing is booked twice: rows and postings are keyed by the capture
and the provider's name for the dispute.
"""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.postgres.ledger import PostgresLedger
from adapters.postgres.orders import PostgresOrders
from adapters.postgres.tasks import WITHIN_SECONDS, NewTask, close_task, raise_task
from adapters.postgres.unasked_rows import amount_of, write_unasked
from domain.access import Role
from domain.chargebacks import (
    Captured,
    Unbooked,
    charged_back,
    check_chargeback,
    check_reversal,
    deposit_settled,
    owed_back,
    same_again,
    won,
)
from domain.codec import from_json
from domain.facts import Fact, FactKind
from domain.journal import SYSTEM
from domain.money import Money
from domain.payments import PaymentStatus, Unasked, unasked_key
from domain.transitions import OrderStatus
from domain.view import OrderView
from ports.unit_of_work import LockedOrder

TASK = "chargeback"
ACCEPTED = "/accepted/"  # in the name of a posting: between the chargeback's key and the act
_STANDS = text(
    """
    SELECT capture.status, capture.amount, capture.currency,
      COALESCE(sum(drawn.amount) FILTER (WHERE of_this AND drawn.operation = 'chargeback'), 0)
        - COALESCE(sum(drawn.amount) FILTER (
            WHERE of_this AND drawn.operation = 'chargeback_reversal'), 0) AS taken,
      COALESCE(sum(CASE WHEN drawn.status <> 'SUCCEEDED' THEN 0
                        WHEN drawn.operation IN ('capture', 'chargeback_reversal', 'refund_failure')
                        THEN drawn.amount
                        WHEN drawn.operation IN ('refund', 'chargeback') THEN -drawn.amount
                        ELSE 0 END), 0) AS left,
      COALESCE(bool_or(drawn.operation = 'refund'
                       AND drawn.status NOT IN ('SUCCEEDED', 'FAILED')), false) AS refunding
    FROM payment_transaction AS capture
    JOIN payment_transaction AS drawn USING (order_number, authorization_key)
    CROSS JOIN LATERAL (SELECT starts_with(drawn.key, capture.key || '/')) AS name(of_this)
    WHERE capture.key = :capture GROUP BY capture.key
    """
)
_ACCEPTED = text(
    """
    SELECT COALESCE(sum(amount), 0)::bigint
    FROM ledger_transaction JOIN ledger_entry ON transaction_id = id
    WHERE order_number = :order AND account = 'bad_debt' AND starts_with(operation, :accepted)
    """
)
_WAITING = text(
    """
    SELECT data FROM fact
    WHERE order_number = :order AND kind = :kind AND quarantined IS NOT NULL ORDER BY id
    """
)
# What an order owes no longer, finance need not look at: paid by transfer, given back, written off.
_CLOSE_SETTLED = text(
    """
    UPDATE task SET closed_at = clock_timestamp(), closed_by = :by,
           closed_why = :why
    WHERE kind = :kind AND closed_at IS NULL AND (:order = '' OR order_number = :order)
      AND 0 >= (SELECT COALESCE(sum(amount), 0) FROM ledger_transaction AS posted
                JOIN ledger_entry ON transaction_id = posted.id
                WHERE posted.order_number = task.order_number AND account = 'receivable')
    """
)
_REOPEN_OWED = text(
    """
    UPDATE task SET closed_at = NULL, closed_by = '', closed_why = '',
           deadline = clock_timestamp() + make_interval(secs => :within)
    WHERE kind = :kind AND order_number = :order AND closed_why = :why
      AND 0 < (SELECT COALESCE(sum(amount), 0) FROM ledger_transaction AS posted
               JOIN ledger_entry ON transaction_id = posted.id
               WHERE posted.order_number = :order AND account = 'receivable')
    """
)
_SETTLED = "it is paid, given back or written off"


async def accepted_of(connection: AsyncConnection, order: str, key: str) -> int:
    """What finance wrote off of a chargeback when it accepted it, minor units."""
    asked = {"order": order, "accepted": f"{key}{ACCEPTED}"}
    return await connection.scalar(_ACCEPTED, asked) or 0


async def close_settled(connection: AsyncConnection, by: str, order: str = "") -> None:
    """Tasks of chargebacks of which nothing is owed any more: of one order, or of all."""
    values = {"kind": TASK, "by": by, "order": order, "why": _SETTLED}
    await connection.execute(_CLOSE_SETTLED, values)


async def reopen_unsettled(connection: AsyncConnection, order: str) -> None:
    """Those that were closed as above, once the order owes something again."""
    values = {"kind": TASK, "order": order, "why": _SETTLED, "within": WITHIN_SECONDS}
    await connection.execute(_REOPEN_OWED, values)


class Disputes:
    """Of one order under lock; `before` is its view without the fact that is being booked, `after`
    the one with it. What it projects is in the closing of `orders`.
    """

    def __init__(
        self,
        connection: AsyncConnection,
        orders: PostgresOrders,
        locked: LockedOrder,
        before: OrderView,
        after: OrderView,
    ) -> None:
        self._connection = connection
        self._orders, self._locked = orders, locked
        self._before, self._after = before, after
        self._ledger = PostgresLedger(connection)

    async def book(self, fact: Fact) -> Unbooked | None:
        """None when the books have it, now or from before. `fact.subject` is the capture's key."""
        what = Unasked.CHARGEBACK if fact.kind is FactKind.CHARGED_BACK else Unasked.REVERSAL
        key = unasked_key(fact.subject, what, fact.dispute)
        known = await amount_of(self._connection, key)
        if known is not None:
            return same_again(known, fact)
        if what is Unasked.CHARGEBACK:
            return await self._charge_back(key, fact)
        return await self._give_back(key, fact, self._before)

    async def _charge_back(self, key: str, fact: Fact) -> Unbooked | None:
        reversal = await self._told_before(fact)
        given_back = reversal.amount if reversal else 0
        odd = check_chargeback(await self._capture(fact.subject), fact, given_back)
        if odd is None:
            await self._write(key, Unasked.CHARGEBACK, fact)
            await self._ledger.post(charged_back(self._locked.order, key, fact.amount))
            owed = await self._settle_deposit(key)
            await raise_task(self._connection, self._task(key, fact))
            await self._refund(owed)
            if reversal is not None:
                back = unasked_key(fact.subject, Unasked.REVERSAL, fact.dispute)
                await self._give_back(back, reversal, self._after)
        return odd

    async def _give_back(self, key: str, fact: Fact, before: OrderView) -> Unbooked | None:
        charged = unasked_key(fact.subject, Unasked.CHARGEBACK, fact.dispute)
        taken = await amount_of(self._connection, charged) or 0
        odd = check_reversal(taken, self._locked.order.currency, fact)
        if odd is None:
            await self._write(key, Unasked.REVERSAL, fact)
            order = self._locked.order.number
            balances = await self._ledger.balances(order)
            accepted = await accepted_of(self._connection, order, charged)
            posting, owed = won(before, key, fact.amount, balances, accepted)
            await self._ledger.post(posting)
            if fact.amount == taken:
                why = "the dispute was won: the money has come back"
                await close_task(self._connection, f"{TASK}/{charged}", SYSTEM, why)
            await self._refund(owed)
        return odd

    async def _settle_deposit(self, key: str) -> int:
        """As the end of the order does it, of one that has ended already."""
        if not (self._after.status.final or self._after.status is OrderStatus.COMPLETED):
            return 0
        balances = await self._ledger.balances(self._locked.order.number)
        posting, owed = deposit_settled(self._after, f"{key}/deposit", balances)
        if posting:
            await self._ledger.post(posting)
        return owed

    async def _refund(self, owed: int) -> None:
        if owed:
            order, process = self._locked.order, self._locked.process
            balances = await self._ledger.balances(order.number)
            entry = owed_back(self._after, process, balances, owed)
            await self._orders.open_return(order, process, entry, SYSTEM)

    async def _told_before(self, fact: Fact) -> Fact | None:
        """Its reversal, which has overtaken it and waits: both are booked together."""
        asked = {"order": self._locked.order.number, "kind": FactKind.CHARGEBACK_REVERSED.value}
        found = await self._connection.execute(_WAITING, asked)
        facts = (from_json(Fact, data) for (data,) in found)
        same = (each for each in facts if each.dispute == fact.dispute)
        return next((each for each in same if each.subject == fact.subject), None)

    async def _capture(self, key: str) -> Captured:
        row = (await self._connection.execute(_STANDS, {"capture": key})).one()
        return Captured(
            key,
            PaymentStatus(row.status),
            row.amount,
            row.currency,
            int(row.taken),
            int(row.left),
            row.refunding,
        )

    async def _write(self, key: str, what: Unasked, fact: Fact) -> None:
        about, amount, reason = fact.subject, fact.amount, fact.code
        await write_unasked(self._connection, key, what, about, amount, reason)

    def _task(self, key: str, fact: Fact) -> NewTask:
        order = self._locked.order
        amount = Money(fact.amount, order.currency)
        reason = (
            f"{amount} of {fact.subject} was charged back ({fact.code or 'no reason told'}): "
            f"contest it at the provider as dispute {fact.dispute}, have the customer pay "
            "otherwise, or accept the loss (chargeback_accept)"
        )
        data = {"dispute": fact.dispute, "amount": fact.amount, "currency": order.currency}
        name = f"{TASK}/{key}"
        return NewTask(name, TASK, key, reason, Role.FINANCE, order.number, data)
