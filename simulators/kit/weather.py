"""The settings that can change while a program runs, and the chance that plays faults by them."""

import asyncio
import random
from typing import Annotated, Any, Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from simulators.kit.wire import Refused

Probability = Annotated[float, Field(ge=0, le=1)]
Seconds = Annotated[float, Field(ge=0)]


class Settings(BaseModel):
    """What every program can be set to; each adds its own."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    seed: int | None = None
    latency_seconds: Seconds = 0
    # Faults of calls to /v1.
    fault_before: Probability = 0  # 503, nothing happened
    fault_after: Probability = 0  # it happened, then 504
    hang: Probability = 0  # it happened, and the answer is held for hang_seconds
    hang_seconds: Seconds = 30
    reset: Probability = 0  # it happened, then the connection drops without an answer
    refuse_key: Literal[401, 403] | None = None  # as if our caller's key had been revoked
    # Faults of what we send.
    duplicate: Probability = 0
    reorder: Probability = 0  # delayed by 0 to reorder_seconds, and so overtaken
    reorder_seconds: Seconds = 1
    silent_on: frozenset[str] = frozenset()  # webhook types withheld until this is lifted
    # How fast we send.
    concurrency: Annotated[int, Field(ge=1, le=256)] = 32
    rate: Annotated[float, Field(gt=0)] | None = None  # per second; null is unlimited


SettingsT = TypeVar("SettingsT", bound=Settings)


class Weather(Generic[SettingsT]):
    """Holds the settings of the moment and draws by them."""

    def __init__(self, settings: SettingsT) -> None:
        self.settings = settings
        self.chance = random.Random(settings.seed)

    def change(self, changes: dict[str, Any]) -> None:
        """Merges at the top level: a field that is a table or list is replaced whole."""
        try:
            merged = {**self.settings.model_dump(), **changes}
            self.settings = type(self.settings).model_validate(merged)
        except ValidationError as error:
            raise Refused(400, "malformed", str(error)) from error
        if "seed" in changes:
            self.chance.seed(self.settings.seed)

    def strikes(self, probability: float) -> bool:
        return probability > 0 and self.chance.random() < probability

    def about(self, seconds: float) -> float:
        """20 % more or less, as people and lorries have it."""
        return seconds * self.chance.uniform(0.8, 1.2)

    async def latency(self) -> None:
        if self.settings.latency_seconds:
            await asyncio.sleep(self.settings.latency_seconds)
