"""Read views of prices: what one unit costs a customer, and the lists that say so."""

from datetime import UTC, datetime
from urllib.parse import quote, unquote

from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.postgres.cursors import Cursor, check_page, read_cursor
from adapters.postgres.keys import can_hold
from adapters.postgres.tables import price, price_list
from adapters.postgres.transactions import each_alone
from adapters.postgres.valid_prices import VALID_PRICES
from domain.access import STAFF, Principal, Role
from domain.currency import exponent
from domain.errors import Malformed
from domain.prices import ListPrice, Prices, choose_prices
from ports.price_reads import SKUS_MAX, PriceListRead, PriceQuestion
from ports.reads import Page

_READERS = (*STAFF, Role.DEVELOPER, Role.CHANNEL)
_VALID_PRICES = text(VALID_PRICES)
_ALWAYS = datetime(2000, 1, 1, tzinfo=UTC)  # lists have no moment of their own to be paged by
_LISTS = (
    select(price_list, func.count(price.c.sku).label("prices"))
    .outerjoin(price, price.c.list == price_list.c.id)
    .group_by(price_list.c.id)
    .order_by(price_list.c.id)
)


class PostgresPriceReads:
    """See `ports.price_reads.PriceReads`."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._alone = each_alone(engine)

    async def prices(self, principal: Principal, question: PriceQuestion) -> Prices:
        principal.require(*_READERS)
        exponent(question.currency)
        if question.at is not None and question.at.tzinfo is None:
            raise Malformed("`at` has no offset; write it as 2026-11-22T10:00:00Z")
        if not 1 <= len(question.skus) <= SKUS_MAX:
            raise Malformed(f"prices are asked for 1 to {SKUS_MAX} SKUs, not {len(question.skus)}")
        values = {
            "skus": list(filter(can_hold, question.skus)),
            "currency": question.currency,
            "tier": question.tier if can_hold(question.tier) else "",
            "customer": "",
            "at": question.at,
        }
        async with self._alone.connect() as connection:
            valid = await connection.execute(_VALID_PRICES, values)
            found = [ListPrice(**row._asdict()) for row in valid]
        return choose_prices(found, tax_included=question.tax_included)

    async def price_lists(self, principal: Principal, first: int, after: str | None) -> Page:
        principal.require(*_READERS)
        check_page(first)
        query = _LISTS.limit(first + 1)
        if after is not None:
            query = query.where(price_list.c.id > _behind(after))
        async with self._alone.connect() as connection:
            rows = (await connection.execute(query)).all()
        items = [PriceListRead(**row._asdict()) for row in rows[:first]]
        cursors = [Cursor(_ALWAYS, quote(each.id)).write() for each in items]
        return Page(items, cursors, more=len(rows) > first)


def _behind(cursor: str) -> str:
    """A list's name is any text, a cursor's id is plain."""
    name = unquote(read_cursor(cursor).id)
    if not can_hold(name):
        raise Malformed("this is no cursor of a page")
    return name
