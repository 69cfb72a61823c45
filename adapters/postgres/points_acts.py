"""Points that a person gives or takes: an act that explains each of them."""

from datetime import timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.postgres.four_eyes import alone
from adapters.postgres.points import PostgresPoints
from domain.acts import Act
from domain.codec import Json
from domain.errors import NotFound
from domain.four_eyes import Watched
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
    lately = await alone(connection, act, Watched.POINTS, act.subject)
    lately.check(abs(wanted.points), "it is about {} points")
    left: list[int] = []

    def adjust(account: PointsAccount) -> None:
        account.adjust(wanted.points, account.day + timedelta(days=wanted.valid_days))
        left.append(sum(lot.available for lot in account.lots.values()))

    await PostgresPoints(connection).change(act.subject, "", f"{act.id}/points-adjusted", adjust)
    await lately.done(abs(wanted.points))
    return {"available": left[0]}
