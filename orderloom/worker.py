"""The worker process: runs workflows and activities until it is told to stop."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from typing import Any

import structlog
from temporalio.client import Client
from temporalio.service import RPCError
from temporalio.worker import UnsandboxedWorkflowRunner, Worker, WorkflowRunner
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

from activities.orders import OrderActivities
from activities.payments import PaymentActivities
from activities.reconciling import ReconciliationActivities
from activities.returns import ReturnActivities
from activities.warehouse import WarehouseActivities
from adapters.http_party import HttpParty
from adapters.postgres.engine import PostgresDatabase, create_engine
from adapters.postgres.pick_lists import PostgresPickLists
from adapters.postgres.settlements import PostgresSettlements
from adapters.rules.zen_rules import ZenReviewRules
from adapters.settlements.folder import SettlementFolder
from adapters.temporal.connect import connect
from adapters.temporal.schedules import keep_reconciling
from adapters.warehouse.built_in import BuiltInWarehouse
from adapters.warehouse.by_location import WarehouseByLocation
from adapters.warehouse.http_warehouse import HttpWarehouse
from orderloom.failing.points import WORKER_DATABASE, WORKER_SETTLEMENTS, WORKER_WAREHOUSE
from orderloom.failing.wrapping import activity_interceptors, guarded
from orderloom.parts_runtime import ready, until_stopped
from orderloom.payment import payment_providers
from orderloom.settings import Settings
from ports.floor import FulfilledBy
from ports.outside import Warehouse
from workflows.order import OrderWorkflow
from workflows.reconciliation import ReconciliationWorkflow
from workflows.rma import ReturnWorkflow

log = structlog.get_logger()
CONNECT_RETRY_SECONDS = 0.5
WORKFLOWS: Sequence[type] = (OrderWorkflow, ReturnWorkflow, ReconciliationWorkflow)


async def run(settings: Settings) -> None:
    async with AsyncExitStack() as stack:
        client = await _connected(settings)
        activities = await stack.enter_async_context(world(settings))
        async with build_worker(client, settings, activities):
            await _keep_reconciling(client, settings)
            ready()
            await until_stopped()


async def _connected(settings: Settings) -> Client:
    """Waits for the service: a worker may be started before it."""
    while True:
        try:
            return await connect(settings.temporal_address, settings.temporal_namespace)
        except RuntimeError as error:
            log.warning("temporal is not reachable yet", error=str(error))
            await asyncio.sleep(CONNECT_RETRY_SECONDS)


async def _keep_reconciling(client: Client, settings: Settings) -> None:
    """Orders are worked on even where schedules are not to be had; `doctor` shows it."""
    every = timedelta(seconds=settings.settlement_interval_seconds)
    try:
        await keep_reconciling(client, settings.task_queue, every)
    except RPCError as error:
        log.warning("reconciliation is not scheduled", error=str(error))


@asynccontextmanager
async def world(settings: Settings) -> AsyncIterator[list[object]]:
    """The activities, with the real adapters behind their ports."""
    engine = create_engine(settings.database_url, settings.database_pool_size)
    warehouse = HttpParty(
        settings.warehouse_url, settings.warehouse_key.get_secret_value(), name="warehouse"
    )
    database = guarded(settings, PostgresDatabase(engine), WORKER_DATABASE)
    floor = guarded(
        settings, _warehouses(settings, PostgresPickLists(engine), warehouse), WORKER_WAREHOUSE
    )
    settlements = guarded(settings, PostgresSettlements(engine), WORKER_SETTLEMENTS)
    inbox = SettlementFolder(settings.settlement_folder, settlements)
    try:
        async with payment_providers(settings) as payments:
            yield [
                OrderActivities(database, ZenReviewRules()),
                ReturnActivities(database),
                PaymentActivities(database, payments),
                WarehouseActivities(database, floor),
                ReconciliationActivities(inbox, settlements),
            ]
    finally:
        await warehouse.close()
        await engine.dispose()


def _warehouses(settings: Settings, lists: PostgresPickLists, party: HttpParty) -> Warehouse:
    """Locations that do not say otherwise belong to the WMS where there is one."""
    return WarehouseByLocation(
        lists,
        {FulfilledBy.BUILT_IN: BuiltInWarehouse(lists), FulfilledBy.HTTP: HttpWarehouse(party)},
        otherwise=FulfilledBy.HTTP if settings.warehouse_url else FulfilledBy.BUILT_IN,
    )


def build_worker(
    client: Client,
    settings: Settings,
    activities: Sequence[object],
    workflows: Sequence[type] = WORKFLOWS,
) -> Worker:
    return Worker(
        client,
        task_queue=settings.task_queue,
        workflows=workflows,
        activities=[method for each in activities for method in activity_methods(each)],
        workflow_runner=workflow_runner(sandboxed=settings.sandboxed_workflows),
        interceptors=activity_interceptors(settings),
        max_cached_workflows=settings.max_cached_workflows,
        max_concurrent_activities=settings.max_concurrent_activities,
        max_concurrent_local_activities=settings.max_concurrent_activities,
        max_concurrent_workflow_tasks=settings.max_concurrent_workflow_tasks,
        graceful_shutdown_timeout=timedelta(seconds=settings.graceful_shutdown_seconds),
        # After a worker was killed, the next task of its orders waits this long for it.
        sticky_queue_schedule_to_start_timeout=timedelta(seconds=1),
    )


def activity_methods(owner: object) -> list[Callable[..., Any]]:
    """The methods that are activities, by temporalio's own mark."""
    names = (name for name in dir(type(owner)) if not name.startswith("_"))
    methods = (getattr(owner, name) for name in names)
    return [m for m in methods if hasattr(m, "__temporal_activity_definition")]


def workflow_runner(*, sandboxed: bool) -> WorkflowRunner:
    """Without the sandbox orders run up to 72 % faster; tests and replay keep it, and find there
    what is not deterministic. Our pure modules pass through: loading them per workflow costs 30 MB.
    """
    if not sandboxed:
        return UnsandboxedWorkflowRunner()
    return SandboxedWorkflowRunner(
        restrictions=SandboxRestrictions.default.with_passthrough_modules(
            "domain", "ports", "activities", "tenacity"
        )
    )
