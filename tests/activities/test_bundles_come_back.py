"""A bundle comes back as the components that were shipped, parcel by parcel, whatever its recipe
has become since.
"""

from collections.abc import AsyncIterator
from typing import Any

import pytest_asyncio
from journaling import journal_order, journal_return
from sqlalchemy import text

from adapters.postgres.auditing.auditor import audit_books
from adapters.postgres.back_office import PostgresBackOffice
from adapters.postgres.engine import PostgresDatabase, create_engine
from adapters.postgres.intake import PostgresIntake
from adapters.postgres.return_requests import request_return
from domain import journal as j
from domain.access import Principal, Role
from domain.acts import ActKind
from domain.order import LineUnits, PaymentMethod
from domain.process import ProcessDefinition
from ports.front_office import OrderRequest, Person, RequestedLine

CATALOG = """
INSERT INTO product (sku, name) VALUES ('TEA', 'Tea'), ('CUP', 'Cup'), ('SET', 'Set');
INSERT INTO price VALUES ('SET', 'USD', 1000);
INSERT INTO location (id, name, country) VALUES ('BOS', 'Boston', 'US'), ('NYC', 'N', 'US');
INSERT INTO tax_rate VALUES ('US', '', 0);
INSERT INTO stock (sku, location, on_hand, opening)
    VALUES ('TEA', 'BOS', 100, 100), ('CUP', 'BOS', 100, 100);
"""
SUE = Principal("sue", frozenset({Role.SUPERVISOR}))
ANA = Principal("ana", frozenset({Role.AGENT}))
WEB = Principal("channel:web", frozenset({Role.CHANNEL}), "web")
CHECKED = ("S1", "S2", "S3", "S3-buckets", "S4", "S4-components", "S4-returned")


class Sets:
    """An order of eight sets, sent in parcels, and what comes back of it."""

    def __init__(self, url: str) -> None:
        self.engine = create_engine(url)
        self.database = PostgresDatabase(self.engine)
        self.order = ""
        self.parcels = 0
        self.returns = 0

    async def open(self) -> None:
        for statement in filter(str.strip, CATALOG.split(";")):
            await self.rows(statement)

    async def place(self) -> None:
        request = OrderRequest(
            "web", "W-1", "USD", (RequestedLine("SET", 8),),
            Person("Ana", "1 St", "Boston", "US"), PaymentMethod.CARD, "tok_ok",
        )  # fmt: skip
        intake = PostgresIntake(self.engine, b"k" * 32, ProcessDefinition())
        self.order = (await intake.place(WEB, "W-1", request)).number
        await self.journal(j.Reviewed("approve", "v1", "r1", "fine"))

    async def compose(self, **components: int) -> None:
        """What one set is made of from now on; of nothing, it is a plain product."""
        body = [{"sku": sku, "quantity": quantity} for sku, quantity in components.items()]
        office = PostgresBackOffice(self.engine)
        await office.act(
            SUE, f"{components}", ActKind.PRODUCT_CHANGE, "SET", {"components": body}, "new set"
        )

    async def send(self, quantity: int, *, delivered: bool = True) -> str:
        """A parcel of so many sets, sourced and shipped."""
        self.parcels += 1
        parcel = f"{self.order}-F{self.parcels}"
        await self.journal(j.Sourced((j.PlannedParcel(parcel, "BOS", sets(quantity)),), "v1"))
        await self.journal(j.Shipped(parcel, (), sets(quantity), 0))
        if delivered:
            await self.journal(j.Delivered(parcel))
        return parcel

    async def give_back(self, **dispositions: int) -> dict[str, Any]:
        """A return, inspected; what it has moved: (on hand, quarantined) by SKU."""
        quantity = sum(dispositions.values())
        self.returns += 1
        key = f"return-{self.returns}"
        rma = await request_return(self.engine, ANA, key, self.order, sets(quantity), "broken")
        await journal_return(self.database, rma, j.ReturnApproved())
        return await self.inspect(rma, **dispositions)

    async def inspect(self, rma: str, **dispositions: int) -> dict[str, Any]:
        inspected = tuple(
            j.InspectedUnits(1, "SET", units, what) for what, units in dispositions.items()
        )
        here = sum(units for what, units in dispositions.items() if what != "lost")
        await journal_return(self.database, rma, j.ReturnReceived(sets(here), "NYC"))
        await journal_return(self.database, rma, j.ReturnInspected(inspected, 0))
        moved = await self.rows(
            "SELECT sku, sum(units)::int, sum(bucket_units)::int FROM movement"
            " WHERE reference = :rma GROUP BY sku ORDER BY sku", rma=rma
        )  # fmt: skip
        return {sku: (on_hand, quarantined) for sku, on_hand, quarantined in moved}

    async def journal(self, *bodies: j.Body) -> None:
        await journal_order(self.database, self.order, *bodies)

    async def rows(self, statement: str, **values: Any) -> list[tuple[Any, ...]]:
        async with self.engine.begin() as connection:
            result = await connection.execute(text(statement), values)
            return [tuple(row) for row in result] if result.returns_rows else []

    async def violations(self) -> dict[str, Any]:
        found = await audit_books(self.engine)
        assert set(CHECKED) <= {each.id for each in found}
        return {each.id: each.violations for each in found if each.id in CHECKED if each.violations}


def sets(quantity: int) -> tuple[LineUnits, ...]:
    return (LineUnits(1, "SET", quantity),)


@pytest_asyncio.fixture
async def shop(database_url: str) -> AsyncIterator[Sets]:
    shop = Sets(database_url)
    await shop.open()
    yield shop
    await shop.engine.dispose()


async def test_units_delivered_first_come_back_first_each_as_its_parcel_was_packed(
    shop: Sets,
) -> None:
    await shop.compose(TEA=2, CUP=1)
    await shop.place()
    await shop.send(2)
    await shop.compose(TEA=1, CUP=3)
    await shop.send(3)
    assert await shop.give_back(restock=1) == {"TEA": (2, 0), "CUP": (1, 0)}
    assert await shop.give_back(restock=1, quarantine=1) == {"TEA": (2, 1), "CUP": (1, 3)}
    assert await shop.give_back(restock=2) == {"TEA": (2, 0), "CUP": (6, 0)}
    left_and_back = await shop.rows(
        "SELECT sku, sum(-units) FILTER (WHERE reason = 'ship')::int,"
        " (sum(units + bucket_units) FILTER (WHERE reason <> 'ship'))::int"
        " FROM movement GROUP BY sku ORDER BY sku"
    )
    assert left_and_back == [("CUP", 11, 11), ("TEA", 7, 7)]
    assert await shop.violations() == {}


async def test_a_component_that_only_one_of_the_parcels_had_comes_back_from_that_one_alone(
    shop: Sets,
) -> None:
    await shop.compose(TEA=2)
    await shop.place()
    await shop.send(1)
    await shop.compose(CUP=4)
    await shop.send(1)
    assert await shop.give_back(restock=1) == {"TEA": (2, 0)}
    assert await shop.give_back(restock=1) == {"CUP": (4, 0)}
    assert await shop.violations() == {}


async def test_what_was_scrapped_or_sent_back_to_the_customer_has_come_back_all_the_same(
    shop: Sets,
) -> None:
    await shop.compose(TEA=2)
    await shop.place()
    await shop.send(2)
    await shop.compose(CUP=4)
    await shop.send(1)
    assert await shop.give_back(scrap=1) == {"TEA": (0, 0)}
    assert await shop.give_back(send_back=1) == {"TEA": (0, 0)}
    assert await shop.give_back(restock=1) == {"CUP": (4, 0)}
    assert await shop.violations() == {}


async def test_a_parcel_that_nobody_took_comes_back_as_itself_whatever_else_comes_back(
    shop: Sets,
) -> None:
    await shop.compose(TEA=2)
    await shop.place()
    await shop.send(1)
    await shop.compose(CUP=4)
    refused = await shop.send(3, delivered=False)
    await shop.compose(TEA=1)
    await shop.send(2)
    await shop.journal(j.Undelivered(refused, returned=True, reason="refused at the door"))
    shop.returns += 1
    moved = await shop.inspect(f"{shop.order}-R1", restock=1, quarantine=1, lost=1)
    assert moved == {"CUP": (4, 4)}
    assert await shop.give_back(restock=2) == {"TEA": (3, 0)}
    assert await shop.give_back(restock=1) == {"TEA": (1, 0)}
    assert await shop.violations() == {}


async def test_what_comes_back_is_none_of_a_parcel_that_is_still_on_its_way(shop: Sets) -> None:
    await shop.compose(TEA=2)
    await shop.place()
    on_its_way = await shop.send(2, delivered=False)
    await shop.compose(CUP=4)
    await shop.send(1)
    assert await shop.give_back(restock=1) == {"CUP": (4, 0)}
    await shop.journal(j.Undelivered(on_its_way, returned=True, reason="nobody was there"))
    assert await shop.inspect(f"{shop.order}-R2", restock=2) == {"TEA": (4, 0)}
    assert await shop.violations() == {}


async def test_what_was_a_bundle_when_it_was_shipped_comes_back_as_its_components(
    shop: Sets,
) -> None:
    await shop.compose(TEA=2, CUP=1)
    await shop.place()
    await shop.send(2)
    await shop.compose()
    assert await shop.give_back(restock=2) == {"TEA": (4, 0), "CUP": (2, 0)}
    assert await shop.rows("SELECT sku FROM stock WHERE location = 'NYC' ORDER BY sku") == [
        ("CUP",), ("TEA",)
    ]  # fmt: skip
    assert await shop.violations() == {}


async def test_what_was_plain_when_it_was_shipped_comes_back_whole_and_is_to_be_unpacked(
    shop: Sets,
) -> None:
    await shop.rows("INSERT INTO stock (sku, location, on_hand, opening) VALUES ('SET','BOS',2,2)")
    await shop.place()
    await shop.send(2)
    await shop.compose(TEA=2, CUP=1)
    await shop.send(1)
    assert await shop.give_back(restock=1, quarantine=2) == {
        "SET": (1, 1), "TEA": (0, 2), "CUP": (0, 1)
    }  # fmt: skip
    [(task, reason)] = await shop.rows("SELECT id, reason FROM task WHERE kind = 'stock.unpack'")
    assert (task, reason) == (
        f"unpack/{shop.order}-R1/SET@NYC",
        "2 units of SET came back whole, and it is a bundle now: take them apart, and adjust both",
    )
    office = PostgresBackOffice(shop.engine)
    await office.act(
        SUE, "a", ActKind.STOCK_ADJUST, "SET", {"location": "NYC", "units": -1}, "taken apart"
    )
    assert await shop.violations() == {}
