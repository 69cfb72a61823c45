"""One transaction as the ports see it: every book on the same connection."""

from collections.abc import Sequence

from sqlalchemy import bindparam, select
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.postgres import outcomes
from adapters.postgres.catalog import PostgresCatalog
from adapters.postgres.closing import Closing
from adapters.postgres.credit import PostgresCredit
from adapters.postgres.invoices import PostgresInvoices
from adapters.postgres.ledger import PostgresLedger
from adapters.postgres.orders import Clock, PostgresOrders
from adapters.postgres.payments import PostgresPayments
from adapters.postgres.points import PostgresPoints
from adapters.postgres.stock.inventory import PostgresInventory
from adapters.postgres.stock.reserving import refusing_shortage
from adapters.postgres.submissions import PostgresSubmissions
from adapters.postgres.tables import command
from adapters.postgres.transactions import committing, driver_of
from adapters.postgres.transfers import PostgresTransfers
from domain.codec import Json
from ports.unit_of_work import Outcome, StepName

_COMMAND_OUTCOME = select(command.c.outcome).where(command.c.id == bindparam("command"))
_COMMAND_BODY = select(command.c.body).where(command.c.id == bindparam("command"))


class PostgresUnitOfWork:
    """See `ports.unit_of_work.UnitOfWork`. `commit` ends the transaction."""

    def __init__(self, connection: AsyncConnection, clock: Clock | None = None) -> None:
        self._connection = connection
        self._closing = Closing()
        self.orders = PostgresOrders(connection, self._closing, clock)
        self.inventory = PostgresInventory(connection, self._closing)
        self.submissions = PostgresSubmissions(connection)
        self.payments = PostgresPayments(connection)
        self.invoices = PostgresInvoices(connection, self.orders.now)
        self.steps = _Steps(self._closing)
        self.credit = PostgresCredit(connection)
        self.transfers = PostgresTransfers(connection)
        self.points = PostgresPoints(connection)
        self.ledger = PostgresLedger(connection)
        self.outbox = _Outbox(self._closing)
        self.facts = _Facts(self._closing)
        self.commands = _Commands(connection, self._closing)
        self.catalog = PostgresCatalog(connection)

    async def commit(self) -> None:
        """Writes all that is left to be written, and what many transactions wait for with the
        commit. Refuses `OutOfStock`.
        """
        await self._closing.write(self._connection)
        if self._closing.reservations or self.invoices.wanted:
            with refusing_shortage():
                async with committing(self._connection) as driver:
                    await self._closing.reserve(driver)
                    await self.invoices.write(driver)


class _Steps:
    def __init__(self, closing: Closing) -> None:
        self._closing = closing

    async def save(self, subject: str, step: StepName, result: Json) -> None:
        self._closing.steps.append({"subject": subject, **step._asdict(), "result": result})


class _Outbox:
    def __init__(self, closing: Closing) -> None:
        self._closing = closing

    async def put(self, event_id: str, kind: str, subject: str, payload: Json) -> None:
        event = {"event_id": event_id, "kind": kind, "subject": subject, "payload": payload}
        self._closing.events.append(event)


class _Facts:
    def __init__(self, closing: Closing) -> None:
        self._closing = closing

    async def handled(self, facts: Sequence[str], by: str) -> None:
        self._closing.handled += facts
        self._closing.handled_by = by


class _Commands:
    def __init__(self, connection: AsyncConnection, closing: Closing) -> None:
        self._connection = connection
        self._closing = closing

    async def outcome(self, command: str) -> Outcome | None:
        found = await self._connection.execute(_COMMAND_OUTCOME, {"command": command})
        row = found.one_or_none()
        if row is None or row.outcome is None:
            return None
        refusal = row.outcome.get("refusal")
        return Outcome(refusal and (refusal[0], refusal[1]))

    async def body(self, command: str) -> Json:
        return await self._connection.scalar(_COMMAND_BODY, {"command": command})

    async def settle(self, command: str, *, refusal: tuple[str, str] | None, result: Json) -> None:
        """After all but the numbers of invoices: it takes a lock that all audited transactions
        share.
        """
        await self._closing.write(self._connection)
        with refusing_shortage():
            await self._closing.reserve(driver_of(self._connection))
        await outcomes.settle(self._connection, command, refusal=refusal, result=result)
