"""The sample for what an order costs: undisturbed orders whose facts come at least 2 s apart.

Signals that come together are handled together, which would flatter the figure. So the warehouse
and the carrier tell one fact every 2.2 s (the simulators' `rate`), and the carrier begins when the
warehouse has told everything.
"""

from collections.abc import Iterable
from typing import Any

import httpx

from orderloom.cost.counting import Cost
from orderloom.demo.files import Handed
from orderloom.demo.stories import Story
from orderloom.graphql_client import Person
from orderloom.settings import Settings

PARCELS = (1, 2)  # one order of each
WAREHOUSE_FACTS = 4  # of a parcel: accepted, picked, packed, shipped
GAP_SECONDS = 2.2
JITTER = 0.8  # the simulators' steps take 20 % more or less
DISTURBING = {
    *("HoldPlaced", "Escalated", "Canceled", "CancelRequested", "SubmissionRefused"),
    *("UnitsCanceled", "Expired"),
}

PACE: dict[str, dict[str, Any]] = {
    "warehouse": {
        **dict.fromkeys(("accept_after", "pick_after", "pack_after", "ship_after"), 0.1),
        "rate": 1 / GAP_SECONDS,
    },
    "carrier": {
        "transit_after": (sum(PARCELS) * WAREHOUSE_FACTS + 1) * GAP_SECONDS / JITTER,
        "deliver_after": 0.1,
        "rate": 1 / GAP_SECONDS,
    },
}

LOOK_CLOSER = "status parcels { status } timeline { source kind by }"


def choose_sample(baskets: Iterable[Handed]) -> list[Handed]:
    """The first straight one for each number of parcels, if there is one."""
    plain = [basket for basket in baskets if basket.story is Story.STRAIGHT]
    found = (next((each for each in plain if each.sources == parcels), None) for parcels in PARCELS)
    return [basket for basket in found if basket is not None]


async def set_pace(http: httpx.AsyncClient, settings: Settings) -> None:
    """Slows the simulators down for the sample."""
    for name, changes in PACE.items():
        key = settings.simulator_keys[name].get_secret_value()
        answer = await http.put(
            f"{settings.simulator_urls[name]}/_control",
            json=changes,
            headers={"authorization": f"Bearer {key}"},
        )
        answer.raise_for_status()


async def undisturbed(agent: Person, numbers: list[str]) -> dict[str, int]:
    """How many parcels each order had; only of those that closed with nobody's help."""
    views = await agent.look_at(numbers, LOOK_CLOSER)
    return {
        number: len(view["parcels"])
        for number, view in views.items()
        if view["status"] == "CLOSED" and not any(map(_disturbs, view["timeline"]))
    }


def _disturbs(entry: dict[str, Any]) -> bool:
    by_hand = entry["source"] == "journal" and entry["by"] != "system"
    return by_hand or entry["kind"] in DISTURBING


def most(costs: Iterable[Cost]) -> dict[str, int]:
    """The maximum of each figure."""
    found = list(costs)
    return {
        "events": max(cost.events for cost in found),
        "actions": max(cost.actions for cost in found),
        "bytes": max(cost.bytes for cost in found),
    }
