"""The simulators as parts: programs that play payment provider, warehouse, carrier and channel."""

import json
import sys
from collections.abc import Callable
from typing import Any

from orderloom.embedded.ports import HOST
from orderloom.home import Home, read_json
from orderloom.keys import SIMULATORS
from orderloom.supervisor.part import Part, StopStage

GRACE_SECONDS = 1.5
SIGNING_CHANNEL = "web"  # the channel simulator signs as this channel


class SimulatorPlan:
    """Their settings come from ``simulators.json`` in the home: one object per simulator."""

    def __init__(self, home: Home, *, webhooks: str, host: str = HOST) -> None:
        self._home = home
        self._keys = home.keys()
        self._webhooks = webhooks
        self._host = host
        self._ports: dict[str, int] = {}

    def parts(self, choose_port: Callable[[str], int]) -> list[Part]:
        self._ports = {name: choose_port(f"simulator-{name}") for name in SIMULATORS}
        return [self._part(name) for name in SIMULATORS]

    def addresses(self) -> dict[str, Any]:
        """Settings by which the other parts find them."""
        urls = {name: self._url(name) for name in SIMULATORS}
        return {
            "payment_url": urls["payment"],
            "warehouse_url": urls["warehouse"],
            "simulator_urls": urls,
        }

    def _part(self, name: str) -> Part:
        settings = read_json(self._home.simulators_file).get(name, {})
        if name == "warehouse":  # it books its parcels with the carrier itself
            carrier = {"carrier_url": self._url("carrier"), "carrier_api_key": self._key("carrier")}
            settings = {**carrier, **settings}
        part_name = f"simulator-{name}"
        options = {
            "--host": self._host,
            "--port": str(self._ports[name]),
            "--journal": str(self._home.journals / f"{name}.jsonl"),
            "--webhooks": self._webhooks,
            "--ready-file": str(self._home.run / f"{part_name}.ready"),
            "--settings": json.dumps(settings),
        }
        return Part(
            name=part_name,
            argv=(
                *(sys.executable, "-m", f"simulators.{name}"),
                *(word for option in options.items() for word in option),
            ),
            env={
                "SIMULATOR_API_KEY": self._key(name),
                "SIMULATOR_WEBHOOK_SECRET": self._secret(name),
            },
            stop_stage=StopStage.OUTSIDE,
            grace_seconds=GRACE_SECONDS,
            address=self._url(name),
        )

    def _url(self, name: str) -> str:
        return f"http://{HOST}:{self._ports[name]}"

    def _key(self, name: str) -> str:
        return str(self._keys["simulator_keys"][name])

    def _secret(self, name: str) -> str:
        if name == "channel":
            return str(self._keys["channel_secrets"][SIGNING_CHANNEL])
        return str(self._keys["webhook_secrets"][name])
