"""What review and warehouses need to know of customers and addresses."""

from sqlalchemy import bindparam, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.postgres.tables import customer_order, person
from domain.order import PlacedOrder
from ports.unit_of_work import Known

_KNOWN = text(
    """
    SELECT (SELECT '' NOT IN (name, line1, city, country) FROM person
            JOIN customer_order ON person_id = person.id WHERE number = :order) AS complete,
           (SELECT blocked FROM customer WHERE ref = :customer) AS blocked
    """
)
_PARTS = ("name", "line1", "city", "region", "postal_code", "country", "phone")
_SHIP_TO = (
    select(*(person.c[part] for part in _PARTS))
    .join(customer_order, customer_order.c.person_id == person.c.id)
    .where(customer_order.c.number == bindparam("order"))
)


class PostgresCatalog:
    """See `ports.unit_of_work.Catalog`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def known(self, order: PlacedOrder) -> Known:
        values = {"order": order.number, "customer": order.customer_ref}
        row = (await self._connection.execute(_KNOWN, values)).one()
        return Known(bool(row.complete), bool(row.blocked))

    async def ship_to(self, order: str) -> dict[str, str]:
        row = await self._connection.execute(_SHIP_TO, {"order": order})
        return dict(zip(_PARTS, row.one(), strict=True))
