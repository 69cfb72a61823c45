"""The warehouse floor: what a fulfillment order is, and how it is picked and packed. No HTTP."""

import secrets
from dataclasses import dataclass, field
from datetime import datetime

from simulators.kit.wire import Json

CARRIER = "swiftline"
CANCELABLE = {"submitted", "accepted", "picking", "picked"}  # once packed, the parcel leaves


@dataclass(slots=True)
class FulfillmentOrder:
    """`status` is the kind of its last journal line."""

    reference: str
    order: str
    location: str
    lines: list[Json]  # line, sku, quantity
    ship_to: Json
    id: str
    fingerprint: str
    since: datetime
    status: str = "submitted"
    picked: list[Json] = field(default_factory=list)
    packages: list[Json] = field(default_factory=list)

    @property
    def is_cancelable(self) -> bool:
        return self.status in CANCELABLE

    def view(self) -> Json:
        return {
            "id": self.id,
            "reference": self.reference,
            "order": self.order,
            "location": self.location,
            "status": self.status,
            "lines": self.lines,
            "picked": self.picked,
            "packages": self.packages,
        }


def pick(lines: list[Json], short_skus: dict[str, int]) -> list[Json]:
    """What is found: of each SKU so many less as are missing, over all its lines together."""
    missing = dict(short_skus)
    picked: list[Json] = []
    for line in lines:
        short = min(line["quantity"], missing.get(line["sku"], 0))
        missing[line["sku"]] = missing.get(line["sku"], 0) - short
        if found := line["quantity"] - short:
            picked.append({**line, "quantity": found})
    return picked


def pack(lines: list[Json], max_units: int | None) -> list[Json]:
    """Packages of at most `max_units` units, filled in the order of the lines; None: one."""
    packages: list[list[Json]] = [[]]
    room = max_units
    for line in lines:
        left = line["quantity"]
        while left:
            if room == 0:
                packages.append([])
                room = max_units
            put = left if room is None else min(left, room)
            packages[-1].append({**line, "quantity": put})
            left -= put
            room = None if room is None else room - put
    return [{"package": f"P{n}", "lines": put} for n, put in enumerate(packages, 1)]


def label(packages: list[Json]) -> list[Json]:
    """Each package with carrier and tracking number (80 random bits: unique, not guessable)."""
    return [
        {
            "package": package["package"],
            "carrier": CARRIER,
            "tracking_number": f"SL{secrets.token_hex(10).upper()}",
            "lines": package["lines"],
        }
        for package in packages
    ]
