"""A simulated home's settings: how fast the outside world moves, and which deadlines hold."""

from dataclasses import asdict, dataclass, field, replace
from typing import Any

from domain.process import ProcessDefinition
from orderloom.home import Home, read_json, write_json

PROCESS_FILE = "process.json"

# Deadlines that a slow machine does not run into, but a stuck order does while one watches.
_PATIENT = ProcessDefinition(
    name="demo",
    checks_within=300,
    review_within=300,
    stock_within=8,
    payment_action_within=300,
    payment_retry_within=300,
    accept_within=300,
    ship_within=300,
    transit_within=300,
    deliver_within=300,
    cancel_within=300,
    task_within=300,
    return_review_within=300,
    return_parcel_within=300,
    return_inspect_within=300,
    return_auto_approve_max=300,  # minor units: an agent sees some returns, not all
)


@dataclass(frozen=True)
class World:
    """`simulators` has the settings of each simulator by name (simulators/README.md), `settings`
    those of the home.
    """

    process: ProcessDefinition
    simulators: dict[str, dict[str, Any]] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)


def _simulators(warehouse_step: float, carrier_step: float, **payment: float) -> dict[str, Any]:
    """Seconds from one step to the next, 20 % more or less."""
    steps = ("accept_after", "pick_after", "pack_after", "ship_after")
    return {
        "payment": payment,
        "warehouse": dict.fromkeys(steps, warehouse_step),
        "carrier": {"transit_after": carrier_step, "deliver_after": carrier_step},
    }


# A week in some seconds: throughput is what the system makes of it.
FAST = World(replace(_PATIENT, return_window=6), _simulators(0.3, 0.3, auto_challenge_after=0.5))

# Every stage can be seen, and the first parcel still arrives soon.
LIFELIKE = World(
    replace(_PATIENT, return_window=120, stock_within=120),
    _simulators(1.2, 2.0, auto_challenge_after=5),
)


def furnish(home: Home, world: World) -> None:
    """Writes the settings that `world` needs; others that the home has stay."""
    process = home.path / PROCESS_FILE
    write_json(process, asdict(world.process))
    own = {**world.settings, "process_definition": str(process)}
    write_json(home.settings_file, read_json(home.settings_file) | own)
    write_json(home.simulators_file, world.simulators)
