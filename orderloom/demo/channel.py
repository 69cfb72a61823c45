"""Handing baskets to the channel simulator, and following what becomes of them at the intake."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from orderloom.demo.files import Handed
from orderloom.settings import Settings

CHANNEL = "web"
SIMULATOR = "channel"


@dataclass
class Acknowledged:
    """An order as the system has answered its channel."""

    number: str
    tracking_url: str


class Channel:
    def __init__(self, http: httpx.AsyncClient, settings: Settings) -> None:
        self._http = http
        self._url = f"{settings.simulator_urls[SIMULATOR]}/v1/orders"
        key = settings.simulator_keys[SIMULATOR].get_secret_value()
        self._headers = {"authorization": f"Bearer {key}"}

    async def hand_in(self, baskets: Sequence[Handed]) -> None:
        """Returns when the channel has them; it delivers each until the system answers."""
        placed_at = datetime.now(UTC).isoformat(timespec="milliseconds")
        messages = [
            {
                "channel": CHANNEL,
                "message_id": f"basket-{basket.reference}",
                "body": {**basket.body, "placed_at": placed_at},
            }
            for basket in baskets
        ]
        answer = await self._http.post(self._url, json=messages, headers=self._headers)
        answer.raise_for_status()

    async def handed_in(self) -> int:
        """How many there were so far, in this home's whole life."""
        answer = await self._http.get(self._url, headers=self._headers)
        answer.raise_for_status()
        return sum(answer.json().values())


@dataclass
class Answers:
    """What the intake answered, read from the end of the channel's own journal."""

    journal: Path
    numbers: dict[str, Acknowledged] = field(default_factory=dict)  # by the channel's reference
    refused: dict[str, dict[str, Any]] = field(default_factory=dict)  # likewise: the problem
    _read: int = 0  # bytes

    def read_on(self) -> dict[str, Acknowledged | None]:
        """The new ones by reference; None for an order that was refused."""
        new: dict[str, Acknowledged | None] = {}
        if not self.journal.exists():
            return new
        with self.journal.open("rb") as file:
            file.seek(self._read)
            for line in file:
                if not line.endswith(b"\n"):
                    break  # still being written
                self._read += len(line)
                self._take(json.loads(line), new)
        return new

    def _take(self, line: dict[str, Any], new: dict[str, Acknowledged | None]) -> None:
        if line["kind"] == "acknowledged":
            found = Acknowledged(line["number"], line["answer"]["tracking_url"])
            new[line["order"]] = self.numbers[line["order"]] = found
        elif line["kind"] == "refused":
            new[line["order"]], self.refused[line["order"]] = None, line["answer"]
