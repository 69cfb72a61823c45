"""What review and warehouses need to know of prices, customers and addresses."""

from collections.abc import Iterable

from sqlalchemy import bindparam, select
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.postgres.tables import customer, customer_order, person, price

_PRICES = select(price.c.sku, price.c.unit_price).where(
    price.c.currency == bindparam("currency"),
    price.c.sku.in_(bindparam("skus", expanding=True)),
)
_BLOCKED = select(customer.c.blocked).where(customer.c.ref == bindparam("customer"))
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

    async def prices(self, skus: Iterable[str], currency: str) -> dict[str, int]:
        wanted = {"skus": list(skus), "currency": currency}
        return dict((await self._connection.execute(_PRICES, wanted)).all())

    async def customer_blocked(self, customer_ref: str) -> bool:
        return bool(await self._connection.scalar(_BLOCKED, {"customer": customer_ref}))

    async def address_complete(self, order: str) -> bool:
        ship_to = await self.ship_to(order)
        return all(ship_to[part] for part in ("name", "line1", "city", "country"))

    async def ship_to(self, order: str) -> dict[str, str]:
        row = await self._connection.execute(_SHIP_TO, {"order": order})
        return dict(zip(_PARTS, row.one(), strict=True))
