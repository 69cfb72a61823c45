"""The two jobs that are compared, each from its start to its end, as a driver outside sees them.

The driver plays the API and the outside world: it places the order, starts its workflow, and tells
the facts of its parcel, stored first and then signaled.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, Protocol

from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio.client import Client

from adapters.postgres.engine import create_engine
from adapters.postgres.facts.inbox import PostgresFactInbox
from adapters.postgres.intake import PostgresIntake
from adapters.postgres.outbox_queue import PostgresOutboxQueue
from adapters.temporal.desk import TemporalOrderDesk, order_workflow_id
from benchmarks.noop import NoopWorkflow
from benchmarks.pace import FACT_GAP_SECONDS, FACTS, RETURN_WINDOW_SECONDS
from benchmarks.servers import CITIES, SKUS
from benchmarks.worker_process import Parcel, WorkerProcess
from domain.access import Principal, Role
from domain.codec import from_json
from domain.facts import Fact, FactKind, Package
from domain.order import LineUnits, PaymentMethod
from domain.process import ProcessDefinition
from ports.front_office import OrderRequest, Person, RequestedLine

KEY = b"the key of a server, 32 bytes it"
LINES = 3
CHANNEL = Principal("channel:web", frozenset({Role.CHANNEL}), "web")


class Job(Protocol):
    kind: str  # of its worker

    async def run(self, number: int, worker: WorkerProcess) -> str:
        """One order or its no-op; answers the workflow's id when it has ended."""


class Orders:
    kind = "orders"

    def __init__(self, engine: AsyncEngine, client: Client, task_queue: str) -> None:
        process = ProcessDefinition(return_window=RETURN_WINDOW_SECONDS)
        self._intake = PostgresIntake(engine, KEY, process)
        self._inbox = PostgresFactInbox(engine)
        self._outbox = PostgresOutboxQueue(engine)
        self._desk = TemporalOrderDesk(client, task_queue)
        self._client = client

    async def run(self, number: int, worker: WorkerProcess) -> str:
        placed = await self._intake.place(CHANNEL, f"message-{number}", _request(number))
        order = placed.number
        await self._desk.start_order(order, CHANNEL.scope)
        await self._outbox.started(f"order/{order}/start")
        parcel = await worker.handed_over(order)
        for place, kind in enumerate(FACTS):
            await self._tell(order, _fact(place, kind, parcel))
            await asyncio.sleep(FACT_GAP_SECONDS)
        workflow = order_workflow_id(order)
        end = await self._client.get_workflow_handle(workflow).result()
        if end["status"] != "CLOSED":
            raise RuntimeError(f"order {order} ended {end['status']}")
        return workflow

    async def _tell(self, order: str, fact: Fact) -> None:
        """As the webhooks' edge does it."""
        source, event = fact.id.split(":", 1)
        stored = await self._inbox.store(source, event, fact, {})
        if stored.signal:
            await self._desk.tell(order, fact)
            await self._inbox.told([fact.id])


class Noops:
    kind = "noop"

    def __init__(self, client: Client, task_queue: str) -> None:
        self._client = client
        self._task_queue = task_queue

    async def run(self, number: int, worker: WorkerProcess) -> str:
        workflow = f"noop/{number}"
        handle = await self._client.start_workflow(
            NoopWorkflow.run, workflow, id=workflow, task_queue=self._task_queue
        )
        await worker.handed_over(workflow)
        for kind in FACTS:
            await handle.signal(NoopWorkflow.fact, kind.value)
            await asyncio.sleep(FACT_GAP_SECONDS)
        await handle.result()
        return workflow


@asynccontextmanager
async def both_jobs(
    database_url: str, client: Client, task_queue: str
) -> AsyncIterator[tuple[Orders, Noops]]:
    engine = create_engine(database_url, pool_size=16)
    try:
        yield Orders(engine, client, task_queue), Noops(client, task_queue)
    finally:
        await engine.dispose()


def _request(number: int) -> OrderRequest:
    city = number % CITIES + 1
    skus = [f"SKU-{(number * LINES + line) % SKUS + 1}" for line in range(LINES)]
    return OrderRequest(
        channel="web",
        channel_ref=f"WEB-{number}",
        currency="USD",
        lines=tuple(RequestedLine(sku, 2, 500) for sku in skus),
        ship_to=Person("Ana Ruiz", "1 Main St", f"City {city}", "US", f"S{city}", "02108"),
        payment_method=PaymentMethod.CARD,
        payment_source="tok_ok",
        shipping=300,
        customer_ref=f"C-{number}",
        raw={"order": f"WEB-{number}"},
    )


def _fact(place: int, kind: FactKind, parcel: Parcel) -> Fact:
    name = parcel["parcel"]
    source = "carrier" if kind.value.startswith("shipment.") else "warehouse"
    details: dict[str, Any] = {}
    lines = from_json(tuple[LineUnits, ...], parcel["lines"])
    if kind is FactKind.PICKED:
        details["lines"] = lines
    if kind is FactKind.SHIPPED:
        details["packages"] = (Package("1", "UPS", f"1Z{name}", lines),)
    if source == "carrier":
        details["tracking_number"] = f"1Z{name}"
    return Fact(f"{source}:{name}-{place}", kind, name, datetime.now(UTC), **details)
