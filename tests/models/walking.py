"""How far the models walk: a fixed way of some two thousand steps as a test, the same each time; as
`make walk` ten thousand by chance, whose seed is told, so that the way can be walked again.
"""

import os
import random
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test

TOLD_EVERY = 250  # steps


@dataclass
class Walk:
    """`share` of the steps of a walk are this model's, `example_steps` in one example. Steps are
    counted when they are done and compared: of those that are drawn, one in `drawn` is.
    """

    name: str
    share: float
    example_steps: int
    drawn: float
    steps: int = field(default=0, init=False)

    def step(self) -> None:
        self.steps += 1
        if _CHANCE is not None and self.steps % TOLD_EVERY == 0:
            _tell(f"{self.name}: {self.steps} of {self.aim} steps")

    @property
    def aim(self) -> int:
        return round(self.share * STEPS)

    def run(self, machine: Callable[[], RuleBasedStateMachine]) -> None:
        """Raises what a step raises, with the shortest way there that was found."""
        how: dict[str, Any] = {"derandomize": True}
        if _CHANCE is not None:
            how = {}
            seed(_CHANCE)(machine)
            _tell(f"{self.name}: {self.aim} steps from SEED={_CHANCE}")
        limits = settings(
            max_examples=1 + round(self.drawn * self.aim / self.example_steps),
            stateful_step_count=self.example_steps,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
            print_blob=False,
            report_multiple_bugs=False,
            phases=[Phase.generate, Phase.shrink],
            **how,
        )
        run_state_machine_as_test(machine, settings=limits)
        assert self.steps >= self.aim, f"{self.name} took {self.steps} steps only"


def _tell(line: str) -> None:
    sys.__stderr__.write(f"{line}\n")  # whatever pytest does with standard error
    sys.__stderr__.flush()


def _chance() -> int | None:
    if "WALK_STEPS" not in os.environ:
        return None
    return int(os.environ.get("WALK_SEED") or random.SystemRandom().randrange(2**32))


STEPS = int(os.environ.get("WALK_STEPS", "2000"))
_CHANCE = _chance()
