"""Soft reservations whose time is up are given back."""

from ports.front_office import SoftReservations

BATCH = 500


class SoftReservationSweeper:
    def __init__(self, reservations: SoftReservations) -> None:
        self._reservations = reservations

    async def batch(self) -> bool:
        """Whether there may be more at once."""
        return await self._reservations.expire(BATCH) == BATCH
