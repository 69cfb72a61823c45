"""One transaction as the ports see it: every book on the same connection."""

from collections.abc import Iterable, Sequence

from sqlalchemy import insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.postgres import outcomes
from adapters.postgres.inventory import PostgresInventory
from adapters.postgres.orders import Clock, PostgresOrders
from adapters.postgres.payments import PostgresPayments
from adapters.postgres.tables import command as command_table
from adapters.postgres.tables import (
    customer,
    customer_order,
    fact,
    ledger_entry,
    ledger_transaction,
    outbox,
    person,
    price,
)
from adapters.postgres.tables import step as step_table
from domain.codec import Json
from domain.ledger import Posting


class PostgresUnitOfWork:
    """See `ports.unit_of_work.UnitOfWork`."""

    def __init__(self, connection: AsyncConnection, clock: Clock | None = None) -> None:
        self.orders = PostgresOrders(connection, clock)
        self.inventory = PostgresInventory(connection)
        self.payments = PostgresPayments(connection)
        self.steps = _Steps(connection)
        self.ledger = _Ledger(connection)
        self.outbox = _Outbox(connection)
        self.facts = _Facts(connection)
        self.commands = _Commands(connection)
        self.catalog = _Catalog(connection)


class _Book:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection


class _Steps(_Book):
    async def find(self, subject: str, step: str, ordinal: int) -> Json | None:
        row = step_table.c
        return await self._connection.scalar(
            select(row.result).where(
                row.subject == subject, row.name == step, row.ordinal == ordinal
            )
        )

    async def save(self, subject: str, step: str, ordinal: int, result: Json) -> None:
        values = {"subject": subject, "name": step, "ordinal": ordinal, "result": result}
        await self._connection.execute(insert(step_table).values(values))


class _Ledger(_Book):
    async def post(self, posting: Posting) -> None:
        transaction = await self._connection.scalar(
            upsert(ledger_transaction)
            .values(
                operation=posting.operation,
                order_number=posting.order,
                currency=posting.currency,
            )
            .on_conflict_do_nothing(index_elements=["operation"])
            .returning(ledger_transaction.c.id)
        )
        if transaction is None or not posting.legs:
            return
        await self._connection.execute(
            insert(ledger_entry),
            [
                {
                    "transaction_id": transaction,
                    "leg": number,
                    "account": leg.account.value,
                    "amount": leg.amount,
                }
                for number, leg in enumerate(posting.legs, start=1)
            ],
        )


class _Outbox(_Book):
    async def put(self, event_id: str, kind: str, subject: str, payload: Json) -> None:
        await self._connection.execute(
            upsert(outbox)
            .values(event_id=event_id, kind=kind, subject=subject, payload=payload)
            .on_conflict_do_nothing(index_elements=["event_id"])
        )


class _Facts(_Book):
    async def handled(self, facts: Sequence[str], by: str) -> None:
        if facts:
            await self._connection.execute(
                update(fact)
                .where(fact.c.id.in_(list(facts)), fact.c.handled_by.is_(None))
                .values(handled_by=by, due_at=None)
            )


class _Commands(_Book):
    async def body(self, command: str) -> Json:
        table = command_table
        return await self._connection.scalar(select(table.c.body).where(table.c.id == command))

    async def settle(self, command: str, *, refusal: tuple[str, str] | None, result: Json) -> None:
        await outcomes.settle(self._connection, command, refusal=refusal, result=result)


class _Catalog(_Book):
    async def prices(self, skus: Iterable[str], currency: str) -> dict[str, int]:
        found = await self._connection.execute(
            select(price.c.sku, price.c.unit_price).where(
                price.c.currency == currency, price.c.sku.in_(list(skus))
            )
        )
        return dict(found.all())

    async def customer_blocked(self, customer_ref: str) -> bool:
        return bool(
            await self._connection.scalar(
                select(customer.c.blocked).where(customer.c.ref == customer_ref)
            )
        )

    async def address_complete(self, order: str) -> bool:
        ship_to = await self.ship_to(order)
        return all(ship_to[part] for part in ("name", "line1", "city", "country"))

    async def ship_to(self, order: str) -> dict[str, str]:
        parts = ("name", "line1", "city", "region", "postal_code", "country", "phone")
        row = await self._connection.execute(
            select(*(person.c[part] for part in parts))
            .join(customer_order, customer_order.c.person_id == person.c.id)
            .where(customer_order.c.number == order)
        )
        return dict(zip(parts, row.one(), strict=True))
