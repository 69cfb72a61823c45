"""How many units could be promised, and from which day on: for staff, developers and channels."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from domain.access import Principal
from domain.availability import Availability

SKUS_MAX = 100  # in one question


@dataclass(frozen=True, slots=True)
class AvailabilityQuestion:
    """At every active location where `location` is empty; `until` None: as far as is known."""

    skus: Sequence[str]
    location: str = ""
    until: date | None = None


class AvailabilityReads(Protocol):
    async def availability(
        self, principal: Principal, question: AvailabilityQuestion
    ) -> list[Availability]:
        """Of each SKU that there is, once, in the order asked for, as of one moment; nothing is
        reserved by asking. Refuses (`Forbidden`) customers, `NotFound` a location that there is
        not, and (`Malformed`) more than `SKUS_MAX` SKUs, none, and a day that has passed.
        """
