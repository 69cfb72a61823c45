"""The two warehouses behind the port, each with the hands that work in it: the built-in one, whose
people act through the back office, and the simulator of a WMS, which tells by signed webhooks.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any, Protocol

import httpx
from subscriber import Subscriber

from adapters.http_party import HttpParty
from adapters.postgres.back_office import PostgresBackOffice
from adapters.postgres.facts.inbox import PostgresFactInbox
from adapters.warehouse.http_warehouse import HttpWarehouse
from api.webhooks.event import read_event
from domain.access import Principal, Role
from domain.acts import ActKind
from domain.codec import Json
from ports.outside import Warehouse

PATIENCE_SECONDS = 20
FOUND = [{"line": 1, "quantity": 3}, {"line": 2, "quantity": 1}]
SKUS = {1: "TEA", 2: "CUP"}


class Floor(Protocol):
    """`found` and `packages` are units by line, as `{"line", "quantity"}`."""

    warehouse: Warehouse

    async def accept(self, parcel: str) -> None: ...
    async def reject(self, parcel: str, reason: str) -> None: ...
    async def start_picking(self, parcel: str) -> None: ...
    async def report_picked(self, parcel: str, found: list[Json]) -> None: ...
    async def pack(self, parcel: str, packages: list[list[Json]]) -> None: ...
    async def ship(self, parcel: str) -> None: ...
    async def ask_back(self, parcel: str, *, refusing: bool = False) -> None:
        """The order asks; where somebody has to look, they confirm, or refuse."""

    async def holds(self, parcel: str) -> list[Json]:
        """The lines of the one fulfillment order of that name, as the warehouse knows them."""

    async def has(self, parcel: str) -> bool: ...

    async def hear(self) -> None:
        """What was told until now is in our books."""


class BuiltInFloor:
    walt = Principal("walt", frozenset({Role.WAREHOUSE}))

    def __init__(
        self,
        warehouse: Warehouse,
        office: PostgresBackOffice,
        rows: Callable[..., Awaitable[list[tuple[Any, ...]]]],
    ) -> None:
        self.warehouse = warehouse
        self._office = office
        self._rows = rows
        self._keys = 0

    async def act(self, kind: ActKind, parcel: str, reason: str = "", **body: Json) -> None:
        self._keys += 1
        await self._office.act(self.walt, f"key-{self._keys}", kind, parcel, body, reason)

    async def accept(self, parcel: str) -> None:
        await self.act(ActKind.PICK_LIST_ACCEPT, parcel)

    async def reject(self, parcel: str, reason: str) -> None:
        await self.act(ActKind.PICK_LIST_REJECT, parcel, reason)

    async def start_picking(self, parcel: str) -> None:
        await self.act(ActKind.PICK_LIST_START_PICKING, parcel)

    async def report_picked(self, parcel: str, found: list[Json]) -> None:
        await self.act(ActKind.PICK_LIST_REPORT_PICKED, parcel, lines=found)

    async def pack(self, parcel: str, packages: list[list[Json]]) -> None:
        await self.act(ActKind.PICK_LIST_PACK, parcel, packages=packages)

    async def ship(self, parcel: str) -> None:
        await self.act(ActKind.PICK_LIST_SHIP, parcel)

    async def ask_back(self, parcel: str, *, refusing: bool = False) -> None:
        await self.warehouse.request_cancel(parcel)
        waiting = "SELECT 1 FROM pick_list WHERE list->>'cancel' = 'requested'"
        if not await self._rows(waiting):
            return
        if refusing:
            await self.act(ActKind.PICK_LIST_REFUSE_CANCEL, parcel, "not_possible")
        else:
            await self.act(ActKind.PICK_LIST_CONFIRM_CANCEL, parcel)

    async def holds(self, parcel: str) -> list[Json]:
        one = "SELECT list->'lines' FROM pick_list WHERE fulfillment_order = :parcel"
        [(lines,)] = await self._rows(one, parcel=parcel)
        return list(lines)

    async def has(self, parcel: str) -> bool:
        one = "SELECT 1 FROM pick_list WHERE fulfillment_order = :parcel"
        return bool(await self._rows(one, parcel=parcel))

    async def hear(self) -> None:
        """They are in the books with the act itself."""


class HttpFloor:
    """Every event may come twice and late: the simulator's weather says so."""

    weather: dict[str, Json] = {  # noqa: RUF012 - constant
        "duplicate": 0.5,
        "reorder": 0.5,
        "reorder_seconds": 0.2,
        "seed": 7,
        **dict.fromkeys(("accept_after", "pick_after", "pack_after", "ship_after")),
    }

    def __init__(self, url: str, key: str, told: Subscriber, inbox: PostgresFactInbox) -> None:
        self.party = HttpParty(url, key)
        self.warehouse = HttpWarehouse(self.party)
        self._url, self._key = url, key
        self._told, self._inbox = told, inbox
        self._heard = 0

    async def set(self, **settings: Json) -> None:
        async with httpx.AsyncClient(base_url=self._url) as client:
            answer = await client.put(
                "/_control", json=settings, headers={"Authorization": f"Bearer {self._key}"}
            )
            answer.raise_for_status()

    async def accept(self, parcel: str) -> None:
        await self._until(parcel, "accepted", accept_after=0)

    async def reject(self, parcel: str, reason: str) -> None:
        assert reason == "location_closed"
        await self._until(parcel, "rejected", accept_after=0, reject_locations=["BOS"])

    async def start_picking(self, parcel: str) -> None:
        await self._until(parcel, "picking", picking_after=0)

    async def report_picked(self, parcel: str, found: list[Json]) -> None:
        asked = {each["line"]: each["quantity"] for each in FOUND}
        has = {each["line"]: each["quantity"] for each in found}
        short = {SKUS[line]: units - has.get(line, 0) for line, units in asked.items()}
        short = {sku: units for sku, units in short.items() if units}
        await self._until(parcel, "picked", pick_after=0, short_skus=short)

    async def pack(self, parcel: str, packages: list[list[Json]]) -> None:
        most = max(sum(each["quantity"] for each in package) for package in packages)
        await self._until(parcel, "packed", pack_after=0, max_units_per_package=most)

    async def ship(self, parcel: str) -> None:
        await self._until(parcel, "shipped", ship_after=0)

    async def ask_back(self, parcel: str, *, refusing: bool = False) -> None:
        await self.set(cancel="refuse" if refusing else "accept")
        await self.warehouse.request_cancel(parcel)

    async def holds(self, parcel: str) -> list[Json]:
        lines = (await self._show(parcel))["lines"]
        return list(lines)

    async def has(self, parcel: str) -> bool:
        answer = await self.party.question(f"/v1/fulfillment-orders/{parcel}")
        return answer.status_code == httpx.codes.OK

    async def hear(self) -> None:
        """As the webhooks' edge does it, with all that has come."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            async with httpx.AsyncClient(base_url=self._url) as client:
                still_open = (await client.get("/healthz")).json()["open"]
            come = self._told.received[self._heard :]
            for message, body in come:
                fact = read_event("warehouse", message, body, datetime.now(UTC))
                await self._inbox.store("warehouse", message, fact, body)
            self._heard += len(come)
            if not still_open and len(self._told.received) == self._heard:
                return
            assert time.monotonic() < deadline, "the simulator has more to tell"
            await asyncio.sleep(0.02)

    async def _until(self, parcel: str, status: str, **settings: Json) -> None:
        await self.set(**settings)
        deadline = time.monotonic() + PATIENCE_SECONDS
        while (await self._show(parcel))["status"] != status:
            assert time.monotonic() < deadline, f"{parcel} was never {status}"
            await asyncio.sleep(0.01)

    async def _show(self, parcel: str) -> dict[str, Json]:
        answer = await self.party.question(f"/v1/fulfillment-orders/{parcel}")
        known: dict[str, Json] = answer.json()
        return known
