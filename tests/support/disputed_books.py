"""One order, delivered and paid by card, and what its cardholder's bank does to it."""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import text

from adapters.postgres.back_office import PostgresBackOffice
from adapters.postgres.engine import PostgresDatabase
from adapters.postgres.facts.inbox import PostgresFactInbox
from adapters.postgres.reads import PostgresReads
from domain import journal as j
from domain.facts import Fact, FactKind
from domain.payments import PaymentOperation, PaymentStatus
from ports.front_office import StoredFact
from ports.payment_book import PaymentRow
from tests.orderloom.audit.conftest import ANA, CATALOG, TOTAL, World

TAKEN, GIVEN = FactKind.CHARGED_BACK, FactKind.CHARGEBACK_REVERSED


class DisputedBooks(World):
    """A world of its own: what its bank does, and what the books say."""

    async def open(self) -> None:
        await self.run(*CATALOG)
        self.delivered = await self.place("WEB-1")
        await self._deliver()
        self.inbox = PostgresFactInbox(self.engine)
        self.office = PostgresBackOffice(self.engine)
        self.reads = PostgresReads(self.engine, b"key")

    @property
    def capture(self) -> str:
        return f"{self.delivered}/capture/1"

    @property
    def key(self) -> str:
        return f"{self.capture}/chargeback/dp_1"

    async def close(self) -> None:
        await self.journal(self.delivered, j.Closed())

    async def tell(
        self, kind: FactKind, amount: int = TOTAL, event: str = "", **more: Any
    ) -> StoredFact:
        event = event or f"{kind}/{amount}"
        at = datetime.now(UTC) - timedelta(seconds=1)
        told = {"subject": self.capture, "dispute": "dp_1", "code": "fraudulent", **more}
        fact = Fact(f"payment:{event}", kind, occurred_at=at, amount=amount, **told)
        return await self.inbox.store("payment", event, fact, {"id": event})

    async def look_again(self) -> list[StoredFact]:
        """As the relay does when it is due."""
        await self.run("UPDATE fact SET due_at = clock_timestamp() WHERE due_at IS NOT NULL")
        return [told for told in await self.inbox.untold(10) if told.fact.kind.is_unasked]

    async def rows(self, statement: str, **values: Any) -> list[tuple[Any, ...]]:
        async with self.engine.connect() as connection:
            return [tuple(row) for row in await connection.execute(text(statement), values)]

    async def balances(self) -> dict[str, int]:
        found = await self.rows(
            "SELECT account, sum(amount)::int FROM ledger_transaction JOIN ledger_entry"
            " ON transaction_id = id WHERE order_number = :o GROUP BY 1 HAVING sum(amount) <> 0",
            o=self.delivered,
        )
        return {name: amount for name, amount in found if name not in ("revenue", "tax")}

    async def disputed(self) -> list[tuple[Any, ...]]:
        return await self.rows(
            "SELECT key, operation, ordinal, status, amount, fulfillment_order, authorization_key,"
            " reason FROM payment_transaction WHERE operation LIKE 'chargeback%'"
            " ORDER BY created_at"
        )

    async def tasks(self) -> list[tuple[str, str]]:
        found = await self.rows(
            "SELECT id, owner FROM task WHERE closed_at IS NULL ORDER BY since, id"
        )
        return [(name, owner) for name, owner in found]

    async def status(self) -> str:
        return (await self.reads.order(ANA, self.delivered)).summary.payment_status

    async def begin_refund(self, amount: int, n: int = 1) -> str:
        key, order = f"{self.delivered}/refund/{n}", self.delivered
        row = PaymentRow(
            key, order, order, PaymentOperation.REFUND, n, PaymentStatus.REQUESTED, amount, "USD",
            authorization=f"{order}/authorize/1",
        )  # fmt: skip

        async def work(uow: Any) -> None:
            await uow.orders.lock(order)
            await uow.payments.begin(row)

        await PostgresDatabase(self.engine).run(work)
        return key

    async def end_refund(self, key: str, status: PaymentStatus) -> None:
        await PostgresDatabase(self.engine).run(lambda uow: uow.payments.move(key, status))

    async def holds(self) -> None:
        assert await self.violations() == {}
