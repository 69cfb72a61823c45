"""Books that settlements are compared with, on a real PostgreSQL."""

import json
from datetime import UTC, datetime
from typing import Any

from adapters.postgres.back_office import PostgresBackOffice
from adapters.postgres.engine import PostgresDatabase
from adapters.postgres.settlements import PostgresSettlements
from domain.access import SYSTEM, Principal, Role
from domain.acts import ActKind
from domain.ledger import Account, Leg, Posting
from domain.settlement import Line, LineKind, PartyKind, Settlement
from ports.settlements import Reconciled
from ports.unit_of_work import UnitOfWork

FIN = Principal("fin", frozenset({Role.FINANCE}))
NUMBER = "7K3M-9QXT-2AVB"
PERSON = """
    INSERT INTO person (name, line1, line2, city, region, postal_code, country, email, phone)
    VALUES ('Ana', '', '', '', '', '', '', '', '')
    """
ORDER = """
    INSERT INTO customer_order (number, channel, channel_ref, customer_ref, currency, total,
                                placed, process, person_id, tracking_hash, placed_at)
    VALUES (:number, 'web', 'WEB-1', '', 'USD', 0, '{}', '{}', 1, 'O1', now())
    """
VIEW = """
    INSERT INTO order_view (number, seq, channel, customer_ref, status, payment_status, currency,
                            total, parcels, view, waits, queued, placed_at)
    VALUES (:number, 1, 'web', '', 'CLOSED', '', 'USD', 0, 1, CAST(:view AS jsonb), '[]', 0, now())
    """
PACKED = {"carrier": "UPS", "tracking_number": "1Z9"}
CAPTURE, REFUND, CASH = f"{NUMBER}-F1/capture/1", f"{NUMBER}-R1/refund/1", f"{NUMBER}-F1/cash"
REGISTER = f"{NUMBER}/register"


class SettledBooks:
    """One closed order, and what parties say that they paid out for it."""

    def __init__(self, engine: Any, run_sql: Any) -> None:
        self.settlements = PostgresSettlements(engine)
        self.database, self.sql = PostgresDatabase(engine), run_sql
        self.office = PostgresBackOffice(engine)
        self.payouts = 0

    async def open(self) -> None:
        view = {"parcels": {f"{NUMBER}-F1": {"packages": [PACKED]}}}
        await self.sql(PERSON)
        await self.sql(ORDER, number=NUMBER)
        await self.sql(VIEW, number=NUMBER, view=json.dumps(view))

    async def post(self, operation: str, amount: int, account: Account) -> None:
        legs = (Leg(account, amount), Leg(Account.RECEIVABLE, -amount))

        async def work(uow: UnitOfWork) -> None:
            await uow.ledger.post(Posting(operation, NUMBER, "USD", legs))

        await self.database.run(work)

    async def take_in(self, *lines: Line, **more: Any) -> bool:
        self.payouts += 1
        given = {
            "kind": PartyKind.PROVIDER,
            "party": "acme",
            "reference": f"po-{self.payouts}",
            "currency": "USD",
            **more,
        }
        sha = given.pop("sha256", f"sha-{self.payouts}")
        return await self.settlements.take_in(Settlement(lines=lines, **given), "file.csv", sha)

    async def settle(self, *lines: Line, **more: Any) -> Reconciled:
        await self.take_in(*lines, **more)
        return await self.settlements.match_open()

    async def balances(self) -> dict[str, int]:
        found = await self.sql(
            "SELECT account, sum(amount)::int FROM ledger_entry WHERE account <> 'receivable'"
            " GROUP BY 1 HAVING sum(amount) <> 0"
        )
        return dict(found)

    async def tasks(self) -> list[str]:
        found = await self.sql("SELECT id FROM task WHERE closed_at IS NULL ORDER BY id")
        return [row[0] for row in found]

    async def act(self, kind: ActKind, subject: str, by: Principal = FIN, **body: Any) -> Any:
        key = f"{kind}/{subject}/{by.name}/{body}"
        return await self.office.act(by, key, kind, subject, body, "as agreed")

    async def lines(self, verdict: str = "") -> list[Any]:
        return (await self.settlements.lines(SYSTEM, verdict, 100, None)).items


def line(reference: str, gross: int, fee: int = 0, number: int = 1, **more: Any) -> Line:
    kind = more.pop("kind", LineKind.CHARGE if gross > 0 else LineKind.REFUND)
    return Line(number, kind, reference, gross, fee, more.pop("at", datetime.now(UTC)), **more)
