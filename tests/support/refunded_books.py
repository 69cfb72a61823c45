"""The same order, of which finance has given something back, and what its customer's bank does to
that.
"""

from typing import Any

from disputed_books import DisputedBooks

from adapters.postgres.engine import PostgresDatabase
from domain import journal as j
from domain.access import Principal, Role
from domain.acts import ActKind
from domain.facts import FactKind
from domain.payments import PaymentOperation, PaymentStatus
from ports.front_office import StoredFact
from ports.payment_book import PaymentRow
from tests.orderloom.audit.conftest import FINN

FAILED = FactKind.REFUND_FAILED
REFUND = 600
SYSTEM = Principal("system", frozenset({Role.SYSTEM}))


class RefundedBooks(DisputedBooks):
    """Goodwill, by the card: `rma`; as the process of a return does it."""

    @property
    def refund(self) -> str:
        return f"{self.rma}/refund/1"

    @property
    def failure(self) -> str:
        return f"{self.refund}/refund_failure"

    async def begin(self, status: PaymentStatus = PaymentStatus.REQUESTED) -> None:
        granted = await self.office.act(
            FINN, "grant", ActKind.GOODWILL_GRANT, self.delivered, {"amount": REFUND}, "sorry"
        )
        self.rma = granted.result["return"]
        row = PaymentRow(
            self.refund, self.rma, self.delivered, PaymentOperation.REFUND, 1, status, REFUND,
            "USD", authorization=f"{self.delivered}/authorize/1",
        )  # fmt: skip

        async def work(uow: Any) -> None:
            await uow.orders.lock(self.delivered)
            await uow.payments.begin(row)

        await PostgresDatabase(self.engine).run(work)

    async def end(self, status: PaymentStatus = PaymentStatus.SUCCEEDED) -> None:
        """The answer is heard."""
        await self.end_refund(self.refund, status)
        moved = j.PaymentMoved(
            self.refund, PaymentOperation.REFUND, 1, status, REFUND, "", "",
            f"{self.delivered}/authorize/1",
        )  # fmt: skip
        done = [j.ReturnCompleted()] if status is PaymentStatus.SUCCEEDED else []
        await self.journal_return(self.rma, SYSTEM, moved, *done)

    async def fail(self, amount: int = REFUND, event: str = "", **more: Any) -> StoredFact:
        """The provider tells that it has."""
        about = {"subject": self.refund, "dispute": "", "code": "account_closed", **more}
        return await self.tell(FAILED, amount, event, **about)

    async def failures(self) -> list[tuple[Any, ...]]:
        return await self.rows(
            "SELECT key, subject, ordinal, status, amount, authorization_key, reason"
            " FROM payment_transaction WHERE operation = 'refund_failure'"
        )

    async def returns(self) -> list[tuple[Any, ...]]:
        """Number, kind, status and plan of each."""
        return await self.rows(
            "SELECT number, view->>'kind', status, view->'plan' FROM return_order ORDER BY number"
        )

    async def queue(self) -> list[tuple[str, str]]:
        page = await self.reads.tasks(FINN, "finance", 10, None)
        return [(task.subject, task.reason) for task in page.items]
