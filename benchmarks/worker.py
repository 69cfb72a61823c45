"""A worker process of a benchmark: ``python -m benchmarks.worker orders|noop``.

Its options are those of `orderloom worker`. It prints ``ready``, then one JSON object for each
parcel that is handed over, and ends when its standard input does: it never outlives its driver.
"""

import asyncio
import json
import sys
from typing import Any

import uvloop

from activities.orders import OrderActivities
from activities.payments import PaymentActivities
from activities.returns import ReturnActivities
from activities.warehouse import WarehouseActivities
from adapters.postgres.engine import PostgresDatabase, create_engine
from adapters.rules.zen_rules import ZenReviewRules
from adapters.temporal.connect import connect
from benchmarks.noop import NoopActivities, NoopWorkflow
from benchmarks.outside import AnnouncingWarehouse, WillingProvider
from orderloom.settings import Settings, load_settings
from orderloom.worker import WORKFLOWS, build_worker

READY = "ready"


async def serve(kind: str, settings: Settings) -> None:
    client = await connect(settings.temporal_address, settings.temporal_namespace)
    engine = create_engine(settings.database_url, settings.database_pool_size)
    database = PostgresDatabase(engine)
    if kind == "orders":
        workflows = WORKFLOWS
        activities: list[object] = [
            OrderActivities(database, ZenReviewRules()),
            ReturnActivities(database),
            PaymentActivities(database, {"http": WillingProvider()}),
            WarehouseActivities(database, AnnouncingWarehouse(announce)),
        ]
    else:
        workflows = (NoopWorkflow,)
        activities = [NoopActivities(announce)]
    async with build_worker(client, settings, activities, workflows):
        print(READY, flush=True)
        await asyncio.to_thread(sys.stdin.read)
    await engine.dispose()


def announce(parcel: dict[str, Any]) -> None:
    print(json.dumps(parcel), flush=True)


if __name__ == "__main__":
    uvloop.run(serve(sys.argv[1], load_settings()))
