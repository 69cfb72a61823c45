"""A location that a person names."""

from domain.errors import NotFound
from ports.unit_of_work import UnitOfWork

LOCATIONS_NAMED = 5  # in a refusal


async def check_location(uow: UnitOfWork, location: str) -> None:
    """Refuses (`NotFound`) a location that is not there, or not active."""
    known = sorted(place.id for place in await uow.inventory.locations())
    if location not in known:
        shown = ", ".join(known[:LOCATIONS_NAMED])
        raise NotFound(f"there is no active location {location!r}; there are, for example, {shown}")
