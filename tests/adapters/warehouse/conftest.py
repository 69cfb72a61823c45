"""One order of a real shop, whose goods are to be sent, and the two warehouses that may have it."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy.ext.asyncio import AsyncEngine
from subscriber import SECRET, subscribing
from warehouse_floors import BuiltInFloor, Floor, HttpFloor

from adapters.postgres.back_office import PostgresBackOffice
from adapters.postgres.facts.inbox import PostgresFactInbox
from adapters.postgres.pick_lists import PostgresPickLists
from adapters.warehouse.built_in import BuiltInWarehouse
from domain.order import LineUnits
from domain.view import OrderView, Parcel
from ports.outside import ParcelRequest
from tests.adapters.conftest import API_KEY, running
from tests.adapters.postgres.conftest import CATALOG, Shop

SHIP_TO = {
    "name": "Ana Ruiz",
    "line1": "1 Main St",
    "city": "Boston",
    "region": "MA",
    "postal_code": "02108",
    "country": "US",
    "phone": "",
}
LINES = (LineUnits(1, "TEA", 3), LineUnits(2, "CUP", 1))


@dataclass
class Sent:
    """An order whose one parcel is to be handed to a warehouse, and what our books say of it."""

    shop: Shop
    order: str
    parcel: str

    @property
    def request(self) -> ParcelRequest:
        return ParcelRequest(self.parcel, self.order, "BOS", LINES, SHIP_TO)

    async def view(self) -> OrderView:
        return (await self.shop.reads.order(self.shop.agent, self.order)).view

    async def known(self) -> Parcel:
        return (await self.view()).parcels[self.parcel]

    async def facts(self) -> list[tuple[str, str]]:
        """(kind, reason), in the order in which they happened."""
        rows = await self.shop.rows(
            "SELECT kind, data->>'code' FROM fact WHERE quarantined IS NULL ORDER BY occurred_at"
        )
        return [(kind.removeprefix("fulfillment."), code) for kind, code in rows]


@pytest_asyncio.fixture
async def sent(engine: AsyncEngine) -> Sent:
    shop = Shop(engine)
    for statement in filter(str.strip, CATALOG.split(";")):
        await shop.run(statement)
    number = (await shop.place()).number
    return Sent(shop, number, await shop.source(number))


@pytest_asyncio.fixture(params=["built_in", "http"])
async def floor(
    request: pytest.FixtureRequest, engine: AsyncEngine, sent: Sent, tmp_path: Path
) -> AsyncIterator[Floor]:
    if request.param == "built_in":
        warehouse = BuiltInWarehouse(PostgresPickLists(engine))
        yield BuiltInFloor(warehouse, PostgresBackOffice(engine), sent.shop.rows)
        return
    weather: Any = HttpFloor.weather
    with (
        subscribing() as told,
        running("warehouse", tmp_path, told.url, SECRET, **weather) as url,
    ):
        floor = HttpFloor(url, API_KEY, told, PostgresFactInbox(engine))
        yield floor
        await floor.party.close()
