"""The outside parties' own journals: JSONL, one line a thing that happened."""

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from orderloom.errors import Refused

Line = dict[str, Any]
PARTIES = ("payment", "warehouse", "channel")


@dataclass(frozen=True, slots=True)
class Journals:
    """The lines of each party whose journal was found, by its name."""

    lines: dict[str, list[Line]]

    def of(self, party: str, *kinds: str) -> list[Line]:
        return [line for line in self.lines[party] if line["kind"] in kinds]


def read_journals(folder: Path) -> Journals:
    """Refuses a folder without any journal, and a journal that is none."""
    paths = {party: folder / f"{party}.jsonl" for party in PARTIES}
    found = {party: _read(path) for party, path in paths.items() if path.exists()}
    if not found:
        names = ", ".join(path.name for path in paths.values())
        raise Refused(f"{folder} holds none of the journals {names}.")
    return Journals(found)


def _read(path: Path) -> list[Line]:
    """Whole lines only: a last one without its end is still being written."""
    whole, _, _ = path.read_text(encoding="utf-8").rpartition("\n")
    try:
        return [json.loads(line) for line in whole.splitlines()]
    except ValueError as error:
        raise Refused(f"{path} is no journal: {error}") from error


def at(line: Line) -> datetime:
    return datetime.fromisoformat(line["at"])
