"""What `orderloom up` runs: which parts, on which ports, and who finds whom where."""

import sys
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from orderloom.embedded.ports import HOST, free_port, is_free
from orderloom.embedded.postgres import EmbeddedPostgres
from orderloom.embedded.temporal import EmbeddedTemporal
from orderloom.errors import Refused
from orderloom.home import HOME_VARIABLE, Home
from orderloom.settings import Settings
from orderloom.simulator_parts import SimulatorPlan
from orderloom.supervisor.part import Part, StopStage
from orderloom.supervisor.supervisor import BACKOFF_SECONDS_MAX
from orderloom.temporal_config import configured_address

API_PORT = 8000

# Seconds from the stop signal to SIGKILL; with temporal and postgres, the sum over the stages stays
# below the 15 s within which everything has stopped (a test adds them up).
EDGE_GRACE, WORKER_GRACE = 2.5, 4.5


@dataclass
class Plan:
    """`addresses` are settings, written to ``run/addresses.json``; `notes` are shown at start. What
    dies again and again is started again after pauses of `restart_seconds_max` at most.
    """

    parts: list[Part] = field(default_factory=list)
    addresses: dict[str, Any] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    restart_seconds_max: float = BACKOFF_SECONDS_MAX


class Planner:
    """Chooses ports once per `up`, and the same as last time where they are free: parts that are
    started again find the others where they were.
    """

    def __init__(self, home: Home, settings: Settings) -> None:
        self._home = home
        self._settings = settings
        self._ports = home.ports()
        self._plan = Plan(restart_seconds_max=settings.restart_seconds_max)

    def plan(self, *, simulators: bool, port: int | None) -> Plan:
        api_port = self._api_port(port)
        self._plan.addresses["api_port"] = api_port
        self._plan_database()
        self._plan_temporal()
        if simulators:
            planned = SimulatorPlan(self._home, webhooks=f"http://{HOST}:{api_port}")
            self._plan.parts += planned.parts(self._port)
            self._plan.addresses |= planned.addresses()
        self._plan.parts += self._own_parts(api_port)
        self._home.remember_ports(self._ports)
        return self._plan

    def _plan_database(self) -> None:
        if self._settings.database_url:
            place = urlsplit(self._settings.database_url)
            self._note("postgres", f"{place.hostname}{place.path}")
            return
        server = EmbeddedPostgres(
            self._home.postgres,
            password=self._home.keys()["postgres_password"],
            port=self._port("postgres"),
        )
        self._plan.parts.append(server.part())
        self._plan.addresses["database_url"] = server.url()

    def _plan_temporal(self) -> None:
        configured = self._settings.temporal_address or configured_address()
        if configured:
            self._note("temporal", configured)
            return
        server = EmbeddedTemporal(
            self._home.temporal,
            port=self._port("temporal"),
            http_port=self._port("temporal_http"),
            ui_port=self._port("temporal_ui"),
            namespace=self._settings.temporal_namespace,
        )
        self._plan.parts.append(server.part())
        self._plan.addresses["temporal_address"] = server.address
        self._plan.addresses["temporal_ui_url"] = server.ui_url

    def _own_parts(self, api_port: int) -> list[Part]:
        embedded = {part.name for part in self._plan.parts}
        database = frozenset({"postgres"} & embedded)
        everything = frozenset({"migrate"} | ({"temporal"} & embedded))
        # In the environment too, which beats what the file of addresses says.
        env = {HOME_VARIABLE: str(self._home.path), "ORDERLOOM_API_PORT": str(api_port)}
        own = partial(Part, env=env, own_wait=True)
        edge = partial(own, needs=everything, grace_seconds=EDGE_GRACE)
        return [
            own(name="migrate", argv=_argv("migrate"), needs=database, once=True),
            own(
                name="worker",
                argv=_argv("worker"),
                needs=everything,
                stop_stage=StopStage.WORKER,
                grace_seconds=WORKER_GRACE,
            ),
            edge(name="relay", argv=_argv("relay")),
            edge(
                name="api",
                argv=_argv("api"),
                address=f"http://{self._settings.api_host}:{api_port}",
            ),
        ]

    def _api_port(self, given: int | None) -> int:
        settings = self._settings
        wanted = given or (settings.api_port if "api_port" in settings.model_fields_set else 0)
        if wanted:
            if not is_free(wanted, settings.api_host):
                raise Refused(f"Port {wanted} is taken. Choose another with --port.")
            return wanted
        return API_PORT if is_free(API_PORT, settings.api_host) else self._port("api")

    def _port(self, name: str) -> int:
        self._ports[name] = free_port(self._ports.get(name), avoid=set(self._ports.values()))
        return self._ports[name]

    def _note(self, name: str, address: str) -> None:
        self._plan.notes.append(f"{name:<20} external            {address}")


def _argv(name: str) -> tuple[str, ...]:
    return (sys.executable, "-m", "orderloom", name)
