"""An order's books without its process: placed, shipped, delivered and returned by journal entries,
each with its consequences.
"""

from dataclasses import replace
from typing import Any

from journaling import journal_return
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from activities.effects import OrderTurn, journal
from adapters.postgres.auditing.auditor import audit_books
from adapters.postgres.engine import PostgresDatabase
from adapters.postgres.intake import PostgresIntake
from adapters.postgres.return_requests import request_return
from domain import journal as j
from domain.access import Principal, Role
from domain.errors import OutOfStock
from domain.ledger import Account, Leg, Posting
from domain.order import LineUnits, PaymentMethod
from domain.points_rules import PointsProgram, PointsRate
from domain.process import ProcessDefinition
from ports.front_office import OrderRequest, Person, RequestedLine
from ports.unit_of_work import UnitOfWork

CATALOG = (
    "INSERT INTO product (sku, name) VALUES ('TEA', 'Tea')",
    "INSERT INTO price VALUES ('TEA', 'USD', 500)",
    "INSERT INTO location (id, name, country) VALUES ('BOS', 'Boston', 'US')",
    "INSERT INTO stock (sku, location, on_hand, opening) VALUES ('TEA', 'BOS', 9999, 9999)",
)
WEB = Principal("channel:web", frozenset({Role.CHANNEL}), "web")
ANA = Principal("ana", frozenset({Role.AGENT}))
PROCESS = ProcessDefinition(points=PointsProgram((PointsRate("USD", 1, 1),)))
REQUEST = OrderRequest(
    "web", "", "USD", (RequestedLine("TEA", 3),), Person("Ana", "1 St", "Boston", "US"),
    PaymentMethod.CARD, "tok_ok", shipping=700, customer_ref="C-1",
)  # fmt: skip
AT_CHANNEL = PaymentMethod.PAID_AT_CHANNEL


class Books:
    """Orders of three units of tea (15.00) and shipping (7.00), and the points and the store
    credit of their customer, who gets a point a dollar and a cent a point.
    """

    def __init__(self, engine: AsyncEngine) -> None:
        self.engine = engine
        self.database = PostgresDatabase(engine)
        self.intake = PostgresIntake(engine, b"k" * 32, PROCESS)
        self.gifts = 0

    async def place(self, reference: str, points: int = 0, **rest: Any) -> str:
        request = replace(REQUEST, channel_ref=reference, points=points, **rest)
        number = (await self.intake.place(WEB, reference, request)).number
        await self.journal(number, j.Reviewed("approve", "v1", "r1", "fine"))
        return number

    async def journal(self, order: str, *bodies: j.Body, fails: bool = False) -> None:
        async def work(uow: UnitOfWork) -> None:
            turn = OrderTurn(uow, await uow.orders.lock(order))
            if turn.applies(bodies):
                await journal(turn, bodies, "system")
            if fails:
                raise OutOfStock("as if something went wrong after all")

        await self.database.run(work)

    async def ship(self, order: str, *parcels: int) -> None:
        """A parcel for each number, with as many units, all sent."""
        planned = tuple(
            j.PlannedParcel(f"{order}-F{n}", "BOS", units(quantity))
            for n, quantity in enumerate(parcels, 1)
        )
        await self.journal(order, j.Sourced(planned, "v1"))
        for parcel in planned:
            await self.journal(order, shipped(parcel.fulfillment_order, parcel.lines[0].quantity))

    async def deliver(self, order: str, *parcels: int) -> None:
        for n in parcels:
            await self.journal(order, j.Delivered(f"{order}-F{n}"))

    async def give_back(
        self, order: str, quantity: int, refund: int, disposition: str = "restock"
    ) -> None:
        rma = await request_return(
            self.engine, ANA, f"{order}-{quantity}", order, units(quantity), "damaged"
        )
        for body in (
            j.ReturnApproved(),
            j.ReturnReceived(units(quantity), "BOS"),
            j.ReturnInspected((j.InspectedUnits(1, "TEA", quantity, disposition),), refund),
        ):
            await journal_return(self.database, rma, body)

    async def give(self, points: int, until: str = "2099-01-01", operation: str = "gift") -> None:
        await self.rows("INSERT INTO points_account VALUES ('C-1') ON CONFLICT DO NOTHING")
        await self.rows(
            "INSERT INTO points_entry (operation, line, customer_ref, kind, lot, expires_on,"
            " points, reserved) VALUES (:operation, 1, 'C-1', 'ADJUST', :operation,"
            " CAST(:until AS date), :points, 0)",
            operation=operation, until=until, points=points,
        )  # fmt: skip

    async def give_credit(self, amount: int, currency: str = "USD") -> None:
        """To the customer, as an earlier refund."""
        legs = (Leg(Account.REFUNDS_PAYABLE, amount), Leg(Account.STORE_CREDIT, -amount, "C-1"))
        self.gifts += 1
        posting = Posting(f"gift/{self.gifts}", "", currency, legs)
        await self.database.run(lambda uow: uow.ledger.post(posting))

    async def credit(self) -> tuple[int, int]:
        """What the customer can spend, and what orders hold, in USD."""
        [found] = await self.rows(
            "SELECT COALESCE(-sum(amount) FILTER (WHERE account = 'store_credit'), 0)::int,"
            " COALESCE(-sum(amount) FILTER (WHERE account = 'store_credit_held'), 0)::int"
            " FROM ledger_entry JOIN ledger_transaction ON id = transaction_id"
            " WHERE currency = 'USD'"
        )
        return found[0], found[1]

    async def points(self) -> tuple[int, int]:
        """What the customer can spend, and what orders hold."""
        sums = "SELECT COALESCE(sum(points), 0), COALESCE(sum(reserved), 0) FROM points_entry"
        [(available, reserved)] = await self.rows(sums)
        return int(available), int(reserved)

    async def kinds(self) -> list[tuple[str, int, int]]:
        found = await self.rows("SELECT kind, points, reserved FROM points_entry ORDER BY id")
        return [(kind, points, reserved) for kind, points, reserved in found]

    async def ledger(self, order: str) -> dict[str, int]:
        """What the order has in each account."""
        found = await self.rows(
            "SELECT account, sum(amount)::bigint FROM ledger_transaction JOIN ledger_entry"
            " ON transaction_id = id WHERE order_number = :order"
            " GROUP BY account HAVING sum(amount) <> 0",
            order=order,
        )
        return {account: amount for account, amount in found}  # noqa: C416 - rows of two

    async def violations(self) -> dict[str, Any]:
        wanted = ("L", "M")  # of points and of money
        found = await audit_books(self.engine)
        return {f.id: f.violations for f in found if f.id[0] in wanted and f.violations}

    async def rows(self, statement: str, **values: Any) -> list[tuple[Any, ...]]:
        async with self.engine.begin() as connection:
            result = await connection.execute(text(statement), values)
            return [tuple(row) for row in result] if result.returns_rows else []


def units(quantity: int) -> tuple[LineUnits, ...]:
    return (LineUnits(1, "TEA", quantity),)


def shipped(parcel: str, quantity: int = 3) -> j.Shipped:
    return j.Shipped(parcel, (), units(quantity), 0)
