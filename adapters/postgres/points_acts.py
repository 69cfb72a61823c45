"""Points that a person gives or takes: an act that explains each of them."""

from datetime import timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.postgres.points import PostgresPoints
from domain.acts import Act
from domain.codec import Json
from domain.errors import NotFound
from domain.points import PointsAccount
from domain.points_acts import AdjustPoints

KNOWN_CUSTOMER = """
    EXISTS (SELECT FROM customer WHERE ref = :customer)
    OR EXISTS (SELECT FROM points_account WHERE customer_ref = :customer)
    OR EXISTS (SELECT FROM customer_order WHERE customer_ref = :customer)
    """
_KNOWN = text(f"SELECT :customer <> '' AND ({KNOWN_CUSTOMER})")


async def adjust_points(connection: AsyncConnection, act: Act) -> dict[str, Json]:
    """Refuses `NotFound`, and (`LimitExceeded`) to take more than the customer has."""
    wanted: AdjustPoints = act.wanted
    if not await connection.scalar(_KNOWN, {"customer": act.subject}):
        raise NotFound(f"there is no customer {act.subject}")
    if abs(wanted.points) > act.limits.points:
        act.needs_second_person(
            f"it is about {abs(wanted.points)} points, more than {act.limits.points}"
        )
    left: list[int] = []

    def adjust(account: PointsAccount) -> None:
        account.adjust(wanted.points, account.day + timedelta(days=wanted.valid_days))
        left.append(sum(lot.available for lot in account.lots.values()))

    await PostgresPoints(connection).change(act.subject, "", f"{act.id}/points-adjusted", adjust)
    return {"available": left[0]}
